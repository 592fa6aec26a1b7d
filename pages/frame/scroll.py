"""Code that scrolls is a stop of the Tab key, in browsers too that make it none.

`st.code` has no say in it: this looks at the page whenever a run has ended.
"""

import streamlit as st

JS = """
const app = document.querySelector('[data-testid="stApp"]')

function reach() {
  if (app.dataset.testScriptState !== "notRunning") return
  for (const box of app.querySelectorAll(".stCode pre")) {
    const isTall = box.scrollHeight > box.clientHeight
    if (isTall || box.scrollWidth > box.clientWidth) box.tabIndex = 0
    else box.removeAttribute("tabindex")
  }
}

export default function () {
  const observer = new MutationObserver(reach)
  observer.observe(app, { attributeFilter: ["data-test-script-state"] })
  reach()
  return () => observer.disconnect()
}
"""

_SCROLL = st.components.v2.component("layerwright_scroll", html="<i></i>", js=JS)


def reachable_scrolls() -> None:
    """Lets the Tab key reach what scrolls."""
    _SCROLL(key="scroll", width="content", height=0)
