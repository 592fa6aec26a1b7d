"""How a job goes on, over the live channel: a bar with a text, and texts that follow it.

Whatever else of the page follows a job is a view of it (`views.py`), and its component has
a node with `data-live` and a function `show`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages.frame.session import session

FOLDER = Path(__file__).parent
HTML = """
<div class="layerwright-follow">
  <p><span class="text"></span>
    <span class="lost" role="status" hidden>Not live: trying again.
      <button class="refresh">Refresh</button></span></p>
  <div class="bar" role="progressbar" aria-label="Share done"><div class="share"></div></div>
</div>
"""
CSS = """
.layerwright-follow { color: var(--st-text-color) }
.layerwright-follow p {
  margin: 0; min-height: 1.6rem; font-variant-numeric: tabular-nums;
}
.layerwright-follow .bar {
  height: .5rem; margin-top: .5rem; border-radius: .5rem; overflow: hidden;
  background: var(--st-secondary-background-color);
}
.layerwright-follow .share {
  height: 100%; width: 0; background: var(--st-primary-color); border-radius: .5rem;
}
.layerwright-follow button {
  font: inherit; color: var(--st-link-color); background: none; border: none; padding: 0;
  cursor: pointer; text-decoration: underline;
}
"""
JS = "\n".join((FOLDER / name).read_text() for name in ("channel.js", "follow.js"))
_FOLLOW = st.components.v2.component(
    "layerwright_follow", html=HTML, css=CSS, js=JS, isolate_styles=False
)

TEXT_CSS = """
.layerwright-text { margin: 0; white-space: pre-wrap; font-weight: 600 }
.layerwright-text[data-code] {
  white-space: pre; overflow: auto; height: 100%; padding: 1rem; font-weight: 400;
  font-family: var(--st-code-font); font-size: var(--st-code-font-size);
  background: var(--st-code-background-color); border-radius: var(--st-base-radius);
}
"""
TEXT_JS = """
export default function ({ data, parentElement }) {
  const node = parentElement.querySelector(".layerwright-text")
  node.show = ({ text }) => {
    if (node.textContent !== text) node.textContent = text
  }
  node.toggleAttribute("data-code", data.isCode)
  const given = JSON.stringify(data)
  if (given !== node.given) node.show(data)  // and not for another theme
  node.given = given
}
"""
_TEXT = st.components.v2.component(
    "layerwright_text",
    html='<div class="layerwright-text" data-live></div>',
    css=TEXT_CSS,
    js=TEXT_JS,
    isolate_styles=False,
)


def follow(job_id: str, key: str, said: Mapping[str, Any]) -> None:
    """Draws the share done, 0 to 1 or None, and the text that a job says of itself.

    The page is drawn anew once the job has ended.
    """
    data = {"job": job_id, "views": session().views.token, "key": key, **said}
    _FOLLOW(key=key, data=data, on_over_change=lambda: None)


def live_text(text: str, key: str) -> None:
    """Draws a line of text that follows a job."""
    _TEXT(key=key, data={"text": text, "isCode": False})


def live_code(text: str, key: str, height: int) -> None:
    """Draws text that follows a job as it is, in so many pixels; more of it scrolls."""
    _TEXT(key=key, data={"text": text, "isCode": True}, height=height)
