// A job followed over its live channel (pages/frame/live.py). All that was heard is kept, so
// that a connection that was lost goes on where it was.

const UNKNOWN = 4404
const SECONDS_OF_SILENCE = 6  // the server says something every 2
const SECONDS_TO_BE_DRAWN = 3
const SECONDS_TO_GIVE_WAY = 0.5
const SECONDS_TO_BE_ANSWERED = 0.2  // until a run of the page has begun
const ACTS = ["pointerdown", "keydown", "input"]
const ENDINGS = ["finished", "stopped", "diverged", "failed"]
const app = document.querySelector('[data-testid="stApp"]')
const decoder = new TextDecoder()

// Returns the facts of packed bytes, and where their content begins.
function unpack(buffer, start = 0) {
  const size = new DataView(buffer).getUint32(start, true)
  const text = decoder.decode(new Uint8Array(buffer, start + 4, size))
  return [JSON.parse(text), start + 4 + size]
}

// Calls `hear(news, parts)` at a moment in which the browser draws: `news` is all that is known
// of the job, `parts` holds those that have just come, as [facts, buffer, start]. The board of
// a run has no `views`, another page the token of its own.
function follow(job, hear, views) {
  const news = { epochs: [], isLive: false }
  let socket, heardAt, isOver = false, actedAt = -Infinity

  function take(buffer) {
    heardAt = performance.now()
    const [{ since, epochs, parts, ...facts }, start] = unpack(buffer)
    Object.assign(news, facts, { isLive: true })
    news.epochs.length = since
    for (const epoch of epochs) news.epochs.push(epoch)
    const found = {}
    let place = start
    for (const [name, size] of parts) {
      const [facts, begin] = unpack(buffer, place)
      found[name] = [facts, buffer, begin]
      place += size
    }
    drawNext(socket, found, heardAt + 1000 * SECONDS_TO_GIVE_WAY)
  }

  function drawNext(heard, found, end) {
    requestAnimationFrame((now) => {
      if (isOver) return
      if (isBusy(now) && now < end) return drawNext(heard, found, end)
      hear(news, found)
      if (heard.readyState === WebSocket.OPEN) heard.send("drawn")
    })
  }

  // A person's edit, and the run of the page that answers it, need the cores themselves.
  const isAnswered = () => app.dataset.testScriptState === "notRunning"
  const isBusy = (now) => now < actedAt + 1000 * SECONDS_TO_BE_ANSWERED || !isAnswered()

  function giveWay() {
    if (socket.readyState === WebSocket.OPEN) socket.send("busy")
  }

  function act(event) {
    if (event.target.closest?.(".layerwright-board")) return  // its pictures are the answer
    actedAt = event.timeStamp
    giveWay()
  }

  const ending = new AbortController()
  const options = { capture: true, signal: ending.signal }
  for (const kind of ACTS) document.addEventListener(kind, act, options)
  const runs = new MutationObserver(() => isAnswered() || giveWay())
  runs.observe(app, { attributeFilter: ["data-test-script-state"] })

  function open() {
    if (isOver) return
    const scheme = location.protocol === "https:" ? "wss:" : "ws:"
    const wanted = views ? `views=${views}` : `epochs=${news.epochs.length}`
    socket = new WebSocket(`${scheme}//${location.host}/live/${job}?${wanted}`)
    socket.binaryType = "arraybuffer"
    heardAt = performance.now()
    socket.onmessage = (event) => take(event.data)
    socket.onclose = (event) => {
      news.isLive = false
      news.isUnknown = event.code === UNKNOWN
      if (isOver) return
      hear(news, {})
      if (!news.isUnknown) setTimeout(open, 1000)
    }
  }

  // Who sleeps or lost the network is told nothing of it.
  const guard = setInterval(() => {
    const silence = (performance.now() - heardAt) / 1000
    if (silence > SECONDS_OF_SILENCE && !document.hidden) socket.close()
  }, 1000)
  open()
  return {
    news,
    send: (wish) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(wish)),
    close: () => {
      isOver = true
      clearInterval(guard)
      runs.disconnect()
      ending.abort()
      socket.close()
    },
  }
}

// Has `ask` called once the page is at rest: a run that goes on may draw the end already. And
// again while none has: what we ask may be lost with the connection, or be taken for a part of
// somebody's click. Returns what ends it.
function onceAtRest(ask) {
  let timer
  const look = () => {
    const { testScriptState, testConnectionState } = app.dataset
    const isAtRest = testScriptState === "notRunning" && testConnectionState === "CONNECTED"
    timer = setTimeout(look, isAtRest ? 1000 * SECONDS_TO_BE_DRAWN : 50)
    if (isAtRest) ask()
  }
  look()
  return () => clearTimeout(timer)
}
