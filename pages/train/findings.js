// What is off, in plain sentences, each with a button that does what helps, if there is one.

function tellFindings(list, findings, cure) {
  const key = JSON.stringify(findings)
  if (key === list.key) return
  list.key = key
  list.replaceChildren(...findings.map((finding) => {
    const [said, helps, label] = finding
    const item = document.createElement("li")
    item.textContent = `${said} What usually helps: ${helps}. `
    if (label) {
      const button = document.createElement("button")
      Object.assign(button, { textContent: label, onclick: () => cure(finding) })
      item.append(button)
    }
    return item
  }))
}
