// What the bytes of a picture hold (netlib/model/probe.py), and what it shows in words.

function readScene([facts, buffer, start]) {
  const points = new Float32Array(buffer, start, 3 * facts.n_points), area = facts.side ** 2
  const inputs = facts.inputs.map((name, unit) =>
    [`-1,${unit}`, new Uint8Array(buffer, start + points.byteLength + unit * area, area)])
  return { ...facts, points, maps: new Map(inputs) }
}

function readPicture(scene, [facts, buffer, start]) {
  const area = scene.side ** 2
  let place = start
  const map = () => new Uint8Array(buffer, (place += area) - area, area)
  const floats = (n) => new Float32Array(buffer, (place += 4 * n) - 4 * n, n)
  const answers = Array.from({ length: facts.n_answers }, map)
  const units = new Map(answers.map((map, k) => [`${scene.blocks.length - 1},${k}`, map]))
  scene.blocks.slice(0, -1).forEach((block, index) => {
    for (let unit = 0; unit < block.n_shown; unit++) units.set(`${index},${unit}`, map())
  })
  const weights = scene.has_weights && scene.blocks.map((block) => ({
    weight: floats(block.n_units * block.n_inputs),
    bias: block.bias ? floats(block.n_units) : null,
  }))
  return { ...facts, answers, units, weights }
}

// Says of what the picture is a plane, where the data has more than two features.
function planeOf(scene) {
  const said = "Discs: training rows. Rings: rows kept back."
  if (scene.n_features <= 2) return said
  const share = Math.round(100 * scene.share)
  return `The plane of the two principal components of ${scene.n_features} features, which ` +
    `holds ${share} % of their variance. Points stand above or below it. ${said}`
}

// Shows which colour stands for which class, or for low and high values.
function fillLegend(place, scene, classes) {
  const colors = scene.has_classes ? classes.map((name, number) => [name, classColor(number)])
    : [["low", NEGATIVE], ["high", POSITIVE]]
  const told = colors.length > CLASSES.length ? [] : colors  // of more, some would be alike
  place.replaceChildren(...told.map(([textContent, color]) => {
    const entry = Object.assign(document.createElement("span"), { textContent })
    entry.style.setProperty("--color", css(color))
    return entry
  }))
}

// Says where a run is and how well it does, now or at the moment that is looked back at.
function factsOf(news, picture, isPast, isPlaying) {
  const last = isPast ? news.epochs[picture.epoch - 1] : news.epochs.at(-1)
  const isWhole = isPlaying || !picture || !picture.steps
  const parts = [isWhole ? `epoch ${picture && !isPlaying ? picture.epoch : last?.[0] ?? 0}`
    : `epoch ${picture.epoch}, step ${picture.steps}`]
  if (last) parts.push(`training loss ${last[1].toPrecision(4)}`)
  if (picture?.loss != null) parts.push(`validation loss ${picture.loss.toPrecision(4)}`)
  if (last?.[3] != null && news.started) {
    parts.push(`${news.started.score} ${last[3].toPrecision(3)}`)
  }
  if (isPlaying && news.epochs_per_second) {
    parts.push(`${Math.round(news.epochs_per_second)} epochs/s`)
  }
  if (news.position) parts.push(`number ${news.position} in the queue of this server`)
  if (ENDINGS.includes(news.state)) {
    parts.push(`${news.state}. ${news.message} ${news.advice}`.trim())
  }
  return (isPast ? "Looking back: " : "") + parts.join(" · ")
}
