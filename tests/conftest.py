import pytest
from hypothesis import settings

# Examples build, lint and execute programs: what they take depends on the machine.
few = settings(deadline=None, derandomize=True, max_examples=40)
settings.register_profile("few", few)
settings.register_profile("many", few, max_examples=200)


def pytest_addoption(parser):
    parser.addoption(
        "--regenerate",
        action="store_true",
        help="write the golden files anew, to be read before they are committed",
    )
    parser.addoption(
        "--networks",
        type=int,
        default=200,
        help="how many random networks are certified (default: 200)",
    )
    parser.addoption(
        "--sequences",
        type=int,
        default=1,
        help="how many random sequences of clicks are tried (default: 1)",
    )
    parser.addoption(
        "--full",
        action="store_true",
        help="test every export of every style, and five times the examples",
    )


def pytest_configure(config):
    settings.load_profile("many" if config.getoption("--full") else "few")
    config.addinivalue_line("markers", "full: runs with --full alone")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--full"):
        return
    left = [item for item in items if item.get_closest_marker("full")]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


@pytest.fixture
def regenerate(request):
    return request.config.getoption("--regenerate")
