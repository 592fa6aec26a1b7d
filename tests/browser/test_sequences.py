"""Random sequences of clicks in Chromium: nothing is lost or doubled, in any order.

`--sequences 200` is the long run.
"""

import random
from urllib.parse import parse_qs, urlsplit

from conftest import settle, slow, wait_until, widget
from playwright.sync_api import expect

from netlib import Experiment, generate
from netlib.source.styles import STYLES

CODE = ".st-key-lines_code code"
LENGTH = 8


class Person:
    """Clicks on the page, and knows what must have come of it."""

    def __init__(self, page, seed):
        self.page, self.random = page, random.Random(seed)
        self.widths, self.style = [16, 12, 10, 1], "sequential"
        self.past, self.future, self.filled = [], [], ""

    def act(self):
        """Does one thing, at times before the last has been answered."""
        if self.random.random() < 0.5:
            settle(self.page)
        acts = (self.fill, self.fill, self.pick, self.double, self.remove)
        acts += (self.undo, self.redo, self.light, self.visit)
        act = self.random.choice(acts)
        print(act.__name__, self.widths, self.style)  # told if the test fails
        act()

    def change(self, **values):
        before = self.widths, self.style
        self.__dict__.update(values)
        if before != (self.widths, self.style):
            self.past.append(before)
            self.future.clear()

    def fill(self):
        """Leaves a field by Enter, by Tab, or by whatever comes next."""
        row, size = (
            self.random.randrange(len(self.widths) - 1),
            self.random.randint(1, 40),
        )
        key = f"size_{2 * row}"
        field = widget(self.page, key).locator("input")
        # Two edits that the server hears of at once are one, and an undo is the later of
        # the two; a row that is on its way has no field yet.
        if self.filled in (key, ""):
            self.expect_widths()
        if self.filled == "":
            self.expect_style()
        self.filled = key
        expect(field).to_have_value(str(self.widths[row + 1]))
        field.fill(str(size))
        self.random.choice(
            (lambda: field.press("Enter"), lambda: field.press("Tab"), str)
        )()
        self.change(widths=[*self.widths[: row + 1], size, *self.widths[row + 2 :]])

    def pick(self):
        style = self.random.choice(list(STYLES))
        title = STYLES[style].title
        widget(self.page, "style").get_by_role("radio", name=title, exact=True).click()
        self.change(style=style)

    def double(self):
        row = self.random.randrange(len(self.widths) - 1)
        self.press(f"double_{row}")
        end = self.widths[row + 1 :]
        self.change(widths=[*self.widths[: row + 1], self.widths[row + 1], *end])

    def remove(self):
        row = self.random.randrange(len(self.widths) - 1)
        if len(self.widths) > 2:
            self.press(f"remove_{row}")
            self.change(widths=[*self.widths[: row + 1], *self.widths[row + 2 :]])

    def press(self, key):
        """Clicks on a button of a row once the rows are those that the person knows."""
        self.expect_widths()
        settle(self.page)
        widget(self.page, key).locator("button").first.click()
        self.filled = ""

    def undo(self):
        self.turn("Undo", self.past, self.future)

    def redo(self):
        self.turn("Redo", self.future, self.past)

    def turn(self, name, source, target):
        if source:
            self.expect_widths()
            settle(self.page)
            self.page.get_by_role("button", name=name, exact=True).click()
            self.filled = ""
            target.append((self.widths, self.style))
            self.widths, self.style = source.pop()

    def light(self):
        chips = self.page.locator(".st-key-chips").get_by_role("radio")
        chips.first.click()

    def visit(self):
        """Looks at another page and comes back as soon as it is there."""
        other = self.random.choice(("Compare", "Weights", "Export", "Lesson"))
        for name in (other, "Build"):
            self.page.get_by_role("link", name=name, exact=True).click()
            expect(self.page).to_have_title(f"{name} · Layerwright")
        expect(self.page.locator(CODE)).to_be_visible()

    def expect_widths(self):
        self.page.evaluate("document.activeElement.blur()")  # whatever field is left
        field = widget(self.page, "widths").locator("input")
        expect(field).to_have_value("-".join(map(str, self.widths)))

    def expect_style(self):
        """Waits until the server has heard of the style too."""
        title = STYLES[self.style].title
        styles = widget(self.page, "style")
        chosen = styles.get_by_role("radio", name=title, exact=True)
        expect(chosen).to_have_attribute("aria-checked", "true")
        wait_until(lambda: self.experiment().style == self.style)

    def look(self):
        """Sees that the page shows what must have come of all, and nothing else."""
        page = self.page
        self.expect_widths()
        settle(page)
        for row, size in enumerate(self.widths[1:]):
            field = widget(page, f"size_{2 * row}").locator("input")
            expect(field).to_have_value(str(size))
        self.expect_style()
        wait_until(lambda: self.addressed() == (self.widths[1:], self.style))
        code = generate(self.experiment().spec, self.style).text
        expect(page.locator(CODE)).to_have_text(code)

    def experiment(self):
        """The experiment that stands in the address."""
        address = self.page.evaluate("location.href")  # `url` may be of before
        link = parse_qs(urlsplit(address).query).get("design")
        return Experiment.from_link(link[0]) if link else Experiment()

    def addressed(self):
        experiment = self.experiment()
        stages = experiment.spec.stages[::2]
        return [stage.layer.out_features for stage in stages], experiment.style


def test_random_sequences_of_clicks_end_where_they_must(app, visit, request):
    pages = [visit(), visit()]
    slow(pages[1], 200)
    for seed in range(request.config.getoption("--sequences")):
        page = pages[seed % 2]
        page.goto(app.url)
        settle(page)
        person = Person(page, seed)
        for _ in range(LENGTH):
            person.act()
        person.look()
