// A board of small maps on one canvas: all heads of a text, or one head of every prompt. Drawn from one byte a cell; no
// library, no request.
//
// `data` is: length of the header (u32, little endian), the header as JSON, then levels tile by tile (row by row), each
// `side` wide and `high` high. The last row of tiles may be shorter. A level up to `top` is a weight, top + n a state without a weight: 1 later key,
// 2 padding, 3 hidden, 4 left out by the layer's window, 5 in the row of a query that may look at nothing. Names stand above their tiles or, where `inks` gives their colours, inside.
//
// Which tile is chosen comes from Python by another, tiny component (head_mark.js) as an event on the window that names
// its board, so that choosing never sends the pictures again.

const GAP = 6; // px between tiles, on a canvas whose tiles are about 100 or 200 px wide
const NAME = 1 / 5; // of a tile's side: room above it for its own name
const memory = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".grid");
  if (!root || !data || !data.length) return;
  const canvas = root.querySelector(".stage canvas");
  const grid = memory.get(parentElement) || { chosen: null, key: null, renders: 0 };
  memory.set(parentElement, grid);

  const { header, levels } = unpack(data);
  if (grid.key !== header.key) {
    grid.key = header.key;
    grid.renders += 1;
    unmark(root, canvas, grid);
    const started = performance.now();
    drawTiles(canvas, header, levels);
    writeLabels(root, header);
    canvas.dataset.drawMs = (performance.now() - started).toFixed(1);
  }
  canvas.dataset.key = header.key;
  canvas.dataset.renders = grid.renders;

  const mark = (chosen) => {
    if (!chosen) unmark(root, canvas, grid);
    const place = chosen && nearest(header, chosen);
    if (!place || !exists(header, place)) return;
    grid.chosen = place;
    placeMark(root, header, place);
    canvas.dataset.chosen = title(header, place);
  };
  const choose = (place) => {
    mark(place);
    root.querySelector("[aria-live]").textContent = title(header, place);
    setTriggerValue("picked", place);
  };

  const known = (window.headlightChosen || {})[header.board];
  if (known) mark(known);
  const listen = (event) => { if (event.detail.board === header.board) mark(event.detail.place); };
  window.addEventListener("headlight-chosen", listen);
  const coverAgain = () => placeCovers(root, canvas, header);
  coverAgain();
  window.addEventListener("headlight-covered", coverAgain);

  canvas.onclick = (event) => {
    const place = placeAt(canvas, header, event);
    if (place) choose(place);
  };
  canvas.onmousemove = (event) => showTip(root, canvas, header, event);
  canvas.onmouseleave = () => { root.querySelector(".tip").hidden = true; };
  canvas.onkeydown = (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    const [row, column] = grid.chosen || [0, 0];
    const next = [row + step[0], column + step[1]];
    choose(exists(header, next) ? next : [row, column]);
  };
  return () => {
    window.removeEventListener("headlight-chosen", listen);
    window.removeEventListener("headlight-covered", coverAgain);
  };
}

function unpack(data) {
  const length = new DataView(data.buffer, data.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length)));
  return { header, levels: data.subarray(4 + length) };
}

function exists(header, [row, column]) {
  const inside = row >= 0 && column >= 0 && row < header.rows && column < header.columns;
  return inside && row * header.columns + column < header.titles.length;
}

// Of joined heads one tile stands for all: the last there is.
function nearest(header, place) {
  return header.joined ? [Math.min(place[0], header.rows - 1), Math.min(place[1], header.columns - 1)] : place;
}

function unmark(root, canvas, grid) {
  grid.chosen = null;
  delete canvas.dataset.chosen;
  root.querySelector(".mark").hidden = true;
}

function title(header, [row, column]) {
  return header.titles[row * header.columns + column];
}

// Where everything lies on the canvas, in its own px. A cell has a whole number of them: edges stay sharp.
function layout(header) {
  const cell = Math.max(1, Math.ceil(header.tile / Math.max(header.side, header.high)));
  const size = { wide: cell * header.side, high: cell * header.high };
  const above = header.names.length && !header.inks ? Math.round(NAME * size.high) : 0;
  const left = (tile) => (tile % header.columns) * (size.wide + GAP);
  const top = (tile) => Math.floor(tile / header.columns) * (above + size.high + GAP) + above;
  const width = header.columns * (size.wide + GAP) - GAP;
  const height = header.rows * (above + size.high + GAP) - GAP;
  return { size, cell, above, left, top, width, height };
}

function drawTiles(canvas, header, levels) {
  const { side, high } = header;
  const { size, left, top, width, height } = layout(header);
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.strokeStyle = "rgba(128, 128, 128, 0.6)"; // a tile without weights still has an edge, on any background
  const small = new OffscreenCanvas(side, high);
  const smallContext = small.getContext("2d");
  const image = smallContext.createImageData(side, high);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = colourTable(header);
  let from = 0;
  for (let tile = 0; tile < header.titles.length; tile++) {
    for (let i = 0; i < pixels.length; i++) pixels[i] = colours[levels[from++]];
    smallContext.putImageData(image, 0, 0);
    context.drawImage(small, left(tile), top(tile), size.wide, size.high);
    context.strokeRect(left(tile) + 0.5, top(tile) + 0.5, size.wide - 1, size.high - 1);
  }
  hatchPadding(context, header, levels);
}

