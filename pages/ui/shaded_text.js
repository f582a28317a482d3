// A sentence whose words are coloured by one row of a head's map, or one column: that of the word under the pointer,
// here or in the map beside it, else of the pinned one. The numbers are the map's own; no library, no request.
//
// `data` is: length of the header (u32, little endian), the header as JSON, then float32 weights row by row, NaN where
// a cell shows none. `rows` lists the rows that are there, null where all are.

const memory = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".shaded");
  if (!root || !data || !data.length) return;
  const map = unpack(data);
  const state = memory.get(parentElement) || { way: "row", over: null };
  memory.set(parentElement, state);
  state.pinned = map.pinned;
  state.over = null;
  const columns = Boolean(map.words.column);
  if (!columns) state.way = "row";

  // Of cross-attention the words that are pointed at are the target's (rows), or the source's (columns).
  const sides = map.keys ? { row: map.queries, column: map.keys } : { row: map.queries, column: map.queries };
  const draw = () => drawAll(root, map, sides, state);
  const point = (at) => { state.over = at; draw(); };
  const pin = (at) => {
    state.pinned = at;
    state.over = null;
    draw();
    if (state.way === "row") setTriggerValue("pinned", at);
  };

  writeWays(root, map, state, columns, draw);
  root.querySelector(".note").textContent = map.words.hint;
  const keys = root.querySelector(".keys");
  keys.hidden = !map.keys;
  root.querySelector(".words").setAttribute("aria-label", map.keys ? map.words.queries : map.words.title);
  keys.setAttribute("aria-label", map.words.keys);
  const text = JSON.stringify([map.queries, map.keys]);
  if (state.text !== text) {  // another head of the same text leaves the words as they are
    state.text = text;
    state.pieces = { queries: writeWords(root.querySelector(".words"), map.queries), keys: writeWords(keys, map.keys || []) };
  }
  for (const list of root.querySelectorAll(".words")) listen(list, map, state, point, pin);
  draw();

  const plot = (event) => followMap(event, map, state, point);
  document.addEventListener("pointerover", plot);
  return () => document.removeEventListener("pointerover", plot);
}

function unpack(data) {
  const length = new DataView(data.buffer, data.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length)));
  return { ...header, weights: new Float32Array(data.slice(4 + length).buffer) };
}

function weight(map, query, key) {
  const row = map.rows ? map.rows.indexOf(query) : query;
  return row < 0 ? NaN : map.weights[row * (map.keys || map.queries).length + key];
}

// Which list is pointed at: of one text there is one, of two that of the way.
function pointedAt(root, map, state) {
  return root.querySelector(map.keys && state.way === "column" ? ".keys" : ".words");
}

function writeWays(root, map, state, columns, draw) {
  const ways = ["row", ...(columns ? ["column"] : [])].map((way) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = map.words[way];
    button.dataset.way = way;
    button.onclick = () => {
      state.way = way;
      state.over = null;
      draw();
    };
    return button;
  });
  root.querySelector(".ways").replaceChildren(...ways);
}

function writeWords(list, tokens) {
  const items = [];
  const pieces = tokens.map((token, at) => {
    const piece = document.createElement("span");
    piece.className = `piece ${token.kind}`;
    piece.dataset.at = at;
    piece.setAttribute("role", "option");
    const letters = document.createElement("bdi");
    letters.textContent = token.text;
    piece.append(letters, document.createElement("small"));
    if (token.begins || !items.length) items.push(document.createElement("li"));
    items[items.length - 1].setAttribute("role", "presentation");
    items[items.length - 1].append(piece);
    return piece;
  });
  list.replaceChildren(...items);
  return pieces;
}

