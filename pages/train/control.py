"""What the Train page does with runs: begins, ends and forks them."""

from typing import Any

from netlib.errors import NetlibError
from netlib.training.cures import CURES, Beginning
from pages.frame.session import choose, current, edit, session, show_run, tell
from pages.shared.job import registry
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
        _cure(wish["name"])


def _cure(name: str) -> None:
    """Begins anew with what usually helps, by its name in CURES."""
    begun = CURES[name](Beginning(current(), limits()))
    edit(spec=begun.experiment.spec, plan=begun.experiment.plan)
    choose("limits", begun.limits)
    begin(is_paused=False)


def fork(epoch: int) -> None:
    """Goes on from an epoch of the run with the experiment as it stands now."""
    run, experiment = registry().get(session().run), current()
    if run is None:
        return
    try:
        fork = registry().fork(run, epoch, experiment, csv_content(experiment.data))
    except NetlibError as error:
        tell(error)
    else:
        registry().stop(run.id)
        show_run(fork.id)
