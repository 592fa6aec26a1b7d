"""Prints how the app compares with bare references; asserts nothing on seconds.

`python tests/benchmarks/run.py` measures in pairs, the app and its reference by turns:

1. Width to code: the default design on the Build page, against an empty Streamlit page
   of one number field and one line of code (see latency.py); and of a width by which
   more than numbers change in the code, so that it waits for a run of the page.
2. The same on the Build page while it trains 5,000 epochs, against the same page idle.
3. Epochs a second of the default experiment through a registry, with all that the app is
   told, against the same program's text run bare in a process of its own.
4. Describing 8 layers of 4096 (0.5 GB) without memory, against building the default
   network, in milliseconds.
5. The certificate of the default network, seven styles and 100 steps of Adam, against
   a bare loop of the same 700 steps.
6. From a click on Compare until its code shows, against the same app with a Compare
   page of one line of code; and against the empty page of 1; and between two such
   pages of the app, against that.
7. The share of a core that the server takes while a page is open and nothing happens, in
   a clone that holds its virtual environment, as the README sets it up.

Each line gives the median and, in brackets, the quartiles; a ratio is of the medians,
its quartiles those of the pairs. Close what else runs on the machine: the load average
is printed before and after.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/browser")]

import torch
import torch.nn.functional as F
from latency import (
    SIZES,
    SIZES_WITH_A_COMMENT,
    Editor,
    bare_app,
    chromium,
    empty_page,
    served,
)

from netlib import STYLES, NetworkSpec, build, certify, generate
from netlib.experiment import Experiment, TrainingPlan
from netlib.jobs.registry import Registry
from netlib.model.builder import outline
from netlib.program.writer import write

N_CHANGES = 30
N_BLOCKS = 6
N_RATES = 8
EPOCHS = 200

Pairs = Iterator[tuple[float, float]]

# Runs a program as its own last lines do, but for the printing. As nice as a worker and
# in a session of its own: Linux shares processors out by sessions.
BARE = """
import os, runpy, sys, time

os.nice(10)
program = runpy.run_path(sys.argv[1])
train_epoch, validate = program["train_epoch"], program["validate"]
n_epochs, n_rows = int(sys.argv[2]), len(program["X_train"])
start = time.perf_counter()
for _ in range(n_epochs):
    loss = sum(train_epoch()) / n_rows
    validation_loss, score = validate()
