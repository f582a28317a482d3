"""Draw heads as the CS50 exercise does: one grey square a cell, darker = less attention, lighter = more.

What does not depend on the head (labels, padding, hidden and later cells) is drawn and compressed once a text, or once
a layer where layers let different cells through; a head then costs one copy and its numbers.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from viz.analysis.masks.cells import CAUSAL, HIDDEN, NOTHING, PADDING, VISIBLE, WINDOW, cell_states
from viz.drawing.fonts import font_for
from viz.names import diagram_name, folder_name, head_title
from viz.records import Run
from viz.text import _

CELL = 40  # px, as in the exercise
MAX_SIDE = 4000  # px of the grid: longer texts get smaller cells
_GAP = 8
_BACKGROUND, _INK, _QUIET = 0, 255, 150  # grey levels


@dataclass(frozen=True, slots=True, eq=False)
class _Template:
    """Hold a text's picture without weights: grey levels, where the grid begins, and which pixels show a weight."""

    pixels: np.ndarray  # uint8[height, width]
    left: int
    top: int
    cell: int
    shows_weight: np.ndarray | None  # bool[side, side], None = every pixel of the grid
    hatches_weights: bool  # where the model was not told of padding, its weights are hatched


def draw(run: Run, row: int, layer: int, head: int) -> Image.Image:
    """Draw one head of one text as a grey image: query rows, key columns."""
    return _fill(_template(run, row, layer), run, row, layer, head)


def write_all(run: Run, row: int, folder: Path) -> list[Path]:
    """Write one PNG a head, ``Attention_Layer1_Head1.png`` and so on, into a folder that is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, png in _all_pngs(run, row):
        (folder / name).write_bytes(png)
        written.append(folder / name)
    return written


def zip_all(run: Run, row: int) -> bytes:
    """Pack one PNG a head into a ZIP, in a folder named after the text."""
    buffer, folder = io.BytesIO(), folder_name(run.batch.texts[row])
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # PNGs are compressed already
        for name, png in _all_pngs(run, row):
            archive.writestr(f"{folder}/{name}", png)
    return buffer.getvalue()


def _all_pngs(run: Run, row: int) -> Iterator[tuple[str, bytes]]:
    n_templates, n_layers, n_heads = run.allowed.shape[1], run.model.n_layers, run.model.n_heads
    for first in range(n_templates):
        template = _template(run, row, first)
        stretches = _stretches(template)
        for layer in [first] if n_templates > 1 else range(n_layers):
            for head in range(n_heads):
                yield diagram_name(layer, head), _png(np.asarray(_fill(template, run, row, layer, head)), stretches)


def _stretches(template: _Template) -> list[tuple[slice, bytes | None]]:
    """Split a picture's lines into those that depend on the head (None) and those that do not (compressed already).

    PNG stores a line as its difference from the line above. Inside a row of cells, that is the same for every head:
    only the title, the first line of each row of cells and the line below the last one have to be compressed anew.
    """
    height, cell = len(template.pixels), template.cell
    if template.hatches_weights:  # a hatched weight differs from the line above inside a row of cells too
        return [(slice(0, height), None)]
    first_lines = range(template.top, height - _GAP + 1, cell)  # the last one is the line below the grid
    changing = [(0, _title_height(cell)), *((line, line + 1) for line in first_lines)]
    lines, stretches, done = _scan_lines(template.pixels), [], 0
    for start, end in [*changing, (height, height)]:
        stretches.append((slice(done, start), _deflate(lines[done:start], level=9)))
        stretches.append((slice(start, end), None))
        done = end
    return stretches


def _png(pixels: np.ndarray, stretches: list[tuple[slice, bytes | None]]) -> bytes:
    """Encode grey levels ``[height, width]`` as PNG, with the stretches that are compressed already."""
    lines = _scan_lines(pixels)
    parts = [_deflate(lines[part], level=1) if ready is None else ready for part, ready in stretches]
    # A zlib stream: its header, blocks that each stand alone, an empty last block, and the sum of everything.
    data = b"\x78\x01" + b"".join(parts) + b"\x03\x00" + struct.pack(">I", zlib.adler32(lines))
    height, width = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)  # 8 bits of grey, not interlaced
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def _scan_lines(pixels: np.ndarray) -> np.ndarray:
    """Give PNG's lines, uint8 ``[height, 1 + width]``: filter 2, and the difference from the line above."""
    lines = np.full((len(pixels), 1 + pixels.shape[1]), 2, dtype=np.uint8)
    lines[0, 1:] = pixels[0]
    np.subtract(pixels[1:], pixels[:-1], out=lines[1:, 1:])
    return lines