function colourTable(header) {
  const table = new Uint32Array(256);
  const pack = (r, g, b, a) => ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;
  for (let level = 0; level <= header.top; level++) {
    const at = 3 * Math.round((level / header.top) * 255);
    table[level] = pack(header.colours[at], header.colours[at + 1], header.colours[at + 2], 255);
  }
  for (const [state, colour] of Object.entries(header.states)) table[header.top + Number(state)] = pack(...colour);
  return table;
}

// Grey alone could be taken for a weight, and a weight on padding for one on a word: padding is hatched too. One path.
function hatchPadding(context, header, levels) {
  const { side, high } = header;
  const { cell, left, top } = layout(header);
  const every = Math.ceil(header.tile / 32 / cell); // lines closer than this would fill small cells
  context.beginPath();
  for (let tile = 0; tile < header.titles.length; tile++) {
    const real = header.real[tile], realQueries = (header.real_queries || header.real)[tile];
    for (let i = 0; i < side * high; i++) {
      const column = i % side, row = Math.floor(i / side);
      if ((column + row) % every) continue;
      const isPadding = levels[tile * side * high + i] === header.top + 2 || real[column] === "0" || realQueries[row] === "0";
      if (!isPadding) continue;
      const x = left(tile) + column * cell, y = top(tile) + row * cell;
      context.moveTo(x, y + cell);
      context.lineTo(x + cell, y);
    }
  }
  context.strokeStyle = "#8f8f8f";
  context.stroke();
}

function spansOf(texts) {
  return texts.map((text) => {
    const span = document.createElement("span");
    span.textContent = text;
    return span;
  });
}

function writeLabels(root, header) {
  root.querySelector(".board").style.maxWidth = header.widest + "px";
  root.querySelector(".across").replaceChildren(...spansOf(header.across));
  root.querySelector(".down").replaceChildren(...spansOf(header.down));
  root.querySelector(".names").replaceChildren(...nameTiles(header));
  root.querySelector(".name").textContent = header.words.name;
  root.querySelectorAll(".ends").forEach((end, at) => { end.textContent = (header.ends || ["0", "1"])[at]; });
  root.querySelector(".note").textContent = header.words.note;
  root.querySelector(".stamp").textContent = header.words.stamp;
  root.querySelector(".stage canvas").setAttribute("aria-label", header.words.label);
  const scale = root.querySelector(".scale").getContext("2d");
  const image = scale.createImageData(256, 1);
  for (let i = 0; i < 256; i++) image.data.set([...header.colours.slice(3 * i, 3 * i + 3), 255], 4 * i);
  scale.putImageData(image, 0, 0);
}

function percent(px, of) {
  return (100 * px) / of + "%";
}

// Names are text, not on the canvas: there they would shrink with it.
function nameTiles(header) {
  const { size, left, top, width, height } = layout(header);
  const spans = spansOf(header.names);
  spans.forEach((span, tile) => {
    span.style.left = percent(left(tile), width);
    span.style.width = percent(size.wide, width);
    if (header.inks) {
      span.className = "inside";
      span.style.top = percent(top(tile), height);
      span.style.height = percent(size.high, height);
      // 12 px or, where a tile has no room for that, nothing.
      span.style.fontSize = `clamp(0px, (100cqw - ${24 * header.columns}px) * 999, 12px)`;
      span.style.color = header.inks[tile];
    } else {
      span.style.bottom = percent(height - top(tile) + GAP, height);
    }
  });
  return spans;
}

function placeMark(root, header, place) {
  const mark = root.querySelector(".mark");
  layOver(mark, header, place, GAP);
  mark.hidden = false;
}

// Small maps that are not to be seen yet (head_cover.js). Boards of numbers hold no maps.
function placeCovers(root, canvas, header) {
  const hidden = (!header.inks && (window.headlightCovered || {})[header.board]) || [];
  const places = hidden.map((place) => nearest(header, place)).filter((place) => exists(header, place));
  const covers = places.map((place) => {
    const cover = document.createElement("div");
    cover.textContent = "?";
    layOver(cover, header, place, 0);
    return cover;
  });
  root.querySelector(".covers").replaceChildren(...covers);
  canvas.dataset.covered = places.map((place) => title(header, place)).join("; ");
}

function layOver(element, header, [row, column], beyond) {
  const { size, left, top, width, height } = layout(header);
  const tile = row * header.columns + column;
  element.style.left = percent(left(tile) - beyond, width);
  element.style.top = percent(top(tile) - beyond, height);
  element.style.width = percent(size.wide + 2 * beyond, width);
  element.style.height = percent(size.high + 2 * beyond, height);
}

function placeAt(canvas, header, event) {
  const box = canvas.getBoundingClientRect();
  const column = Math.floor(((event.clientX - box.left) / box.width) * header.columns);
  const row = Math.floor(((event.clientY - box.top) / box.height) * header.rows);
  return exists(header, [row, column]) ? [row, column] : null;
}

function showTip(root, canvas, header, event) {
  const tip = root.querySelector(".tip");
  const place = placeAt(canvas, header, event);
  tip.hidden = !place;
  canvas.style.cursor = place ? "pointer" : "default";
  if (!place) return;
  tip.textContent = title(header, place);
  const box = canvas.getBoundingClientRect();
  const left = event.clientX - box.left + 12;
  tip.style.left = Math.min(left, box.width - tip.offsetWidth) + "px";
  tip.style.top = event.clientY - box.top + 14 + "px";
}
