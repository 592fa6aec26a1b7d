"""How long a training step takes in each style, and which differences are shown."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

import torch
import torch.nn.functional as F
from torch import Tensor

from netlib.model.builder import build
from netlib.model.network import Network
from netlib.program.fit import check_weights
from netlib.source.styles import StyleName, generate
from netlib.spec.network import NetworkSpec

N_ROWS = 32
LEARNING_RATE = 0.01
# The largest chance of a wrong "slower" or "faster" among all of one comparison.
LEVEL = 0.05

Quartiles = tuple[float, float, float]


@dataclass(frozen=True)
class StyleTime:
    """The lower quartile, median and upper quartile of a style's rounds, and a verdict.

    `microseconds` are those of a step, `ratio` is the step over the first style's of
    the same round. The verdict is "reference", "no difference shown", or such as
    "3.1% slower", of the median ratio: the percentage is of the first style's time.
    """

    microseconds: Quartiles
    ratio: Quartiles
    verdict: str


def step_times(
    spec: NetworkSpec,
    styles: Sequence[StyleName],
    *,
    seed: int,
    rounds: int,
    steps: int,
    progress: Callable[[float, str], None],
) -> dict[str, list[float]]:
    """Returns the mean seconds of a training step by style, one value a round.

    A round takes `steps` steps in each style, and each round begins with another one.
    A step is forward, MSE, backward and Adam on (32, *input_shape) seeded
    standard-normal rows, the same arithmetic in every style; a warm-up round is not
    counted. `progress` gets the share done, 0 to 1, and a label before each turn of a
    style and at the end. Seeds torch's random generator; raises NetlibError.
    """
    check_weights(spec)
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(N_ROWS, *spec.input_shape, generator=generator)
    y = torch.randn(N_ROWS, *spec.output_shape, generator=generator)
    turns = [(n, style) for n in range(rounds + 1) for style in _rotated(styles, n)]
    trainings: dict[str, Callable[[], None]] = {}
    seconds: dict[str, list[float]] = {style: [] for style in styles}
    for n_done, (number, style) in enumerate(turns):
        name = f"round {number} of {rounds}" if number else "warm-up"
        progress(n_done / len(turns), f"{name}, {style}")
        if number == 0:  # builds when the style before has all its memory: sizes count
            trainings[style] = _training(build(generate(spec, style), seed), x, y)
        mean = _mean_seconds(trainings[style], steps, seed)
        if number > 0:
            seconds[style].append(mean)
    progress(1, "done")
    return seconds


def _rotated(styles: Sequence[StyleName], places: int) -> list[StyleName]:
    start = places % len(styles)
    return [*styles[start:], *styles[:start]]


def _training(network: Network, x: Tensor, y: Tensor) -> Callable[[], None]:
    """Returns a function that does one step."""
    parameters = network.parameters.values()
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, fused=True)

    def step() -> None:
        optimizer.zero_grad()
        F.mse_loss(network.model(x), y).backward()
        optimizer.step()

    return step


def _mean_seconds(step: Callable[[], None], steps: int, seed: int) -> float:
    torch.manual_seed(seed)  # dropout draws from torch's own generator
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return (time.perf_counter() - start) / steps


def compare_times(seconds: Mapping[str, Sequence[float]]) -> dict[str, StyleTime]:
    """Compares what `step_times` returned, of 2 rounds or more, with the first style.

    A difference is shown where a two-sided sign test of the paired rounds against a
    median ratio of 1 (Conover, Practical Nonparametric Statistics, 3rd ed., 1999,
    section 3.4) stays below 5 %, divided by the number of styles compared (Bonferroni:
    Dunn, JASA 56, 1961). It asks of the rounds only that they are independent; with
    four styles beside the first it takes 8 rounds to show anything.
    """
    first, *others = seconds
    ratios = {
        style: [a / b for a, b in zip(times, seconds[first], strict=True)]
        for style, times in seconds.items()
    }
    verdicts = {first: "reference"} | {
        style: _verdict(ratios[style], LEVEL / len(others)) for style in others
    }
    return {
        style: StyleTime(
            _quartiles([1e6 * s for s in times]),
            _quartiles(ratios[style]),
            verdicts[style],
        )
        for style, times in seconds.items()
    }


def _quartiles(values: Sequence[float]) -> Quartiles:
    low, middle, high = quantiles(values, method="inclusive")
    return low, middle, high


def _verdict(ratios: Sequence[float], level: float) -> str:
    if _sign_test(ratios) > level:
        return "no difference shown"
    change = median(ratios) - 1
    return f"{abs(change):.1%} {'slower' if change > 0 else 'faster'}"


def _sign_test(ratios: Sequence[float]) -> float:
    """Returns the two-sided p-value of a median of 1; ties are left out."""
    from scipy.stats import binomtest  # slow to import

    n_above, n_below = sum(r > 1 for r in ratios), sum(r < 1 for r in ratios)
    n = n_above + n_below
    return float(binomtest(n_above, n).pvalue) if n else 1.0
