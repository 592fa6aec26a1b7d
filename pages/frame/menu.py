"""The menu of pages, whose links wait for an edit that is still on its way.

On a page switch the browser no longer sends the fields of the page that is left. A field
that was just typed in, or a button, and the click that leaves it come within a tenth of a
second: on a busy machine the server would take the second message for both, and forget the
edit. So the link is followed once the links tell of another design, or the run has ended.

And a double click on a button of a layer's row is one click: the second would be on the
row that has come under the pointer. Where the first met nothing, as on a button that was
just being redrawn, the second is the one that counts. Ctrl+Z in a text field is the field's own.
"""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.frame.address import address
from pages.frame.session import choose
from pages.frame.share import share_menu

TOUR = "tour"  # the choice that holds the stop of the tour over the Build page
PAGES = {
    "Build": ("app.py", ":material/schema:"),
    "Compare": ("pages/1_Compare.py", ":material/compare:"),
    "Weights": ("pages/2_Weights.py", ":material/grid_on:"),
    "Train": ("pages/3_Train.py", ":material/play_circle:"),
    "Export": ("pages/5_Export.py", ":material/download:"),
    "Lesson": ("pages/6_Lesson.py", ":material/school:"),
}

# A run may end just before that of the edit begins; an edit that starts none is waited
# for a second, and no link is held for longer than three.
JS = """<script>
window.layerwrightMenu ??= (() => {
  const app = document.querySelector('[data-testid="stApp"]')
  const EDITS = '.stButton button, [data-testid="stButtonGroup"] button'
  const links = () => [...document.querySelectorAll(".st-key-menu a")]
  const design = () => links().at(-1)?.href
  let held = null, timer = 0, nOnTheirWay = 0, before, isTaken = false
  const arrive = () => {
    nOnTheirWay = 0
    const name = held
    held = null
    links().find((link) => link.textContent === name)?.click()
  }
  const arriveAfter = (milliseconds) => {
    clearTimeout(timer)
    timer = setTimeout(arrive, milliseconds)
  }
  const depart = () => {
    nOnTheirWay += 1
    before = design()
    arriveAfter(1000)
  }
  document.addEventListener("change", depart, true)
  document.addEventListener("mousedown", (event) => {
    if (event.detail < 2) isTaken = false
  }, true)
  document.addEventListener("click", (event) => {
    const row = event.target.closest(".stButton")?.closest('[class*="st-key-icons_"]')
    if (!row || row.matches(".st-key-icons_head")) return
    const isSecond = event.detail > 1 && isTaken
    isTaken = true
    if (!isSecond) return
    event.preventDefault()
    event.stopPropagation()
  }, true)
  document.addEventListener("click", (event) => {
    const isInMenu = event.target.closest(".st-key-menu")
    const link = isInMenu && event.target.closest("a")
    if (!isInMenu && event.target.closest(EDITS)) depart()
    if (!link || !nOnTheirWay || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    event.stopPropagation()
    held = link.textContent
    setTimeout(() => held === link.textContent && arrive(), 3000)
  }, true)
  document.addEventListener("keydown", (event) => {
    const isUndo = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)
    if (isUndo && event.target.matches("input, textarea")) event.stopPropagation()
  }, true)
  const attributeFilter = ["data-test-script-state"]
  new MutationObserver(() => {
    if (!nOnTheirWay) return
    if (app.dataset.testScriptState === "notRunning") arriveAfter(50)
    else clearTimeout(timer)
  }).observe(app, { attributeFilter })
  new MutationObserver(() => {
    if (!nOnTheirWay || design() === before) return
    before = design()
    nOnTheirWay -= 1
    if (!nOnTheirWay) arriveAfter(50)
  }).observe(document.body, { subtree: true, attributeFilter: ["href"] })
  return true
})()
</script>"""


def links(menu: DeltaGenerator) -> None:
    """Draws the links to all pages, each with the experiment of this moment."""
    parameters = address()
    with menu:
        for label, (path, icon) in PAGES.items():
            st.page_link(path, label=label, icon=icon, query_params=parameters)
        st.button(
            "Tour",
            icon=":material/explore:",
            key="menu_tour",
            type="tertiary",
            on_click=_begin_tour,
        )
        share_menu()


def menu_script() -> None:
    """Draws what holds links and double clicks back."""
    st.html(JS, unsafe_allow_javascript=True, width="content")


def _begin_tour() -> None:
    choose(TOUR, 1)
    st.switch_page("app.py", query_params=address())
