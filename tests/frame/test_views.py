"""What follows a job is drawn by the live channel, on a thread that is no session's."""

import sys
import threading

import experiments
import pytest
from apps import opened

from pages.frame.session import session
from pages.shared.job import registry

PAGES = {
    None: {"loss_curve", "score_curve", "diagram", "moment"},
    "pages/2_Weights.py": {"histogram", "progress"},
}


@pytest.fixture(scope="module")
def app():
    """The app with a run that waits before its first step."""
    app = opened(experiments.SPIRALS, "pages/3_Train.py")
    app.button(key="begin_paused").click().run()
    yield app
    registry().stop(app.session_state["session"].run)


def drawn_elsewhere(app):
    """The keys of the parts that follow the run, and the code that drew them elsewhere."""
    kept, called, keys = app.session_state["session"], set(), set()

    def draw():
        sys.setprofile(lambda frame, event, arg: called.add(frame.f_code))
        keys.update(kept.views.parts(kept.run, is_last=True))

    thread = threading.Thread(target=draw)
    thread.start()
    thread.join()
    return keys, called


@pytest.mark.parametrize("page", PAGES)
def test_what_draws_for_the_channel_looks_up_no_session(app, page):
    app.switch_page(page or "app.py").run()
    assert not app.exception
    keys, called = drawn_elsewhere(app)
    assert keys >= PAGES[page]
    assert session.__code__ not in called