function listen(list, map, state, point, pin) {
  const place = (event) => {
    const piece = event.target.closest?.("span.piece");
    return piece ? Number(piece.dataset.at) : null;
  };
  const isPointedAt = () => list === pointedAt(list.closest(".shaded"), map, state);
  list.onpointerover = (event) => {
    if (isPointedAt() && !map.rows && event.pointerType === "mouse") point(place(event));
  };
  list.onpointerleave = () => { if (state.over !== null) point(null); };
  list.onclick = (event) => {
    const at = place(event);
    if (at !== null && isPointedAt()) pin(at);
  };
  list.onkeydown = (event) => {
    const at = place(event);
    if (at === null) return;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const next = step && list.querySelector(`[data-at="${at + step}"]`);
    if (step) event.preventDefault();
    if (next) {
      if (isPointedAt() && !map.rows) point(Number(next.dataset.at));
      next.tabIndex = 0;
      next.focus();
    }
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (isPointedAt()) pin(at);
    }
  };
}

// Plotly tells of hovering to whoever asks its element; the map is drawn anew for every head, so ask when it is entered.
function followMap(event, map, state, point) {
  const plot = event.target.closest?.(".st-key-head_map")?.querySelector(".js-plotly-plot");
  if (!plot || !plot.on || map.rows) return;
  plot.headlightPoint = (hovered) => {
    const cell = hovered && hovered.points.find((one) => Array.isArray(one.pointIndex));
    point(cell ? cell.pointIndex[state.way === "row" ? 0 : 1] : null);
  };
  if (plot.headlightListens) return;
  plot.headlightListens = true;
  plot.on("plotly_hover", (hovered) => plot.headlightPoint(hovered));
  plot.on("plotly_unhover", () => plot.headlightPoint(null));
}

function drawAll(root, map, sides, state) {
  const by = sides[state.way];
  const at = Math.min(state.over ?? state.pinned, by.length - 1);
  const queries = state.pieces.queries, keys = map.keys ? state.pieces.keys : queries;
  const shaded = state.way === "row" ? keys : queries;
  const shadedTokens = state.way === "row" ? map.keys || map.queries : map.queries;
  for (const button of root.querySelectorAll(".ways button")) button.setAttribute("aria-pressed", button.dataset.way === state.way);
  if (map.keys) clear(state.way === "row" ? queries : keys);
  let onPadding = 0;
  shadedTokens.forEach((token, other) => {
    const value = state.way === "row" ? weight(map, at, other) : weight(map, other, at);
    if (token.kind === "padding" && value > 0) onPadding += value;
    shade(shaded[other], value, token, map);
  });
  const pointed = map.keys && state.way === "column" ? keys : queries;
  for (const pieces of new Set([queries, keys])) {
    pieces.forEach((piece, place) => {
      const here = pieces === pointed && place === at;
      piece.classList.toggle("at", here);
      piece.setAttribute("aria-selected", here);
      piece.tabIndex = here ? 0 : -1;
    });
  }
  const said = map.words[state.way === "row" ? "of_row" : "of_column"].replace("{word}", by[at].text);
  const padding = onPadding > 0 ? ` · ${map.words.padding.replace("{weight}", written(onPadding, 2, map))}` : "";
  root.querySelector(".said").textContent = `${map.words.title} · ${said}${padding}`;
  root.dataset.at = at;
  root.dataset.way = state.way;
}

function clear(pieces) {
  for (const piece of pieces) {
    piece.style.background = piece.style.color = "";
    piece.querySelector("small").textContent = "";
    piece.title = "";
  }
}

function shade(piece, value, token, map) {
  const shown = !Number.isNaN(value);
  const level = shown ? Math.round(255 * Math.min(Math.max(value / map.top, 0), 1)) : 0;
  const paints = shown && token.kind !== "padding";
  piece.style.background = paints ? `rgb(${map.colours.slice(3 * level, 3 * level + 3).join(",")})` : "";
  piece.style.color = paints ? map.inks[value / map.top >= map.turns ? 1 : 0] : "";
  piece.querySelector("small").textContent = shown ? written(value, 2, map) : "–";
  piece.title = shown ? `${token.text}: ${written(value, 4, map)}` : `${token.text}: ${map.words.no_weight}`;
}

function written(value, digits, map) {
  return value.toFixed(digits).replace(".", map.point);
}
