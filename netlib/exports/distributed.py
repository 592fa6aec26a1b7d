"""The program for several processes or machines: PyTorch's torchrun with DDP.

Made of the program's own lines, each changed where several processes need it.
"""

import ast

from netlib.errors import ExportError
from netlib.exports.file import File
from netlib.exports.statements import insert, joined, replace, rewrap
from netlib.program.writer import Program, write
from netlib.source.lines import Body, Line, filled, imports, text_lines, wrap
from netlib.source.optimizers import CONSTANT
from netlib.source.styles import STYLES
from netlib.training.record import RunRecord

RUN_DOCSTRING = """

    torchrun --standalone --nproc-per-node 2 --max-restarts 3 train_ddp.py

A restart finds dead addresses unless TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 is set.
"""
PER_PROCESS = """
Batch statistics and dropout are per process: more of them, other numbers.
"""

DEVICE = """
has_cuda = torch.cuda.is_available()
device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if has_cuda else "cpu"
"""
SET_DEVICE = """
if has_cuda:
    torch.cuda.set_device(device)
"""
# {backend} is an expression.
GROUP = """
alone = {{"store": dist.HashStore(), "rank": 0, "world_size": 1}}  # without torchrun
dist.init_process_group({backend}, **({{}} if "RANK" in os.environ else alone))
rank, world = dist.get_rank(), dist.get_world_size()
"""
REFUSAL = """
if batch_size < 2 * world:
    raise SystemExit(f"{batch_size} rows a batch: batch norm needs 2 a process.")
"""
WRAPPED = """
ddp = DistributedDataParallel(model)
CHECKPOINT = "checkpoint.safetensors"
PROGRAM = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()

"""
ROWS = """
    order = torch.randperm(len(X_train))
    dist.broadcast(order, src=0)  # dropout draws otherwise in each process
"""
# Batch statistics need two rows a process.
CUTS = "    cuts = list(range(batch_size, len(X_train) - 2 * world + 1, batch_size))"
SHARE = "        own = rows[rank::world]"
BACKWARD = "        (loss * world / len(rows)).backward()  # DDP takes the mean"

SAVE_CHECKPOINT = '''
def save_checkpoint(epoch):
    """Replaces the checkpoint: a kill leaves the old one or the new one."""
    tensors = {{"generator": torch.get_rng_state(), **model.state_dict()}}
    for name, weight in model.named_parameters():
        tensors |= {{f"{{name}}/{{key}}": t for key, t in optimizer.state[weight].items()}}
    about = {{"program": PROGRAM, "epoch": str(epoch)}}
    {save_schedule}
    {save_groups}
    save_file(tensors, f"{{CHECKPOINT}}.part", about)
    os.replace(f"{{CHECKPOINT}}.part", CHECKPOINT)
'''
LOAD_CHECKPOINT = '''
def load_checkpoint():
    """Goes back to the checkpoint and returns how many epochs it has done."""
    with safe_open(CHECKPOINT, "pt") as file:
        about = file.metadata()
        tensors = {{key: file.get_tensor(key) for key in file.offset_keys()}}
    if about["program"] != PROGRAM:
        raise SystemExit(f"{{CHECKPOINT}} is of another program: move it away.")
    torch.set_rng_state(tensors.pop("generator"))
    model.load_state_dict({{name: tensors.pop(name) for name in model.state_dict()}})
    for place, value in tensors.items():
        name, key = place.split("/")
        optimizer.state[model.get_parameter(name)][key] = value
    {load_schedule}
    {load_groups}
    {load_state}
    return int(about["epoch"])
'''
SAVE_SCHEDULE = 'about["schedule"] = json.dumps(scheduler.state_dict())'
SAVE_GROUPS = 'about["groups"] = json.dumps(optimizer.state_dict()["param_groups"])'
LOAD_SCHEDULE = 'scheduler.load_state_dict(json.loads(about["schedule"]))'
LOAD_GROUPS = (
    'state = optimizer.state_dict() | {"param_groups": json.loads(about["groups"])}'
)
LOAD_STATE = "optimizer.load_state_dict({state})"

DONE = """
    done = load_checkpoint() if os.path.exists(CHECKPOINT) else 0
    if done and rank == 0:
        print(f"{{CHECKPOINT}}: {{done}} of {epochs} epochs are done.", flush=True)
    for epoch in range(done + 1, {end}):
"""
MASKS = """
        if rank > 0:  # other dropout masks than in the first process
            torch.manual_seed(epoch * world + rank)
"""
LOSS = """
        loss = torch.tensor(sum(train_epoch()) / len(X_train), dtype=torch.float64)
        dist.all_reduce(loss)
"""
SAVE = """
        if rank == 0:
            save_checkpoint(epoch)
"""
SAVE_WEIGHTS = """
    if rank == 0:
        save_file(model.state_dict(), "model.safetensors")
"""
END = """
    dist.barrier()  # nobody leaves while another still talks
    dist.destroy_process_group()
    os._exit(0)  # threads of gloo may abort an interpreter that winds down
"""


