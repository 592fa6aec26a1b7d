"""Makes the pictures of the README anew: `.venv/bin/python tests/pictures.py`.

`tests/golden/build.png` is the Build page in mid-training; `tests/golden/tour.gif` shows
some 20 seconds of training, of the program and of comparing, a frame a third of a second.
"""

import io
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [
    str(ROOT),
    *(str(ROOT / "tests" / room) for room in ("benchmarks", "browser")),
]

from latency import chromium, served
from PIL import Image
from playwright.sync_api import Page

GOLDEN = ROOT / "tests/golden"
SIZE = {"width": 1400, "height": 900}
FRAME = 333  # milliseconds
SHRUNK = (1050, 675)


class Film:
    """The frames of a page, taken while it lives."""

    def __init__(self, page: Page) -> None:
        self.page, self.frames = page, []

    def roll(self, n_frames: int) -> None:
        """Takes so many frames, one a FRAME."""
        for _ in range(n_frames):
            picture = Image.open(io.BytesIO(self.page.screenshot()))
            self.frames.append(picture.convert("RGB").resize(SHRUNK))
            self.page.wait_for_timeout(FRAME)

    def save(self, path: Path) -> None:
        """Writes the frames as a GIF that begins again at its end."""
        first, *others = [frame.quantize(96) for frame in self.frames]
        options = {"save_all": True, "append_images": others, "loop": 0}
        first.save(path, duration=FRAME, optimize=True, **options)


def at_rest(page: Page) -> None:
    """Waits until the page is drawn and its script has ended."""
    state = '[data-testid="stApp"][data-test-script-state="notRunning"]'
    page.wait_for_selector(state)
    page.wait_for_timeout(2 * FRAME)  # plots are drawn after the script


def main() -> None:
    with served(ROOT / "app.py") as server, chromium() as browser:
        page = browser.new_page(viewport=SIZE)
        page.goto(server.url)
        at_rest(page)
        film = Film(page)
        film.roll(4)
        page.locator(".st-key-train button").first.click()
        page.get_by_text("epochs/s").wait_for()
        film.roll(6)
        page.screenshot(path=GOLDEN / "build.png")
        film.roll(12)
        page.get_by_text("Finished after").wait_for()
        page.locator(".st-key-chips").get_by_text("fc2", exact=True).click()
        at_rest(page)
        film.roll(6)
        page.get_by_role("tab", name="Training program").click()
        at_rest(page)
        film.roll(9)
        page.get_by_role("link", name="Compare", exact=True).click()
        at_rest(page)
        film.roll(20)
        film.save(GOLDEN / "tour.gif")


if __name__ == "__main__":
    main()
