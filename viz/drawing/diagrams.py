"""Draw heads as the CS50 exercise does: one grey square a cell, darker = less attention, lighter = more.

What does not depend on the head (labels, padding, hidden and later cells) is drawn once a text, or once a layer where
layers let different cells through; a head then costs one copy and its numbers.
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from viz import whole_file
from viz.analysis.masks.cells import CAUSAL, HIDDEN, NOTHING, PADDING, VISIBLE, WINDOW, cell_states
from viz.drawing import scale
from viz.drawing.fonts import font_for
from viz.names import diagram_name, folder_name, map_title
from viz.records import Run
from viz.text import _, number

CELL = 40  # px, as in the exercise
MAX_SIDE = 4000  # px of the grid: longer texts get smaller cells
ZIP_SIDE = 1300  # of each of many: 144 heads of 128 tokens took 26 s to write at 4000, and 3 s so
_GAP = 8
_BACKGROUND, _INK, _QUIET = 0, 255, 150  # grey levels


Hear = Callable[[float], object]


@dataclass(frozen=True, slots=True, eq=False)
class _Template:
    """Hold a text's picture without weights: grey levels, where the grid begins, and which pixels show a weight."""

    pixels: np.ndarray  # uint8[height, width]
    left: int
    top: int
    cell: int
    shows_weight: np.ndarray | None  # bool[side, side], None = every pixel of the grid


def draw(run: Run, row: int, layer: int, head: int, kind: str = "self") -> Image.Image:
    """Draw one head of one kind of one text as a grey image: query rows, key columns."""
    return _fill(_template(run, row, layer, kind, MAX_SIDE), run, row, layer, head, kind)


def write_all(run: Run, row: int, folder: Path, kind: str = "self") -> list[Path]:
    """Write one PNG a head of one kind, ``Attention_Layer1_Head1.png`` and so on, into a folder, made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, png in _all_pngs(run, row, kind):
        whole_file.write(folder / name, png)
        written.append(folder / name)
    return written


def zip_all(run: Run, row: int, kind: str = "self", hear: Hear = lambda share: None) -> bytes:
    """Pack one PNG a head of one kind into a ZIP, in a folder named after the text; ``hear`` is told the share done."""
    buffer, folder, stack = io.BytesIO(), folder_name(run.batch.texts[row]), run.stack(kind)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # PNGs are compressed already
        for done, (name, png) in enumerate(_all_pngs(run, row, kind, ZIP_SIDE), start=1):
            archive.writestr(f"{folder}/{name}", png)
            hear(done / (stack.n_layers * stack.n_heads))
    return buffer.getvalue()


def png(picture: Image.Image) -> bytes:
    """Encode a picture as PNG, fast rather than small: flat squares take little room at any level."""
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def _all_pngs(run: Run, row: int, kind: str = "self", max_side: int = MAX_SIDE) -> Iterator[tuple[str, bytes]]:
    n_templates, stack = run.maps[kind].allowed.shape[1], run.stack(kind)
    for first in range(n_templates):
        template = _template(run, row, first, kind, max_side)
        for layer in [first] if n_templates > 1 else range(stack.n_layers):
            for head in range(stack.n_heads):
                yield (
                    diagram_name(layer, head, kind=kind, view=run.view),
                    png(_fill(template, run, row, layer, head, kind)),
                )


def _fill(template: _Template, run: Run, row: int, layer: int, head: int, kind: str) -> Image.Image:
    """Put a head's weights, as round(255 * weight), and its name into a copy of the template.

    Contributions are shares of the map's largest.
    """
    pixels = template.pixels.copy()
    end = scale.top(run, row, layer, head, kind)
    levels = np.rint(255 * np.clip(run.maps[kind].attentions[row, layer, head] / end, 0, 1)).astype(np.uint8)
    squares = _enlarged(levels, template.cell)
    high, wide = squares.shape
    grid = pixels[template.top : template.top + high, template.left : template.left + wide]
    np.copyto(grid, squares, where=True if template.shows_weight is None else template.shows_weight)
    image = Image.fromarray(pixels)
    title = _title(run, layer, head, kind, end)
    ImageDraw.Draw(image).text((_GAP, _GAP), title, fill=_INK, font=font_for(title, _title_size(template.cell)))
    return image


def _title(run: Run, layer: int, head: int, kind: str, end: float) -> str:
    """Name a head, and of contributions the one that is white: every map has its own."""
    title = map_title(run.view, layer, head, kind)
    if not run.view.contribution:
        return title
    white = _("white = {largest}").format(largest=number(end, 2))
    return f"{title} · {white}"


def _template(run: Run, row: int, layer: int, kind: str, max_side: int) -> _Template:
    queries, keys = run.maps[kind].queries[row], run.maps[kind].keys[row]
    cell = max(1, min(CELL, max_side // max(len(queries), len(keys))))
    beside, overhead = ([_label(token, _label_size(cell)) for token in tokens] for tokens in (queries, keys))
    left = max(label.width for label in beside) + 2 * _GAP
    top = max(label.width for label in overhead) + 2 * _GAP + _title_height(cell)
    high, wide = cell * len(queries), cell * len(keys)
    canvas = _canvas(run, left + wide, top + high, cell, kind)
    _draw_labels(canvas, beside, overhead, left, top, cell)
    ImageDraw.Draw(canvas).rectangle((left - 1, top - 1, left + wide, top + high), outline=_QUIET)
    pixels = np.array(canvas)
    grid, shows_weight = _grid(run, row, layer, cell, kind)
    pixels[top : top + high, left : left + wide] = grid
    return _Template(pixels, left, top, cell, shows_weight)


def _canvas(run: Run, right: int, bottom: int, cell: int, kind: str) -> Image.Image:
    """Make a canvas for a grid that ends there, wide enough for every title, with the stamp of random weights."""
    stamp = _("random weights") if run.model.weights == "random" else ""
    stack = run.stack(kind)
    title = _label(f"{_title(run, stack.n_layers, stack.n_heads, kind, 999.99)}   {stamp}", _title_size(cell))
    canvas = Image.new("L", (max(right, title.width + _GAP) + _GAP, bottom + _GAP), _BACKGROUND)
    if stamp:
        label = _label(stamp, _title_size(cell))
        canvas.paste(label, (canvas.width - label.width - _GAP, _GAP))
    return canvas


def _draw_labels(
    canvas: Image.Image, beside: list[Image.Image], overhead: list[Image.Image], left: int, top: int, cell: int
) -> None:
    """Write the tokens beside the grid and, turned, above it; not every one where cells are lower than a letter."""
    step = -(-_label_size(cell) // cell)
    for i in range(0, len(beside), step):
        label, middle = beside[i], cell * i + cell // 2
        canvas.paste(_INK, (left - _GAP - label.width, top + middle - label.height // 2), label)
    for i in range(0, len(overhead), step):
        turned, middle = overhead[i].transpose(Image.Transpose.ROTATE_90), cell * i + cell // 2
        canvas.paste(_INK, (left + middle - turned.width // 2, top - _GAP - turned.height), turned)


def _grid(run: Run, row: int, layer: int, cell: int, kind: str) -> tuple[np.ndarray | int, np.ndarray | None]:
    """Give the grid's pixels without weights, and those that show a weight: not all where a state or hatching is."""
    maps = run.maps[kind]
    states, real = cell_states(run, layer, kind)[row], maps.query_mask[row][:, None] & maps.key_mask[row]
    if (states == VISIBLE).all() and real.all():
        return _BACKGROUND, None
    on_padding = (states == VISIBLE) & ~real
    grid = _stateful_grid(np.where(on_padding, PADDING, states), cell)
    hatched = _enlarged(on_padding, cell) & (grid == _QUIET)
    return grid, _enlarged(states == VISIBLE, cell) & ~hatched


