// A board of switches, one a head: layers down, heads across. The number of a layer or of a head switches its whole line.
//
// The browser counts what it sends and Python says which it answers. Heads that answer less than the last click sent are
// late: the person has clicked again since, and drawing them would take that click away.

const memory = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".switches");
  if (!root || !data) return;
  const find = (selector) => root.querySelector(selector);
  const board = memory.get(root) || { find, name: null, sent: data.answered, answered: data.answered, cursor: [1, 1] };
  memory.set(root, board);
  board.send = (change) => setTriggerValue("switched", change);
  follow(board, data);
  const known = (window.headlightChosen || {}).heads;
  if (known) showOpen(board, known);
  const listen = (event) => { if (event.detail.board === "heads") showOpen(board, event.detail.place); };
  window.addEventListener("headlight-chosen", listen);
  return () => window.removeEventListener("headlight-chosen", listen);
}

// Take Python's heads, unless they are late.
function follow(board, data) {
  const another = data.board !== board.name;
  if (data.answered < board.answered) board.sent = data.answered; // a server that has started again
  board.answered = data.answered;
  board.data = data;
  if (another) {
    board.name = data.board;
    board.cursor = [1, 1];
    build(board);
  } else if (data.answered < board.sent) return;
  board.off = new Set(data.off);
  draw(board);
}

// A place counts from 1: 0 is the line of the numbers. Button (0, 0) is a word.
function build(board) {
  const { data, find } = board;
  const grid = find(".board");
  grid.style.gridTemplateColumns = `auto repeat(${data.heads}, minmax(0, 1fr))`;
  grid.setAttribute("aria-label", data.words.label);
  board.buttons = [];
  const cells = [];
  for (let row = 0; row <= data.layers; row++) {
    board.buttons.push([]);
    for (let column = 0; column <= data.heads; column++) cells.push(cell(board, row, column));
  }
  grid.replaceChildren(...cells);
  grid.onkeydown = (event) => move(board, event);
  find(".note").textContent = data.words.note;
  find(".help").textContent = data.words.help;
  const pen = find(".legend canvas").getContext("2d");
  data.scale.forEach((colour, at) => {
    pen.fillStyle = colour;
    pen.fillRect((at * 256) / data.scale.length, 0, 256 / data.scale.length + 1, 1);
  });
}

function cell(board, row, column) {
  const { data } = board;
  if (!row && !column) {
    const corner = document.createElement("span");
    corner.className = "corner";
    corner.textContent = data.words.corner;
    board.buttons[0].push(null);
    return corner;
  }
  const button = document.createElement("button");
  button.type = "button";
  button.tabIndex = -1;
  if (row && column) button.setAttribute("role", "switch");
  else {
    button.textContent = String(row || column);
    button.className = row ? "line layer" : "line";
    button.setAttribute("aria-label", (row ? data.words.layer : data.words.head).replace("{number}", row || column));
    button.title = button.getAttribute("aria-label");
  }
  button.onclick = () => flip(board, row, column);
  button.onfocus = () => point(board, row, column);
  board.buttons[row].push(button);
  return button;
}

function placesOf({ data }, row, column) {
  const rows = row ? [row - 1] : [...Array(data.layers).keys()];
  const columns = column ? [column - 1] : [...Array(data.heads).keys()];
  return rows.flatMap((layer) => columns.map((head) => layer * data.heads + head));
}

// A line that is off as a whole goes on; else all of it goes off.
function flip(board, row, column) {
  const places = placesOf(board, row, column);
  const goesOn = places.every((place) => board.off.has(place));
  places.forEach((place) => (goesOn ? board.off.delete(place) : board.off.add(place)));
  draw(board);
  board.sent += 1;
  board.send({ board: board.name, count: board.sent, off: [...board.off], last: row && column ? places[0] : null });
  const one = row && column;
  board.find(".said").textContent = one ? spoken(board, places[0]) : board.data.words.count.replace("{n}", board.off.size);
}

function spoken({ data, off }, place) {
  return `${data.titles[place]}: ${off.has(place) ? data.words.off : data.words.on}`;
}

function draw(board) {
  const { data, off, buttons } = board;
  data.titles.forEach((title, place) => {
    const button = buttons[Math.floor(place / data.heads) + 1][(place % data.heads) + 1];
    const isOff = off.has(place);
    button.setAttribute("aria-checked", String(!isOff));
    button.setAttribute("aria-label", title);
    button.title = `${spoken(board, place)} · ${data.notes[place]}`;
    button.classList.toggle("off", isOff);
    button.textContent = isOff ? "✕" : "";
    button.style.background = isOff ? data.offColours[0] : data.colours[place];
    button.style.color = isOff ? data.offColours[1] : "";
  });
  const [row, column] = board.cursor;
  buttons[row][column].tabIndex = 0;
}

function showOpen(board, [layer, head]) {
  board.buttons.flat().forEach((button) => button && button.classList.remove("open"));
  const row = board.buttons[layer + 1];
  if (row && row[head + 1]) row[head + 1].classList.add("open");
}

// One button of the board is on the way of the tab key; arrows go to the others.
function point(board, row, column) {
  const [before, beside] = board.cursor;
  board.buttons[before][beside].tabIndex = -1;
  board.cursor = [row, column];
  board.buttons[row][column].tabIndex = 0;
}

function move(board, event) {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = (board.buttons[board.cursor[0] + step[0]] || [])[board.cursor[1] + step[1]];
  if (next) next.focus();
}
