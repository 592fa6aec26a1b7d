"""Pages without a browser, by Streamlit's AppTest, that several tests open."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

APP = Path(__file__).parent.parent / "app.py"


def opened(experiment=None, page=None):
    """A page with an experiment, on Build or another one."""
    app = AppTest.from_file(APP, default_timeout=60)
    if experiment:
        app.query_params["design"] = experiment.to_link()
    app.run()
    if page:
        app.switch_page(page).run()
    assert not app.exception
    return app


def drawn(app):
    """The page drawn once more, without an exception."""
    app.run()
    assert not app.exception
    return app


def unfolded(app, key):
    """The page with what is folded away under a key."""
    app.session_state[key] = True
    return drawn(app)


def texts(elements):
    return [element.value for element in elements]


def keyed(elements, key):
    """Returns the one whose key has a suffix of its own, see `widgets.bound`."""
    (found,) = [e for e in elements if e.key and e.key.rpartition("-")[0] == key]
    return found
