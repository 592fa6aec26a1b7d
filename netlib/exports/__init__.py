"""A record of a run -> files to take away: FORMATS names them, `export` makes them."""

from netlib.exports.file import File, Progress
from netlib.exports.formats import FORMATS, Format, export

__all__ = ["FORMATS", "File", "Format", "Progress", "export"]
