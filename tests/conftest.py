import pytest
from hypothesis import settings

# Examples build, lint and execute programs: what they take depends on the machine.
settings.register_profile("layerwright", deadline=None, derandomize=True)
settings.load_profile("layerwright")


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


@pytest.fixture
def regenerate(request):
    return request.config.getoption("--regenerate")
