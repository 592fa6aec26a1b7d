"""The looks that Streamlit's theme does not offer.

Rules name exact classes: one on a part of a class name, or on `:has`, makes the browser
style the whole page anew at every run.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import streamlit as st

from netlib.errors import NetlibError
from netlib.figures import layer_color, pale

MOST_LINES, TALLEST = 30, 560
NEWLINE = "\n"
WRAPPED = (
    "display:block;white-space:pre-wrap!important;overflow-wrap:anywhere;"
    "counter-reset:line;--indent:0ch"
)
HANG = "(var(--indent) + 2ch)"
LINE = (
    "display:block;position:relative;min-height:1.5em;margin-left:-.6rem;"
    "border-left:3px solid transparent;"
    f"padding-left:calc(.6rem + var(--gutter) + {HANG});text-indent:calc(-1 * {HANG})"
)
NUMBER = (
    "counter-increment:line;content:counter(line);position:absolute;left:.3rem;"
    "width:var(--gutter);padding-right:.5ch;box-sizing:border-box;text-align:right;"
    "text-indent:0;opacity:.7"
)
SECTION = "float:right;padding-inline:.6rem;font-size:.75rem;opacity:.7"
CSS = """
[data-testid="stMainBlockContainer"] { padding-inline: clamp(1rem, 3vw, 3rem) }
[data-testid="stSidebarHeader"] { height: 2.5rem; padding-block: .5rem }
.st-key-menu {
  min-height: 2.8rem;
  border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent);
  padding-bottom: .25rem;
}
.st-key-unseen { position: absolute; left: 0; width: 0; height: 0 }
@media (max-width: 480px) {
  .st-key-menu { min-height: 4.2rem; align-content: flex-start }
  .st-key-menu a > span:first-child,
  .st-key-menu [data-has-shortcut] > span:first-child { display: none }
}
.st-key-problem_here [data-testid="stAlertContainer"] { padding: .5rem .75rem }
.st-key-problem_here p { font-size: .875rem }
[data-testid="stExpandSidebarButton"]::after { content: "Design"; font-size: .9rem }
.st-key-train kbd { color: inherit; opacity: .9 }
/* What Build draws later has its room at once: diagram, chips and styles; all of a run. */
.st-key-above_code { min-height: 402px }
.st-key-training_slot { min-height: 799px }
.st-key-chips, .st-key-styles { min-height: 60px }
.st-key-board { min-height: 28rem }
.st-key-styles button { padding-inline: .55rem }
.st-key-styles button p { font-size: .82rem }
.st-key-status { min-height: 5.25rem }
.st-key-status > [data-stale="false"] ~ [data-stale="true"],
.st-key-chips > :not(:first-child),
.st-key-stop + .st-key-train[data-stale="true"],
.st-key-train + .st-key-stop[data-stale="true"] { display: none }
.st-key-loss { min-height: 2.8rem; flex-wrap: nowrap }
.st-key-remark { min-height: 6.25rem }
.st-key-remark p { font-size: .875rem; line-height: 1.4 }
[data-testid="stCaptionContainer"] { opacity: .75 }
[data-testid="stBaseButton-primary"] { color: light-dark(#ffffff, #0b1016) }
.stCode .token.keyword, .stCode .token.function, .stCode .token.class-name {
  color: light-dark(#0058a3, #6db5f5);
}
.stCode .token.number { color: light-dark(#08655b, #35bfa9) }
.stCode .token.operator { color: light-dark(#953f00, #f79448) }
.stCode .token.boolean, .stCode .token.string { color: light-dark(#0d692f, #35cf66) }
.stCode .token.punctuation, .stCode .token.comment { color: inherit; opacity: .75 }
.stCode .token.comment { display: inline-block; text-indent: 0 }
.st-key-badge p { font-size: .82rem; text-align: left }
.st-key-link_menu .stCode > div, .st-key-link_export .stCode > div { opacity: 1; visibility: visible }
.st-key-evaluation { min-height: 30rem }
.layerwright-ahead .st-key-badge { visibility: hidden }
.layerwright-ahead .st-key-facts { opacity: .4 }
.st-key-facts p { font-variant-numeric: tabular-nums }
.st-key-design [data-testid="stNumberInputStepUp"],
.st-key-design [data-testid="stNumberInputStepDown"] { display: none }
.st-key-design [data-testid="stColumn"] { min-width: 0 }
.st-key-design button[kind="tertiary"] kbd { display: none }
.st-key-design button[kind="tertiary"] p,
.st-key-design [data-testid="stPopover"] button p {
  position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap;
}
"""

# On a quick way from Build to another page Streamlit may leave the button in place.
NO_SIDEBAR = """
[data-testid="stSidebar"], [data-testid="stExpandSidebarButton"] { display: none }
"""


def css(rules: Iterable[str]) -> None:
    """Adds rules to the page."""
    st.html(f"<style>{''.join(rules)}</style>")


def lit_lines(
    text: str,
    language: str | None,
    line_layers: Sequence[Sequence[int]],
    lit: int | None,
    key: str,
    titles: Mapping[int, str] = MappingProxyType({}),
) -> None:
    """Shows text with a mark of its layer's colour at each line; the lit layer's shine.

    `titles` stand at the right of the lines, from 1, where sections begin.
    """
    marks = {
        number: (layer_color(lit if lit in layers else layers[0]), lit in layers)
        for number, layers in enumerate(line_layers)
        if layers
    }
    css(
        f".st-key-lines_{key} code > span:nth-child({number})::after"
        f"{{content:'{title}';{SECTION}}}"
        for number, title in titles.items()
    )
    marked_lines(text, language, marks, key)


def marked_lines(
    text: str, language: str | None, marks: Mapping[int, tuple[str, bool]], key: str
) -> None:
    """Shows text with marks: for a line, from 0, a colour and whether the line shines.

    Code has line numbers, which are not copied with it. What does not fit into a line
    stands under it, further in than its beginning.
    """
    code = f".st-key-lines_{key} code"
    gutter = f"{len(str(text.count(NEWLINE) + 1)) + 1}ch" if language else "0ch"
    rules = [f"{code}{{{WRAPPED};--gutter:{gutter}}}", f"{code} > span{{{LINE}}}"]
    if language:
        rules.append(f"{code} > span::before{{{NUMBER}}}")
    for number, line in enumerate(text.splitlines(), 1):
        if indent := len(line) - len(line.lstrip()):
            rules.append(f"{code} > span:nth-child({number}){{--indent:{indent}ch}}")
    for number, (color, shines) in marks.items():
        shine = f"background:{pale(color, 0.2)};" if shines else ""
        line = f"{code} > span:nth-child({number + 1})"
        rules.append(f"{line}{{border-left-color:{color};{shine}}}")
    css(rules)
    with st.container(key=f"lines_{key}"):
        height = TALLEST if text.count(NEWLINE) > MOST_LINES else "content"
        st.code(text, language=language, wrap_lines=True, height=height)


def chip_colors(key: str, n_layers: int, lit: int | None) -> None:
    """Underlines the chips of `key` in their layers' colours."""
    css(
        f".st-key-{key} button:nth-of-type({index + 1})"
        f"{{box-shadow:inset 0 -3px {layer_color(index)};"
        f"{f'background:{pale(layer_color(index), 0.25)};' if index == lit else ''}}}"
        for index in range(n_layers)
    )


def plain(text: str) -> str:
    """Returns text that markdown shows as it is, whatever a person wrote in it."""
    return re.sub(r"([\\`*_\[\]<>$~|#!])", r"\\\1", text)


def told(error: NetlibError) -> str:
    """Returns what a page says of an error: its text and what to do next."""
    return plain(str(error))
