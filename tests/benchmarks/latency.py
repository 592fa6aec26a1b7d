"""Milliseconds from Enter in a number field, or a click on a link, until code shows it.

A real `streamlit run` and a real Chromium. The page's own clock is read at the key's or
the click's event and again when a MutationObserver finds the text in the code, the same
way on every page. A change starts on a page whose script has ended, after a random pause.
"""

import json
import os
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
from conftest import ARGUMENTS, CHROMIUM, ROOT, answers, wait_until
from playwright.sync_api import Browser, Page, sync_playwright

FIELD = '[class*="st-key-size_0"] input'
AT_REST = '[data-testid="stApp"][data-test-script-state="notRunning"]'
EMPTY_PAGE = """import streamlit as st

size = st.number_input("Units", min_value=1, max_value=65_536, value=12, key="size_0")
st.code(f"nn.Linear(16, {size})", language="python")
st.page_link("pages/1_Compare.py", label="Compare")
"""
EMPTY_COMPARE = """import streamlit as st

st.code("class Compared", language="python")
st.page_link("empty.py", label="Build")
"""
BARE_PAGE = """import streamlit as st

from pages.frame.start import finish, send, start

experiment, menu = start("{name}")
st.code("class {text}", language="python")
send()
finish(menu)
"""
BARE_PAGES = {"1_Compare": "Compared", "2_Weights": "Weighed"}
SHOWS = """(text) => [...document.querySelectorAll(".stCode code")].some(
  (code) => code.textContent.includes(text))"""
START_CLOCK = """([text, deadline]) => {
window.latency = new Promise((resolve, reject) => {
  let start
  const shows = () => (SHOWS)(text)
  for (const kind of ["keydown", "click"])
    document.addEventListener(kind, event => { start ??= event.timeStamp },
                              { capture: true, once: true })
  const observer = new MutationObserver(() => {
    if (!start || !shows()) return
    observer.disconnect()
    resolve(performance.now() - start)
  })
  observer.observe(document.body,
                   { subtree: true, childList: true, characterData: true })
  setTimeout(() => reject(`no code shows ${text}`), deadline)
}) }""".replace("SHOWS", SHOWS)
IDLE_SECONDS = 10
LONGEST_PAUSE = 600  # ms; more than the time between two redraws of a running page
SIZES = range(11, 22)
SIZES_WITH_A_COMMENT = (10, 11)  # 10 units after 10 have no shape to tell
DEADLINE = 30_000  # ms


class Server(NamedTuple):
    """A Streamlit server: its address and its process."""

    url: str
    process: psutil.Process

    def idle_share(self, browser: Browser) -> float:
        """Returns the percent of a core that the server takes while a page is at rest."""
        page = browser.new_page()
        page.goto(self.url)
        page.wait_for_selector(AT_REST)
        page.wait_for_timeout(3000)
        before = self._seconds()
        page.wait_for_timeout(1000 * IDLE_SECONDS)
        share = 100 * (self._seconds() - before) / IDLE_SECONDS
        page.close()
        return share

    def _seconds(self) -> float:
        times = self.process.cpu_times()
        return times.user + times.system


class Editor:
    """A person at a page who changes the width of the first layer."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.page: Page = browser.new_page(viewport={"width": 1400, "height": 1000})
        self.page.set_default_timeout(DEADLINE)
        self.page.goto(url)
        self.page.wait_for_selector(FIELD)
        self._size, self._random = SIZES[0], random.Random(0)
        for _ in range(3):
            self.latency()

    def latency(self, sizes: Sequence[int] = SIZES) -> float:
        """Changes the width once and returns the milliseconds until the code shows it."""
        self._size = self._random.choice([n for n in sizes if n != self._size])
        self.page.bring_to_front()
        self.page.wait_for_selector(AT_REST)
        self.page.wait_for_timeout(self._random.uniform(200, LONGEST_PAUSE))
        self.page.locator(FIELD).fill(str(self._size))
        self.page.evaluate(START_CLOCK, [f"nn.Linear(16, {self._size})", DEADLINE])
        self.page.keyboard.press("Enter")
        return self.page.evaluate("window.latency")

    def switch(self, text: str, name: str = "Compare", home: str = "Build") -> float:
        """Opens a page, returns the milliseconds until `text` shows, and goes home."""
        self.page.bring_to_front()
        self.page.wait_for_selector(AT_REST)
        self.page.wait_for_timeout(self._random.uniform(200, LONGEST_PAUSE))
        self.page.evaluate(START_CLOCK, [text, DEADLINE])
        self.page.get_by_role("link", name=name, exact=True).click()
        milliseconds = self.page.evaluate("window.latency")
        self.page.wait_for_selector(AT_REST)
        self.page.get_by_role("link", name=home, exact=True).click()
        self.page.wait_for_function(f"!({SHOWS})({json.dumps(text)})")
        return milliseconds

    def train(self) -> None:
        """Starts the run of the page's plan and waits until it has trained an epoch."""
        self.page.locator(".st-key-train button").first.click()
        self.page.get_by_text("epochs/s").wait_for()

    def stop(self) -> None:
        """Stops the run and waits until the page says so."""
        self.page.locator(".st-key-stop button").first.click()
        self.page.get_by_text("Stopped after").wait_for()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Opens the browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def empty_page(folder: Path) -> Iterator[str]:
    """Serves a page of one field and one line of code with the app's configuration."""
    shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
    script = folder / "empty.py"
    script.write_text(EMPTY_PAGE)
    (folder / "pages").mkdir()
    (folder / "pages/1_Compare.py").write_text(EMPTY_COMPARE)
    with served(script) as server:
        yield server.url


@contextmanager
def bare_app(folder: Path) -> Iterator[str]:
    """Serves the app with two pages that hold one line of code and nothing else."""
    for name in ("app.py", "pages", "netlib", ".streamlit"):
        path = ROOT / name
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, folder / name)
    for page, text in BARE_PAGES.items():
        script = BARE_PAGE.format(name=page[2:], text=text)
        (folder / f"pages/{page}.py").write_text(script)
    with served(folder / "app.py") as server:
        yield server.url


@contextmanager
def served(script: Path) -> Iterator[Server]:
    """Serves a script from its own folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", script, f"--server.port={port}"],
        cwd=script.parent,
        env=os.environ | {"PYTHONPATH": ""},
        stdout=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{url}/_stcore/health"))
        yield Server(url, psutil.Process(server.pid))
    finally:
        server.kill()
        server.wait()
