"""What the Train page does with runs: begins, ends and forks them."""

from typing import Any

from netlib.errors import NetlibError
from netlib.jobs.protocol import Play
from netlib.jobs.run import Run
from netlib.training.cures import CURES, Beginning
from pages.frame.session import choose, current, edit, session, show_run, tell
from pages.shared.job import registry
from pages.shared.run import trained_run
from pages.shared.table import csv_content
from pages.train.plan import limits


def begin(is_paused: bool) -> None:
    """Begins a run of the current experiment in place of the one there was."""
    registry().stop(session().run)
    experiment = current()
    csv = csv_content(experiment.data)
    run = registry().start(experiment, csv, limits=limits(), is_paused=is_paused)
    show_run(run.id)


def obey(wish: dict[str, Any]) -> None:
    """Does what a person wishes on the board, beyond what its worker does."""
    if wish["kind"] == "reset":
        begin(is_paused=True)
    elif wish["kind"] == "fork":
        fork(wish["epoch"])
    elif wish["kind"] == "shown":
        choose("shown", (session().run, wish["epoch"]))
    elif wish["kind"] == "cure":
        _cure(wish.get("name"), wish.get("learning_rate"))
    elif wish["kind"] == "best" and (run := registry().get(session().run)):
        take_best(run, True)


def _cure(name: str | None, learning_rate: float | None) -> None:
    """Begins anew with what usually helps: one of CURES by its name, or a learning rate."""
    if name:
        begun = CURES[name](Beginning(current(), limits()))
        edit(spec=begun.experiment.spec, plan=begun.experiment.plan)
        choose("limits", begun.limits)
    else:
        edit(plan=current().plan.model_dump() | {"learning_rate": learning_rate})
    begin(is_paused=False)


def take_best(run: Run, is_taken: bool) -> None:
    """Takes the best weights or the last ones, and shows how they answer."""
    run.take_best(is_taken)
    choose("shown", (run.id, run.snapshot().weights_epoch))


def epochs_to_train_on(run: Run | None) -> int | None:
    """Returns how far a run that is over would go on, None where it cannot."""
    trained = trained_run(run, current())
    if trained is None:
        return None
    told = trained.snapshot()
    n_done = len(told.history)
    return n_done + told.n_epochs if n_done in told.kept else None


def train_on(run: Run, n_epochs: int) -> None:
    """Goes on from the end of a run until so many epochs are done, as a run of its own."""
    edit(plan=current().plan.model_dump() | {"epochs": n_epochs})
    if current().plan.epochs == n_epochs:
        going_on = fork(len(run.snapshot().history))
        if going_on:
            going_on.tell(Play())


def fork(epoch: int) -> Run | None:
    """Goes on from an epoch of the run with the experiment as it stands now.

    Returns the new run, which waits; None, and why is told, where there can be none.
    """
    run, experiment = registry().get(session().run), current()
    if run is None:
        return None
    try:
        fork = registry().fork(run, epoch, experiment, csv_content(experiment.data))
    except NetlibError as error:
        tell(error)
        return None
    registry().stop(run.id)
    show_run(fork.id)
    return fork
