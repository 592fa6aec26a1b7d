"""The uploaded files of a server: kept while they are used, forgotten after."""

import hashlib
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from netlib.data.uploads import Uploads


def run_out(use: Callable[[], object]) -> object:
    """Returns what `use` returns, once the timer that it starts has ended by itself."""
    before = set(threading.enumerate())
    result = use()
    (timer,) = set(threading.enumerate()) - before
    assert timer.daemon
    timer.join(10)
    assert not timer.is_alive()
    return result


def test_an_upload_is_forgotten_after_its_last_use():
    uploads, start = Uploads(keep_seconds=0.2), time.monotonic()
    sha256 = run_out(lambda: uploads.put(b"abc"))
    assert time.monotonic() - start >= 0.2
    assert sha256 == hashlib.sha256(b"abc").hexdigest()
    assert uploads.get(sha256) is None


def test_a_use_restarts_the_clock_of_an_upload():
    uploads, clock = Uploads(keep_seconds=1.0), Uploads(keep_seconds=0.6)
    before = set(threading.enumerate())
    sha256 = uploads.put(b"a,b")
    (first,) = set(threading.enumerate()) - before
    for _ in range(2):
        run_out(lambda: clock.put(b"tick"))
        assert uploads.get(sha256) == b"a,b"
        first.join(0.2)
        assert not first.is_alive()
    run_out(lambda: uploads.get(sha256))
    assert uploads.get(sha256) is None


def test_the_uploads_used_longest_ago_make_room():
    uploads = Uploads()
    files = [bytes([i]) * 19_000_000 for i in range(11)]
    keys = [uploads.put(content) for content in files[:10]]
    assert uploads.get(keys[0]) is not None
    keys.append(uploads.put(files[10]))
    kept = [uploads.get(key) == content for key, content in zip(keys, files)]
    assert kept == [True, False, *[True] * 9]


def test_uploads_are_safe_among_threads():
    uploads = Uploads(keep_seconds=0)

    def is_kept_or_forgotten(_: int) -> bool:
        return uploads.get(uploads.put(b"abc")) in (b"abc", None)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(is_kept_or_forgotten, range(1000)))
    sys.setswitchinterval(interval)
