"""Prints how the app compares with bare references; asserts nothing on seconds.

`python tests/benchmarks/run.py` measures in pairs, the app and its reference by turns:

1. Width to code: the default design on the Build page, against an empty Streamlit page
   of one number field and one line of code (see latency.py).
2. The same on the Build page while it trains 5,000 epochs, against the same page idle.
3. Epochs a second of the default experiment through `netlib.runs.Runs`, with all that
   the app measures and is told, against a bare loop in its own process (bare_loop.py).

Each line gives the median and, in brackets, the quartiles; a ratio is of the medians,
its quartiles those of the pairs. Close what else runs on the machine: the load average
is printed before and after.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/browser")]

from latency import Editor, chromium, empty_page, served

from netlib.experiment import Experiment, TrainingPlan
from netlib.runs import Runs

N_CHANGES = 30
N_BLOCKS = 6
N_RATES = 8
EPOCHS = 200

Pairs = Iterator[tuple[float, float]]


def width_to_code(build: Editor, empty: Editor) -> Pairs:
    """Yields milliseconds on the Build page and on the empty page."""
    for _ in range(N_CHANGES):
        yield build.latency(), empty.latency()


def while_training(build: Editor) -> Pairs:
    """Yields milliseconds on the Build page training and idle, in blocks by turns."""
    for _ in range(N_BLOCKS):
        idle = [build.latency() for _ in range(N_CHANGES // N_BLOCKS)]
        build.train()
        training = [build.latency() for _ in idle]
        build.stop()
        yield from zip(training, idle)


def training_rate(runs: Runs) -> Pairs:
    """Yields epochs a second in the worker and in the bare loop."""
    for _ in range(N_RATES):
        run = runs.start(Experiment(plan=TrainingPlan(epochs=EPOCHS)))
        run.wait(300)
        bare = Path(__file__).with_name("bare_loop.py")
        command = [sys.executable, bare, str(EPOCHS)]
        reference = subprocess.run(command, check=True, capture_output=True, text=True)
        yield run.snapshot().epochs_per_second or 0, float(reference.stdout)


def report(title: str, pairs: Pairs, unit: str, aim: str) -> None:
    """Prints a line of the table."""
    ours, reference = zip(*pairs)
    ratio = median(ours) / median(reference)
    low, _, high = quantiles([a / b for a, b in zip(ours, reference)])
    print(
        f"{title:<32}{spread(ours):>17}{spread(reference):>17} {unit:<9}"
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
    print(f"{'':<32}{'app':>17}{'reference':>17} {'':<9} ratio               aim")
    runs = Runs()
    report("training rate, worker : bare", training_rate(runs), "epochs/s", ">= 0.9")
    runs.close()
    long = Experiment(plan=TrainingPlan(epochs=5000)).to_link()
    with (
        tempfile.TemporaryDirectory() as folder,
        empty_page(Path(folder)) as empty_url,
        served(ROOT / "app.py") as url,
        chromium() as browser,
    ):
        build = Editor(browser, f"{url}/?design={long}")
        empty = Editor(browser, empty_url)
        pairs = width_to_code(build, empty)
        report("width to code, Build : empty", pairs, "ms", "<= 2")
        report("Build page, training : idle", while_training(build), "ms", "<= 1.3")
    print(load())


if __name__ == "__main__":
    main()
