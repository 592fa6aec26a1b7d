// How each layer is: numbers in a row, and a histogram of what its units say.

const BARS = { width: 80, height: 18 }

// Until they are told, the layers have their rows by name alone, so that nothing moves then.
function tellLayers(body, blocks, layers) {
  const key = JSON.stringify([blocks, layers])
  if (key === body.key) return
  body.key = key
  body.parentElement.hidden = !blocks.length
  body.replaceChildren(...blocks.map(({ name }, index) => rowOf(name, layers[index])))
}

function rowOf(name, layer) {
  const row = document.createElement("tr")
  row.insertCell().textContent = name
  if (!layer) {
    for (let cell = 0; cell < 4; cell++) row.insertCell().textContent = "\u2013"
    return row
  }
  const [, gradient, update, silent, saturated, counts] = layer
  const percent = (share) => share === null ? "" : Math.round(100 * share) + " %"
  const texts = [gradient.toPrecision(2), (100 * update).toPrecision(2) + " %",
                 percent(silent), percent(saturated)]
  for (const text of texts) row.insertCell().textContent = text
  if (counts.length) row.insertCell().append(histogram(name, counts))
  return row
}

function histogram(name, counts) {
  const canvas = document.createElement("canvas")
  canvas.setAttribute("role", "img")
  canvas.setAttribute("aria-label", "Histogram of the values of " + name)
  const context = sized(canvas, BARS.width, BARS.height)
  const most = Math.max(...counts), width = BARS.width / counts.length
  context.fillStyle = css(POSITIVE)
  counts.forEach((count, bin) => {
    const height = (count / most) * BARS.height
    context.fillRect(bin * width, BARS.height - height, width - 1, height)
  })
  return canvas
}
