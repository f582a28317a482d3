// An attention mask made by hand: rows are queries, columns keys. A click or a drag hides cells or allows them again.
//
// A place is [row, column]; a row of -1 is the name of a key and stands for its whole column, a column of -1 the name
// of a query. Masks travel as bits in base64, row by row, as numpy.packbits lays them.
//
// The browser counts what it sends and Python says which it answers. A mask that answers less than the last one sent is
// late: the person has clicked again since, and drawing it would take that click away.

const WIDEST = 36; // px of a cell on a board with room to spare
const LINE = 14; // px that a name needs across
const HATCH = 7; // px between the lines over fixed cells
const HIDDEN = 0, ALLOWED = 1, FIXED = 2;
const memory = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".mask");
  if (!root || !data) return;
  const find = (selector) => root.querySelector(selector);
  const board = memory.get(parentElement) || {
    root, find, stage: find(".stage"), canvas: find(".stage canvas"), name: null, width: 0, renders: 0,
    cursor: [0, 0], stroke: null, sent: data.answered, answered: data.answered,
  };
  memory.set(parentElement, board);
  board.send = (mask) => setTriggerValue("painted", mask);
  follow(board, data);
  listen(board);
  board.watch?.disconnect();
  board.watch = new ResizeObserver(() => { if (root.clientWidth !== board.width) layOut(board); });
  board.watch.observe(root);
  return () => board.watch.disconnect();
}

// Take Python's mask, unless it is late or a stroke is being drawn.
function follow(board, data) {
  const another = data.board !== board.name;
  if (data.answered < board.answered) board.sent = data.answered; // a server that has started again
  board.answered = data.answered;
  board.latest = data;
  if (!another && (board.stroke || data.answered < board.sent)) return;
  const n = data.tokens.length;
  const allowed = unpack(data.allowed, n * n);
  const same = !another && allowed.every((value, i) => value === board.allowed[i]);
  Object.assign(board, { data, n, allowed, fixed: unpack(data.fixed, n * n) });
  if (another) {
    Object.assign(board, { name: data.board, stroke: null, cursor: [0, 0] });
    board.find(".cursor").hidden = true;
    layOut(board);
  } else if (!same) draw(board);
  writeWords(board);
}

function unpack(text, length) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return Uint8Array.from({ length }, (_, i) => (bytes[i >> 3] >> (7 - (i & 7))) & 1);
}

function pack(bits) {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  bits.forEach((bit, i) => { bytes[i >> 3] |= bit << (7 - (i & 7)); });
  return btoa(String.fromCharCode(...bytes));
}

// Drawing ------------------------------------------------------------------------------------------------------------

// A cell has a whole number of the screen's own px, so that edges stay sharp.
function layOut(board) {
  const { root, stage, canvas, data, n } = board;
  board.width = root.clientWidth;
  if (!board.width) return; // in a closed tab; it is laid out when it opens
  const ratio = window.devicePixelRatio || 1;
  const pen = canvas.getContext("2d");
  pen.font = getComputedStyle(root).font;
  const longest = Math.max(...data.tokens.map((token) => pen.measureText(token).width));
  board.margin = Math.round(Math.min(Math.max(64, longest + 10), 130, 0.28 * board.width));
  board.pixels = Math.max(1, Math.floor(Math.min(WIDEST, (board.width - board.margin - 4) / n) * ratio));
  board.cell = board.pixels / ratio;
  const side = n * board.cell;
  stage.style.width = stage.style.height = board.margin + side + "px";
  Object.assign(canvas.style, { left: board.margin + "px", top: board.margin + "px", width: side + "px", height: side + "px" });
  writeNames(board);
  draw(board);
  placeCursor(board);
}

function draw(board) {
  const { canvas, n, pixels, data } = board;
  if (!board.width) return;
  const started = performance.now();
  canvas.width = canvas.height = n * pixels;
  board.pen = canvas.getContext("2d");
  board.fills = [HIDDEN, ALLOWED, FIXED].map((state) => board.pen.createPattern(tile(state, pixels, data.colours), "repeat"));
  for (let row = 0; row < n; row++) {
    for (let from = 0, to = 1; to <= n; to++) {
      const state = stateOf(board, row * n + from);
      if (to < n && stateOf(board, row * n + to) === state) continue;
      board.pen.fillStyle = board.fills[state];
      board.pen.fillRect(from * pixels, row * pixels, (to - from) * pixels, pixels);
      from = to;
    }
  }
  board.renders += 1;
  canvas.dataset.renders = board.renders;
  canvas.dataset.drawMs = (performance.now() - started).toFixed(1);
}

