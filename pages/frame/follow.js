// How a job goes on: a bar and a text, the other parts of the page that follow it, and at its
// end a run of the page, which draws what came of it.

const SECONDS_TO_BE_DRAWN = 3
const app = document.querySelector('[data-testid="stApp"]')

function makeFollower(root) {
  const at = (name) => root.querySelector("." + name)
  let channel, data = {}, timer, drawPage

  function show(given, trigger) {
    drawPage = trigger
    if (given.job !== data.job || given.views !== data.views) {
      channel?.close()
      clearTimeout(timer)
      channel = follow(given.job, hear, given.views)
    }
    data = given
    say(data)
  }

  function say({ share, text }) {
    at("text").textContent = text
    at("bar").hidden = share === null
    at("share").style.width = 100 * share + "%"
    at("bar").setAttribute("aria-valuenow", Math.round(100 * share))
  }

  function hear(news, parts) {
    for (const [key, [said]] of Object.entries(parts)) {
      if (key === data.key) say(said)
      else document.querySelector(`.st-key-${key} [data-live]`)?.show(said)
    }
    const isOver = ENDINGS.includes(news.state) || news.isUnknown
    at("lost").hidden = news.isLive || isOver
    if (isOver) drawAnew()
  }

  // Once the page is at rest: the run that goes on may draw the end already. A wish of ours
  // may be lost with the connection, or be taken for a part of somebody's click.
  function drawAnew() {
    const { testScriptState, testConnectionState } = app.dataset
    const isAtRest = testScriptState === "notRunning" && testConnectionState === "CONNECTED"
    if (isAtRest) drawPage()
    clearTimeout(timer)
    timer = setTimeout(drawAnew, isAtRest ? 1000 * SECONDS_TO_BE_DRAWN : 50)
  }

  at("refresh").onclick = () => drawPage()
  const close = () => {
    channel?.close()
    clearTimeout(timer)
    root.follower = undefined
  }
  return { show, close }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".layerwright-follow")
  root.follower ??= makeFollower(root)
  root.follower.show(data, () => setTriggerValue("over", true))
  return root.follower.close
}
