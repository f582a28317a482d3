// Where a key of the keyboard leads from a cell of a map, and how a cell's number is written: what the walk over a chart
// and the zooming map of a long text have in common. It is put in front of their own files.

const PAGE_OF_ROWS = 10;

// Give the cell that a key leads to, null where it leads nowhere. `largestOf` gives a row's largest column.
function cellAfter(event, [row, column], rows, columns, largestOf) {
  if (event.altKey || event.metaKey) return null;
  const ends = event.ctrlKey;
  const to = {
    ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
    Home: [ends ? 0 : row, 0], End: [ends ? rows - 1 : row, columns - 1],
    PageUp: [row - PAGE_OF_ROWS, column], PageDown: [row + PAGE_OF_ROWS, column],
  }[event.key] || (event.key.toLowerCase() === "m" && !ends ? [row, largestOf(row)] : null);
  const inside = (at, count) => Math.min(Math.max(at, 0), count - 1);
  return to && [inside(to[0], rows), inside(to[1], columns)];
}

// The largest column of a row of float32 numbers, the first where several are; the row's own first where none is one.
function largestColumn(values, columns, row) {
  let best = 0;
  for (let column = 1; column < columns; column++) {
    const value = values[row * columns + column];
    if (!Number.isNaN(value) && !(value <= values[row * columns + best])) best = column;
  }
  return best;
}

// Round half to even, as the tables do: a float32 times 10^4 is exact here.
function written(value, digits, point, signed) {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e6) return String(Number(value.toPrecision(4)));
  const by = 10 ** digits, scaled = value * by, down = Math.floor(scaled);
  const rounded = scaled - down === 0.5 ? down + (down % 2 === 0 ? 0 : 1) : Math.round(scaled);
  const text = (rounded / by).toFixed(digits).replace("-", "−").replace(".", point);
  return signed && rounded > 0 ? `+${text}` : text;
}
