"""What a file is that is no table as text, told by how it begins."""

import re

_BEGINNINGS = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"BM": "a BMP picture",
    b"II*\0": "a TIFF picture",
    b"MM\0*": "a TIFF picture",
    b"RIFF": "a picture, a sound or a video (RIFF)",
    b"%PDF": "a PDF document",
    b"{\\rtf": "an RTF document",
    b"PK\x03\x04": "a ZIP archive",
    b"PK\x05\x06": "an empty ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"(\xb5/\xfd": "a Zstandard archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook or Word document",
    b"PAR1": "a Parquet table",
    b"ARROW1": "an Arrow table",
    b"\x89HDF": "an HDF5 file",
    b"SQLite format 3": "an SQLite database",
    b"\x93NUMPY": "a NumPy array",
    b"\x7fELF": "a program (ELF)",
    b"MZ": "a Windows program",
}
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xff]")
_ZIPPED = {
    b"xl/workbook": "an Excel workbook",
    b"word/document": "a Word document",
    b"opendocument.spreadsheet": "an OpenDocument spreadsheet",
}
_TEXTS = {
    rb"(<\?xml[^>]*>\s*)?<(!doctype )?html": "a web page (HTML)",
    rb"<\?xml": "an XML document",
    rb"<svg": "an SVG picture",
    rb"\{\s*[\"}]|\[\s*[\[{]": "JSON",
}


def name_of(content: bytes) -> str:
    """Returns what a file is that is no table as text, "" for one that may be.

    >>> name_of(b"%PDF-1.7"), name_of(b"size,price")
    ('a PDF document', '')
    """
    for beginning, name in _BEGINNINGS.items():
        # Letters alone may begin a header as well.
        is_sure = not beginning.isalnum() or _BINARY.search(content[:512])
        if content.startswith(beginning) and is_sure:
            return _name_of_zip(content) if beginning == b"PK\x03\x04" else name
    content = content.removeprefix(b"\xef\xbb\xbf")
    if not content.strip():
        return "an empty file"
    text = content[:4096].lstrip()
    found = (n for p, n in _TEXTS.items() if re.match(p, text, re.IGNORECASE))
    return next(found, "")


def _name_of_zip(content: bytes) -> str:
    names = (name for part, name in _ZIPPED.items() if part in content)
    return next(names, "a ZIP archive")
