"""The training section of a program, and the block that runs it as a script."""

from netlib.experiment import Experiment
from netlib.source.lines import Body, Line, assign_dict, filled, wrap
from netlib.source.optimizers import OPTIMIZERS, SCHEDULES
from netlib.source.styles import STYLES
from netlib.source.tasks import LOSSES, TASKS

WEIGHTS_FILE = "model.safetensors"

TRAIN_EPOCH = '''
def train_epoch():
    """Goes once through the training rows and yields each batch's summed loss."""
    {cuts}
    for rows in torch.randperm(len(X_train)).{batches}:
        {training_mode}
        loss = F.{loss}(model(X_train[rows]), y_train[rows])
        optimizer.zero_grad()
        loss.backward()
        {clip}
        optimizer.step()
        {step}
        yield loss.item() * len(rows)
    {epoch_step}
'''
VALIDATE = '''
def validate():
    """Returns loss and {score_name} on the rows kept back."""
    {evaluation_mode}
    with torch.no_grad():
        output = model(X_val)
    {score_name} = {score}
    return F.{loss}(output, y_val).item(), {score_name}.item()
'''
# Batch statistics need two rows: where one would be left, it joins the batch before.
CUTS = (
    "cuts = list(range(batch_size, len(X_train) - 1, batch_size))  # no batch of 1 row"
)
RUN = """
if __name__ == "__main__":
    for epoch in range(1, {end}):
        loss = sum(train_epoch()) / len(X_train)
        val_loss, {score_name} = validate()
"""


def training_section(experiment: Experiment, task: str, loss: str) -> Body:
    """Returns the lines that bind `optimizer`, `train_epoch` and `validate`.

    `task` and `loss` are names of TASKS and LOSSES.
    """
    plan, style = experiment.plan, STYLES[experiment.style]
    is_merged = experiment.spec.smallest_batch > 1
    parameters = "model.parameters()" if style.is_module else "parameters"
    schedule = SCHEDULES[plan.schedule]
    step = "scheduler.step()" if schedule else ""
    is_each_step = schedule is not None and schedule.every_step
    clip = f"nn.utils.clip_grad_norm_({parameters}, {plan.clip})" if plan.clip else ""
    return [
        *wrap("optimizer = ", OPTIMIZERS[plan.optimizer].code(parameters, dict(plan))),
        *(wrap("scheduler = ", _schedule(experiment)) if schedule else []),
        *[Line(), Line()],
        *filled(
            TRAIN_EPOCH,
            cuts=CUTS if is_merged else "",
            batches="tensor_split(cuts)" if is_merged else "split(batch_size)",
            training_mode=mode(experiment, training=True),
            loss=loss,
            clip=clip,
            step=step if is_each_step else "",
            epoch_step="" if is_each_step else step,
        ),
        *[Line(), Line()],
        *filled(
            VALIDATE,
            evaluation_mode=mode(experiment, training=False),
            score_name=TASKS[task].score_name,
            score=TASKS[task].score.format(decision=LOSSES[loss].decision),
            loss=loss,
        ),
    ]


def run_section(experiment: Experiment, task: str) -> Body:
    """Returns the block that trains, prints a line an epoch and saves the weights."""
    epochs, style = experiment.plan.epochs, STYLES[experiment.style]
    score = TASKS[task].score_name
    body = filled(
        RUN,
        end=str(epochs + 1),
        score_name=score,
    )
    told = f"loss {{loss:.4f}}  val {{val_loss:.4f}}  {score} {{{score}:.3f}}"
    body += wrap("", f'print(f"{{epoch:{len(str(epochs))}}}  {told}")', indent=8)
    if style.tensors is None:
        return [*body, Line(f'    save_file(model.state_dict(), "{WEIGHTS_FILE}")')]
    items = [f'"{name}": {name}' for name in style.tensors(experiment.spec)]
    save = Line(f'    save_file(tensors, "{WEIGHTS_FILE}")')
    return [*body, *assign_dict("tensors", items, indent=4), save]


def _schedule(experiment: Experiment) -> str:
    plan, schedule = experiment.plan, SCHEDULES[experiment.plan.schedule]
    is_merged = experiment.spec.smallest_batch > 1
    n_rows = "(len(X_train) - 1)" if is_merged else "len(X_train)"
    assert schedule
    return schedule.code.format(
        epochs=plan.epochs,
        third=max(1, plan.epochs // 3),
        learning_rate=plan.learning_rate,
        n_batches=f"math.ceil({n_rows} / batch_size)",
    )


def mode(experiment: Experiment, training: bool) -> str:
    """Returns the statement that sets the mode, "" where no layer of a function has one."""
    if STYLES[experiment.style].is_module:
        return "model.train()" if training else "model.eval()"
    has_mode = any(layer.has_mode for layer in experiment.spec.layers)
    return f"model.training = {training}" if has_mode else ""
