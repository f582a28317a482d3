"""Draw all heads of one kind on one picture to print: layers down, heads across, names, tokens where they have room.

The picture is kept as one byte a pixel, the number of a colour, so that 144 heads of 512 tokens take 12 MB.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from PIL import Image, ImageDraw

from viz import theme
from viz.analysis.masks.cells import CAUSAL, HIDDEN, NOTHING, PADDING, VISIBLE, WINDOW, row_states
from viz.drawing import caption, overview, scale
from viz.drawing.fonts import font_for
from viz.drawing.shapes import wrapped
from viz.names import map_title
from viz.records import Run
from viz.text import _, number

MAX_TILE, MAX_CELL = 256, 24  # px of a head and of a cell, at most
_MAX_PIXELS = 60_000_000  # of all heads: more layers and heads get smaller tiles
_LABEL_CELL = 10  # px of a cell from which on tokens have room beside it
_GAP, _LINE, _TITLE_PX, _TEXT_PX = 14, 22, 13, 14
_SCALE_WIDE, _SCALE_HIGH = 250, 14
_EDGE = 12  # px around the picture

# Numbers of colours: 0..TOP a weight, then the states by their number, what they are struck with, and 16 inks.
TOP = 225
_STATES = TOP
_HATCH, _CROSS, _STRIKE, _DOT, _FRAME = range(TOP + 6, TOP + 11)
_INK = 240

Hear = Callable[[float], object]


@dataclass(frozen=True, slots=True)
class _Layout:
    """Say where everything lies, in px."""

    block: int  # cells that share a pixel, or a square of them
    cell: int
    wide: int  # of a tile
    high: int
    slot: int  # from tile to tile, across
    beside: int  # room for tokens
    above: int
    top: int  # where the tiles begin, below the caption


def poster(run: Run, row: int, kind: str = "self", hear: Hear = lambda share: None) -> bytes:
    """Draw all heads as PNG, colours of √weight as in the overview; ``hear`` is told the share that is done."""
    stack = run.stack(kind)
    titles = [
        [map_title(run.view, layer, head, kind) for head in range(stack.n_heads)] for layer in range(stack.n_layers)
    ]
    layout, lines = _layout(run, row, kind, titles)
    width, height = _size(layout, stack.n_layers, stack.n_heads)
    canvas = np.zeros((height, width), np.uint8)
    end = scale.top_of_all(run, row, kind)
    _write_caption(canvas, lines, end)
    _write_keys(canvas, run, row, kind, layout)
    states, weights = row_states(run, row, kind), run.maps[kind].attentions[row]
    for layer in range(stack.n_layers):
        of_layer = states[layer if len(states) > 1 else 0]
        strokes = _strokes(run, row, kind, of_layer, layout)
        levels = overview.levels(weights[layer] / np.float32(end), of_layer[None], layout.block)
        top = _tile_top(layout, layer)
        _write_queries(canvas, run, row, kind, layout, top)
        for head in range(stack.n_heads):
            left = _tile_left(layout, head)
            _write(canvas, titles[layer][head], left, top - 6, _TITLE_PX)
            _fill(canvas, levels[head], strokes, left, top, layout)
            hear((layer * stack.n_heads + head + 1) / (stack.n_layers * stack.n_heads))
    return _png(canvas)


def _layout(run: Run, row: int, kind: str, titles: list[list[str]]) -> tuple[_Layout, list[str]]:
    maps = run.maps[kind]
    n_queries, n_keys = maps.attentions.shape[-2:]
    n_heads = sum(len(line) for line in titles)
    tile = min(MAX_TILE, int((_MAX_PIXELS / n_heads) ** 0.5))
    block = -(-max(n_queries, n_keys) // tile)
    across, down = -(-n_keys // block), -(-n_queries // block)
    cell = max(1, min(MAX_CELL, tile // max(across, down)))
    has_labels = cell >= _LABEL_CELL
    beside, above = (
        max(_text_px(token, _label_px(cell)) for token in of[row]) + 8 if has_labels else 0
        for of in (maps.queries, maps.keys)
    )
    slot = max(cell * across, *(_text_px(title, _TITLE_PX) for line in titles for title in line)) + _GAP
    width = 2 * _EDGE + beside + slot * len(titles[0])
    lines = _caption(run, row, kind, block, width)
    top = _EDGE + _LINE * (len(lines) + 2) + above
    return _Layout(block, cell, cell * across, cell * down, slot, beside, above, top), lines


def _caption(run: Run, row: int, kind: str, block: int, width: int) -> list[str]:
    if run.view.contribution:
        said = [_("colour: square root of contribution, from 0 to the largest of all heads; rows: query, columns: key")]
    else:
        said = [_("colour: square root of attention, from 0 to 1; rows: query, columns: key")]
    if block > 1:
        said.append(_("each pixel shows the largest of {n} x {n} weights").format(n=block))
    room = max(width - 2 * _EDGE, 300)
    text = wrapped(caption.text_of(run, row, kind), room, _TEXT_PX)
    return [*text, *wrapped(caption.note(run, kind, *said), room, _TEXT_PX)]


def _size(layout: _Layout, n_layers: int, n_heads: int) -> tuple[int, int]:
    width = 2 * _EDGE + layout.beside + layout.slot * n_heads
    return max(width, 2 * _EDGE + 320), _tile_top(layout, n_layers) - _LINE + _EDGE


def _tile_top(layout: _Layout, layer: int) -> int:
    return layout.top + _LINE + layer * (layout.high + _LINE + _GAP)


def _tile_left(layout: _Layout, head: int) -> int:
    return _EDGE + layout.beside + head * layout.slot


def _fill(canvas: np.ndarray, levels: np.ndarray, strokes: np.ndarray, left: int, top: int, layout: _Layout) -> None:
    """Put a head's cells, and what strikes its states, into the canvas, with an edge around it."""
    canvas[top - 1 : top + layout.high + 1, left - 1 : left + layout.wide + 1] = _FRAME
    cells = _numbers()[levels].repeat(layout.cell, axis=0).repeat(layout.cell, axis=1)
    canvas[top : top + layout.high, left : left + layout.wide] = np.where(strokes, strokes, cells)


