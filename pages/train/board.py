"""The board of a run: controls, pictures, past and curve, live over its channel.

What it draws stands in `*.js` beside this file; `pages/frame/channel.js` brings the news.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from netlib.figures import CLASS_COLORS
from netlib.jobs.run import Run
from pages.frame.plot import SETTINGS_JS
from pages.frame.widgets import widget_value
from pages.shared.data import class_names
from pages.shared.run import BY_SCORE
from pages.train.overlay import other_runs

HTML = """
<div class="layerwright-board" data-state="none" tabindex="0">
  <p class="empty">Here the network is drawn while it learns: a map of each unit, its answer
    under the points, its losses. Train, or begin paused and take single steps.</p>
  <div class="row">
    <button data-do="play" title="Space">Play</button>
    <button data-do="step" title="S: one batch">Step</button>
    <button data-do="epoch" title="E: to the end of the epoch">Epoch</button>
    <button data-do="reset" title="R: the same initial weights">Reset</button>
    <label>Speed <input class="speed" type="range" min="0" max="10" value="10"></label>
    <span class="pace">full speed</span>
    <label>Learning rate now <input class="rate" type="number" min="0" step="any"></label>
    <label>Rows a batch now <input class="batch" type="number" min="1" step="1"></label>
  </div>
  <p class="facts"></p>
  <p class="before"></p>
  <p class="refused" role="alert"></p>
  <p class="lost" role="status"></p>
  <div class="stage">
    <div class="network"><canvas class="diagram" role="img"
      aria-label="The network: a map of each unit, edges by weight"></canvas></div>
    <div>
      <canvas class="answer" role="img"
        aria-label="The network's answer over the plane, and the points"></canvas>
      <p class="legend"></p>
      <p class="plane"></p>
      <label><input class="held" type="checkbox" checked> rows kept back</label>
      <label><input class="discrete" type="checkbox"> without shades</label>
    </div>
    <div class="losses">
      <div class="curve" role="figure" aria-label="Losses over the epochs"></div>
      <label>Show <select class="measure">
        <option value="loss">loss</option><option value="score">score</option>
      </select></label>
      <label><input class="log" type="checkbox"> logarithmic loss</label>
      <label>Smooth <input class="smooth" type="range" min="0" max="0.95" step="0.05"
        value="0"></label>
    </div>
  </div>
  <ul class="findings" role="status"></ul>
  <div class="row">
    <label><span class="named"></span>
      <input class="weight" type="number" step="any" disabled></label>
    <button class="undo" data-do="undo">Undo</button>
  </div>
  <div class="row">
    <label>Look back <input class="look" type="range" min="0" max="1" value="1" disabled>
    </label>
    <span class="epoch"></span>
    <button data-do="now" disabled>Back to now</button>
    <button data-do="fork" disabled
      title="A new run from this epoch, with the plan as it stands">Go on from here</button>
  </div>
  <table hidden>
    <thead><tr><th>layer</th>
      <th title="Norm of the gradient of its weights">gradient</th>
      <th title="How much of their norm a step changes its weights">change a step</th>
      <th title="Units that say the same for every row">dead units</th>
      <th title="Values at the ends of the activation's range">saturated</th>
      <th title="How often its units say which value">values</th></tr></thead>
    <tbody class="health"></tbody>
  </table>
