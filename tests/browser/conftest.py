"""A real server and a real Chromium for the browser tests."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-features=BackForwardCache,PreloadTopChromeWebUI",
    "--js-flags=--no-enable-lazy-source-positions",  # a driven page asks for all of them
]
PATIENCE = 60_000
MOST_LOANS = 5  # a tab takes longer for each page the more it has shown
# In a tab that is `slowed`, all that the server says arrives later.
SLOW = """
const delay = location.protocol === "http:" && Number(sessionStorage.delay)
if (delay) {
const listen = WebSocket.prototype.addEventListener
const late = (hear) => function (event) { setTimeout(() => hear.call(this, event), delay) }
WebSocket.prototype.addEventListener = function (kind, hear, ...more) {
  listen.call(this, kind, kind === "message" ? late(hear) : hear, ...more)
}
const { get, set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage")
Object.defineProperty(WebSocket.prototype, "onmessage", {
  get, set(hear) { set.call(this, hear && late(hear)) },
})
}
"""
# Keeps the sockets of the live channel, so that a test can cut them as a proxy does: for once
# or, with `isCut`, each new one too.
SOCKETS = """
window.sockets = []
window.WebSocket = class extends WebSocket {
  constructor(address, ...more) {
    super(window.isCut ? address.replace("/live/", "/cut/") : address, ...more)
    if (/live/.test(address)) sockets.push(this)
  }
}
true
"""
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items):
    if CHROMIUM is None and not os.environ.get("CI"):
        skip = pytest.mark.skip(reason="no Chromium found: install Debian's `chromium`")
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def browser():
    assert CHROMIUM, "the browser tests need Chromium: install Debian's `chromium`"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def serve(tmp_path_factory):
    """Starts Streamlit on a script, from a folder of its own, and returns its process."""
    servers = []

    def start(script):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "streamlit", "run", str(script)]
        server = subprocess.Popen(
            [*command, "--server.port", str(port)],
            cwd=tmp_path_factory.mktemp("elsewhere"),
            env=os.environ
            | {"PYTHONPATH": str(ROOT), "STREAMLIT_SERVER_HEADLESS": "1"},
            stdout=subprocess.DEVNULL,
        )
        servers.append(server)
        server.url = f"http://127.0.0.1:{port}"
        request = f"{server.url}/_stcore/health"
        wait_until(lambda: answers(request))
        return server

    yield start
    for server in servers:
        server.kill()
        server.wait()


@pytest.fixture(scope="session")
def app(serve):
    return serve(ROOT / "app.py")


@pytest.fixture(scope="session")
def context(browser):
    """One person's browser: what it has loaded once it does not load again."""
    context = browser.new_context()
    context.add_init_script(SLOW)
    return context


@pytest.fixture(scope="session")
def tab(context):
    """Lends a tab: one that has shown the app before opens it in half the time."""
    free = []

    @contextmanager
    def lend(width=1400):
        page, n_loans = free.pop() if free else (new_tab(context), 0)
        page.set_viewport_size({"width": width, "height": 1000})
        page.emulate_media(color_scheme="light")
        yield page
        page.evaluate("localStorage.clear(); sessionStorage.clear()")
        if n_loans == MOST_LOANS:
            page.close()
            return
        page.goto("about:blank")
        free.append((page, n_loans + 1))

    return lend


def new_tab(context):
    """Opens a tab that says which errors its page has."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda error: print("error in the page:", error))
    return page


@pytest.fixture
def visit(app, tab):
    """Opens an experiment as a new person does, in a tab 1400 pixels wide."""
    with ExitStack() as tabs:

        def open_page(experiment=None, width=1400):
            page = tabs.enter_context(tab(width))
            query = f"?design={experiment.to_link()}" if experiment else ""
            page.goto(f"{app.url}/{query}")
            settle(page)
            return page

        yield open_page


@pytest.fixture
def page(visit):
    return visit()


def answers(url):
    try:
        return urllib.request.urlopen(url, timeout=5).status == 200
    except OSError:
        return False


def wait_until(holds, seconds=PATIENCE / 1000):
    """Asks `holds` again and again until it is true, or fails."""
    pause, end = threading.Event(), time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        pause.wait(0.05)


def widget(page, key):
    """Finds a widget whose key has a suffix of its own, see `state.bound`."""
    found = page.locator(f'[class*="st-key-{key}-"]').filter(visible=True)
    return found.first  # for a moment the one that it replaces stands behind it


def slow(page, milliseconds):
    """Opens the page anew so that all that the server says arrives later."""
    page.evaluate(f"sessionStorage.delay = {milliseconds}")
    page.reload()
    settle(page)


def settle(page):
    """Waits until the page is drawn and its script has ended."""
    page.wait_for_selector(".st-key-menu")
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def workers(server):
    """Returns the worker processes of a server."""
    children = psutil.Process(server.pid).children(recursive=True)
    return [child for child in children if "netlib.jobs.worker" in child.cmdline()]
