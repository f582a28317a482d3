// One head's map of a long text on a canvas that zooms and moves without the server. No library, no request.
//
// `data` is: length of the header (u32, little endian), the header as JSON, then one float32 a cell, row by row. A cell
// without a weight is NaN and holds its state in the NaN's spare bits: 1 later key, 2 padding, 3 hidden, 4 left out by
// the layer's window, 5 in the row of a query that may look at nothing. walk_keys.js stands in front of this file.

const memory = new WeakMap();
const LEAST = 4; // cells across when zoomed in as far as it goes
const LABEL_PX = 13; // room a label needs

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".long");
  if (!root || !data || !data.length) return;
  const map = unpack(data);
  const state = memory.get(parentElement) || { view: null, size: "" };
  memory.set(parentElement, state);
  const size = `${map.rows} ${map.columns}`;
  if (state.size !== size) Object.assign(state, { size, view: whole(map), cell: null, anchor: null });
  const canvas = root.querySelector("canvas.map");
  canvas.style.aspectRatio = `${map.columns} / ${map.rows}`;
  const images = [picture(map, 1)];
  canvas.dataset.title = map.title;
  canvas.dataset.renders = state.renders = (state.renders || 0) + 1;
  const draw = () => drawAll(root, canvas, map, images, state);
  const look = (view) => { state.view = inside(view, map); draw(); };

  write(root, map, state, look);
  writeStrip(root, map, state, look);
  listen(root, canvas, map, state, look, draw, setTriggerValue);
  const watch = new ResizeObserver(draw);
  watch.observe(canvas);
  draw();
  return () => watch.disconnect();
}

function unpack(data) {
  const length = new DataView(data.buffer, data.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length)));
  const bytes = data.slice(4 + length).buffer;
  const keys = header.keys || header.queries;
  const pixel = ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  const ofLevel = Uint32Array.from({ length: 256 }, (_, level) => pixel(header.colours.slice(3 * level, 3 * level + 3)));
  const ofState = [0, 1, 2, 3, 4, 5].map((state) => pixel(header.states[state] || [255, 255, 255]));
  const sizes = { keys, rows: header.queries.length, columns: keys.length };
  return { ...header, ...sizes, ofLevel, ofState, weights: new Float32Array(bytes), bits: new Uint32Array(bytes) };
}

function stateOf(map, at) {
  return Number.isNaN(map.weights[at]) ? map.bits[at] & 7 : 0;
}

function isPadding(map, query, key) {
  return map.real[0][query] === "0" || map.real[1][key] === "0";
}

// One pixel a block of `by` x `by` cells: the largest weight in it, or its state where it has none.
function picture(map, by) {
  const wide = Math.ceil(map.columns / by), high = Math.ceil(map.rows / by);
  const best = new Float32Array(wide * high).fill(-1), states = new Uint8Array(wide * high);
  for (let query = 0, at = 0; query < map.rows; query++) {
    for (let key = 0; key < map.columns; key++, at++) {
      const to = Math.floor(query / by) * wide + Math.floor(key / by), weight = map.weights[at];
      if (weight > best[to]) best[to] = weight;
      else if (Number.isNaN(weight)) states[to] = map.bits[at] & 7;
    }
  }
  const image = new ImageData(wide, high), pixels = new Uint32Array(image.data.buffer);
  const scale = 255 / map.largest;
  for (let at = 0; at < best.length; at++) {
    pixels[at] = best[at] < 0 ? map.ofState[states[at]] : map.ofLevel[Math.min(Math.round(best[at] * scale), 255)];
  }
  const canvas = new OffscreenCanvas(wide, high);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return { canvas, by };
}

function whole(map) {
  return { left: 0, top: 0, wide: map.columns, high: map.rows };
}

// Keep a view in the map and its cells square.
function inside(view, map) {
  const share = Math.min(Math.max(view.wide / map.columns, LEAST / map.columns), 1);
  const wide = share * map.columns, high = share * map.rows;
  const left = Math.min(Math.max(view.left, 0), map.columns - wide), top = Math.min(Math.max(view.top, 0), map.rows - high);
  return { left, top, wide, high };
}