</div>
"""

CSS = """
.layerwright-board {
  font-size: .9rem; color: var(--st-text-color); outline-offset: .5rem;
}
.layerwright-board .row {
  display: flex; flex-wrap: wrap; gap: .4rem .9rem; align-items: center;
  margin-block: .4rem;
}
.layerwright-board button {
  font: inherit; color: inherit; padding: .25rem .8rem; cursor: pointer;
  background: var(--st-secondary-background-color); min-width: 4.2rem;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
}
.layerwright-board :disabled { opacity: .5; cursor: default }
.layerwright-board select, .layerwright-board input[type=number] {
  width: 6.5rem; font: inherit; color: inherit; padding: .2rem .4rem;
  background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
}
.layerwright-board input[type=range], .layerwright-board input[type=checkbox] {
  vertical-align: middle; accent-color: var(--st-primary-color);
}
.layerwright-board p { margin: 0; min-height: 1.4rem }
.layerwright-board .empty {
  display: none; height: 28rem; place-content: center; padding: 2rem; text-align: center;
  border: 1px dashed var(--st-border-color); border-radius: var(--st-base-radius);
}
.layerwright-board[data-state=none] > :not(.empty) { display: none }
.layerwright-board[data-state=none] > .empty { display: grid }
.layerwright-board .facts { font-variant-numeric: tabular-nums }
.layerwright-board .before { opacity: .75 }
.layerwright-board :is(.before, .refused, .lost):empty { min-height: 0 }
.layerwright-board .stage { display: flex; flex-wrap: wrap; gap: 1.5rem }
.layerwright-board .network { overflow: auto; max-width: 100%; max-height: 420px }
.layerwright-board .findings { margin: .3rem 0; padding: 0; list-style: none;
  min-height: 3.8rem }
.layerwright-board .findings button { margin: .15rem .4rem .15rem 0 }
.layerwright-board .stage label { margin-right: .9rem; white-space: nowrap }
.layerwright-board td, .layerwright-board th {
  padding: .1rem .9rem .1rem 0; text-align: left; font-weight: 400;
  font-variant-numeric: tabular-nums;
}
.layerwright-board th { opacity: .75 }
.layerwright-board canvas { display: block }
.layerwright-board .answer {
  border: 1px solid var(--st-border-color); box-sizing: border-box;
  max-width: 100%; height: auto !important;
}
.layerwright-board .legend { display: flex; flex-wrap: wrap; gap: 0 .9rem; max-width: 380px;
  font-size: .8rem }
.layerwright-board .legend span::before {
  content: ""; display: inline-block; width: .7rem; height: .7rem; border-radius: 50%;
  background: var(--color); margin-right: .35rem;
}
.layerwright-board .plane { font-size: .8rem; max-width: 380px }
.layerwright-board .losses { flex: 1; min-width: 300px }
.layerwright-board .curve { width: 100%; min-height: 360px; overflow: hidden }
"""

FOLDER = Path(__file__).parent
FILES = [FOLDER.parent / "frame" / "channel.js"]
FILES += [
    FOLDER / f"{name}.js"
    for name in (
        "maps",
        "diagram",
        "picture",
        "bending",
        "curve",
        "layers",
        "findings",
        "board",
    )
]
COLORS_JS = f"const CLASS_COLORS = {json.dumps(CLASS_COLORS)}"
JS = "\n".join([SETTINGS_JS, COLORS_JS, *(file.read_text() for file in FILES)])

_BOARD = st.components.v2.component(
    "layerwright_board", html=HTML, css=CSS, js=JS, isolate_styles=False
)


def board(
    run: Run | None,
    is_active: bool,
    shown: tuple[int | None, bool],
    on_wish: Callable[[dict[str, Any]], None],
) -> None:
    """Draws the board; what a person wishes of the page, such as a fork, calls `on_wish`.

    A wish too is another moment on show than that of the page, `shown`: an epoch, and whether
    its answers were measured. At the end of a run that `is_active` the page is drawn anew.
    """
    data: dict[str, Any] = {"run": run.id if run else "", "isActive": is_active}
    if run:
        plan = run.experiment.plan
        data |= {
            "rate": plan.learning_rate,
            "batch": plan.batch_size,
            "shown": list(shown),
            "others": other_runs(run),
            "weightsEpoch": run.snapshot().weights_epoch,
            "classes": class_names(run.experiment.data),
            "guesses": {name: task.guess for name, task in BY_SCORE.items()},
        }
    _BOARD(
        key="board",
        data=data,
        on_wish_change=lambda: on_wish(widget_value("board").wish),
        on_over_change=lambda: None,
    )
