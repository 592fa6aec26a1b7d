"""The pictures in the README are of these pages: `--regenerate` takes them anew."""

import time
from io import BytesIO
from itertools import pairwise

import pytest
from conftest import ROOT, wait_until, widget
from PIL import Image, ImageSequence
from test_train import epoch

from netlib import Experiment
from netlib.experiment import TrainingPlan

FOLDER = ROOT / "tests" / "golden"
PICTURES = ("build.png", "train_and_compare.webp")
SECONDS, SIZE = 20, (1400, 900)


def train(page):
    page.locator(".st-key-train button").first.click()
    wait_until(lambda: epoch(page) > 120)


class Film:
    """What a page shows, moment by moment, in the time that it took."""

    def __init__(self, page):
        self.page, self.frames, self.times = page, [], []

    def shoot(self, seconds):
        """Films for some seconds, as many pictures as the machine takes."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.times.append(time.monotonic())
            picture = Image.open(BytesIO(self.page.screenshot()))
            self.frames.append(picture.convert("RGB").resize((1050, 675)))

    def save(self, path):
        times = [*self.times, time.monotonic()]
        lasts = [round(1000 * (b - a)) for a, b in pairwise(times)]
        first, *rest = self.frames
        options = {"duration": lasts, "loop": 0, "quality": 60, "method": 4}
        first.save(path, save_all=True, append_images=rest, **options)


def film(page):
    """Trains, lights a layer up, and compares the styles of the same network."""
    reel = Film(page)
    reel.shoot(1)
    page.locator(".st-key-train button").first.click()
    reel.shoot(8)
    page.locator(".st-key-chips").get_by_role("radio", name="fc2", exact=True).click()
    reel.shoot(2)
    widget(page, "style").get_by_role("radio", name="Subclass", exact=True).click()
    reel.shoot(3)
    page.get_by_role("link", name="Compare", exact=True).click()
    reel.shoot(SECONDS - 14)
    return reel


def test_the_pictures_in_the_readme_are_of_these_pages(visit, regenerate):
    experiment = Experiment(plan=TrainingPlan(epochs=300))
    if regenerate:
        page = visit(experiment)
        page.set_viewport_size({"width": SIZE[0], "height": SIZE[1]})
        film(page).save(FOLDER / "train_and_compare.webp")
        page = visit(experiment)
        page.set_viewport_size({"width": SIZE[0], "height": SIZE[1]})
        train(page)
        page.screenshot(path=FOLDER / "build.png")
    readme = (ROOT / "README.md").read_text()
    assert all(f"tests/golden/{name}" in readme for name in PICTURES)
    with Image.open(FOLDER / "build.png") as picture:
        assert picture.size == SIZE
    milliseconds = 0
    with Image.open(FOLDER / "train_and_compare.webp") as picture:
        for frame in ImageSequence.Iterator(picture):
            frame.load()
            milliseconds += frame.info["duration"]
    assert milliseconds / 1000 == pytest.approx(SECONDS, abs=5)
