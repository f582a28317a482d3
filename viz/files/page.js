// The page of one run: all heads, and one of them large. It asks nobody for anything: all it shows is in #run, as JSON.
//
// A head is a deflated block: for each cell, row by row, its weight in steps of 1 / unit, low bytes of all cells first,
// then the next ones. States are a deflated byte a cell, one layer where all layers let the same through: 0 a weight,
// 1 later key, 2 padding, 3 hidden, 4 left out by the layer's window, 5 in the row of a query that may look at nothing.

"use strict";

const run = JSON.parse(document.getElementById("run").textContent);
const W = run.words;
const PADDING = 2, HIDDEN = 3, NOTHING = 5;
const KEPT = 32; // heads kept unpacked: one of 512 tokens has 1 MB
const GAP = 6, TILE = 96;
const find = (selector, root = document) => root.querySelector(selector);
const at = { ...run.open, lines: false, numbers: null, own: false, cell: null, word: null };
const kept = new Map();

const maps = () => run.rows[at.row][at.kind];
const place = () => at.layer * maps().heads + at.head;
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function fill(message, values) {
  return message.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function remember(key, make) {
  if (!kept.has(key)) kept.set(key, make());
  const found = kept.get(key);
  kept.delete(key);
  kept.set(key, found);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value);
  return found;
}

// The weights of a head, and the states of its cells.
function headOf(row, kind, number) {
  return remember(`${row} ${kind} ${number}`, async () => {
    const of = run.rows[row][kind], n = of.queries.length * of.keys.length;
    const bytes = await unpack(of.weights[number]);
    const weights = new Float32Array(n);
    for (let plane = 0, by = 1 / run.unit; plane < run.planes; plane++, by *= 256) {
      for (let i = 0; i < n; i++) weights[i] += bytes[plane * n + i] * by;
    }
    const states = await remember(`states ${row} ${kind}`, () => unpack(of.states));
    const from = states.length > n ? Math.floor(number / of.heads) * n : 0;
    return { weights, states: states.subarray(from, from + n) };
  });
}

// Words

function real(of, query, key) {
  return of.real[0][query] === "1" && of.real[1][key] === "1";
}

function number(weight) {
  return weight.toFixed(run.digits).replace(".", run.point);
}

function cellText(of, data, query, key) {
  const i = query * of.keys.length + key, state = data.states[i];
  const names = `${query + 1} ${of.queries[query]} → ${key + 1} ${of.keys[key]}`;
  if (state) return `${names}: ${W.states[state]}`;
  return `${names}: ${number(data.weights[i])}${real(of, query, key) ? "" : ` (${W.on_padding})`}`;
}

function colour(weight) {
  const level = 3 * Math.round(255 * Math.min(Math.max(weight, 0), 1));
  return [run.colours[level], run.colours[level + 1], run.colours[level + 2]];
}

// All heads

async function drawAll() {
  const of = maps(), canvas = find(".stage canvas");
  const shown = `${at.row} ${at.kind}`;
  const levels = await remember(`thumbs ${shown}`, () => unpack(of.thumbs));
  if (shown !== `${at.row} ${at.kind}`) return;
  const { side, high } = of, cell = Math.max(1, Math.ceil(TILE / Math.max(side, high)));
  const wide = cell * side, tall = cell * high;
  canvas.width = of.heads * (wide + GAP) - GAP;
  canvas.height = of.layers * (tall + GAP) - GAP;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  const small = new OffscreenCanvas(side, high), image = new ImageData(side, high);
  context.strokeStyle = "rgba(128, 128, 128, 0.6)";
  const hatch = new Path2D(), every = Math.ceil(TILE / 32 / cell);
  for (let tile = 0; tile < of.layers * of.heads; tile++) {
    const left = (tile % of.heads) * (wide + GAP), top = Math.floor(tile / of.heads) * (tall + GAP);
    for (let i = 0; i < side * high; i++) {
      const level = levels[tile * side * high + i], column = i % side, row = Math.floor(i / side);
      const rgb = level > run.top ? run.states[level - run.top] : colour(level / run.top);
      image.data.set([rgb[0], rgb[1], rgb[2], 255], 4 * i);
      const padded = level === run.top + PADDING || of.thumb_real[0][row] === "0" || of.thumb_real[1][column] === "0";
      if (!padded || (column + row) % every) continue;
      hatch.moveTo(left + column * cell, top + (row + 1) * cell);
      hatch.lineTo(left + (column + 1) * cell, top + row * cell);
    }
    small.getContext("2d").putImageData(image, 0, 0);
    context.drawImage(small, left, top, wide, tall);
    context.strokeRect(left + 0.5, top + 0.5, wide - 1, tall - 1);
  }
  context.strokeStyle = run.hatch;
  context.stroke(hatch);
  labels(".across", of.across);
  labels(".down", of.down);
  find(".name").textContent = of.across.length > 1 ? W.head : "";
  canvas.setAttribute("aria-label", fill(W.overview, { n_layers: of.layers, n_heads: of.heads }));
  canvas.dataset.drawn = shown;
  mark();
}

