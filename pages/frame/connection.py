"""A bar that says so while the browser does not reach the server.

Streamlit shows a click as usual then, though nobody hears of it.
"""

import streamlit as st

CSS = """
.layerwright-offline {
  position: fixed; inset: auto 0 0 0; z-index: 1000000; padding: .5rem 1rem;
  text-align: center; font-size: .9rem; color: #1c2430; background: #f5d9a8;
}
.layerwright-offline:empty { display: none }
"""
HTML = '<div class="layerwright-offline" role="status"></div>'
JS = """
const SAID = "No connection to the server. Clicks and edits do nothing until it is back."
const app = document.querySelector('[data-testid="stApp"]')

export default function ({ parentElement }) {
  const bar = parentElement.querySelector(".layerwright-offline")
  const tell = () => {
    const isThere = navigator.onLine && app.dataset.testConnectionState === "CONNECTED"
    bar.textContent = isThere ? "" : SAID
  }
  tell()
  const attributeFilter = ["data-test-connection-state"]
  const observer = new MutationObserver(tell)
  observer.observe(app, { attributeFilter })
  addEventListener("online", tell)
  addEventListener("offline", tell)
  return () => {
    observer.disconnect()
    removeEventListener("online", tell)
    removeEventListener("offline", tell)
  }
}
"""

_BAR = st.components.v2.component(
    "layerwright_connection", html=HTML, css=CSS, js=JS, isolate_styles=False
)


def connection_bar() -> None:
    """Draws the bar, which is seen only while there is no connection."""
    _BAR(key="connection", width="content", height=0)