def write_distributed(record: RunRecord) -> File:
    """Returns `train_ddp.py`; raises ExportError for a style that is no nn.Module."""
    style = record.experiment.style
    if not STYLES[style].is_module:
        raise ExportError(
            "train_ddp.py",
            "an nn.Module, as DistributedDataParallel takes no other",
            f"a plain function (style {style})",
            "Choose a style that defines an nn.Module, such as sequential.",
        )
    program = write(record.experiment, record.csv)
    body, imported, docstring = _parts(program)
    _join_group(body, program)
    _share_batches(body, program)
    _share_run(body, program)
    insert(body, "if __name__", _checkpoint(program))
    lines = [*_docstring(docstring, program), Line(), *imports(body, imported), *body]
    text = "".join(f"{line.text}\n" for line in lines)
    return File("train_ddp.py", text.encode())


def _parts(program: Program) -> tuple[Body, list[tuple[str, str]], str]:
    """Returns the lines below the imports, the members imported, and the docstring."""
    docstring, *nodes = ast.parse(program.text).body
    last, members = 0, []
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            last = node.end_lineno or last
        if isinstance(node, ast.ImportFrom):
            members += [(node.module or "", alias.name) for alias in node.names]
    lines = program.text.splitlines()
    assert docstring.end_lineno == 1, "a docstring of one line"
    return text_lines("\n".join(lines[last:])), members, lines[0]


def _docstring(first: str, program: Program) -> Body:
    about = RUN_DOCSTRING + (PER_PROCESS.lstrip("\n") if _has_mode(program) else "")
    return text_lines(first.removesuffix('"""') + about + '"""')


def _join_group(body: Body, program: Program) -> None:
    """Has the processes meet, before the optimizer is there."""
    backend, is_auto = '"gloo"', _is_auto(program)
    if is_auto:
        replace(body, "device = ", text_lines(DEVICE))
        backend = '"cpu:gloo,cuda:nccl" if has_cuda else "gloo"'
    lines = [
        *text_lines(SET_DEVICE if is_auto else ""),
        *filled(GROUP, backend="backend" if is_auto else backend),
        *text_lines(REFUSAL if _is_merged(program) else ""),
        *text_lines(WRAPPED),
    ]
    if is_auto:
        insert(lines, "dist.init_process_group", [Line(f"backend = {backend}")])
    insert(body, "optimizer = ", [*lines, Line()])


def _share_batches(body: Body, program: Program) -> None:
    """Gives each process its rows of each batch, in the order of the first process."""
    loop = joined(body, "for rows in ")
    changed = loop.replace("torch.randperm(len(X_train))", "order", 1)
    assert changed != loop, "an order of the rows"
    if _is_merged(program):
        replace(body, "cuts = ", text_lines(CUTS))
        insert(body, "cuts = ", text_lines(ROWS))
    else:
        insert(body, "for rows in ", text_lines(ROWS))
    replace(body, "for rows in ", [Line(f"    {changed}"), Line(SHARE)])
    call = f"F.{program.loss}(ddp(X_train[own]), y_train[own], "
    loss = wrap("loss = ", f'{call}reduction="sum")', indent=8)
    replace(body, f"loss = F.{program.loss}(model(X_train[rows]), y_train[rows])", loss)
    replace(body, "loss.backward()", [Line(BACKWARD)])
    replace(body, "yield loss.item() * len(rows)", [Line("        yield loss.item()")])


def _share_run(body: Body, program: Program) -> None:
    """Sums the loss of all processes; one of them prints and saves."""
    rewrap(body, "print(", indent=12, more=", flush=True")
    insert(body, "print(", text_lines(SAVE))
    epochs = program.experiment.plan.epochs
    start = f"for epoch in range(1, {epochs + 1}):"
    replace(body, start, filled(DONE, epochs=str(epochs), end=str(epochs + 1)))
    masks = text_lines(MASKS if _has_mode(program) else "")
    start = "loss = sum(train_epoch()) / len(X_train)"
    replace(body, start, [*masks, *text_lines(LOSS)])
    replace(body, "save_file(model", text_lines(SAVE_WEIGHTS))
    body += text_lines(END)


def _checkpoint(program: Program) -> Body:
    """Returns the functions that save and load all that a restart needs."""
    has_schedule = program.experiment.plan.schedule != CONSTANT
    state = "state" if has_schedule else "optimizer.state_dict()"
    is_moved = has_schedule or _is_auto(program)
    saving = filled(
        SAVE_CHECKPOINT,
        save_schedule=SAVE_SCHEDULE if has_schedule else "",
        save_groups=SAVE_GROUPS if has_schedule else "",
    )
    loading = filled(
        LOAD_CHECKPOINT,
        load_schedule=LOAD_SCHEDULE if has_schedule else "",
        load_groups=LOAD_GROUPS if has_schedule else "",
        load_state=LOAD_STATE.format(state=state) if is_moved else "",
    )
    return [*saving, Line(), Line(), *loading, Line(), Line()]


def _has_mode(program: Program) -> bool:
    return any(layer.has_mode for layer in program.experiment.spec.layers)


def _is_merged(program: Program) -> bool:
    """Tells whether batches of one row are avoided, as batch statistics need two."""
    return program.experiment.spec.smallest_batch > 1


def _is_auto(program: Program) -> bool:
    return program.experiment.plan.device == "auto"
