// All heads on one canvas: layers down, heads across. Drawn from one byte a cell; no library, no request.
//
// `data` is: length of the header (u32, little endian), the header as JSON, then levels for every layer and head
// (row by row). A level up to `top` is a weight, top + n a state without a weight: 1 later key, 2 padding, 3 hidden.
//
// Which head is chosen comes from Python by another, tiny component (head_mark.js) as an event on the window, so that
// choosing a head never sends the pictures again.

const GAP = 6; // px between heads, on a canvas whose heads are about 100 px wide
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
    grid.header = header;
    grid.renders += 1;
    const started = performance.now();
    drawHeads(canvas, header, levels);
    writeLabels(root, header);
    canvas.dataset.drawMs = (performance.now() - started).toFixed(1);
  }
  canvas.dataset.key = header.key;
  canvas.dataset.renders = grid.renders;

  const mark = (layer, head) => {
    if (layer >= header.layers || head >= header.heads) return;
    grid.chosen = [layer, head];
    placeMark(root, header, layer, head);
    canvas.dataset.chosen = header.titles[layer][head];
  };
  const choose = (layer, head) => {
    mark(layer, head);
    root.querySelector("[aria-live]").textContent = header.titles[layer][head];
    setTriggerValue("picked", [layer, head]);
  };

  const known = window.headlightChosenHead;
  if (known) mark(known[0], known[1]);
  const listen = (event) => mark(event.detail[0], event.detail[1]);
  window.addEventListener("headlight-head", listen);

  canvas.onclick = (event) => {
    const place = headAt(canvas, header, event);
    if (place) choose(place[0], place[1]);
  };
  canvas.onmousemove = (event) => showTip(root, canvas, header, event);
  canvas.onmouseleave = () => { root.querySelector(".tip").hidden = true; };
  canvas.onkeydown = (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    const [layer, head] = grid.chosen || [0, 0];
    choose(clamp(layer + step[0], header.layers), clamp(head + step[1], header.heads));
  };
  return () => window.removeEventListener("headlight-head", listen);
}

function unpack(data) {
  const length = new DataView(data.buffer, data.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length)));
  return { header, levels: data.subarray(4 + length) };
}

function clamp(value, count) {
  return Math.min(Math.max(value, 0), count - 1);
}

function cellSize(header) {
  return header.side * Math.max(1, Math.ceil(96 / header.side)); // whole px a cell: edges stay sharp
}

function drawHeads(canvas, header, levels) {
  const { layers, heads, side } = header;
  const size = cellSize(header);
  canvas.width = heads * (size + GAP) - GAP;
  canvas.height = layers * (size + GAP) - GAP;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.strokeStyle = "rgba(128, 128, 128, 0.6)"; // a head without weights still has an edge, on any background
  const small = new OffscreenCanvas(side, side);
  const smallContext = small.getContext("2d");
  const image = smallContext.createImageData(side, side);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = colourTable(header);
  let from = 0;
  for (let layer = 0; layer < layers; layer++) {
    for (let head = 0; head < heads; head++) {
      for (let i = 0; i < pixels.length; i++) pixels[i] = colours[levels[from++]];
      smallContext.putImageData(image, 0, 0);
      context.drawImage(small, head * (size + GAP), layer * (size + GAP), size, size);
      context.strokeRect(head * (size + GAP) + 0.5, layer * (size + GAP) + 0.5, size - 1, size - 1);
    }
  }
  hatchPadding(context, header, levels, size);
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

// Grey alone could be taken for a weight: padding is hatched too. One path for all of it.
function hatchPadding(context, header, levels, size) {
  const { layers, heads, side } = header;
  const cell = size / side;
  context.beginPath();
  for (let layer = 0; layer < layers; layer++) {
    for (let head = 0; head < heads; head++) {
      for (let i = 0; i < side * side; i++) {
        if (levels[(layer * heads + head) * side * side + i] !== header.top + 2) continue;
        const x = head * (size + GAP) + (i % side) * cell;
        const y = layer * (size + GAP) + Math.floor(i / side) * cell;
        context.moveTo(x, y + cell);
        context.lineTo(x + cell, y);
      }
    }
  }
  context.strokeStyle = "#8f8f8f";
  context.stroke();
}

function writeLabels(root, header) {
  const fill = (selector, count, first) => {
    const spans = Array.from({ length: count }, (_, i) => {
      const span = document.createElement("span");
      span.textContent = i === 0 ? first + " 1" : String(i + 1);
      return span;
    });
    root.querySelector(selector).replaceChildren(...spans);
  };
  fill(".across", header.heads, "");
  fill(".down", header.layers, header.words.layer);
  root.querySelector(".heads-name").textContent = header.words.head;
  root.querySelector(".note").textContent = header.words.note;
  root.querySelector(".stamp").textContent = header.words.stamp;
  root.querySelector(".stage canvas").setAttribute("aria-label", header.words.label);
  const scale = root.querySelector(".scale").getContext("2d");
  const image = scale.createImageData(256, 1);
  for (let i = 0; i < 256; i++) image.data.set([...header.colours.slice(3 * i, 3 * i + 3), 255], 4 * i);
  scale.putImageData(image, 0, 0);
}

function placeMark(root, header, layer, head) {
  const size = cellSize(header);
  const width = header.heads * (size + GAP) - GAP;
  const height = header.layers * (size + GAP) - GAP;
  const mark = root.querySelector(".mark");
  const percent = (px, of) => (100 * px) / of + "%";
  mark.style.left = percent(head * (size + GAP) - GAP, width);
  mark.style.top = percent(layer * (size + GAP) - GAP, height);
  mark.style.width = percent(size + 2 * GAP, width);
  mark.style.height = percent(size + 2 * GAP, height);
  mark.hidden = false;
}

function headAt(canvas, header, event) {
  const box = canvas.getBoundingClientRect();
  const head = Math.floor(((event.clientX - box.left) / box.width) * header.heads);
  const layer = Math.floor(((event.clientY - box.top) / box.height) * header.layers);
  const inside = head >= 0 && layer >= 0 && head < header.heads && layer < header.layers;
  return inside ? [layer, head] : null;
}

function showTip(root, canvas, header, event) {
  const tip = root.querySelector(".tip");
  const place = headAt(canvas, header, event);
  tip.hidden = !place;
  if (!place) return;
  tip.textContent = header.titles[place[0]][place[1]];
  const box = canvas.getBoundingClientRect();
  const left = event.clientX - box.left + 12;
  tip.style.left = Math.min(left, box.width - tip.offsetWidth) + "px";
  tip.style.top = event.clientY - box.top + 14 + "px";
}