function labels(selector, texts) {
  find(selector).replaceChildren(...texts.map((text) => Object.assign(document.createElement("span"), { textContent: text })));
}

function mark() {
  const of = maps(), frame = find(".mark"), box = find(".stage canvas");
  const part = (n, of, px) => ({ from: (100 * n * (px + GAP)) / (of * (px + GAP) - GAP), size: (100 * px) / (of * (px + GAP) - GAP) });
  const across = part(at.head, of.heads, (box.width + GAP) / of.heads - GAP);
  const down = part(at.layer, of.layers, (box.height + GAP) / of.layers - GAP);
  Object.assign(frame.style, { left: `calc(${across.from}% - 3px)`, width: `calc(${across.size}% + 6px)`, top: `calc(${down.from}% - 3px)`, height: `calc(${down.size}% + 6px)` });
  frame.hidden = false;
}

// Which head, and which cell of it, lies under the pointer; where cells share a pixel, the one with the largest weight.
async function pointed(event) {
  const of = maps(), { row, kind } = at;
  const box = event.target.getBoundingClientRect(), canvas = event.target;
  const x = ((event.clientX - box.left) / box.width) * (canvas.width + GAP), y = ((event.clientY - box.top) / box.height) * (canvas.height + GAP);
  const wide = (canvas.width + GAP) / of.heads, tall = (canvas.height + GAP) / of.layers;
  const head = Math.floor(x / wide), layer = Math.floor(y / tall);
  if (head < 0 || layer < 0 || head >= of.heads || layer >= of.layers) return null;
  const across = Math.floor((((x / wide) % 1) * wide) / ((wide - GAP) / of.side)), down = Math.floor((((y / tall) % 1) * tall) / ((tall - GAP) / of.high));
  if (across >= of.side || down >= of.high) return { layer, head, text: "" };
  const data = await headOf(row, kind, layer * of.heads + head);
  let best = null, largest = -1;
  for (let query = down * of.block; query < Math.min((down + 1) * of.block, of.queries.length); query++) {
    for (let key = across * of.block; key < Math.min((across + 1) * of.block, of.keys.length); key++) {
      const i = query * of.keys.length + key, weight = data.states[i] ? -0.5 : data.weights[i];
      if (weight > largest) [largest, best] = [weight, [query, key]];
    }
  }
  return { layer, head, text: cellText(of, data, ...best) };
}

let pointing = 0;

async function showTip(event) {
  const turn = ++pointing, tip = find(".tip"), stage = find(".stage").getBoundingClientRect();
  const { clientX, clientY } = event, found = await pointed(event);
  if (turn !== pointing) return;
  tip.hidden = !found;
  if (!found) return;
  tip.textContent = [maps().titles[found.layer * maps().heads + found.head], found.text].filter(Boolean).join("\n");
  tip.style.left = `${Math.max(0, Math.min(clientX - stage.left + 12, stage.width - tip.offsetWidth))}px`;
  tip.style.top = `${clientY - stage.top + 16}px`;
}

function open(layer, head) {
  const of = maps();
  at.layer = Math.min(Math.max(layer, 0), of.layers - 1);
  at.head = Math.min(Math.max(head, 0), of.heads - 1);
  mark();
  drawOne();
}

// One head

function smallEnough(of, limit) {
  return Math.max(of.queries.length, of.keys.length) <= limit;
}