def _deflate(lines: np.ndarray, level: int) -> bytes:
    """Compress lines into blocks that need none before them and end on a whole byte."""
    compressor = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(lines) + compressor.flush(zlib.Z_FULL_FLUSH)


def _fill(template: _Template, run: Run, row: int, layer: int, head: int) -> Image.Image:
    """Put a head's weights, as round(255 * weight), and its name into a copy of the template."""
    pixels = template.pixels.copy()
    levels = np.rint(255 * np.clip(run.attentions[row, layer, head], 0, 1)).astype(np.uint8)
    squares = levels.repeat(template.cell, axis=0).repeat(template.cell, axis=1)
    side = len(squares)
    grid = pixels[template.top : template.top + side, template.left : template.left + side]
    np.copyto(grid, squares, where=True if template.shows_weight is None else template.shows_weight)
    image = Image.fromarray(pixels)
    title = head_title(layer, head)
    ImageDraw.Draw(image).text((_GAP, _GAP), title, fill=_INK, font=font_for(title, _title_size(template.cell)))
    return image


def _template(run: Run, row: int, layer: int) -> _Template:
    tokens, states = run.batch.tokens[row], cell_states(run, layer)[row]
    cell = max(1, min(CELL, MAX_SIDE // len(tokens)))
    labels = [_label(token, _label_size(cell)) for token in tokens]
    margin = max(label.width for label in labels) + 2 * _GAP
    side = cell * len(tokens)
    left, top = margin, margin + _title_height(cell)
    stamp = _("random weights") if run.model.weights == "random" else ""
    title = _label(f"{head_title(run.model.n_layers, run.model.n_heads)}   {stamp}", _title_size(cell))
    canvas = Image.new("L", (max(left + side, title.width + _GAP) + _GAP, top + side + _GAP), _BACKGROUND)
    if stamp:
        label = _label(stamp, _title_size(cell))
        canvas.paste(label, (canvas.width - label.width - _GAP, _GAP))
    for i in range(0, len(labels), -(-_label_size(cell) // cell)):  # cells lower than a letter: not every label fits
        label, middle = labels[i], cell * i + cell // 2
        canvas.paste(_INK, (left - _GAP - label.width, top + middle - label.height // 2), label)
        turned = label.transpose(Image.Transpose.ROTATE_90)
        canvas.paste(_INK, (left + middle - turned.width // 2, top - _GAP - turned.height), turned)
    ImageDraw.Draw(canvas).rectangle((left - 1, top - 1, left + side, top + side), outline=_QUIET)
    pixels = np.array(canvas)
    real = run.batch.attention_mask[row]
    on_padding = (states == VISIBLE) & ~(real[:, None] & real)
    shows_weight = None
    if (states != VISIBLE).any():
        grid = _stateful_grid(np.where(on_padding, PADDING, states), cell)
        pixels[top : top + side, left : left + side] = grid
        shows_weight = (states == VISIBLE).repeat(cell, axis=0).repeat(cell, axis=1)
        shows_weight &= ~(on_padding.repeat(cell, axis=0).repeat(cell, axis=1) & (grid == _QUIET))
    return _Template(pixels, left, top, cell, shows_weight, bool(on_padding.any()))


def _stateful_grid(states: np.ndarray, cell: int) -> np.ndarray:
    """Draw cells by state: padding hatched, hidden crossed, later keys as dots, rows of nothing struck."""
    tiles = {state: _tile(state, cell) for state in (VISIBLE, CAUSAL, PADDING, HIDDEN, WINDOW, NOTHING)}
    n = len(states)
    tile_table = np.stack([tiles[state] for state in sorted(tiles)])
    return tile_table[states].transpose(0, 2, 1, 3).reshape(n * cell, n * cell)


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