function drawCell(board, i) {
  const { pen, fills, n, pixels } = board;
  pen.fillStyle = fills[stateOf(board, i)];
  pen.fillRect((i % n) * pixels, Math.floor(i / n) * pixels, pixels, pixels);
}

function stateOf({ fixed, allowed }, i) {
  return fixed[i] ? FIXED : allowed[i];
}

// One cell, which is repeated like wallpaper: a cross for hidden, a hatch for fixed.
function tile(state, pixels, colours) {
  const small = new OffscreenCanvas(pixels, pixels);
  const pen = small.getContext("2d");
  const ratio = window.devicePixelRatio || 1;
  pen.fillStyle = [colours.hidden, colours.allowed, colours.padding][state];
  pen.fillRect(0, 0, pixels, pixels);
  pen.beginPath();
  if (state === HIDDEN) {
    pen.moveTo(0, 0), pen.lineTo(pixels, pixels);
    pen.moveTo(0, pixels), pen.lineTo(pixels, 0);
  } else if (state === FIXED) {
    const lines = Math.max(1, Math.round(pixels / (HATCH * ratio)));
    for (let at = 1; at < 2 * lines; at++) {
      const end = (at * pixels) / lines;
      pen.moveTo(end, 0), pen.lineTo(0, end);
    }
  }
  pen.lineWidth = Math.max(1, Math.min(ratio, pixels / 10)); // as wide on a phone's fine screen as on any other
  pen.strokeStyle = state === HIDDEN ? colours.cross : colours.hatch;
  pen.stroke();
  if (state !== FIXED && pixels >= 6) { // smaller cells would be all edge
    pen.fillStyle = colours.padding;
    pen.fillRect(pixels - 1, 0, 1, pixels);
    pen.fillRect(0, pixels - 1, pixels, 1);
  }
  return small;
}

// Every name where there is room, every second, third ... where there is not.
function writeNames(board) {
  const { find, data, margin, cell } = board;
  const every = Math.ceil(LINE / cell);
  const spans = (style) => data.tokens.flatMap((token, i) => {
    if (i % every) return [];
    const span = document.createElement("span");
    span.textContent = token;
    Object.assign(span.style, style(margin + (i + 0.5) * cell + "px"));
    return [span];
  });
  find(".keys").replaceChildren(...spans((middle) => ({ left: middle, top: margin - 4 + "px", maxWidth: margin - 8 + "px" })));
  find(".queries").replaceChildren(...spans((middle) => ({ top: middle, width: margin - 6 + "px" })));
  Object.assign(find(".across").style, { left: 0, right: "auto", width: margin - 6 + "px" });
  Object.assign(find(".down").style, { top: margin - 20 + "px", width: margin - 6 + "px" });
}

function writeWords(board) {
  const { find, stage, data } = board;
  find(".across").textContent = data.words.keys;
  find(".down").textContent = data.words.queries;
  find(".help").textContent = data.words.help;
  stage.setAttribute("aria-label", sentence(board, board.cursor));
  const ratio = window.devicePixelRatio || 1;
  const states = [[ALLOWED, "allowed"], [HIDDEN, "hidden"], [FIXED, "fixed"]].slice(0, board.fixed.includes(1) ? 3 : 2);
  find(".legend").replaceChildren(...states.map(([state, word]) => {
    const entry = document.createElement("span");
    const swatch = document.createElement("canvas");
    swatch.width = swatch.height = Math.round(14 * ratio);
    swatch.style.width = swatch.style.height = "14px";
    swatch.getContext("2d").drawImage(tile(state, swatch.width, data.colours), 0, 0);
    entry.append(swatch, data.words[word]);
    return entry;
  }));
}