async function drawOne() {
  const of = maps(), shown = place(), { row, kind } = at, canvas = find(".map");
  const data = await headOf(row, kind, shown);
  if (shown !== place() || row !== at.row || kind !== at.kind) return;
  find(".one h2").textContent = of.titles[shown];
  const lines = at.lines && smallEnough(of, run.most_lines);
  const canNumber = !lines && smallEnough(of, run.most_numbers);
  const numbers = canNumber && (at.numbers ?? smallEnough(of, run.usual_numbers));
  find(".ways").hidden = !smallEnough(of, run.most_lines);
  find(".numbers").hidden = !canNumber;
  find(".numbers input").checked = numbers;
  find(".own").hidden = find(".one .legend").hidden = lines;
  find(".ways").childNodes.forEach((button, n) => button.setAttribute("aria-pressed", String(lines === (n === 1))));
  const label = lines ? W.lines_label : W.map_label;
  canvas.setAttribute("aria-label", `${of.titles[shown]}. ${label}`);
  const sheet = begin(canvas, of, lines);
  if (lines) drawLines(sheet, of, data);
  else drawMap(sheet, of, data, numbers);
  find(".said").textContent = lines ? wordText(of, data) : at.cell ? cellText(of, data, ...at.cell) : W.point;
  canvas.dataset.drawn = `${row} ${kind} ${shown} ${lines ? "lines" : "map"}`;
}

// Lays out the canvas of the open head in CSS px, sharp on any screen.
function begin(canvas, of, lines) {
  const context = canvas.getContext("2d"), room = Math.min(find(".one").clientWidth, 760);
  context.font = "12px system-ui, 'Noto Sans', 'DejaVu Sans', Arial, sans-serif";
  const widest = (tokens) => Math.min(140, 8 + Math.max(...tokens.map((token) => context.measureText(token).width)));
  const left = widest(of.queries), above = lines ? 22 : widest(of.keys);
  const columns = of.keys.length, rows = of.queries.length;
  const cell = lines ? 18 : Math.max(1, Math.min(34, Math.floor((room - left - 2) / columns)));
  const wide = lines ? Math.max(60, Math.min(320, room - left - widest(of.keys) - 8)) : cell * columns;
  const high = lines ? cell * Math.max(rows, columns) : cell * rows;
  const width = lines ? left + wide + widest(of.keys) : left + wide + 2, height = above + high + 2;
  const sharp = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * sharp);
  canvas.height = Math.round(height * sharp);
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  context.setTransform(sharp, 0, 0, sharp, 0, 0);
  context.font = "12px system-ui, 'Noto Sans', 'DejaVu Sans', Arial, sans-serif";
  context.textBaseline = "middle";
  canvas.layout = { left, top: above, cell, wide, lines };
  return { context, left, top: above, cell, wide, high };
}

function scaleEnd(data) {
  return (at.own && data.weights.reduce((most, weight) => Math.max(most, weight), 0)) || 1;
}

function drawMap({ context, left, top, cell, wide, high }, of, data, numbers) {
  const rows = of.queries.length, columns = of.keys.length;
  const image = new ImageData(columns, rows), largest = scaleEnd(data);
  find(".largest").textContent = at.own ? number(largest) : "1";
  for (let i = 0; i < rows * columns; i++) {
    const rgb = data.states[i] ? run.states[data.states[i]] : colour(data.weights[i] / largest);
    image.data.set([rgb[0], rgb[1], rgb[2], 255], 4 * i);
  }
  const small = new OffscreenCanvas(columns, rows);
  small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, left, top, wide, high);
  strokeStates(context, of, data, left, top, cell);
  context.strokeStyle = "#888888";
  context.lineWidth = 0.5;
  context.strokeRect(left, top, wide, high);
  if (numbers) writeNumbers(context, of, data, left, top, cell);
  writeTokens(context, of, left, top, cell);
  if (!at.cell) return;
  context.strokeStyle = css("--accent");
  context.lineWidth = 2;
  context.strokeRect(left + at.cell[1] * cell, top + at.cell[0] * cell, Math.max(cell, 3), Math.max(cell, 3));
}

// Padding hatched, hidden cells crossed, rows of nothing struck: one path each.
function strokeStates(context, of, data, left, top, cell) {
  const hatch = new Path2D(), cross = new Path2D(), strike = new Path2D(), every = Math.max(1, Math.ceil(4 / cell));
  const columns = of.keys.length;
  for (let i = 0; i < data.states.length; i++) {
    const query = Math.floor(i / columns), key = i % columns, x = left + key * cell, y = top + query * cell;
    const state = data.states[i];
    if ((state === PADDING || !real(of, query, key)) && (query + key) % every === 0) {
      hatch.moveTo(x, y + cell);
      hatch.lineTo(x + cell, y);
    } else if (state === HIDDEN) {
      cross.moveTo(x, y);
      cross.lineTo(x + cell, y + cell);
      cross.moveTo(x + cell, y);
      cross.lineTo(x, y + cell);
    } else if (state === NOTHING) {
      strike.moveTo(x, y + cell / 2);
      strike.lineTo(x + cell, y + cell / 2);
    }
  }
  context.lineWidth = 0.7;
  for (const [path, ink] of [[hatch, run.hatch], [cross, run.cross], [strike, run.strike]]) {
    context.strokeStyle = ink;
    context.stroke(path);
  }
}