def _enlarged(cells: np.ndarray, cell: int) -> np.ndarray:
    """Repeat each cell as a square of pixels."""
    return cells.repeat(cell, axis=0).repeat(cell, axis=1)


def _stateful_grid(states: np.ndarray, cell: int) -> np.ndarray:
    """Draw cells by state: padding hatched, hidden crossed, later keys as dots, rows of nothing struck."""
    tiles = {state: _tile(state, cell) for state in (VISIBLE, CAUSAL, PADDING, HIDDEN, WINDOW, NOTHING)}
    n_queries, n_keys = states.shape
    tile_table = np.stack([tiles[state] for state in sorted(tiles)])
    return tile_table[states].transpose(0, 2, 1, 3).reshape(n_queries * cell, n_keys * cell)


def _tile(state: int, cell: int) -> np.ndarray:
    """Draw one cell of a state, uint8 ``[cell, cell]``."""
    tile = Image.new("L", (cell, cell), {PADDING: 90}.get(state, _BACKGROUND))
    pen = ImageDraw.Draw(tile)
    last = cell - 1
    if state == PADDING:
        for start in range(-cell, cell, max(4, cell // 4)):
            pen.line((start, last, start + last, 0), fill=_QUIET, width=max(1, cell // 20))
    elif state == HIDDEN:
        pen.rectangle((0, 0, last, last), outline=_QUIET)
        pen.line((0, 0, last, last), fill=_INK, width=max(1, cell // 20))
        pen.line((0, last, last, 0), fill=_INK, width=max(1, cell // 20))
    elif state == NOTHING:
        pen.line((0, cell // 2, last, cell // 2), fill=_INK, width=max(1, cell // 20))
    elif state in (CAUSAL, WINDOW):
        pen.point([(x, y) for x in range(0, cell, 4) for y in range(0, cell, 4)], fill=90)
    return np.array(tile)


def _label(text: str, size: int) -> Image.Image:
    """Draw a label in white on black, as wide as it needs and a line high, so that "." stays on the ground."""
    font = font_for(text, size)
    left, top, right, bottom = font.getbbox(text)
    top, bottom = min(top, 0), max(bottom, sum(font.getmetrics()))
    label = Image.new("L", (max(1, round(right - left)), round(bottom - top)), _BACKGROUND)
    ImageDraw.Draw(label).text((-left, -top), text, fill=_INK, font=font)
    return label


def _label_size(cell: int) -> int:
    return max(6, round(0.6 * cell))


def _title_size(cell: int) -> int:
    return max(14, round(0.5 * cell))


def _title_height(cell: int) -> int:
    return _title_size(cell) + 2 * _GAP
