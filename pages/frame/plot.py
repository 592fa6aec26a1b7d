"""Any Plotly figure on the page, redrawn in place: no blink, and a zoom is kept.

`st.plotly_chart` replaces its node at every change of data. This component hands each
new figure to `Plotly.react` on one node, with the colours of Streamlit's theme.
"""

from collections.abc import Callable, Mapping
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from pages.frame.widgets import widget_value

HTML = '<div class="layerwright-plot" role="figure" data-live></div>'

CSS = """
.layerwright-plot { width: 100%; overflow: hidden; }
.modebar-btn svg:has(text) { width: 1.8em !important; }
.layerwright-plot:empty {
  background: var(--st-secondary-background-color);
  border-radius: var(--st-base-radius);
}
"""

HIDE_LOADER = """<style>
[data-testid="stLayoutWrapper"]:has(> .st-key-load_plotly) { display: none; }
</style>"""

# How any Plotly figure looks here, and what its buttons do.
SETTINGS_JS = """
function picture(format) {
  const click = (node) => window.Plotly.downloadImage(node, {
    format, filename: node.input.name, scale: format === "png" ? 2 : 1,
    width: node.clientWidth, height: node.clientHeight,
  })
  const icon = { svg: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 26 16">
    <text y="13" font-size="13" fill="currentColor">${format.toUpperCase()}</text></svg>` }
  return { name: format, title: `Download as ${format.toUpperCase()}`, icon, click }
}

function template(node) {
  const style = getComputedStyle(node)
  const read = (name) => style.getPropertyValue("--st-" + name).trim()
  const text = read("text-color"), line = read("border-color"), none = "rgba(0,0,0,0)"
  const axis = {
    gridcolor: line, zerolinecolor: line, linecolor: line, automargin: true,
    title: { standoff: 8 },
  }
  return { layout: {
    font: { color: text, family: read("font"), size: 12 },
    title: { x: 0, xref: "container", xanchor: "left", y: 1, yanchor: "top",
             pad: { t: 8, l: 8 }, font: { size: 14 } },
    paper_bgcolor: none, plot_bgcolor: none,
    xaxis: axis, yaxis: axis, legend: { bgcolor: none },
    hoverlabel: { bgcolor: read("background-color"), bordercolor: line,
                  font: { color: text } },
    modebar: { bgcolor: none, color: text, activecolor: read("primary-color") },
  } }
}

let config

// One object for good: Plotly begins anew, and loses a zoom, when it gets another.
function settings() {
  config ??= {
    displaylogo: false, displayModeBar: "hover",
    modeBarButtons: [[picture("svg"), picture("png"), "resetScale2d"]],
  }
  return config
}
"""

DRAW_JS = """
const NEAR = "300px"

function draw(node) {
  clearTimeout(node.timer)
  if (!window.Plotly) {
    if (node.isConnected) node.timer = setTimeout(draw, 50, node)
    return
  }
  node.isDue = !node.clientWidth || !node.isNear
  if (node.isDue) return
  const { data, layout } = JSON.parse(node.input.figure)
  layout.template = template(node)
  layout.width = node.width = node.clientWidth
  layout.height = node.input.height
  const isFirst = !node.on
  window.Plotly.react(node, data, layout, settings())
  if (isFirst) node.on("plotly_click", (event) => {
    const point = event.points.find((point) => point.customdata != null)
    if (point && node.input.clickable) node.trigger("clicked", point.customdata)
  })
}

// A figure far out of sight is drawn once it comes near; one whose width changes, anew.
function watch(node) {
  const fit = () => (node.isDue || node.clientWidth !== node.width) && draw(node)
  const look = (entries) => {
    node.isNear = entries.at(-1).isIntersecting
    if (node.isNear && node.isDue) draw(node)
  }
  const margins = { rootMargin: NEAR, scrollMargin: NEAR }
  const observers = [new ResizeObserver(fit), new IntersectionObserver(look, margins)]
  for (const observer of observers) observer.observe(node)
  return () => {
    for (const observer of observers) observer.disconnect()
    clearTimeout(node.timer)
    window.Plotly?.purge(node)
    node.input = undefined
  }
}

function take(node, input) {
  node.input = input
  node.setAttribute("aria-label", input.alt)
  draw(node)
}

export default function ({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".layerwright-plot")
  const given = JSON.stringify(data), theme = JSON.stringify(template(node))
  const isOld = given === node.given, isSame = isOld && theme === node.theme
  Object.assign(node, { given, theme })
  node.trigger = setTriggerValue
  node.style.height = data.height + "px"
  if (!node.input) {
    node.close = watch(node)
    // Plotly would end a finger's scrolling; a tap still comes, as a click.
    const options = { capture: true, passive: true }
    node.addEventListener("touchstart", (event) => event.stopPropagation(), options)
  }
  node.show = (figure) => take(node, { ...node.input, ...figure })
  // In another theme the figure stays that a job has told since.
  if (!isSame) take(node, isOld ? node.input : data)
  return node.close
}
"""

_PLOT = st.components.v2.component(
    "layerwright_plot",
    html=HTML,
    css=CSS,
    js=SETTINGS_JS + DRAW_JS,
    isolate_styles=False,
)


def load_plotly() -> None:
    """Makes Streamlit load Plotly into the page, by a chart that is not seen."""
    st.html(HIDE_LOADER)
    with st.container(key="load_plotly"):
        st.plotly_chart(go.Figure(), key="load_plotly_chart", height=16)


def plot(
    figure: go.Figure,
    key: str,
    *,
    alt: str,
    height: int,
    on_click: Callable[[], None] | None = None,
) -> None:
    """Draws a figure in the width there is; `height` in pixels is reserved at once.

    A click on a point that has `customdata` calls `on_click`, see `clicked`.
    """
    more = {"height": height, "name": key, "clickable": on_click is not None}
    data = _shown(figure, alt) | more
    _PLOT(key=key, data=data, height=height, on_clicked_change=on_click)


def all_shown(
    figures: Mapping[str, tuple[go.Figure, str]],
) -> dict[str, dict[str, str]]:
    """Returns what plots show that follow a job: by key a figure and its words."""
    return {key: _shown(*figure) for key, figure in figures.items()}


def _shown(figure: go.Figure, alt: str) -> dict[str, str]:
    # Plotly escapes every slash of its base64 for use inside HTML.
    return {"figure": figure.to_json().replace(r"\u002f", "/"), "alt": alt}


def clicked(key: str) -> Any:
    """Returns the `customdata` of the point clicked on; for use in `on_click`."""
    return widget_value(key).clicked
