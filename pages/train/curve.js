// Losses or scores over the epochs: a Plotly figure drawn anew in place, so that a zoom is kept.

const SECONDS_BETWEEN_DRAWINGS = 0.4, MOST_POINTS = 1500
// The lines of each measure: their names, colours and places in an epoch.
const MEASURES = {
  loss: [["training", "#0072b2", 1], ["validation", "#d55e00", 2]],
  score: [["validation", "#d55e00", 3]],
}
const GREY = "#8a94a0"
const OTHERS = ["#8a94a0", "#cc79a7", "#009e73", "#e69f00", "#56b4e9"]

// Returns what draws the news of a run, and others beside it, at most so often.
function makeCurve(place) {
  const at = (name) => place.querySelector("." + name)
  const node = at("curve"), log = at("log"), smooth = at("smooth"), measure = at("measure")
  let timer, next = 0, last

  function draw(news, data) {
    last = [news, data]
    const now = performance.now() / 1000
    clearTimeout(timer)
    if (!window.Plotly || now < next) {
      if (node.isConnected) timer = setTimeout(draw, 100, news, data)
      return
    }
    next = now + SECONDS_BETWEEN_DRAWINGS
    node.input = { name: "curve" }
    node.n_drawn = news.epochs.length
    node.stride = strideOf(node.n_drawn)
    const epochs = news.epochs.filter((epoch) => epoch[0] % node.stride === 0)
    const { score, baseline } = news.started ?? {}, isScore = measure.value === "score"
    measure.options[1].textContent = score ?? "score"
    log.disabled = isScore
    const traces = tracesOf(epochs, smooth.valueAsNumber, measure.value, data.others)
    if (isScore && epochs.length) traces.push(levelOf(epochs, data.guesses[score], baseline))
    const title = isScore ? score : "loss"
    const changes = news.changes ?? []
    const layout = layoutOf(node, traces.length, changes, title, log.checked && !isScore, data.run)
    node.setAttribute("aria-label", `${title} over the epochs`)
    window.Plotly.react(node, traces, layout, settings())
  }

  log.onchange = measure.onchange = smooth.oninput = () => (next = 0, last && draw(...last))
  // A node that is taken out of the page is heard of too: it has no width.
  const observer = new ResizeObserver(() =>
    node.on && node.clientWidth && window.Plotly.relayout(node, { width: node.clientWidth }))
  observer.observe(node)
  return draw
}

// Of a long history only every second epoch is drawn, every fourth and so on.
function strideOf(n_epochs) {
  let stride = 1
  while (n_epochs / stride > MOST_POINTS) stride *= 2
  return stride
}

function tracesOf(epochs, smoothing, measure, others) {
  const x = epochs.map((epoch) => epoch[0])
  const line = (name, color, y, more) =>
    ({ x, y, name, mode: "lines", line: { color, width: 2 }, ...more })
  const lines = MEASURES[measure].map(([name, color, at]) =>
    [name, color, epochs.map((epoch) => epoch[at])])
  const raw = lines.map(([name, color, y]) =>
    line(name, color, y, smoothing ? { opacity: 0.3, showlegend: false } : {}))
  const smooth = smoothing ? lines.map(([name, color, y]) =>
    line(`${name}, smoothed`, color, smoothed(y, smoothing))) : []
  const beside = others.map((other, at) =>
    line(`validation, ${other.name}`, OTHERS[at], other[measure],
         { x: other.x, line: { color: OTHERS[at], width: 1.5 } }))
  return [...raw, ...smooth, ...beside]
}

// The score of the best constant answer, for all epochs.
function levelOf(epochs, name, value) {
  return {
    x: [epochs[0][0], epochs.at(-1)[0]], y: [value, value], name: `${name} ${value.toPrecision(3)}`,
    mode: "lines", line: { color: GREY, width: 1.5, dash: "dot" }, hoverinfo: "skip",
  }
}

// The exponential moving average, without the bias of its beginning.
function smoothed(values, weight) {
  let sum = 0, total = 0
  return values.map((value) => {
    sum = weight * sum + (1 - weight) * value
    total = weight * total + (1 - weight)
    return sum / total
  })
}

// What Plotly would measure at each drawing to fit an axis costs as much as all the rest.
const AXIS = { automargin: false, ticklabeloverflow: "allow" }

const LEGEND_LINE = 19  // pixels; two names have room in one

function layoutOf(node, n_names, changes, title, isLog, run) {
  const more = LEGEND_LINE * Math.max(0, n_names - 2)
  return {
    template: template(node), height: 360 + more, width: node.clientWidth,
    margin: { t: 12, r: 14, b: 84 + more, l: 60 },
    legend: { orientation: "h", yref: "container", y: 0, yanchor: "bottom" },
    xaxis: { ...AXIS, title: { text: "epoch", standoff: 6 } },
    yaxis: { ...AXIS, title: { text: title }, type: isLog ? "log" : "linear" },
    uirevision: run + title,
    shapes: changes.map(({ epoch }) => ({
      type: "line", x0: epoch, x1: epoch, yref: "paper", y0: 0, y1: 1,
      line: { width: 1, dash: "dot", color: GREY },
    })),
    annotations: changes.filter(({ change }) => change.weight === null).map(
      ({ epoch, change }) => ({
        x: epoch, yref: "paper", y: 1, showarrow: false, textangle: -90, xanchor: "right",
        yanchor: "top", font: { size: 10 },
        text: change.learning_rate === null
          ? "batch " + change.batch_size : "rate " + change.learning_rate,
      })),
  }
}
