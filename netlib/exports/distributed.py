"""A script that trains in several processes or machines: PyTorch's torchrun with DDP."""

import json
import math
import os
from collections.abc import Callable, Iterator
from textwrap import indent
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from netlib.errors import ExportError
from netlib.exports.carried import compare, epoch_rows, plan_parser, show
from netlib.exports.program import carry, exploded, program
from netlib.exports.script import ONE_THREAD, closing, csv_argument
from netlib.exports.texts import Texts, plan_text, texts
from netlib.exports.trained import File, Trained, initial


def distributed_script(trained: Trained) -> File:
    """Returns `train_ddp.py`; raises ExportError for a style that is no nn.Module."""
    if not isinstance(initial(trained.experiment).model, nn.Module):
        raise ExportError(
            "train_ddp.py",
            "an nn.Module, as DistributedDataParallel takes no other",
            f"a plain function (style {trained.experiment.style})",
            "Choose a style that defines an nn.Module, such as sequential.",
        )
    parts = texts(trained)
    spec = trained.experiment.spec
    functions: list[Callable[..., Any]] = [
        *parts.carried,
        save_checkpoint,
        load_checkpoint,
        train_together,
        plan_parser,
        epoch_rows,
        show,
        compare,
    ]
    text = program(
        _docstring(parts, any(layer.has_mode for layer in spec.layers)),
        [
            ONE_THREAD,
            plan_text(trained),
            parts.first_epochs,
            *parts.constants,
            parts.model,
            *map(carry, functions),
            _work(parts, spec.smallest_batch),
            _START,
            _main(parts),
            'if __name__ == "__main__":\n    main()\n',
        ],
    )
    return File("train_ddp.py", text.encode())


