// The board of a run: its controls, its pictures, its past and its curve.

const SIDE = 380
const KEYS = { " ": "play", s: "step", e: "epoch", r: "reset" }

function makeBoard(root) {
  const at = (name) => root.querySelector("." + name)
  const canvases = new Map(), answer = document.createElement("canvas")
  const drawCurve = makeCurve(at("losses"))
  let channel, data = {}, rest, scene, picture, latest, past, colors
  let shown, timer, looks = {}, isPast = false, wish, drawPage

  function show(given, onWish, onEnd) {
    [wish, drawPage] = [onWish, onEnd]
    readLooks()
    if (given.run !== data.run || !given.isActive) {
      rest?.()
      rest = undefined
    }
    if (given.run !== data.run) {
      channel?.close()
      if (data.run !== undefined) root.focus({ preventScroll: true })  // not on a button
      looks.hovered = scene = picture = latest = past = shown = undefined
      isPast = false
      bending.forget()
      at("rate").value = given.rate
      at("batch").value = given.batch
      channel = given.run ? follow(given.run, hear) : undefined
      root.dataset.state = given.run ? "paused" : "none"
    }
    data = given
    if (scene) {  // in the colours of the theme
      scene.drawn = undefined
      paintMaps(scene.maps)
    }
    draw()
    if (!channel) return
    if (scene) tell(channel.news)
    drawCurve(channel.news, data)
  }

  function readLooks() {
    const style = getComputedStyle(root)
    const read = (name) => style.getPropertyValue("--st-" + name).trim()
    Object.assign(looks, {
      text: read("text-color"), line: read("border-color"), font: read("font"),
      primary: read("primary-color"),
    })
    const hex = read("background-color")
    const middle = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16))
    colors = { middle, values: palette(middle) }
  }

  function hear(news, parts) {
    if (parts.scene) {
      scene = readScene(parts.scene)
      arrange(scene)
      paintMaps(scene.maps)
      write("plane", planeOf(scene))
      fillLegend(at("legend"), scene, data.classes)
    }
    if (scene && parts.picture) latest = readPicture(scene, parts.picture)
    if (scene && parts.past) past = readPicture(scene, parts.past)
    if (parts.scene || parts.picture || parts.past) draw()
    tell(news)
    drawCurve(news, data)
    const isOver = ENDINGS.includes(news.state) || news.isUnknown
    if (isOver && data.isActive) rest ??= onceAtRest(() => drawPage())
  }

  function paintMaps(maps) {
    for (const [name, bytes] of maps) {
      if (!canvases.has(name)) canvases.set(name, document.createElement("canvas"))
      paint(canvases.get(name), scene.side, (i) => colors.values[bytes[i]])
    }
  }

  function draw() {
    picture = isPast && past ? past : latest
    if (!scene || !picture) return
    paintMaps(picture.units)
    picture.maps = canvases
    drawDiagram(at("diagram"), scene, picture, looks)
    paintAnswer(answer, picture.answers, scene.side, colors, at("discrete").checked)
    const context = sized(at("answer"), SIDE, SIDE)
    const hovered = looks.hovered && canvases.get(`${looks.hovered.block},${looks.hovered.unit}`)
    context.drawImage(hovered ?? answer, 0, 0, SIDE, SIDE)
    if (scene.drawn?.width !== at("answer").width) {
      scene.drawn = pointsOf(scene, SIDE, at("held").checked, colors.middle)
    }
    context.drawImage(scene.drawn, 0, 0, SIDE, SIDE)
    root.dataset.drawn = Number(root.dataset.drawn ?? 0) + 1
    root.dataset.moment = `${picture.epoch},${picture.steps}`
  }

  const write = (name, text) => {
    if (at(name).textContent !== text) at(name).textContent = text
  }

  function tell(news) {
    const isOver = ENDINGS.includes(news.state)
    const isPlaying = news.place?.is_playing && !isOver
    write("facts", factsOf(news, picture, isPast, isPlaying))
    const before = data.others?.at(-1)
    write("before", before ? `The run before, ${before.name}: ${before.end}.` : "")
    write("refused", news.refused ?? "")
    write("lost", news.isLive || isOver ? "" : news.isUnknown
      ? "The server knows this run no more." : "Not live: trying again.")
    const play = root.querySelector('[data-do="play"]')
    play.textContent = isPlaying ? "Pause" : "Play"
    for (const name of ["rate", "batch"]) at(name).disabled = isOver
    for (const name of ["play", "step", "epoch"]) {
      root.querySelector(`[data-do="${name}"]`).disabled = isOver || !news.isLive
    }
    root.dataset.state = isOver ? news.state : isPlaying ? "playing" : "paused"
    tellPast(news)
    tellFindings(at("findings"), news, isOver, data.weightsEpoch, cure)
    tellShown(news)
    const isUntold = isOver && !news.layers?.length  // nobody looked while it trained
    tellLayers(at("health"), isUntold ? [] : scene?.blocks ?? [], news.layers ?? [])
    write("undo", bending.count() ? `Undo (${bending.count()})` : "Undo")
  }

  function tellPast(news) {
    const kept = news.kept ?? [], look = at("look")
    const isEmpty = kept.length < 2 || root.dataset.state === "playing"
    look.disabled = isEmpty
    look.max = Math.max(1, kept.length - 1)
    if (!isPast) look.value = look.max
    const epoch = kept[Math.min(look.value, kept.length - 1)]
    write("epoch", epoch == null ? "" : `epoch ${epoch}`)
    for (const name of ["fork", "now"]) {
      root.querySelector(`[data-do="${name}"]`).disabled = isEmpty || (name === "now" && !isPast)
    }
  }

  // Tells the page another moment than the one whose answers it shows, once it has stayed.
  function tellShown({ kept = [], evaluated = [] }) {
    const epoch = isPast ? kept[at("look").value] : kept.at(-1)
    const isMeasured = evaluated.includes(epoch)
    const key = String([epoch, isMeasured]), isPlaying = root.dataset.state === "playing"
    if (key === shown || isPlaying || !(isMeasured || isPast)) return
    shown = key
    clearTimeout(timer)
    if (key !== String(data.shown)) timer = setTimeout(() => wish({ kind: "shown", epoch }), 200)
  }

  function cure({ name, learning_rate, epoch }) {
    const isOver = ENDINGS.includes(root.dataset.state)
    if (epoch) return wish({ kind: "best" })
    if (name || isOver) return wish({ kind: "cure", name, learning_rate })
    change({ learning_rate })
    at("rate").value = learning_rate
  }

  const pace = () => {
    const value = Number(at("speed").value)
    return value >= 10 ? null : 10 ** (value / 3)
  }
  const change = (fields) => channel.send({ kind: "change", ...fields })
  const bending = makeBending(at, looks, () => ({ scene, picture }), change, draw)

  const acts = {
    play: () => {
      isPast = false
      const isPlaying = root.dataset.state === "playing"
      channel.send(isPlaying ? { kind: "pause" } : { kind: "play", pace: pace() })
    },
    step: () => (isPast = false, channel.send({ kind: "step", until: "step" })),
    epoch: () => (isPast = false, channel.send({ kind: "step", until: "epoch" })),
    reset: () => wish({ kind: "reset" }),
    fork: () => wish({ kind: "fork", epoch: channel.news.kept[at("look").value] }),
    now: () => {
      isPast = false
      draw()
      tell(channel.news)
    },
    undo: () => bending.undo(),
  }

  function place(event) {
    const box = at("diagram").getBoundingClientRect()
    return scene && findAt(scene, event.clientX - box.left, event.clientY - box.top)
  }

  at("diagram").onmousemove = (event) => {
    const found = place(event)
    const hovered = found?.from ? undefined : found
    at("diagram").style.cursor = found ? "pointer" : ""
    if (hovered !== looks.hovered) (looks.hovered = hovered, draw())
  }
  at("diagram").onmouseleave = () => (looks.hovered = undefined, draw())
  at("diagram").onclick = (event) => bending.choose(place(event))
  at("discrete").onchange = draw
  at("held").onchange = () => {
    if (scene) scene.drawn = undefined
    draw()
  }
  at("rate").onchange = () => change({ learning_rate: at("rate").valueAsNumber })
  at("batch").onchange = () => change({ batch_size: at("batch").valueAsNumber })
  at("speed").oninput = () => {
    write("pace", pace() === null ? "full speed" : `${pace().toPrecision(2)} steps/s`)
    if (root.dataset.state === "playing") channel.send({ kind: "play", pace: pace() })
  }
  at("look").oninput = () => {
    isPast = true
    channel.send({ kind: "look", epoch: channel.news.kept[at("look").value] })
    tell(channel.news)
  }
  root.onclick = (event) => acts[event.target.dataset.do]?.()
  const listen = (event) => {
    const act = KEYS[event.key.toLowerCase()]
    const isTyped = event.target.matches?.("input, textarea, select, button, [role]")
    if (!act || isTyped || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    root.querySelector(`[data-do="${act}"]`).click()
  }
  document.addEventListener("keydown", listen)
  const close = () => {
    channel?.close()
    rest?.()
    document.removeEventListener("keydown", listen)
    root.board = undefined
  }
  return { show, close }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".layerwright-board")
  root.board ??= makeBoard(root)
  const [onWish, onEnd] = [(wish) => setTriggerValue("wish", wish),
                           () => setTriggerValue("over", true)]
  root.board.show(data, onWish, onEnd)
  return root.board.close
}
