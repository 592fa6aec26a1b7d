// What is off, in plain sentences, with buttons that do what helps: `cure` is handed a name,
// or a learning rate.

// Layers are measured only while somebody looks.
const NOTHING = "Nothing stands out: no overfitting"
const NOR_LAYERS = ", no dead or saturated units, no learning rate that is too high or too low"

function tellFindings(list, { findings = [], layers = [], epochs, state }, isOver, cure) {
  const isLost = state === "diverged" || state === "failed"
  const told = epochs.length && !isLost ? [findings, layers.length > 0, isOver] : undefined
  const key = JSON.stringify(told)
  if (key === list.key) return
  list.key = key
  const items = (told ? findings : []).map((finding) => findingOf(finding, isOver, cure))
  if (told && !items.length) items.push(itemOf(NOTHING + (layers.length ? NOR_LAYERS : "") + "."))
  list.replaceChildren(...items)
}

function findingOf([, said, helps, names, rate], isOver, cure) {
  const cures = names.map((name) => [`Begin anew with ${name}`, { name }])
  if (rate !== null) {
    const does = isOver ? "Begin anew with the learning rate" : "Set the learning rate to"
    cures.push([`${does} ${rate}`, { learning_rate: rate }])
  }
  const buttons = cures.map(([textContent, what]) => Object.assign(
    document.createElement("button"), { textContent, onclick: () => cure(what) }))
  return itemOf(`${said} What usually helps: ${helps}${names.length ? ", or: " : ". "}`, ...buttons)
}

function itemOf(...parts) {
  const item = document.createElement("li")
  item.append(...parts)
  return item
}