function writeNumbers(context, of, data, left, top, cell) {
  const columns = of.keys.length, largest = scaleEnd(data);
  context.save();
  context.font = `${Math.min(12, Math.floor(cell / 2.3))}px system-ui, "DejaVu Sans", Arial, sans-serif`;
  context.textAlign = "center";
  for (let i = 0; i < data.states.length; i++) {
    if (data.states[i]) continue;
    const [r, g, b] = colour(data.weights[i] / largest);
    const light = 0.2126 * (r / 255) ** 2.2 + 0.7152 * (g / 255) ** 2.2 + 0.0722 * (b / 255) ** 2.2;
    context.fillStyle = (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? "#000000" : "#ffffff";
    const text = data.weights[i].toFixed(2).replace(".", run.point);
    context.fillText(text, left + ((i % columns) + 0.5) * cell, top + (Math.floor(i / columns) + 0.5) * cell);
  }
  context.restore();
}

function writeTokens(context, of, left, top, cell) {
  const every = Math.ceil(13 / cell);
  for (const [tokens, across] of [[of.queries, false], [of.keys, true]]) {
    for (let i = 0; i < tokens.length; i += every) {
      const isReal = of.real[across ? 1 : 0][i] === "1", on = at.cell?.[across ? 1 : 0] === i;
      context.fillStyle = on ? css("--accent") : css(isReal ? "--ink" : "--quiet");
      context.save();
      context.translate(across ? left + (i + 0.5) * cell : left - 4, across ? top - 4 : top + (i + 0.5) * cell);
      if (across) context.rotate(-Math.PI / 2);
      context.textAlign = across ? "left" : "right";
      context.fillText(short(context, tokens[i], 132), 0, 0);
      context.restore();
    }
  }
}

function short(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  const letters = [...text];
  while (letters.length > 1 && context.measureText(`${letters.join("")}…`).width > room) letters.pop();
  return `${letters.join("")}…`;
}

// Two columns of words; a line from a query to a key is as thick, and as dark, as its weight.
function drawLines({ context, left, top, cell, wide }, of, data) {
  const columns = of.keys.length, word = at.word;
  context.fillStyle = css("--quiet");
  const width = Number.parseFloat(context.canvas.style.width), room = width / 2 - 6;
  context.textAlign = "left";
  context.fillText(short(context, W.query, room), 0, 9);
  context.textAlign = "right";
  context.fillText(short(context, W.key, room), width, 9);
  context.strokeStyle = css("--line") || "#3787c0";
  for (let i = 0; i < data.states.length; i++) {
    const query = Math.floor(i / columns), key = i % columns, weight = data.weights[i];
    const on = word === null || (word[0] === 0 ? query : key) === word[1];
    if (data.states[i] || weight < run.least_line || !on) continue;
    context.globalAlpha = Math.max(0.08, Math.min(1, weight));
    context.lineWidth = Math.max(0.4, 7 * weight);
    context.beginPath();
    context.moveTo(left, top + (query + 0.5) * cell);
    context.lineTo(left + wide, top + (key + 0.5) * cell);
    context.stroke();
  }
  context.globalAlpha = 1;
  [of.queries, of.keys].forEach((tokens, side) => {
    context.textAlign = side ? "left" : "right";
    tokens.forEach((token, i) => {
      const on = word && word[0] === side && word[1] === i;
      context.fillStyle = on ? css("--accent") : of.real[side][i] === "1" ? css("--ink") : "#9a9a9a";
      context.fillText(short(context, token, 132), side ? left + wide + 4 : left - 4, top + (i + 0.5) * cell);
    });
  });
}

function wordText(of, data) {
  if (!at.word) return W.point_word;
  const [side, i] = at.word, columns = of.keys.length, links = [];
  for (let other = 0; other < (side ? of.queries : of.keys).length; other++) {
    const [query, key] = side ? [other, i] : [i, other], from = query * columns + key;
    if (!data.states[from]) links.push([data.weights[from], cellText(of, data, query, key)]);
  }
  links.sort((a, b) => b[0] - a[0]);
  return links.slice(0, 3).map((link) => link[1]).join("; ") || W.no_link;
}

function walk(event) {
  const of = maps(), step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (event.key === "Escape") return find(".stage canvas").focus();
  if (!step) return undefined;
  event.preventDefault();
  const within = (value, n) => Math.min(Math.max(value, 0), n - 1);
  if (find(".map").layout.lines) {
    const [side, i] = at.word || [0, -step[0]];
    const other = within(side + step[1], 2);
    at.word = [other, within(i + step[0], (other ? of.keys : of.queries).length)];
  } else {
    const [query, key] = at.cell || [-step[0], -step[1]];
    at.cell = [within(query + step[0], of.queries.length), within(key + step[1], of.keys.length)];
  }
  return drawOne();
}

function pointAt(event) {
  const of = maps(), canvas = find(".map"), box = canvas.getBoundingClientRect(), { left, top, cell, wide, lines } = canvas.layout;
  const x = event.clientX - box.left, y = event.clientY - box.top, row = Math.floor((y - top) / cell);
  const before = String([at.word, at.cell]);
  if (lines) {
    const side = x > left + wide / 2 ? 1 : 0, inside = row >= 0 && row < (side ? of.keys : of.queries).length;
    at.word = inside ? [side, row] : null;
  } else {
    const column = Math.floor((x - left) / cell);
    at.cell = row >= 0 && column >= 0 && row < of.queries.length && column < of.keys.length ? [row, column] : null;
  }
  if (String([at.word, at.cell]) !== before) drawOne();
}

// The frame

function say() {
  document.title = find("h1").textContent = run.texts[at.row];
  find(".note").textContent = run.note;
  find(".overview h2").textContent = W.all;
  find(".overview .hint").textContent = W.overview_hint;
  find(".one .hint").textContent = W.one_hint;
  find(".numbers span").textContent = W.numbers;
  find(".own span").textContent = W.own;
  document.querySelectorAll(".scale").forEach((scale) => {
    const image = new ImageData(256, 1);
    for (let i = 0; i < 256; i++) image.data.set([...colour(i / 255), 255], 4 * i);
    scale.getContext("2d").putImageData(image, 0, 0);
  });
}

function buttons(selector, names, attribute, choose) {
  find(selector).replaceChildren(
    ...names.map((name, n) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
      button.onclick = () => choose(n);
      if (attribute === "aria-selected") button.setAttribute("role", "tab");
      return button;
    }),
  );
}

