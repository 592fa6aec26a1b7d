"""A script that trains in several processes or machines: PyTorch's torchrun with DDP."""

from collections.abc import Callable
from textwrap import indent
from typing import Any

from torch import nn

from netlib.errors import ExportError
from netlib.exports.carried import compare, epoch_rows, plan_parser, show
from netlib.exports.program import carry, exploded, program
from netlib.exports.script import ONE_THREAD, closing, csv_argument
from netlib.exports.texts import Texts, plan_text, texts
from netlib.exports.together import load_checkpoint, save_checkpoint, train_together
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
        "    export TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1\n"
        f"    torchrun --standalone --nproc-per-node 2 --max-restarts 3 train_ddp.py{path}\n"
        f"    python train_ddp.py{path} --processes 2\n\n"
        "torchrun starts the processes again from the checkpoint when one dies; without the\n"
        "variable, new processes find the addresses of the dead ones and wait for them. For\n"
        "several machines see `torchrun --help`, and keep the checkpoint where all of them\n"
        "see it. The last command is for one machine. Each batch is shared out among the\n"
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
        "dist.barrier()  # nobody leaves while another still talks\n"
        "dist.destroy_process_group()\n"
        "sys.stdout.flush()\n"
        "os._exit(0)  # threads of gloo may abort an interpreter that winds down\n"
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
