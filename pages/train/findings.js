// What is off, in plain sentences, with buttons that do what helps: `cure` is handed a name,
// or a learning rate.

function tellFindings(list, findings, cure) {
  const key = JSON.stringify(findings)
  if (key === list.key) return
  list.key = key
  list.replaceChildren(...findings.map(([said, helps, names, learning_rate]) => {
    const item = document.createElement("li")
    item.textContent = `${said} What usually helps: ${helps}. `
    const cures = names.map((name) => [`Begin anew with ${name}`, { name }])
    if (learning_rate !== null) {
      cures.push([`Set the learning rate to ${learning_rate}`, { learning_rate }])
    }
    item.append(...cures.map(([textContent, what]) => Object.assign(
      document.createElement("button"), { textContent, onclick: () => cure(what) })))
    return item
  }))
}
