"""What a job's worker has sent, kept on disk and not in memory."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import safe_open

# What is attached for an epoch, after its number.
STATE, PICTURE, EVALUATION = "", ".picture", ".evaluation"


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


class RunFiles:
    """The files of a run, in a folder, by a name that all of them begin with."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.weights, self.best = self._file("safetensors"), self._file("best")
        self._kept: dict[str, KeptFile] = {}

    def keep(self, epochs: Iterable[int], attached: Mapping[str, bytes]) -> None:
        """Keeps what there is of these epochs: what is attached, and had before."""
        parts = (STATE, PICTURE, EVALUATION)
        names = {f"{epoch}{part}" for epoch in epochs for part in parts}
        for name in self._kept.keys() - names:
            self._kept.pop(name).remove()
        for name in names & attached.keys():
            self._kept[name] = self._file(f"{name}.kept")
            self._kept[name].replace(attached[name])

    def of(self, epoch: int, part: str) -> bytes | None:
        """Returns a part of what is kept of an epoch, None where there is none."""
        file = self._kept.get(f"{epoch}{part}")
        return file.read() if file else None

    def clear(self) -> None:
        """Removes all files."""
        self.keep((), {})
        self.weights.remove()
        self.best.remove()

    def _file(self, ending: str) -> KeptFile:
        return KeptFile(self._path.with_name(f"{self._path.name}.{ending}"))


@dataclass(frozen=True)
class SavedWeights:
    """Parameters and buffers by name, and the epoch after which they were saved."""

    epoch: int
    arrays: dict[str, NDArray[Any]]


def saved_weights(file: KeptFile) -> SavedWeights | None:
    """Returns the weights of a safetensors file, None where it is not there."""
    try:
        with safe_open(file.path, framework="numpy") as opened:
            names = opened.offset_keys()
            arrays = {name: opened.get_tensor(name) for name in names}
            return SavedWeights(int(opened.metadata()["epoch"]), arrays)
    except FileNotFoundError:
        return None