function zoomed(view, by, x, y) {
  const wide = view.wide * by, high = view.high * by;
  return { left: view.left + (view.wide - wide) * x, top: view.top + (view.high - high) * y, wide, high };
}

function drawAll(root, canvas, map, images, state) {
  const box = canvas.getBoundingClientRect();
  if (!box.width) return;
  const sharp = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(box.width * sharp), Math.round(box.height * sharp)];
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  const context = canvas.getContext("2d"), view = state.view;
  const scale = canvas.width / view.wide;
  const by = scale >= 1 ? 1 : Math.ceil(1 / scale);
  let image = images.find((one) => one.by === by);
  if (!image) images.push((image = picture(map, by)));
  context.imageSmoothingEnabled = false;
  context.drawImage(image.canvas, view.left / by, view.top / by, view.wide / by, view.high / by, 0, 0, canvas.width, canvas.height);
  if (scale >= 8) hatch(context, map, view, scale);
  for (const [query, colour, wide] of [[map.framed, map.accent, 2], [state.cell?.[0], "#888888", 1]]) {
    if (query === null || query === undefined) continue;
    context.strokeStyle = colour;
    context.lineWidth = wide * sharp;
    context.strokeRect(-view.left * scale, (query - view.top) * scale, map.columns * scale, scale);
  }
  if (state.cell) {
    context.strokeStyle = map.accent;
    context.lineWidth = 2 * sharp;
    context.strokeRect((state.cell[1] - view.left) * scale, (state.cell[0] - view.top) * scale, scale, scale);
  }
  writeAxis(root.querySelector(".across"), map.keys, view.left, view.wide, box.width, "left", map.words.key);
  writeAxis(root.querySelector(".down"), map.queries, view.top, view.high, box.height, "top", map.words.query);
  markStrip(root, map, state);
  Object.assign(canvas.dataset, { left: view.left.toFixed(2), top: view.top.toFixed(2), wide: view.wide.toFixed(2) });
}

// Where cells are large enough: padding is hatched, a hidden key crossed, the row of a query that sees nothing struck.
function hatch(context, map, view, scale) {
  context.strokeStyle = map.hatch;
  context.lineWidth = 1;
  context.beginPath();
  const last = [Math.min(Math.ceil(view.top + view.high), map.rows), Math.min(Math.ceil(view.left + view.wide), map.columns)];
  for (let query = Math.floor(view.top); query < last[0]; query++) {
    for (let key = Math.floor(view.left); key < last[1]; key++) {
      const state = stateOf(map, query * map.columns + key);
      const x = (key - view.left) * scale, y = (query - view.top) * scale;
      if (state === 2 || (state === 0 && isPadding(map, query, key))) line(context, x, y + scale, x + scale, y);
      if (state === 3) {
        line(context, x, y, x + scale, y + scale);
        line(context, x, y + scale, x + scale, y);
      }
      if (state === 5) line(context, x, y + scale / 2, x + scale, y + scale / 2);
    }
  }
  context.stroke();
}

function line(context, x, y, toX, toY) {
  context.moveTo(x, y);
  context.lineTo(toX, toY);
}

// Labels that have room.
function writeAxis(axis, tokens, first, count, px, side, name) {
  const each = px / count, step = Math.max(1, Math.ceil(LABEL_PX / each));
  const spans = [...axis.children];
  let n = 0;
  for (let at = Math.ceil(first / step) * step; at < Math.min(first + count, tokens.length); at += step, n++) {
    if (n === spans.length) spans.push(axis.appendChild(document.createElement("span")));
    if (spans[n].textContent !== tokens[at]) spans[n].textContent = tokens[at];
    spans[n].style[side] = `${(at - first + 0.5) * each}px`;
  }
  for (const span of spans.slice(n)) span.remove();
  axis.setAttribute("aria-label", name);
  axis.title = name;
}

