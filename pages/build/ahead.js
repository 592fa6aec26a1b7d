const CODE = ".st-key-lines_code code"
const AHEAD = "layerwright-ahead"
const FIELD = /st-key-(widths|size_\d+)-/

// Since the run that drew the page last: the text of each field that was edited.
const edits = new Map()
let drawn

// What stands beside the code is of the design before, until a run has drawn it anew.
const tell = (isAhead) => document.documentElement.classList.toggle(AHEAD, isAhead)

// Only digits are changed, so that Streamlit finds its own nodes in the page.
// Returns whether the code was another one.
function show(text) {
  const code = document.querySelector(CODE)
  if (!code || code.textContent.trimEnd() === text.trimEnd()) return false
  const [old, other] = [code.textContent, text].map((each) => each.trimEnd().split(/\d+/))
  if (old.join("0") !== other.join("0")) return false
  const numbers = text.match(/\d+/g).values()
  const nodes = document.createTreeWalker(code, NodeFilter.SHOW_TEXT)
  while (nodes.nextNode()) {
    const node = nodes.currentNode
    const shown = node.nodeValue.replace(/\d+/g, () => numbers.next().value)
    if (shown !== node.nodeValue) node.nodeValue = shown
  }
  return true
}

async function lookAhead({ target, type, key }) {
  const name = target.closest?.('[class*="st-key-"]')?.className.match(FIELD)?.[1]
  const isDone = type === "change" || key === "Enter"
  if (!name || !isDone || edits.get(name) === target.value) return
  edits.delete(name)
  edits.set(name, target.value)
  const asked = drawn
  const query = new URLSearchParams([["design", drawn.design], ...edits])
  const answer = await fetch(`ahead?${query}`).catch(() => undefined)  // offline
  const text = answer?.ok && await answer.text()
  if (text && asked === drawn && show(text)) tell(true)
}

export default function ({ data }) {
  drawn = data
  edits.clear()
  show(data.code)
  tell(false)
  document.addEventListener("keydown", lookAhead, true)
  document.addEventListener("change", lookAhead, true)
  return () => {
    drawn = undefined
    tell(false)
    document.removeEventListener("keydown", lookAhead, true)
    document.removeEventListener("change", lookAhead, true)
  }
}
