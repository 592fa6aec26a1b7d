// A weight bent by hand: chosen on the diagram, typed over, taken back.

function makeBending(at, looks, moment, change, draw) {
  let undos = [], isEditing = false

  // The weight of an edge or the bias of a unit: its tensor, its place and its value.
  function weightOf(chosen) {
    const { scene, picture } = moment()
    const block = scene.blocks[chosen.block], weights = picture.weights?.[chosen.block]
    if (!weights) return undefined
    if (chosen.from) return [block.weight, chosen.place, weights.weight[chosen.place]]
    return weights.bias && [block.bias, chosen.unit, weights.bias[chosen.unit]]
  }

  const fill = (value) => (at("weight").value = Number(value.toPrecision(6)))

  function choose(found) {
    const weight = found && found.block >= 0 ? weightOf(found) : undefined
    looks.chosen = weight ? found : undefined
    at("weight").disabled = !weight
    at("named").textContent = "Click an edge or a unit to bend it"
    if (weight) {
      const title = moment().scene.blocks[found.block].name
      at("named").textContent = found.from
        ? `${title}: weight from ${found.from.unit + 1} to ${found.to.unit + 1}`
        : `${title}: bias of unit ${found.unit + 1}`
      fill(weight[2])
      at("weight").focus()
    }
    draw()
  }

  function undo() {
    const weight = undos.pop()
    if (weight) change({ weight })
    if (weight && looks.chosen) fill(weight[2])
  }

  function forget() {
    undos = []
    choose()
  }

  at("weight").oninput = () => {
    const value = at("weight").valueAsNumber
    if (!Number.isFinite(value) || !looks.chosen) return
    const before = weightOf(looks.chosen)
    if (!isEditing) undos.push(before)
    isEditing = true
    change({ weight: [before[0], before[1], value] })
  }
  at("weight").onfocus = () => (isEditing = false)
  return { choose, undo, forget, count: () => undos.length }
}