print(n_epochs / (time.perf_counter() - start))
"""


def width_to_code(build_page: Editor, empty: Editor, sizes: Sequence[int]) -> Pairs:
    """Yields milliseconds on the Build page and on the empty page."""
    for _ in range(N_CHANGES):
        yield build_page.latency(sizes), empty.latency(sizes)


def while_training(build_page: Editor) -> Pairs:
    """Yields milliseconds on the Build page training and idle, in blocks by turns."""
    for _ in range(N_BLOCKS):
        idle = [build_page.latency() for _ in range(N_CHANGES // N_BLOCKS)]
        build_page.train()
        training = [build_page.latency() for _ in idle]
        build_page.stop()
        yield from zip(training, idle)


def training_rate(registry: Registry, folder: Path) -> Pairs:
    """Yields epochs a second in the worker and of the bare program."""
    experiment = Experiment(plan=TrainingPlan(epochs=EPOCHS))
    path = folder / "program.py"
    path.write_text(write(experiment).text)
    command = [sys.executable, "-c", BARE, path, str(EPOCHS)]
    for _ in range(N_RATES):
        run = registry.start(experiment)
        run.job.wait(300)
        reference = subprocess.run(
            command, check=True, capture_output=True, text=True, start_new_session=True
        )
        yield run.snapshot().epochs_per_second or 0, float(reference.stdout)


def description() -> Pairs:
    """Yields milliseconds of an outline of 8 layers of 4096 and of a default build."""
    large = generate(NetworkSpec.mlp([4096] * 9), "sequential")
    default = generate(Experiment().spec, "sequential")
    for _ in range(N_CHANGES):
        yield milliseconds(lambda: outline(large)), milliseconds(lambda: build(default))


def certificate() -> Pairs:
    """Yields milliseconds of a certificate and of as many bare steps, in one thread."""
    torch.set_num_threads(1)
    spec = Experiment().spec
    for _ in range(N_RATES):
        yield milliseconds(lambda: certify(spec)), milliseconds(bare_steps)


def bare_steps() -> None:
    """Trains the default network as a certificate of all styles does, and keeps nothing."""
    for style in STYLES:
        network = build(generate(Experiment().spec, style))
        parameters = network.parameters.values()
        optimizer = torch.optim.Adam(parameters, lr=0.01, foreach=False)
        for _ in range(100):
            error = F.mse_loss(network.model(torch.randn(32, 16)), torch.randn(32, 1))
            optimizer.zero_grad()
            error.backward()
            optimizer.step()


def milliseconds(work: Callable[[], object]) -> float:
    """Returns how long `work` takes."""
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def page_switch(build_page: Editor, empty: Editor) -> Pairs:
    """Yields milliseconds from a click to the code of the app and of an empty page."""
    for _ in range(N_CHANGES):
        yield build_page.switch("class MyNetwork"), empty.switch("class Compared")


def frame_switch(bare: Editor, empty: Editor) -> Pairs:
    """Yields milliseconds between two pages of the frame alone, and of the empty app."""
    bare.page.get_by_role("link", name="Compare", exact=True).click()
    for _ in range(N_CHANGES):
        ours = bare.switch("class Weighed", "Weights", home="Compare")
        yield ours, empty.switch("class Compared")


def report(title: str, pairs: Pairs, unit: str, aim: str) -> None:
    """Prints a line of the table."""
    ours, reference = zip(*pairs)
    ratio = median(ours) / median(reference)
    low, _, high = quantiles([a / b for a, b in zip(ours, reference)])
    print(
        f"{title:<35}{spread(ours):>17}{spread(reference):>17} {unit:<9}"
        f"{ratio:>6.2f} [{low:.2f}-{high:.2f}]   {aim}",
        flush=True,
    )


def spread(values: tuple[float, ...]) -> str:
    """Returns the median and the quartiles."""
    low, middle, high = quantiles(values)
    return f"{middle:.0f} [{low:.0f}-{high:.0f}]"


def load() -> str:
    """Returns the machine's load average over the last minute."""
    return f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores"


def main() -> None:
    print(load())
    print(f"{'':<35}{'app':>17}{'reference':>17} {'':<9} ratio               aim")
    registry = Registry()
    with tempfile.TemporaryDirectory() as folder:
        pairs = training_rate(registry, Path(folder))
        report("training rate, worker : bare", pairs, "epochs/s", ">= 0.95")
    registry.close()
    report("8 x 4096 outlined : default built", description(), "ms", "-")
    report("certificate : bare steps", certificate(), "ms", "<= 3")
    long = Experiment(plan=TrainingPlan(epochs=5000)).to_link()
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as bare_folder,
        empty_page(Path(folder)) as empty_url,
        bare_app(Path(bare_folder)) as bare_url,
        served(ROOT / "app.py") as server,
        chromium() as browser,
    ):
        assert (ROOT / ".venv").is_dir(), "set the clone up as the README says"
        share = server.idle_share(browser)
        print(f"{'idle server':<35}{share:>17.1f}{'':>17} % of a core{'':<16}< 2")
        build_page = Editor(browser, f"{server.url}/?design={long}")
        empty = Editor(browser, empty_url)
        pairs = width_to_code(build_page, empty, SIZES)
        report("width to code, Build : empty", pairs, "ms", "<= 2")
        pairs = width_to_code(build_page, empty, SIZES_WITH_A_COMMENT)
        report("width and comment, Build : empty", pairs, "ms", "<= 2")
        bare = Editor(browser, bare_url)
        pairs = page_switch(build_page, bare)
        report("switch, Compare : empty page", pairs, "ms", "<= 2")
        pairs = page_switch(build_page, empty)
        report("switch, Compare : empty app", pairs, "ms", "<= 2")
        pairs = frame_switch(bare, empty)
        report("switch, frame alone : empty app", pairs, "ms", "-")
        report(
            "Build page, training : idle", while_training(build_page), "ms", "<= 1.3"
        )
    print(load())


if __name__ == "__main__":
    main()