@cache
def _numbers() -> np.ndarray:
    """Give the number of the colour of each level of the overview."""
    levels = np.arange(256)
    weights = np.rint(levels * (TOP / overview.TOP_LEVEL))
    return np.where(levels <= overview.TOP_LEVEL, weights, levels - overview.TOP_LEVEL + _STATES).astype(np.uint8)


def _strokes(run: Run, row: int, kind: str, states: np.ndarray, layout: _Layout) -> np.ndarray:
    """Draw what strikes cells of a state, as numbers of colours ``[high, wide]``; 0 where nothing does."""
    maps, block, cell = run.maps[kind], layout.block, layout.cell
    real = maps.query_mask[row][:, None] & maps.key_mask[row]
    # A square of cells has a state where none of them shows a weight.
    pooled = overview.levels(np.zeros(states.shape, np.float32), states, block).astype(int) - overview.TOP_LEVEL
    pooled = np.maximum(pooled, VISIBLE).repeat(cell, axis=0).repeat(cell, axis=1)
    unreal = ~real[::block, ::block].repeat(cell, axis=0).repeat(cell, axis=1)
    y, x = np.ogrid[: pooled.shape[0], : pooled.shape[1]]
    every = max(cell, 6)
    drawn = np.zeros(pooled.shape, np.uint8)
    drawn[((pooled == PADDING) | unreal) & ((x + y) % 6 == 0)] = _HATCH
    drawn[(pooled == HIDDEN) & ((x % every == y % every) | (x % every == every - 1 - y % every))] = _CROSS
    drawn[(pooled == NOTHING) & (y % every == every // 2)] = _STRIKE
    drawn[((pooled == CAUSAL) | (pooled == WINDOW)) & (x % 6 == 3) & (y % 6 == 3)] = _DOT
    return drawn


def _write_caption(canvas: np.ndarray, lines: list[str], end: float) -> None:
    ground = _EDGE
    for line in lines:
        ground += _LINE
        _write(canvas, line, _EDGE, ground, _TEXT_PX)
    ground += _LINE
    _write(canvas, number(0), _EDGE, ground, _TEXT_PX)
    left, top = _EDGE + 16, ground - _SCALE_HIGH
    canvas[top - 1 : ground + 1, left - 1 : left + _SCALE_WIDE + 1] = _FRAME
    canvas[top:ground, left : left + _SCALE_WIDE] = np.rint(np.linspace(0, TOP, _SCALE_WIDE))
    _write(canvas, number(end, 0 if end == 1 else 2), left + _SCALE_WIDE + 8, ground, _TEXT_PX)


def _write_queries(canvas: np.ndarray, run: Run, row: int, kind: str, layout: _Layout, top: int) -> None:
    for at, token in enumerate(run.maps[kind].queries[row] if layout.beside else ()):
        size = _label_px(layout.cell)
        right = _EDGE + layout.beside - 6
        _write(canvas, token, right - _text_px(token, size), top + layout.cell * at + (layout.cell + size) // 2, size)


def _write_keys(canvas: np.ndarray, run: Run, row: int, kind: str, layout: _Layout) -> None:
    """Write the keys above each column of heads, upwards."""
    for head in range(run.stack(kind).n_heads if layout.above else 0):
        for at, token in enumerate(run.maps[kind].keys[row]):
            size = _label_px(layout.cell)
            right = _tile_left(layout, head) + layout.cell * at + (layout.cell + size) // 2
            _write(canvas, token, right, layout.top, size, turned=True)


def _label_px(cell: int) -> int:
    return min(_TITLE_PX, cell)


def _write(canvas: np.ndarray, text: str, x: int, y: int, size: int, *, turned: bool = False) -> None:
    """Write a line of text from a point of its ground; what would leave the canvas is cut."""
    letters = _letters(text, size)
    ink = np.rot90(letters) if turned else letters
    top, left = (y - ink.shape[0], x - ink.shape[1] + size // 4) if turned else (y - ink.shape[0] + size // 4, x)
    above, before = max(0, -top), max(0, -left)
    place = canvas[top + above : top + ink.shape[0], left + before : left + ink.shape[1]]
    ink = ink[above : above + place.shape[0], before : before + place.shape[1]]
    place[ink > 0] = _INK + ink[ink > 0]


@lru_cache(maxsize=2_048)
def _font(text: str, size: int):
    return font_for(text, size)


def _letters(text: str, size: int) -> np.ndarray:
    """Draw a line of text in 15 shades of ink, uint8 ``[high, wide]``, a quarter of its size below its ground."""
    font = _font(text, size)
    image = Image.new("L", (max(1, _text_px(text, size)), size + size // 4), 0)
    ImageDraw.Draw(image).text((0, size), text, fill=255, font=font, anchor="ls")
    return np.asarray(image) // 16


def _text_px(text: str, size: int) -> int:
    return int(np.ceil(_font(text, size).getlength(text)))


def _png(canvas: np.ndarray) -> bytes:
    image, buffer = Image.fromarray(canvas), io.BytesIO()
    image.putpalette(_palette().tobytes())
    image.save(buffer, format="PNG", compress_level=2)
    return buffer.getvalue()


def _palette() -> np.ndarray:
    colours = np.zeros((256, 3), np.uint8)
    colours[: TOP + 1] = theme.lookup_table(theme.WEIGHT_STOPS)[np.rint(np.linspace(0, 255, TOP + 1)).astype(int)]
    named = {
        _STATES + CAUSAL: theme.CAUSAL,
        _STATES + PADDING: theme.PADDING,
        _STATES + HIDDEN: theme.HIDDEN,
        _STATES + WINDOW: theme.CAUSAL,
        _STATES + NOTHING: theme.NOTHING,
        _HATCH: theme.PADDING_HATCH,
        _CROSS: theme.HIDDEN_CROSS,
        _STRIKE: theme.NOTHING_STROKE,
        _DOT: theme.PADDING_HATCH,
        _FRAME: "#888888",
    }
    for at, colour in named.items():
        colours[at] = theme.rgba(colour)[:3]
    colours[_INK:] = np.linspace(255, 0, 16).round()[:, None]
    return colours
