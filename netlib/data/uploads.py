"""The uploaded files of a server, in memory, each for the sessions that use it."""

import hashlib
import threading

MAX_STORED_BYTES = 200_000_000


class Uploads:
    """Thread-safe: keeps files in memory until `keep_seconds` after their last use."""

    def __init__(self, keep_seconds: float = 1800) -> None:
        self._keep_seconds = keep_seconds
        self._lock = threading.Lock()
        self._files: dict[str, tuple[bytes, threading.Timer]] = {}

    def put(self, content: bytes) -> str:
        """Returns the SHA-256; beyond MAX_STORED_BYTES the longest unused go."""
        sha256 = hashlib.sha256(content).hexdigest()
        with self._lock:
            self._keep(sha256, content)
            while sum(len(kept) for kept, _ in self._files.values()) > MAX_STORED_BYTES:
                self._forget(next(iter(self._files)))
        return sha256

    def get(self, sha256: str) -> bytes | None:
        """Returns the file's bytes and restarts its clock; None if it is not here."""
        with self._lock:
            if sha256 in self._files:
                self._keep(sha256, self._files[sha256][0])
            return self._files.get(sha256, (None,))[0]

    def _keep(self, sha256: str, content: bytes) -> None:
        if sha256 in self._files:
            self._forget(sha256)
        timer = threading.Timer(self._keep_seconds, self._expire, [sha256])
        timer.daemon = True
        timer.start()
        self._files[sha256] = content, timer

    def _forget(self, sha256: str) -> None:
        self._files.pop(sha256)[1].cancel()

    def _expire(self, sha256: str) -> None:
        with self._lock:
            _, timer = self._files.get(sha256, (None, None))
            # A use may have come while this timer waited for the lock.
            if timer is threading.current_thread():
                self._forget(sha256)
