"""What a job's worker has sent, kept on disk and not in memory."""

import os
from pathlib import Path


class KeptFile:
    """A file that is replaced as a whole: whoever reads has the old one or the new."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def replace(self, content: bytes) -> None:
        """Keeps `content` in place of what was there; raises OSError."""
        part = self.path.with_name(f"{self.path.name}.part")
        part.write_bytes(content)
        os.replace(part, self.path)

    def read(self) -> bytes | None:
        """Returns what is kept, None before that and after `remove`."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None

    def remove(self) -> None:
        """Removes the file if it is there."""
        self.path.unlink(missing_ok=True)