function write(root, map, state, look) {
  root.querySelector(".title").textContent = map.title;
  root.querySelector(".corner").textContent = `${map.words.key} →\n${map.words.query} ↓`;
  root.querySelector(".stamp").textContent = map.words.stamp;
  root.querySelector(".note").textContent = map.words.hint;
  root.querySelector(".unit").textContent = map.words.scale;
  root.querySelector(".top").textContent = map.largest === 1 ? "1" : written(map.largest, 4, map.point);
  root.querySelector("canvas.map").setAttribute("aria-label", `${map.title}. ${map.words.label}`);
  root.querySelector("#keys").textContent = map.words.keys;
  const buttons = [
    ["+", map.words.closer, () => look(zoomed(state.view, 1 / 1.6, 0.5, 0.5))],
    ["−", map.words.farther, () => look(zoomed(state.view, 1.6, 0.5, 0.5))],
    [map.words.all, map.words.all, () => look(whole(map))],
  ].map(([text, name, act]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.setAttribute("aria-label", name);
    button.onclick = act;
    return button;
  });
  root.querySelector(".zoom").replaceChildren(...buttons);
  const scale = root.querySelector(".scale").getContext("2d");
  const image = scale.createImageData(256, 1);
  for (let at = 0; at < 256; at++) image.data.set([...map.colours.slice(3 * at, 3 * at + 3), 255], 4 * at);
  scale.putImageData(image, 0, 0);
}

// The text: dragging, or one click and another, chooses the words whose map is shown.
function writeStrip(root, map, state, look) {
  const strip = root.querySelector(".strip");
  const text = JSON.stringify([map.keys, map.real[1]]);
  if (state.text !== text) {  // another head of the same text leaves it as it is
    state.text = text;
    state.inside = [0, 0];
    state.spans = map.keys.map((token, at) => {
      const span = document.createElement("span");
      span.textContent = token;
      span.dataset.at = at;
      if (map.real[1][at] === "0") span.className = "padding";
      return span;
    });
    strip.replaceChildren(...state.spans.flatMap((span) => [span, document.createTextNode(" ")]));
  }
  const place = (event) => {
    const span = event.target.closest?.("span");
    return span ? Number(span.dataset.at) : null;
  };
  const choose = (from, to) => {
    const first = Math.min(from, to), count = Math.max(Math.abs(to - from) + 1, LEAST);
    const share = map.rows / map.columns;
    look({ left: first, top: first * share, wide: count, high: count * share });
  };
  let dragged = null;
  strip.onpointerdown = (event) => { dragged = place(event); };
  strip.onpointermove = (event) => {
    const at = place(event);
    if (dragged !== null && event.buttons && at !== null && at !== dragged) {
      state.anchor = null;
      choose(dragged, at);
    }
  };
  strip.onpointerup = (event) => {
    const at = place(event);
    if (at !== null && at === dragged) {
      if (state.anchor === null) state.anchor = at;
      else {
        choose(state.anchor, at);
        state.anchor = null;
      }
    }
    dragged = null;
  };
}

// Only the words that come into the window, or leave it, are touched.
function markStrip(root, map, state) {
  const view = state.view, all = view.wide >= map.columns;
  const [from, to] = all ? [0, 0] : [Math.floor(view.left), Math.min(Math.ceil(view.left + view.wide), map.columns)];
  const [first, last] = state.inside;
  for (let at = first; at < last; at++) if (at < from || at >= to) state.spans[at].classList.remove("inside");
  for (let at = from; at < to; at++) if (at < first || at >= last) state.spans[at].classList.add("inside");
  state.inside = [from, to];
}

function said(map, query, key) {
  const at = query * map.columns + key, state = stateOf(map, at);
  const padding = !state && isPadding(map, query, key) ? ` (${map.words.on_padding})` : "";
  const value = state ? map.words.states[state] : written(map.weights[at], 4, map.point);
  return `${query + 1} ${map.queries[query]} → ${key + 1} ${map.keys[key]}: ${value}${padding}`;
}

