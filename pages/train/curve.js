// The losses over the epochs: a Plotly figure that is extended, so that a zoom is kept.

const SECONDS_BETWEEN_DRAWINGS = 0.4, MOST_POINTS = 1500

// Draws what is new of the history, and marks what a person changed. Of a long history only
// every second epoch is drawn, every fourth and so on.
function drawCurve(node, news) {
  const now = performance.now() / 1000
  clearTimeout(node.timer)
  if (!window.Plotly || now < (node.next ?? 0)) {
    if (node.isConnected) node.timer = setTimeout(drawCurve, 100, node, news)
    return
  }
  node.next = now + SECONDS_BETWEEN_DRAWINGS
  const n_epochs = news.epochs.length
  if (!node.on || n_epochs < node.n_drawn) beginCurve(node)
  while (n_epochs / node.stride > MOST_POINTS) {
    node.stride *= 2
    thinOut(node)
  }
  const fresh = news.epochs.slice(node.n_drawn).filter((epoch) => epoch[0] % node.stride === 0)
  if (fresh.length) {
    const x = fresh.map((epoch) => epoch[0])
    const y = [fresh.map((epoch) => epoch[1]), fresh.map((epoch) => epoch[2])]
    window.Plotly.extendTraces(node, { x: [x, x], y }, [0, 1])
  }
  node.n_drawn = n_epochs
  markChanges(node, news.changes ?? [])
}

function thinOut(node) {
  const x = node.data[0].x
  const keep = (values) => values.filter((_, i) => x[i] % node.stride === 0)
  const y = [keep(node.data[0].y), keep(node.data[1].y)]
  window.Plotly.restyle(node, { x: [keep(x), keep(x)], y }, [0, 1])
}

function beginCurve(node) {
  const line = (name, color) => ({ x: [], y: [], name, mode: "lines", line: { color, width: 2 } })
  const data = [line("training", "#0072b2"), line("validation", "#d55e00")]
  if (node.before?.length) data.push({
    ...line("validation of the run before", "#8a94a0"),
    x: node.before.map((epoch) => epoch[0]), y: node.before.map((epoch) => epoch[2]),
  })
  const layout = {
    template: template(node), height: 360, width: node.clientWidth,
    margin: { t: 28, r: 8, b: 36, l: 8 }, legend: { orientation: "h", y: 1.15 },
    xaxis: { title: { text: "epoch" } }, yaxis: { title: { text: "loss" } },
    uirevision: "kept",
  }
  node.input = { name: "curve" }
  node.n_drawn = node.n_marked = 0
  node.stride = 1
  window.Plotly.newPlot(node, data, layout, settings())
  node.observer ??= new ResizeObserver(() =>
    window.Plotly.relayout(node, { width: node.clientWidth }))
  node.observer.observe(node)
}

function markChanges(node, changes) {
  if (changes.length === node.n_marked) return
  node.n_marked = changes.length
  const shapes = changes.map(({ epoch }) => ({
    type: "line", x0: epoch, x1: epoch, yref: "paper", y0: 0, y1: 1,
    line: { width: 1, dash: "dot", color: "#8a94a0" },
  }))
  const annotations = changes.filter(({ change }) => change.weight === null).map(
    ({ epoch, change }) => ({
      x: epoch, yref: "paper", y: 1, showarrow: false, textangle: -90, xanchor: "right",
      yanchor: "top", font: { size: 10 },
      text: change.learning_rate === null
        ? "batch " + change.batch_size : "rate " + change.learning_rate,
    }))
  window.Plotly.relayout(node, { shapes, annotations })
}

function setScale(node, isLog) {
  if (node.on) window.Plotly.relayout(node, { "yaxis.type": isLog ? "log" : "linear" })
}
