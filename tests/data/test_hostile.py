"""What is made to be slow or large is answered soon, in little memory, and by its name."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from netlib.data.loader import load
from netlib.data.signatures import name_of
from netlib.errors import DataError
from netlib.experiment import DataChoice

ROOT = Path(__file__).parents[2]
KIND = "CSV file: expects a table as text, got"
LINE = "expects at most 200,000 characters, got"
COLUMNS = (
    "CSV header: expects 2 to 2,000 columns, between commas, semicolons, tabs or |"
)
LINES = "CSV file: expects at most 500,000 lines, got"
SAID = {
    "line ends": f"{KIND} an empty file.",
    "line ends after a header": f"{LINES} 19,999,997.",
    "commas": f"{COLUMNS}, got 20,000,001.",
    "lines of commas": "CSV file: expects at most 8,000,000 cells, got 19,980,000.",
    "spaces": f"{KIND} an empty file.",
    "quotes": f"CSV line 1: {LINE} 20,000,000.",
    "a quote that is not closed": f"{LINES} 9,000,001.",
    "a line of quoted commas": f"CSV line 2: {LINE} 18,000,000.",
    "short rows": f"{LINES} 4,999,999.",
    "one letter": f"CSV line 1: {LINE} 20,000,000.",
    "one long cell": f"CSV line 2: {LINE} 19,000,003.",
    "zeros": (
        "CSV file: expects text in UTF-8, UTF-16 or Windows-1252, got bytes that are no "
        "such text."
    ),
    "noise": (
        "CSV file: expects text in UTF-8, UTF-16 or Windows-1252, got bytes that are no "
        "such text."
    ),
    "JSON": f"{KIND} JSON.",
    "more than allowed": "CSV file: expects at most 20 MB, got more.",
}


def test_hostile_files_are_answered_within_2_seconds_and_300_megabytes():
    result = subprocess.run(
        [sys.executable, "tests/data/hostile.py"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    measured = json.loads(result.stdout)
    assert {name: said for name, (_, said) in measured["answers"].items()} == SAID
    assert max(seconds for seconds, _ in measured["answers"].values()) < 2
    assert measured["megabytes"] < 300, "of all, one after the other"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "an empty file"),
        (b"\xef\xbb\xbf \n", "an empty file"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG picture"),
        (b"GIF89a\x01\0", "a GIF picture"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"PK\x03\x04\x14\0..xl/workbook.xml", "an Excel workbook"),
        (b"PK\x03\x04\x14\0table.csv", "a ZIP archive"),
        (b"\x1f\x8b\x08\0", "a gzip archive"),
        (b"\xd0\xcf\x11\xe0\xa1", "an old Excel workbook or Word document"),
        (b"PAR1\x15\x04", "a Parquet table"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"<!DOCTYPE html><p>", "a web page (HTML)"),
        (b'<?xml version="1.0"?><a/>', "an XML document"),
        (b'[\n{"a": 1}]', "JSON"),
    ],
)
def test_a_file_that_is_no_table_is_called_by_its_name(content, name):
    with pytest.raises(DataError) as caught:
        load(DataChoice(name="csv"), content)
    assert caught.value.message == f"{KIND} {name}."


@pytest.mark.parametrize("header", [b"BMI,y", b"GIF8,y", b"MZ,RIFF", b"[a],{b}"])
def test_a_header_is_not_taken_for_another_file(header):
    assert name_of(header + b"\n1,2\n") == ""
