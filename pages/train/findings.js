// What is off, in plain sentences, with buttons that do what helps: `cure` is handed a name,
// a learning rate, or the epoch whose weights to take.

// Layers are measured only while somebody looks.
const NOTHING = "Nothing stands out: no overfitting"
const NOR_LAYERS = ", no dead or saturated units, no learning rate that is too high or too low"

function tellFindings(list, news, isOver, weightsEpoch, cure) {
  const { findings = [], layers = [], epochs, state } = news
  const isLost = state === "diverged" || state === "failed"
  const told = epochs.length && !isLost
    ? [findings, layers.length > 0, isOver, weightsEpoch] : undefined
  const key = JSON.stringify(told)
  if (key === list.key) return
  list.key = key
  const items = (told ? findings : []).map((finding) =>
    findingOf(finding, isOver, weightsEpoch, cure))
  if (told && !items.length) items.push(itemOf(NOTHING + (layers.length ? NOR_LAYERS : "") + "."))
  list.replaceChildren(...items)
}

function findingOf([, said, helps, names, rate, epoch], isOver, weightsEpoch, cure) {
  const cures = names.map((name) => [`Begin anew with ${name}`, { name }])
  if (rate !== null) {
    const does = isOver ? "Begin anew with the learning rate" : "Set the learning rate to"
    cures.push([`${does} ${rate}`, { learning_rate: rate }])
  }
  const isTaken = isOver && epoch !== null && epoch === weightsEpoch
  const canTake = isOver && epoch !== null && !isTaken
  if (canTake) cures.unshift([`Take ${helps}`, { epoch }])
  const first = canTake ? "" : `${helps}${isTaken ? " (taken)" : ""}${names.length ? ", or: " : ". "}`
  const buttons = cures.map(([textContent, what]) => Object.assign(
    document.createElement("button"), { textContent, onclick: () => cure(what) }))
  return itemOf(`${said} What usually helps: ${first}`, ...buttons)
}

function itemOf(...parts) {
  const item = document.createElement("li")
  item.append(...parts)
  return item
}
