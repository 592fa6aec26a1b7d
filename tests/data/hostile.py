"""Reads files that are made to be slow or large, and prints what they took and said.

Run in a process of its own, whose memory nothing else has used: see `test_hostile`.
"""

import json
import random
import resource
import sys
import time

from netlib.data.choice import DataChoice
from netlib.data.csv_lines import MAX_BYTES
from netlib.data.loader import load
from netlib.errors import DataError

WIDE = b",".join(b"c%d" % i for i in range(2000)) + b"\n"
HOSTILE = {
    "line ends": lambda: b"\n" * MAX_BYTES,
    "line ends after a header": lambda: b"a,b\n" + b"\n" * (MAX_BYTES - 4),
    "commas": lambda: b"," * MAX_BYTES,
    "lines of commas": lambda: WIDE + (b"," * 1999 + b"\n") * 9990,
    "spaces": lambda: b" " * MAX_BYTES,
    "quotes": lambda: b'"' * MAX_BYTES,
    "a quote that is not closed": lambda: b'a,b\n"' + b"x\n" * 9_000_000,
    "a line of quoted commas": lambda: b'"a","b"\n' + b'","' * 6_000_000,
    "short rows": lambda: b"a,b\n" * 4_999_999,
    "one letter": lambda: b"a" * MAX_BYTES,
    "one long cell": lambda: b"a,b\n" + b"x" * 19_000_000 + b",1\n",
    "zeros": lambda: b"\0" * MAX_BYTES,
    "noise": lambda: random.Random(0).randbytes(MAX_BYTES),
    "JSON": lambda: b"[" + b'{"a":1},' * 2_400_000,
    "more than allowed": lambda: b"a,b\n" * 6_000_000,
}


def megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(name):
    """Returns seconds of the processor, and the message."""
    content, start = HOSTILE[name](), time.process_time()
    try:
        load(DataChoice(name="csv"), content)
        said = "read"
    except DataError as error:
        said = error.message
    return time.process_time() - start, said


if __name__ == "__main__":
    before = megabytes()
    answers = {name: measure(name) for name in HOSTILE}
    json.dump({"answers": answers, "megabytes": megabytes() - before}, sys.stdout)
