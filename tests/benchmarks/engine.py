"""What a run gives and takes where no page is open; asserts nothing on seconds.

`python tests/benchmarks/engine.py` prints

1. epochs a second of two networks of TensorFlow Playground, with its 250 rows in batches
   of 10, against the most that its page shows of them;
2. the rate with states kept to go back to, against the same without, by turns;
3. the memory of the worker and of this process, which keeps what it is told, after a
   tenth of 100,000 steps and after all of them. Another number of steps, for a try, is
   the first argument.
"""

import os
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT)]

import psutil
import torch

from netlib import Experiment, NetworkSpec, TrainingPlan
from netlib.data.choice import DataChoice
from netlib.jobs.registry import Registry
from netlib.jobs.run import Run
from netlib.model.builder import execute
from netlib.program.writer import write
from netlib.training.run import Training

N_STEPS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
N_TURNS = 5
STEPS_AN_EPOCH = 25
# Its page draws a frame an epoch: the widths, and the epochs a second that it shows.
PLAYGROUND = {(2, 4, 2, 1): 60, (2, 8, 8, 8, 8, 8, 8, 1): 19}


def playground(widths: tuple[int, ...], n_steps: int) -> Experiment:
    """Returns an experiment of so many steps as TensorFlow Playground has it at first."""
    plan = TrainingPlan(
        optimizer="sgd",
        momentum=0.0,
        learning_rate=0.03,
        batch_size=10,
        epochs=max(1, n_steps // STEPS_AN_EPOCH),
        validation_share=0.5,
    )
    spec = NetworkSpec.mlp(widths, "tanh", "sigmoid")
    data = DataChoice(name="circles", n_rows=500)
    return Experiment(spec=spec, data=data, plan=plan)


def rates(registry: Registry) -> None:
    """Prints epochs a second, and how many times those of Playground's page."""
    for widths, theirs in PLAYGROUND.items():
        run = registry.start(playground(widths, N_STEPS // 10))
        run.job.wait(600)
        ours = run.snapshot().epochs_per_second or 0
        name = "-".join(map(str, widths))
        print(f"{name:<20} {ours:6.0f} epochs/s, {ours / theirs:.1f} times (aim 2)")


def seconds_of(keeps_states: bool) -> float:
    """Returns how long some epochs take in this process."""
    running = execute(write(playground((2, 8, 8, 1), N_STEPS // 20)))
    training = Training(running)
    if not keeps_states:
        training.checkpoints.is_due = lambda: False  # type: ignore[method-assign]
    start = time.perf_counter()
    while training.epoch < running.program.experiment.plan.epochs:
        training.advance()
    return time.perf_counter() - start


def checkpoints() -> None:
    """Prints by what share the states that are kept slow a run."""
    torch.set_num_threads(1)
    pairs = [(seconds_of(True), seconds_of(False)) for _ in range(N_TURNS)]
    cost = median(kept / plain - 1 for kept, plain in pairs)
    print(f"states that are kept cost {cost:.1%} of the time (aim 1 %)")


def memory(registry: Registry) -> None:
    """Prints megabytes after a tenth of the steps, and after all of them."""
    run = registry.start(playground((2, 8, 8, 1), N_STEPS))
    n_epochs = run.experiment.plan.epochs
    while len(run.snapshot().history) < n_epochs / 10:
        time.sleep(0.01)
    early = megabytes(run)
    late = early
    while run.is_active:
        late = megabytes(run)
        time.sleep(0.05)
    for name, before, after in zip(("worker", "server"), early, late):
        print(
            f"{name}: {before:.0f} MB after a tenth, {after:.0f} MB after {N_STEPS:,}"
        )


def megabytes(run: Run) -> tuple[float, float]:
    """Returns the memory of a run's worker and of this process."""
    processes = psutil.Process(run.job.worker_pid), psutil.Process()
    worker, server = (each.memory_info().rss / 2**20 for each in processes)
    return worker, server


def main() -> None:
    print(f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
    registry = Registry()
    rates(registry)
    memory(registry)
    registry.close()
    checkpoints()


if __name__ == "__main__":
    main()