function turnTo(row, kind) {
  Object.assign(at, { row, kind, cell: null, word: null });
  const of = maps();
  Object.assign(at, { layer: Math.min(at.layer, of.layers - 1), head: Math.min(at.head, of.heads - 1) });
  find(".kinds").childNodes.forEach((button, n) => button.setAttribute("aria-selected", String(run.kinds[n][0] === kind)));
  say();
  drawAll();
  drawOne();
}

if (run.kinds.length > 1) buttons(".kinds", run.kinds.map((kind) => kind[1]), "aria-selected", (n) => turnTo(at.row, run.kinds[n][0]));
if (run.texts.length > 1) {
  const select = find(".texts");
  select.hidden = false;
  select.setAttribute("aria-label", W.text);
  select.replaceChildren(...run.texts.map((text, n) => Object.assign(document.createElement("option"), { value: n, textContent: `${n + 1} ${text}`.slice(0, 120) })));
  select.value = at.row;
  select.onchange = () => turnTo(Number(select.value), at.kind);
}
buttons(".ways", [W.map, W.lines], "aria-pressed", (n) => { at.lines = n === 1; drawOne(); });
find(".numbers input").onchange = (event) => { at.numbers = event.target.checked; drawOne(); };

find(".own input").onchange = (event) => { at.own = event.target.checked; drawOne(); };

const board = find(".stage canvas");
board.onmousemove = showTip;
board.onmouseleave = () => { pointing++; find(".tip").hidden = true; };
board.onclick = async (event) => { const found = await pointed(event); if (found) open(found.layer, found.head); };
board.onkeydown = (event) => {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (event.key === "Enter") find(".map").focus();
  if (!step) return;
  event.preventDefault();
  open(at.layer + step[0], at.head + step[1]);
};
const map = find(".map");
map.onmousemove = pointAt;
map.onclick = pointAt;
map.onmouseleave = () => { at.cell = at.word = null; drawOne(); };
map.onkeydown = walk;
matchMedia("(prefers-color-scheme: dark)").onchange = drawOne;
window.onresize = drawOne;
turnTo(at.row, at.kind);