function sentence(board, place) {
  const { data: { words, names }, allowed } = board;
  const [row, column] = place;
  const cells = cellsAt(board, place);
  const seen = cells.filter((i) => allowed[i]).length;
  const state = !cells.length ? "fixed" : !seen ? "hidden" : seen === cells.length ? "allowed" : "partly";
  const template = row < 0 ? words.key : column < 0 ? words.query : words.cell;
  const values = { query: names[row], key: names[column], state: words[state] };
  return template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function say(board, place) {
  const text = sentence(board, place);
  board.find(".said").textContent = text;
  board.stage.setAttribute("aria-label", text);
  board.find("[aria-live]").textContent = text;
}

function placeCursor({ find, cursor: [row, column], margin, cell }) {
  const lie = (at) => (at < 0 ? [0, margin] : [margin + at * cell, cell]);
  const [[top, height], [left, width]] = [lie(row), lie(column)];
  const style = { top: top - 2, height: height + 4, left: left - 2, width: width + 4 };
  for (const [name, px] of Object.entries(style)) find(".cursor").style[name] = px + "px";
}

// Painting -----------------------------------------------------------------------------------------------------------

function cellsAt({ n, fixed }, [row, column]) {
  const line = (at) => (at < 0 ? [...Array(n).keys()] : [at]);
  return line(row).flatMap((q) => line(column).map((k) => q * n + k)).filter((i) => !fixed[i]);
}

// The first cells that can be changed give the stroke its value; a line of which anything is allowed gets hidden.
function paint(board, place) {
  const { stroke, allowed } = board;
  const cells = cellsAt(board, place);
  if (!cells.length) return;
  stroke.value ??= cells.some((i) => allowed[i]) ? 0 : 1;
  for (const i of cells) {
    if (allowed[i] === stroke.value) continue;
    allowed[i] = stroke.value;
    drawCell(board, i);
  }
}

// The mask goes to Python once, and only if it is another one.
function finish(board) {
  const { before } = board.stroke;
  board.stroke = null;
  if (board.allowed.every((value, i) => value === before[i])) return follow(board, board.latest);
  board.sent += 1;
  board.send({ board: board.name, count: board.sent, allowed: pack(board.allowed) });
}

function cancel(board) {
  board.allowed = board.stroke.before;
  board.stroke = null;
  draw(board);
  follow(board, board.latest);
}

// Where the pointer is, in cells; not yet rounded.
function pointAt({ stage, margin, cell }, event) {
  const box = stage.getBoundingClientRect();
  return [(event.clientY - box.top - margin) / cell, (event.clientX - box.left - margin) / cell];
}

function placeOf({ n }, point, whole = [point[0] < 0, point[1] < 0]) {
  const place = point.map((at, axis) => (whole[axis] ? -1 : Math.floor(at)));
  const inside = place.every((at, axis) => at < n && (at >= 0 || whole[axis]));
  return inside && !(whole[0] && whole[1]) ? place : null;
}

// A fast pointer jumps over cells: everything on the way from its last point is painted.
function paintTo(board, point) {
  const { stroke } = board;
  const way = point.map((at, axis) => at - stroke.at[axis]);
  const steps = Math.max(1, Math.ceil(4 * Math.max(...way.map(Math.abs))));
  let last = null;
  for (let step = 1; step <= steps; step++) {
    const place = placeOf(board, stroke.at.map((at, axis) => at + (way[axis] * step) / steps), stroke.whole);
    if (!place || (last && last.join() === place.join())) continue;
    paint(board, (last = place));
  }
  stroke.at = point;
  if (last) board.cursor = last;
}

function listen(board) {
  const { stage, find } = board;
  const isOurs = (event) => board.stroke && board.stroke.pointer === event.pointerId;
  stage.onpointerdown = (event) => {
    const at = pointAt(board, event);
    if (event.button || board.stroke || !placeOf(board, at)) return;
    stage.setPointerCapture(event.pointerId);
    const whole = [at[0] < 0, at[1] < 0];
    board.stroke = { pointer: event.pointerId, at, whole, value: null, before: board.allowed.slice() };
    find(".cursor").hidden = true;
    paintTo(board, at);
  };
  stage.onpointermove = (event) => {
    if (isOurs(event)) paintTo(board, pointAt(board, event));
    const place = placeOf(board, pointAt(board, event));
    find(".said").textContent = place ? sentence(board, place) : "";
  };
  stage.onpointerup = (event) => {
    if (!isOurs(event)) return;
    finish(board);
    placeCursor(board);
    say(board, board.cursor);
  };
  stage.onpointercancel = (event) => { if (isOurs(event)) cancel(board); };
  stage.onpointerleave = (event) => {
    if (event.pointerType === "mouse") find(".said").textContent = ""; // a finger that is lifted leaves too
  };
  stage.onfocus = () => { find(".cursor").hidden = !stage.matches(":focus-visible"); };
  stage.onblur = () => { find(".cursor").hidden = true; };
  stage.onkeydown = (event) => pressed(board, event);
}

function pressed(board, event) {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], " ": [0, 0] }[event.key];
  if (!step || board.stroke || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  const next = board.cursor.map((at, axis) => Math.min(Math.max(at + step[axis], -1), board.n - 1));
  if (next[0] >= 0 || next[1] >= 0) board.cursor = next; // no name in the corner
  board.find(".cursor").hidden = false;
  placeCursor(board);
  if (event.key === " ") {
    board.stroke = { value: null, before: board.allowed.slice() };
    paint(board, board.cursor);
    finish(board);
  }
  say(board, board.cursor);
}
