"""The code of an edit, shown before the page's own run has drawn it.

The browser draws every element of a page anew as a run begins, which takes it longer than
all else. So it asks for the code of the design as edited at `/ahead`, which keeps nothing,
and changes the numbers in the code on show; the run has the last word, and until then no
claim stands beside it.
"""

import time
from collections.abc import Mapping
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from netlib.errors import LinkError, NetlibError
from netlib.experiment import Experiment
from netlib.source.styles import generate
from netlib.spec.network import NetworkSpec, parse_widths
from pages.build.rows import changed_layers

ADDRESS = "/ahead"
UNPROCESSABLE = 422
JS = Path(__file__).with_suffix(".js").read_text()
_AHEAD = st.components.v2.component("layerwright_ahead", html="<i></i>", js=JS)


def ahead_route() -> Route:
    """Returns the route that answers a design and its edits, by the fields' names."""

    def answer(request: Request) -> Response:
        edits = dict(request.query_params)
        try:
            return PlainTextResponse(_code(edits.pop("design", ""), edits))
        except NetlibError as error:
            return PlainTextResponse(str(error), UNPROCESSABLE)

    return Route(ADDRESS, answer)


def _code(link: str, edits: Mapping[str, str]) -> str:
    experiment = Experiment.from_link(link)
    spec = experiment.spec
    for name, text in edits.items():
        spec = _edited(spec, name, text)
    return generate(spec, experiment.style).text


def _edited(spec: NetworkSpec, name: str, text: str) -> NetworkSpec:
    if name == "widths":
        return spec.with_widths(parse_widths(text))
    index = name.removeprefix("size_")
    try:
        size_field = spec.layers[int(index)].size_field
        layers = changed_layers(spec, int(index), **{size_field: int(text)})
    except (ValueError, IndexError):
        rule = "the name of a width's field and a whole number"
        raise LinkError("edit", rule, f"{name}={text}") from None
    return spec.replace(layers=layers)


def code_ahead(experiment: Experiment, code: str) -> None:
    """Lets an edit of a width show its code at once, and `code` once a run has drawn it."""
    # Data that are the same as before would not reach the browser's side.
    run = time.monotonic_ns()
    data = {"design": experiment.to_link(), "code": code, "run": run}
    _AHEAD(key="ahead", data=data, width="content", height=0)
