"""Where a file is written to on a person's own machine, without harm to what is there."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from netlib.errors import ExportError


class Destination:
    """A path to write to: a file is replaced whole or not at all.

    A symbolic link is followed. A device or a pipe is given the last content alone, when
    the `with` ends. Raises ExportError if a file is there and may not be replaced.
    """

    def __init__(self, path: Path, force: bool) -> None:
        self.path = path.resolve()
        self._is_stream = self.path.exists() and not self.path.is_file()
        self._last = b""
        if self.path.is_file() and not force:
            rule = "a name that is free, or --force to replace the file"
            raise ExportError("-o", rule, f"{path}, which is there")

    def write(self, content: bytes) -> None:
        """Writes `content` in the place of what was written before; raises OSError."""
        self._last = content
        if not self._is_stream:
            self._replace(content)

    def _replace(self, content: bytes) -> None:
        part = self.path.with_name(f"{self.path.name}.part")
        try:
            part.write_bytes(content)
            os.replace(part, self.path)
        finally:
            part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_stream and self._last:
            self.path.write_bytes(self._last)
