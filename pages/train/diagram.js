// The network as columns of units, each with its map, and edges by weight.

const COLUMN = 130, TOP = 26, LEFT = 64, RIGHT = 30
const HEIGHT = 410, LARGEST_ROW = 44, SHARE = 0.77  // of a row, for the unit in it
const MOST_EDGES = 2000
const MOST_LETTERS = 14, LETTER = 6.5  // of an input's name

// Gives a scene its `columns` of units, inputs first, and the `edges` between them.
function arrange(scene) {
  const sizes = [scene.inputs.length, ...scene.blocks.map((b) => b.n_shown)]
  const row = Math.min(LARGEST_ROW, (HEIGHT - TOP) / Math.max(...sizes))
  const half = SHARE * row / 2
  scene.names = scene.inputs.map((name) =>
    name.length > MOST_LETTERS ? name.slice(0, MOST_LETTERS - 1) + "\u2026" : name)
  scene.left = LEFT + LETTER * Math.max(0, ...scene.names.map((name) => name.length - 4))
  scene.height = TOP + row * Math.max(...sizes)
  scene.columns = sizes.map((size, column) =>
    Array.from({ length: size }, (_, unit) => ({
      block: column - 1, unit, half,
      x: scene.left + column * COLUMN, y: TOP + unit * row + half,
    })))
  scene.edges = scene.blocks.flatMap((block, index) =>
    scene.columns[index + 1].flatMap((to) => scene.columns[index].map((from) => ({
      from, to, block: index, place: to.unit * block.n_inputs + from.unit,
    }))))
  if (scene.edges.length > MOST_EDGES) scene.edges = []
}

function drawDiagram(canvas, scene, picture, looks) {
  const width = scene.left + RIGHT + (scene.columns.length - 1) * COLUMN
  const context = sized(canvas, width, scene.height)
  context.font = "12px " + looks.font
  for (const edge of scene.edges) drawEdge(context, edge, picture, looks)
  scene.columns.forEach((column, index) => {
    context.fillStyle = looks.text
    context.textAlign = "center"
    context.fillText(titleOf(scene, index - 1), scene.left + index * COLUMN, 14)
    for (const unit of column) drawUnit(context, unit, scene, picture, looks)
  })
}

function titleOf({ blocks, inputs }, index) {
  const block = blocks[index], n = blocks[0]?.n_inputs
  if (!block) return n > inputs.length ? `inputs: ${inputs.length} of ${n}` : "inputs"
  const isCut = block.n_units > block.n_shown
  return isCut ? `${block.name}: ${block.n_shown} of ${block.n_units}` : block.name
}

function drawEdge(context, edge, picture, looks) {
  const weight = picture.weights ? picture.weights[edge.block].weight[edge.place] : 0
  const isChosen = edge === looks.chosen
  context.beginPath()
  context.moveTo(edge.from.x + edge.from.half, edge.from.y)
  context.lineTo(edge.to.x - edge.to.half, edge.to.y)
  context.strokeStyle = css(weight < 0 ? NEGATIVE : POSITIVE)
  context.globalAlpha = isChosen ? 1 : Math.min(0.9, 0.1 + Math.abs(weight) / 2)
  context.lineWidth = Math.min(8, 0.4 + 2 * Math.abs(weight)) + (isChosen ? 2 : 0)
  context.stroke()
  context.globalAlpha = 1
}

function drawUnit(context, unit, scene, picture, looks) {
  const { half } = unit, x = unit.x - half, y = unit.y - half
  const map = picture.maps.get(unit.block + "," + unit.unit)
  const isMarked = unit === looks.hovered || unit === looks.chosen
  context.fillStyle = looks.text
  if (map) context.drawImage(map, x, y, 2 * half, 2 * half)
  context.textAlign = "right"
  if (unit.block < 0) context.fillText(scene.names[unit.unit], x - 6, unit.y + 4)
  context.strokeStyle = isMarked ? looks.primary : looks.line
  context.lineWidth = isMarked ? 2.5 : 1
  context.strokeRect(x, y, 2 * half, 2 * half)
}

// Returns the unit or else the edge at a place, if there is one.
function findAt(scene, x, y) {
  const isAt = (unit) => Math.abs(unit.x - x) <= unit.half && Math.abs(unit.y - y) <= unit.half
  const unit = scene.columns.flat().find(isAt)
  if (unit) return unit
  let nearest, least = 6
  for (const edge of scene.edges) {
    const from = edge.from.x + edge.from.half, to = edge.to.x - edge.to.half
    if (x < from || x > to) continue
    const share = (x - from) / (to - from)
    const distance = Math.abs(edge.from.y + share * (edge.to.y - edge.from.y) - y)
    if (distance < least) [nearest, least] = [edge, distance]
  }
  return nearest
}
