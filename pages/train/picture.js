// What the bytes of a picture hold (netlib/model/probe.py), and what it shows in words.

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