def save_checkpoint(
    path: str,
    model: nn.Module,
    updater: torch.optim.Optimizer,
    shuffler: torch.Generator,
    numbers: dict[str, Any],
) -> None:
    """Writes all that a restart needs: tensors as safetensors, numbers as JSON."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    for index, state in updater.state_dict()["state"].items():
        for name, value in state.items():
            if value is not None:
                tensors[f"optimizer.{index}.{name}"] = value
    tensors["shuffler"] = shuffler.get_state()
    save_file(tensors, f"{path}.part", {"numbers": json.dumps(numbers)})
    os.replace(f"{path}.part", path)  # a kill leaves the old one or the new one


def load_checkpoint(
    path: str,
    model: nn.Module,
    updater: torch.optim.Optimizer,
    shuffler: torch.Generator,
) -> dict[str, Any]:
    """Restores what `save_checkpoint` wrote and returns the numbers."""
    weights: dict[str, Any] = {}
    states: dict[int, dict[str, Any]] = {}
    with safe_open(path, "pt") as file:
        numbers = json.loads(file.metadata()["numbers"])
        for name in file.offset_keys():
            group, _, rest = name.partition(".")
            if group == "model":
                weights[rest] = file.get_tensor(name)
            elif group == "optimizer":
                index, _, field = rest.partition(".")
                states.setdefault(int(index), {})[field] = file.get_tensor(name)
        shuffler.set_state(file.get_tensor("shuffler"))
    model.load_state_dict(weights)
    groups = updater.state_dict()["param_groups"]
    updater.load_state_dict({"state": states, "param_groups": groups})
    return numbers


def train_together(
    model: nn.Module,
    data: dict[str, Any],
    *,
    loss: str,
    optimizer: str,
    learning_rate: float,
    momentum: float,
    batch_size: int,
    epochs: int,
    seed: int,
    smallest_batch: int,
    device: str,
    checkpoint: str,
) -> Iterator[dict[str, Any]]:
    """Yields an event an epoch, first those of the checkpoint if there is one.

    A batch is `batch_size` rows of all processes together, the same as in one process:
    each computes a share, and the gradient is the mean over the whole batch.
    """
    rank, n_processes = dist.get_rank(), dist.get_world_size()
    if batch_size < smallest_batch * n_processes:
        least = f"{smallest_batch} rows a process"
        raise ValueError(f"A batch of {batch_size} rows holds fewer than {least}.")
    shuffler = torch.Generator().manual_seed(seed)

    def bce(p: torch.Tensor, y: torch.Tensor, reduction: str) -> torch.Tensor:
        if p.isnan().any():  # it ends the run as any other loss does
            return p.sum()
        return F.binary_cross_entropy(p, y, reduction=reduction)

    formulas: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
        "bce": (bce, lambda p, y: p.round() == y),
        "bce_logits": (F.binary_cross_entropy_with_logits, lambda z, y: (z > 0) == y),
        "cross_entropy": (F.cross_entropy, lambda z, y: z.argmax(1) == y),
        "nll": (F.nll_loss, lambda z, y: z.argmax(1) == y),
        "mse": (F.mse_loss, lambda z, y: 1 - (z - y) ** 2 / held_y.var(correction=0)),
    }
    measure, score = formulas[loss]
    x, y, held_x, held_y = (
        torch.as_tensor(data[f"{part}_{side}"], device=device)
        for part in ("train", "validation")
        for side in ("features", "targets")
    )
    if loss in ("cross_entropy", "nll"):
        y, held_y = y.flatten().long(), held_y.flatten().long()
    network = DistributedDataParallel(model.to(device))
    kind, options = {
        "adam": (torch.optim.Adam, {}),
        "sgd": (torch.optim.SGD, {"momentum": momentum}),
    }[optimizer]
    updater = kind(network.parameters(), lr=learning_rate, foreach=False, **options)
    plan = [loss, optimizer, learning_rate, momentum, batch_size, seed, len(x)]
    done: list[dict[str, Any]] = []
    if os.path.exists(checkpoint):
        numbers = load_checkpoint(checkpoint, model, updater, shuffler)
        if numbers["plan"] != plan:
            raise SystemExit(
                f"{checkpoint} is of another plan: delete it, or repeat it."
            )
        done = numbers["events"]
        yield from done[: epochs + 1]
    smallest_last = 2 if smallest_batch == 1 else smallest_batch * n_processes
    cuts = list(range(batch_size, len(x) - smallest_last + 1, batch_size))
    for epoch in range(len(done), epochs + 1):
        torch.manual_seed(
            seed + epoch * n_processes + rank
        )  # dropout, after a restart too
        totals = torch.zeros(3, dtype=torch.float64, device=device)
        network.train(epoch > 0)
        for rows in torch.randperm(len(x), generator=shuffler).tensor_split(cuts):
            share = rows[rank::n_processes]
            with torch.set_grad_enabled(epoch > 0):
                error = measure(network(x[share]), y[share], reduction="sum")
            totals[0] += error.detach()
            if epoch > 0:
                updater.zero_grad()
                (error * n_processes / len(rows)).backward()  # DDP takes the mean
                updater.step()
        network.eval()
        for rows in torch.arange(len(held_x)).split(256):
            share = rows[rank::n_processes]
            with torch.no_grad():
                output = network(held_x[share])
            totals[1] += measure(output, held_y[share], reduction="sum")
            totals[2] += score(output, held_y[share]).float().sum()
        dist.all_reduce(totals)
        train_error = totals[0].item() / len(x)
        held_error, held_score = (totals[1:] / len(held_x)).nan_to_num(neginf=0)
        if not math.isfinite(train_error + totals[1].item()):
            yield {"event": "diverged", "epoch": epoch}
            return
        event = {
            "event": "epoch",
            "epoch": epoch,
            "loss": train_error,
            "validation_loss": held_error.item(),
            "score": held_score.item(),
        }
        done.append(event)
        if rank == 0:
            numbers = {"plan": plan, "events": done}
            save_checkpoint(checkpoint, model, updater, shuffler, numbers)
        yield event


def _docstring(texts: Texts, has_mode: bool) -> str:
    path = " table.csv" if texts.csv else ""
    per_process = (
        "Batch statistics and dropout masks are per process, so with several processes\n"
        "the numbers are others than with one.\n"
        if has_mode
        else "The numbers are close to those of one process: only sums round otherwise.\n"
    )
    return (
        f"Trains a {texts.title} in several processes.\n\n"
        f"    torchrun --standalone --nproc-per-node 2 --max-restarts 3 train_ddp.py{path}\n"
        f"    python train_ddp.py{path} --processes 2\n\n"
        "The first command starts the processes again from the checkpoint when one dies;\n"
        "for several machines see `torchrun --help`, and keep the checkpoint where all of\n"
        "them see it. The second is for one machine. Each batch is shared out among the\n"
        "processes: its size is that of all together.\n\n"
        f"{per_process}"
    )


def _work(texts: Texts, smallest_batch: int) -> str:
    plan = (
        "optimizer", "learning_rate", "momentum", "batch_size", "epochs", "seed",
    )  # fmt: skip
    call = exploded(
        "train_together",
        [
            "model",
            "data",
            f'loss="{texts.loss}"',
            *(f"{name}=options.{name}" for name in plan),
            f"smallest_batch={smallest_batch}",
            "device=device",
            "checkpoint=options.checkpoint",
        ],
    )
    body = (
        'device = f"cuda:{local_rank}" if options.backend == "nccl" else "cpu"\n'
        'if options.backend == "nccl":\n'
        "    torch.cuda.set_device(local_rank)\n"
        f"{texts.reading.format(path='options.csv', plan='options.')}"
        f"events = {call}\n"
        "rows = epoch_rows(events)\n"
        "if dist.get_rank() == 0:\n"
        "    history = show(rows)\n"
        "    weights = {name: t.cpu() for name, t in model.state_dict().items()}\n"
        "    save_file(weights, options.weights)\n"
        f"{indent(closing(texts), '    ')}"
        "else:\n"
        "    list(rows)\n"
        "dist.destroy_process_group()\n"
    )
    return (
        f"{_IMPORTS}"
        "def work(local_rank, options):\n"
        '    """Trains as one of the processes, which have met."""\n'
        f"{indent(body, '    ')}"
    )


def _main(texts: Texts) -> str:
    has_csv = csv_argument(texts)
    body = (
        "parser = plan_parser(PLAN)\n"
        f"{has_csv}"
        'parser.add_argument("--weights", default="model.safetensors", '
        'help="file to save")\n'
        'parser.add_argument("--checkpoint", default="checkpoint.safetensors")\n'
        'backend = "nccl" if torch.cuda.is_available() else "gloo"\n'
        'parser.add_argument("--backend", choices=["gloo", "nccl"], default=backend)\n'
        'parser.add_argument("--processes", type=int, default=1, '
        'help="without torchrun")\n'
        "options = parser.parse_args()\n"
        'if "LOCAL_RANK" in os.environ:  # set by torchrun\n'
        "    dist.init_process_group(options.backend)\n"
        '    work(int(os.environ["LOCAL_RANK"]), options)\n'
        "    return\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        '    meeting = Path(folder, "meeting").as_uri()\n'
        "    mp.spawn(start, (options, meeting), nprocs=options.processes)\n"
    )
    return f"{_IMPORTS}def main():\n{indent(body, '    ')}"


_START = '''def start(rank, options, meeting):
    """Begins a process that `main` has spawned; they meet in a file."""
    dist.init_process_group(
        options.backend,
        init_method=meeting,
        rank=rank,
        world_size=options.processes,
    )
    work(rank, options)
'''
_IMPORTS = (
    "import os\n"
    "import sys\n"
    "import tempfile\n"
    "from pathlib import Path\n"
    "import torch\n"
    "import torch.distributed as dist\n"
    "import torch.multiprocessing as mp\n"
    "from safetensors.torch import save_file\n"
)
