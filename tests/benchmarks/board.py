"""How often a run that plays is drawn in a real Chromium, and what that costs the run.

`python tests/benchmarks/board.py` plays spirals with 2-8-8-1 on the Train page for
SECONDS seconds, several times, and counts the drawings of the boundary and its 16 maps,
the longest frame between two of the browser's drawings, and the epochs a second, against
those of the same experiment with no page open, by turns. Then it edits a field of the page
while the run plays and while it pauses, and compares how long the page takes to answer.
Seconds and edits, for a try, are the first argument.
"""

import os
import sys
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/browser")]

from latency import AT_REST, Browser, Page, chromium, served

from netlib import Experiment, NetworkSpec, TrainingPlan
from netlib.data.choice import DataChoice
from netlib.jobs.registry import Registry

SPIRALS = Experiment(
    spec=NetworkSpec.mlp([2, 8, 8, 1], "tanh", "sigmoid"),
    data=DataChoice(name="spirals"),
    plan=TrainingPlan(epochs=50_000, batch_size=10),
)
SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 10
N_TURNS = 5 if SECONDS >= 10 else 1
FIELD = '[class*="st-key-train_learning_rate-"] input'
# From a key to what the page says of the run on show, which each edit changes.
START_CLOCK = """() => {
window.answered = new Promise((resolve) => {
  let start
  const captions = () => [...document.querySelectorAll("[data-testid=stCaptionContainer]")]
  const said = () => captions().find((each) => each.textContent.includes("spirals"))?.textContent
  const before = said()
  document.addEventListener("keydown", (event) => (start = event.timeStamp),
                            { capture: true, once: true })
  new MutationObserver((_, observer) => {
    if (said() === before) return
    observer.disconnect()
    resolve(performance.now() - start)
  }).observe(document.body, { subtree: true, childList: true, characterData: true })
}) }"""
BOARD = ".layerwright-board"
WATCH = """(seconds) => new Promise((resolve) => {
  const board = document.querySelector(".layerwright-board")
  const drawn = () => Number(board.dataset.drawn)
  const epoch = () => document.querySelector(".layerwright-board .curve").n_drawn
  const start = performance.now(), first = drawn(), epochs = epoch()
  let last = start, longest = 0
  const look = (now) => {
    longest = Math.max(longest, now - last)
    last = now
    const passed = (now - start) / 1000
    if (passed < seconds) return requestAnimationFrame(look)
    resolve([(drawn() - first) / passed, longest, (epoch() - epochs) / passed])
  }
  requestAnimationFrame(look)
})"""


class Watched(NamedTuple):
    """Drawings a second, the longest frame in ms, and epochs a second."""

    drawings: float
    longest: float
    epochs: float


def watched(browser: Browser, url: str) -> Watched:
    """Plays the run on the page."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(f"{url}/Train?design={SPIRALS.to_link()}")
    page.locator(".st-key-train button").click()
    page.wait_for_function(
        "document.querySelector('.layerwright-board .curve')?.n_drawn > 50"
    )
    found = Watched(*page.evaluate(WATCH, SECONDS))
    page.locator(".st-key-stop button").click()
    page.locator(f"{BOARD}[data-state=stopped]").wait_for()
    page.close()
    return found


def answers(browser: Browser, url: str) -> tuple[float, float]:
    """Returns the milliseconds to answer an edit while a run plays, and while it waits."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(f"{url}/Train?design={SPIRALS.to_link()}")
    page.locator(".st-key-begin_paused button").click()
    page.locator(f"{BOARD}[data-moment='0,0']").wait_for()
    waits, plays, rates = [], [], cycle(("0.02", "0.01"))
    for _ in range(N_TURNS):
        waits += [_edit(page, next(rates)) for _ in range(SECONDS)]
        page.locator("[data-do=play]").click()
        page.locator(f"{BOARD}[data-state=playing]").wait_for()
        plays += [_edit(page, next(rates)) for _ in range(SECONDS)]
        page.locator("[data-do=play]").click()
        page.locator(f"{BOARD}[data-state=paused]").wait_for()
    page.locator(".st-key-stop button").click()
    page.close()
    return median(plays), median(waits)


def _edit(page: Page, rate: str) -> float:
    """Enters another learning rate; returns the milliseconds until the page tells of it."""
    page.wait_for_selector(AT_REST)
    page.wait_for_timeout(300)
    page.locator(FIELD).first.fill(rate)
    page.evaluate(START_CLOCK)
    page.keyboard.press("Enter")
    return page.evaluate("window.answered")


def unwatched(registry: Registry) -> float:
    """Returns the epochs a second of the run with no page open."""
    plan = SPIRALS.plan.replace(epochs=500)
    run = registry.start(SPIRALS.replace(plan=plan))
    run.job.wait(300)
    return run.snapshot().epochs_per_second or 0


def main() -> None:
    print(f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
    registry = Registry()
    with served(ROOT / "app.py") as server, chromium() as browser:
        pairs = [
            (watched(browser, server.url), unwatched(registry)) for _ in range(N_TURNS)
        ]
        playing, idle = answers(browser, server.url)
    registry.close()
    for seen, alone in pairs:
        print(
            f"{seen.drawings:5.1f} drawings/s, longest frame {seen.longest:4.0f} ms, "
            f"{seen.epochs:4.0f} epochs/s, unwatched {alone:4.0f}"
        )
    ratio = median(seen.epochs / alone for seen, alone in pairs)
    drawings = median(seen.drawings for seen, _ in pairs)
    longest = median(seen.longest for seen, _ in pairs)
    print(
        f"median: {drawings:.1f} drawings/s (aim 30), {longest:.0f} ms (aim 50), ",
        end="",
    )
    print(f"watched : unwatched {ratio:.2f} (aim 0.9)")
    print(
        f"an edit is answered in {playing:.0f} ms playing, {idle:.0f} ms paused, "
        f"ratio {playing / idle:.2f} (aim 1.3)"
    )


if __name__ == "__main__":
    main()
