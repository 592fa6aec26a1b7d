// How a job goes on: a bar and a text, the other parts of the page that follow it, and at its
// end a run of the page, which draws what came of it.

function makeFollower(root) {
  const at = (name) => root.querySelector("." + name)
  let channel, data = {}, rest, drawPage

  function show(given, trigger) {
    drawPage = trigger
    if (given.job !== data.job || given.views !== data.views) {
      stop()
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
    if (isOver) rest ??= onceAtRest(() => drawPage())
  }

  function stop() {
    channel?.close()
    rest?.()
    rest = undefined
  }

  at("refresh").onclick = () => drawPage()
  const close = () => {
    stop()
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
