import base64
import json
import random
import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from specs import AWKWARD, specs

from netlib import STYLES, Experiment, NetlibError
from netlib.experiment import DataChoice, TrainingPlan


def packed(text):
    data = zlib.compress(text.encode() if isinstance(text, str) else text)
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@given(
    spec=specs(), style=st.sampled_from(list(STYLES)), seed=st.integers(0, 2**31 - 1)
)
def test_links_round_trip(spec, style, seed):
    data = DataChoice(name="csv", sha256="a" * 64, filename="a b.csv", left_out=("x",))
    plan = TrainingPlan(optimizer="sgd", learning_rate=0.1)
    experiment = Experiment(spec=spec, style=style, seed=seed, data=data, plan=plan)
    link = experiment.to_link()
    assert Experiment.from_link(link) == experiment
    assert re.fullmatch(r"[A-Za-z0-9_-]+", link)


def test_the_default_is_the_articles_network():
    experiment = Experiment()
    assert experiment.spec.title == "16-12-10-1"
    kinds = [layer.kind for layer in experiment.spec.layers]
    assert kinds == ["Linear", "ReLU", "Linear", "ReLU", "Linear", "Sigmoid"]


def test_a_link_of_forty_layers_stays_short():
    assert len(Experiment(spec=AWKWARD["forty layers"]).to_link()) < 1000


WHOLE = "design link: expects a link copied whole from this page, got"
LARGE = "design link: expects a design of at most 256 kB, got a longer or an unfinished one."
HOSTILE = {
    "nothing": ("", LARGE),
    "no base64": ("a!b", f"{WHOLE} a!b."),
    "no ascii": ("é", f"{WHOLE} é."),
    "no zlib": ("abcd", f"{WHOLE} abcd."),
    "cut off": (Experiment().to_link()[:40], LARGE),
    "a bomb": (packed(b"0" * 10**6), LARGE),
    "too long": (
        "A" * 40_000,
        "design link: expects at most 32768 characters, got 40000 characters.",
    ),
    "no JSON": (packed("{"), f"{WHOLE} {packed('{')}."),
    "deep JSON": (packed("[" * 100_000), f"{WHOLE} {packed('[' * 100_000)[:77]}...."),
    "no object": (
        packed("[]"),
        (
            "design link, experiment: expects the fields spec, style, seed, data, plan, "
            "got []."
        ),
    ),
    "unknown style": (
        packed('{"style": "keras"}'),
        (
            "design link, style: expects one of manual, subclass, sequential, "
            "ordered_dict, mixed, parameters, modulelist, got keras."
        ),
    ),
    "no width": (
        packed(
            '{"spec":{"input_shape":[2],"layers":[{"kind":"Linear","out_features":0}]}}'
        ),
        "design link, layer 1 (Linear): expects 1 to 65536 units, got 0.",
    ),
    "code as a name": (
        packed('{"spec":{"name":"X:\\n import os","input_shape":[2],"layers":[]}}'),
        (
            "design link, class name: expects an ASCII identifier that begins with a "
            "letter, got X: import os."
        ),
    ),
    "endless training": (
        packed('{"plan": {"epochs": 1000000000}}'),
        "design link, plan: expects 1 to 100000 epochs, got 1000000000.",
    ),
    "a path as a digest": (
        packed('{"data": {"sha256": "../../etc/passwd"}}'),
        "design link, data: expects a SHA-256 of 64 hex digits, got ../../etc/passwd.",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_broken_and_hostile_links_are_refused_with_the_reason(case):
    link, message = HOSTILE[case]
    with pytest.raises(NetlibError) as caught:
        Experiment.from_link(link)
    assert caught.value.message == message


@given(link=st.text(max_size=60))
def test_any_text_is_an_experiment_or_a_netlib_error(link):
    try:
        Experiment.from_link(link)
    except NetlibError as error:
        assert str(error).startswith("design link")


HOSTILE_FILES = {
    "nothing": (b"", "design file: expects the JSON of a design, got ."),
    "no text": (b"\xff\xfe\x00", None),
    "deep": (
        b"[" * 100_000,
        f"design file: expects the JSON of a design, got {'[' * 37}....",
    ),
    "large": (
        b" " * 300_000,
        "design file: expects a design of at most 256 kB, got 293 kB.",
    ),
    "a list": (
        b"[]",
        (
            "design file, experiment: expects the fields spec, style, seed, data, plan, "
            "got []."
        ),
    ),
    "code as a style": (
        b'{"style": "__import__(1)"}',
        (
            "design file, style: expects one of manual, subclass, sequential, "
            "ordered_dict, mixed, parameters, modulelist, got __import__(1)."
        ),
    ),
}


@pytest.mark.parametrize("case", HOSTILE_FILES)
def test_broken_and_hostile_files_are_refused_with_the_reason(case):
    content, message = HOSTILE_FILES[case]
    with pytest.raises(NetlibError) as caught:
        Experiment.from_json(content)
    assert message in (None, str(caught.value))


@given(content=st.binary(max_size=60))
def test_any_file_is_an_experiment_or_a_netlib_error(content):
    try:
        Experiment.from_json(content)
    except NetlibError as error:
        assert str(error).startswith("design file")


def test_a_design_beyond_any_link_is_refused():
    names = [random.Random(i).randbytes(90).hex() for i in range(400)]
    with pytest.raises(NetlibError, match="design link: expects at most 32768"):
        Experiment.from_json(json.dumps({"data": {"left_out": names}}).encode())


def test_replace_checks_what_it_changes():
    with pytest.raises(NetlibError) as caught:
        Experiment().replace(seed=-1)
    assert str(caught.value) == (
        "experiment: expects 0 to 2147483647 as seed of weights and order, got -1."
    )
