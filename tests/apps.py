"""Pages without a browser, by Streamlit's AppTest, that several tests open."""

import json
from functools import cache
from pathlib import Path

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

APP = Path(__file__).parent.parent / "app.py"
# Each AppTest looks for components in every package that is installed: once will do.
manifest_scanner.scan_component_manifests = cache(
    manifest_scanner.scan_component_manifests
)


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


def handed(app, field):
    """What those components of the page are handed that are handed this field."""
    data = [json.loads(each.proto.json or "{}") for each in app.get("bidi_component")]
    return [each for each in data if isinstance(each, dict) and field in each]


def keyed(elements, key):
    """Returns the one whose key has a suffix of its own, see `widgets.bound`."""
    (found,) = [e for e in elements if e.key and e.key.rpartition("-")[0] == key]
    return found
