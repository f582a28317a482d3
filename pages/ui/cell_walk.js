// Walk over the cells of a chart by keyboard, or by four buttons where there is none: each cell is said and framed.
//
// `data` is: length of the header (u32, little endian), the header as JSON, then one float32 a cell, row by row. A cell
// without a number is NaN and holds its state in the NaN's spare bits. walk_keys.js stands in front of this file.

const memory = new WeakMap();
const ARROWS = [["ArrowLeft", "←"], ["ArrowUp", "↑"], ["ArrowDown", "↓"], ["ArrowRight", "→"]];

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".walk");
  if (!root || !data || !data.length) return;
  const map = unpack(data);
  const walk = memory.get(parentElement) || { cell: null, size: "", summed: "" };
  memory.set(parentElement, walk);
  const size = `${map.rows.length} ${map.columns.length}`;
  if (walk.size !== size) Object.assign(walk, { size, cell: null });
  const box = root.querySelector(".cell");
  box.setAttribute("aria-label", map.words.label);
  root.querySelector("#keys").textContent = map.words.help;
  box.textContent = walk.cell ? said(map, walk.cell) : map.words.start;

  const show = () => {
    box.textContent = said(map, walk.cell);
    frame(root, map, walk.cell);
  };
  const step = (event) => {
    const next = cellAfter(event, walk.cell || [0, 0], map.rows.length, map.columns.length, (row) => largest(map, row));
    if (!next) return false;
    walk.cell = walk.cell || event.key.length === 1 ? next : first(event, next);
    show();
    tell(root, said(map, walk.cell));
    return true;
  };
  writeButtons(root, map, step);
  box.onkeydown = (event) => {
    if (event.key.toLowerCase() === "s" && !event.ctrlKey && !event.altKey && !event.metaKey) tell(root, map.words.summary);
    else if (map.pins && walk.cell && (event.key === "Enter" || event.key === " ")) setTriggerValue("picked", walk.cell);
    else if (!step(event)) return;
    event.preventDefault();
  };
  // Of a large map nothing is said of a cell before what it is as a whole was said, once a map.
  box.onfocus = () => {
    if (map.summaryFirst && walk.summed !== map.words.summary) tell(root, (walk.summed = map.words.summary));
    else if (walk.cell) tell(root, said(map, walk.cell));
    if (walk.cell) frame(root, map, walk.cell);
  };
  const leave = (event) => { if (!root.contains(event.relatedTarget)) frame(root, map, null); };
  for (const one of [box, ...root.querySelectorAll(".steps button")]) one.onblur = leave;
  return () => frame(root, map, null);
}

// The first key comes to the first cell, or from the end to the last.
function first(event, next) {
  return event.key.startsWith("Arrow") ? [0, 0] : next;
}

function unpack(data) {
  const length = new DataView(data.buffer, data.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length)));
  const bytes = data.slice(4 + length).buffer;
  return { ...header, values: new Float32Array(bytes), bits: new Uint32Array(bytes) };
}

function largest(map, row) {
  return largestColumn(map.values, map.columns.length, row);
}

function said(map, [row, column]) {
  const { words } = map;
  const values = { row: map.rows[row], column: map.columns[column], value: valueSaid(map, row, column) };
  return words.cell.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

function valueSaid(map, row, column) {
  const at = row * map.columns.length + column, value = map.values[at], { words } = map;
  if (Number.isNaN(value)) return words.states[map.bits[at] & 7] || words.no_number;
  const notes = [];
  if (map.padding && (map.padding[0][row] === "1" || map.padding[1][column] === "1")) notes.push(words.on_padding);
  if (map.columns.length > 1 && column === largest(map, row)) notes.push(words.largest);
  return `${written(value, map.digits, map.point, map.signed)}${notes.length ? ` (${notes.join(", ")})` : ""}`;
}

function tell(root, text) {
  root.querySelector("[aria-live]").textContent = text;
}

function writeButtons(root, map, step) {
  const steps = root.querySelector(".steps");
  steps.setAttribute("aria-label", map.words.start);
  const buttons = ARROWS.map(([key, sign], at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.tabIndex = -1; // the keyboard has the arrows themselves
    button.textContent = sign;
    button.setAttribute("aria-label", map.words.steps[at]);
    button.onclick = () => step({ key });
    return button;
  });
  steps.replaceChildren(...buttons);
}

// Frame a cell on the chart, where Plotly says it lies; lines of another component hear of it. A chart may not yet be there.
function frame(root, map, cell) {
  window.dispatchEvent(new CustomEvent("headlight-cell", { detail: { over: map.over, cell } }));
  const plot = map.over && document.querySelector(`.st-key-${map.over} .js-plotly-plot`);
  const maps = plot && plot.calcdata ? plot.calcdata.map(([one]) => one).filter((one) => one.z && one.x && one.y) : [];
  const drawn = maps.reverse().find(({ z }) => z.length === map.rows.length && z[0].length === map.columns.length);
  if (!drawn) return;
  let mark = plot.querySelector(".headlight-cell");
  if (!mark) {
    mark = document.createElement("div");
    mark.className = "headlight-cell";
    mark.style.cssText = "position: absolute; box-sizing: border-box; pointer-events: none; border: 3px solid #c2410c; "
      + "outline: 2px solid #ffffff; border-radius: 2px; z-index: 3";
    (plot.querySelector(".svg-container") || plot).append(mark);
  }
  mark.hidden = !cell;
  if (!cell) return;
  const { xaxis, yaxis } = drawn.trace || {};
  const [left, width] = lies(axisOf(plot, "x", xaxis), drawn.x, cell[1]);
  const [top, height] = lies(axisOf(plot, "y", yaxis), drawn.y, cell[0]);
  const place = { left: left - 2, top: top - 2, width: width + 4, height: height + 4 };
  for (const [name, px] of Object.entries(place)) mark.style[name] = `${px}px`;
}

function axisOf(plot, letter, name = letter) {
  return plot._fullLayout[`${letter}axis${name.slice(1)}`];
}

function lies(axis, edges, at) {
  const ends = [axis.c2p(edges[at]), axis.c2p(edges[at + 1])];
  return [axis._offset + Math.min(...ends), Math.abs(ends[1] - ends[0])];
}
