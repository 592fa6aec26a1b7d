// Maps of bytes and points, painted on canvases.

const CLASSES = CLASS_COLORS.map((color) =>
  [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)))
const [NEGATIVE, POSITIVE] = CLASSES

// The ground, for the points to stand out from it.
const PALE = 0.65

const mix = (from, to, share) => from.map((value, i) => value + (to[i] - value) * share)
const css = (color) => `rgb(${color.map(Math.round).join()})`
const classColor = (number) => CLASSES[number % CLASSES.length]
const pixel = ([red, green, blue]) => 0xff000000 | (blue << 16) | (green << 8) | red

// A pixel for each byte of a map: orange below the middle, blue above it.
function palette(middle) {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    const value = (byte - 127.5) / 127.5
    return pixel(mix(middle, value < 0 ? NEGATIVE : POSITIVE, Math.abs(value) * PALE))
  })
}

// A pixel for each class and each byte of its probability, the paler the less it is sure.
const classPalette = (middle, n) => Array.from({ length: n }, (_, number) =>
  Uint32Array.from({ length: 256 }, (_, byte) =>
    pixel(mix(middle, classColor(number), PALE * byte / 255))))

// Paints a map whose pixel at i is `color(i)` into a canvas of its own size.
function paint(canvas, side, color) {
  if (canvas.width !== side) canvas.width = canvas.height = side
  const context = canvas.getContext("2d")
  canvas.image ??= context.createImageData(side, side)
  const pixels = new Uint32Array(canvas.image.data.buffer)
  for (let i = 0; i < pixels.length; i++) pixels[i] = color(i)
  context.putImageData(canvas.image, 0, 0)
}

// Paints the answer: one map, or the likeliest class of each place; discrete as if it were sure.
function paintAnswer(canvas, maps, side, colors, isDiscrete) {
  if (maps.length === 1) {
    const shown = (byte) => !isDiscrete ? byte : byte < 128 ? 0 : 255
    return paint(canvas, side, (i) => colors.values[shown(maps[0][i])])
  }
  colors.classes ??= classPalette(colors.middle, maps.length)
  paint(canvas, side, (i) => {
    let best = 0
    for (let k = 1; k < maps.length; k++) if (maps[k][i] > maps[best][i]) best = k
    return colors.classes[best][isDiscrete ? 255 : maps[best][i]]
  })
}

// Sets a canvas to a size in CSS pixels, sharp on any screen, and returns its context.
function sized(canvas, width, height) {
  const scale = devicePixelRatio || 1
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale)
    canvas.height = Math.round(height * scale)
    canvas.style.width = width + "px"
    canvas.style.height = height + "px"
  }
  const context = canvas.getContext("2d")
  context.setTransform(scale, 0, 0, scale, 0, 0)
  context.clearRect(0, 0, width, height)
  return context
}

function pointColor(scene, target) {
  if (!scene.has_classes) {
    const share = Math.max(-1, Math.min(1, target / scene.reach))
    return mix([200, 200, 200], share < 0 ? NEGATIVE : POSITIVE, Math.abs(share))
  }
  return classColor(Math.round(target))
}

// Returns a canvas of the points alone: training rows as discs, those kept back as rings.
function pointsOf(scene, size, hasHeld, middle) {
  const away = middle.map((value) => value < 128 ? 255 : 0)
  const canvas = document.createElement("canvas"), context = sized(canvas, size, size)
  const [[left, right], [bottom, top]] = scene.span
  const points = hasHeld ? scene.points : scene.points.subarray(0, 3 * scene.n_training)
  for (let i = 0; i < points.length; i += 3) {
    const x = ((points[i] - left) / (right - left)) * size
    const y = ((top - points[i + 1]) / (top - bottom)) * size
    const color = pointColor(scene, points[i + 2])
    const isTraining = i < 3 * scene.n_training
    context.beginPath()
    context.arc(x, y, isTraining ? 3.5 : 3, 0, 2 * Math.PI)
    context.fillStyle = css(color)
    if (isTraining) context.fill()
    context.strokeStyle = isTraining ? "rgba(255,255,255,.85)" : css(mix(color, away, 0.4))
    context.lineWidth = isTraining ? 1 : 1.8
    context.stroke()
  }
  return canvas
}