function listen(root, canvas, map, state, look, draw, setTriggerValue) {
  const pointers = new Map();
  let moved = 0;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width, y = (event.clientY - box.top) / box.height;
    const query = Math.floor(state.view.top + y * state.view.high), key = Math.floor(state.view.left + x * state.view.wide);
    const there = query >= 0 && key >= 0 && query < map.rows && key < map.columns;
    return { x, y, box, cell: there ? [query, key] : null };
  };
  canvas.onwheel = (event) => {
    event.preventDefault();
    const { x, y } = at(event);
    look(zoomed(state.view, Math.exp(Math.min(Math.max(event.deltaY, -200), 200) / 400), x, y));
  };
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
    moved = 0;
  };
  canvas.onpointermove = (event) => {
    const { x, y, box, cell } = at(event);
    const before = pointers.get(event.pointerId);
    if (before && pointers.size === 1) {
      const dx = event.clientX - before.clientX, dy = event.clientY - before.clientY, view = state.view;
      moved += Math.abs(dx) + Math.abs(dy);
      look({ ...view, left: view.left - (dx / box.width) * view.wide, top: view.top - (dy / box.height) * view.high });
    } else if (before && pointers.size === 2) {
      const other = [...pointers.values()].find((one) => one.pointerId !== event.pointerId);
      const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
      moved += 10;
      look(zoomed(state.view, apart(before) / Math.max(apart(event), 1), x, y));
    }
    if (before) pointers.set(event.pointerId, event);
    point(root, map, cell, event);
  };
  const leave = (event) => { pointers.delete(event.pointerId); };
  canvas.onpointercancel = leave;
  canvas.onpointerleave = () => { root.querySelector(".tip").hidden = true; };
  canvas.onpointerup = (event) => {
    leave(event);
    const { cell } = at(event);
    if (moved < 5 && cell) pick(root, map, state, cell, draw, setTriggerValue);
  };
  canvas.ondblclick = () => look(whole(map));
  canvas.onkeydown = (event) => {
    const zoom = { "+": 1 / 1.6, "=": 1 / 1.6, "-": 1.6 }[event.key];
    if (zoom) look(zoomed(state.view, zoom, 0.5, 0.5));
    else if (event.key === "0") look(whole(map));
    else if (event.key.toLowerCase() === "s" && !event.ctrlKey) tell(root, map.words.summary);
    else if (walk(root, map, state, event, look)) tell(root, said(map, ...state.cell));
    else if ((event.key === "Enter" || event.key === " ") && state.cell) setTriggerValue("picked", state.cell);
    else return;
    event.preventDefault();
  };
  // What the map is as a whole comes before any cell, once a map.
  canvas.onfocus = () => { if (state.summed !== map.words.summary) tell(root, (state.summed = map.words.summary)); };
}

function tell(root, text) {
  root.querySelector("[aria-live]").textContent = text;
}

function point(root, map, cell, event) {
  const tip = root.querySelector(".tip");
  tip.hidden = !cell;
  if (!cell) return;
  tip.textContent = said(map, ...cell);
  const frame = root.querySelector(".frame").getBoundingClientRect();
  tip.style.left = `${Math.min(event.clientX - frame.left + 12, frame.width - tip.offsetWidth)}px`;
  tip.style.top = `${event.clientY - frame.top + 14}px`;
}

function pick(root, map, state, cell, draw, setTriggerValue) {
  state.cell = cell;
  tell(root, said(map, ...cell));
  draw();
  setTriggerValue("picked", cell);
}

// A step of the keyboard, which begins at the first cell that is shown; the view follows the cell.
function walk(root, map, state, event, look) {
  const view = state.view;
  const from = state.cell || [Math.floor(view.top), Math.floor(view.left)];
  const next = cellAfter(event, from, map.rows, map.columns, (row) => largestColumn(map.weights, map.columns, row));
  if (!next) return false;
  state.cell = state.cell || !event.key.startsWith("Arrow") ? next : from;
  const into = (at, first, count) => (at < first ? at : at + 1 > first + count ? at + 1 - count : first);
  look({ ...view, left: into(state.cell[1], view.left, view.wide), top: into(state.cell[0], view.top, view.high) });
  return true;
}
