"""Lay out one head's map for papers and slides: the same colours and states as on the page, sharp at any size."""

from collections.abc import Sequence

import numpy as np

from viz import theme
from viz.analysis.masks.cells import CAUSAL, HIDDEN, NOTHING, PADDING, VISIBLE, WINDOW, cell_states, is_causal
from viz.drawing import caption, scale, shapes
from viz.drawing.shapes import FONT_PX, SMALL_PX, Rect, Scale, Sheet, Words, text_px, wrapped
from viz.names import map_title
from viz.records import Run
from viz.text import _, number

CELL = 24
USUAL_NUMBERS, MOST_NUMBERS = 12, 24  # tokens on a side up to which cells hold their number, and can
_NUMBER_PX = 9  # "0.87" has room in a cell
GAP = 8
_LEAST_WIDE = 360  # px: less than this breaks the caption too often
_SCALE_WIDE, SCALE_HIGH = 100, 10
_LINE_HIGH = 15


def map_sheet(run: Run, row: int, layer: int, head: int, kind: str = "self", *, numbers: bool = False) -> Sheet:
    """Draw one head: query rows, key columns, colours up to 1; ``numbers`` writes the weights into the cells.

    The colours of contributions go up to the map's largest.
    """
    queries, keys = run.maps[kind].queries[row], run.maps[kind].keys[row]
    left, top = (GAP + max(text_px(token) for token in tokens) + GAP for tokens in (queries, keys))
    top += 2 * FONT_PX
    wide, high = CELL * len(keys), CELL * len(queries)
    title = map_title(run.view, layer, head, kind)
    width = max(left + wide, text_px(title) + GAP, _LEAST_WIDE) + GAP
    end = scale.top(run, row, layer, head, kind)
    said = caption.note(run, kind, _said(run), _("colour from 0 to {end}").format(end=_short(end)))
    below, height = legend(run, row, kind, said, width, top + high + GAP)
    body = [
        Words(GAP, GAP + FONT_PX, title, bold=True),
        *_labels(queries, keys, left, top),
        *_cells(run, row, layer, head, kind, left, top, numbers),
        Rect(left, top, wide, high, "none", edge="#888888"),
        *_scale(top + high + GAP, end),
        *below,
    ]
    return Sheet(title, width, height, left, top, CELL, body)


def has_room_for_numbers(run: Run, kind: str = "self", most: int = MOST_NUMBERS) -> bool:
    """Tell whether a text is short enough for numbers in the cells."""
    return max(run.maps[kind].attentions.shape[-2:]) <= most


def _said(run: Run) -> str:
    if run.view.contribution:
        return _("contribution; rows: query, columns: key")
    return _("attention; rows: query, columns: key")


def _short(end: float) -> str:
    return number(end, 0 if end == 1 else 2)


def _scale(top: int, end: float) -> list[Words | Scale]:
    ground = top + SCALE_HIGH
    return [
        Words(GAP, ground, number(0), px=SMALL_PX),
        Scale(GAP + 12, top, _SCALE_WIDE, SCALE_HIGH),
        Words(GAP + 16 + _SCALE_WIDE, ground, _short(end), px=SMALL_PX),
    ]


def legend(run: Run, row: int, kind: str, said: str, width: int, top: int) -> tuple[list[Words], int]:
    """Write the text, and what is said of the numbers, below a scale; gives where the sheet ends below them."""
    room = width - 2 * GAP
    lines = [*wrapped(caption.text_of(run, row, kind), room), *wrapped(said, room)]
    drawn, ground = [], top + SCALE_HIGH
    for line in lines:
        ground += _LINE_HIGH
        drawn.append(Words(GAP, ground, line, px=SMALL_PX))
    return drawn, ground + GAP


def _labels(queries: Sequence[str], keys: Sequence[str], left: int, top: int) -> list[Words]:
    def middle(at: int) -> float:
        return CELL * at + CELL / 2 + FONT_PX / 3

    beside = [Words(left - GAP, top + middle(at), token, anchor="end") for at, token in enumerate(queries)]
    overhead = [Words(left + middle(at), top - GAP, token, turned=True) for at, token in enumerate(keys)]
    return beside + overhead


def _cells(
    run: Run, row: int, layer: int, head: int, kind: str, left: int, top: int, numbers: bool
) -> list[Rect | Words]:
    maps = run.maps[kind]
    states, weights = cell_states(run, layer, kind)[row], maps.attentions[row, layer, head]
    end = scale.top(run, row, layer, head, kind)
    colours = theme.lookup_table(theme.WEIGHT_STOPS)[np.rint(255 * np.clip(weights / end, 0, 1)).astype(int)]
    fills = {PADDING: shapes.PADDING, HIDDEN: shapes.HIDDEN, NOTHING: shapes.NOTHING}
    nothing = _("may look at nothing")
    empty = np.isin(states, (CAUSAL, WINDOW))
    cells: list[Rect | Words] = []
    if is_causal(run, kind) or empty.any():  # dots below all cells: where no key is shown, white would look like 0.00
        high, wide = CELL * states.shape[0], CELL * states.shape[1]
        cells.append(Rect(left, top, wide, high, shapes.LATER))
    for q, k in np.argwhere(~empty).tolist():
        place = (left + CELL * k, top + CELL * q, CELL, CELL)
        if states[q, k] == VISIBLE:
            shown = f"{weights[q, k]:.6f}"
            cells.append(Rect(*place, theme.hex_colour(colours[q, k]), said=shown))
            if not (maps.query_mask[row, q] and maps.key_mask[row, k]):  # the model was not told that this is padding
                cells.append(Rect(*place, shapes.ON_PADDING, said=shown))
            if numbers:
                cells.append(_number(weights[q, k], theme.ink_on(colours[q, k]), *place))
        else:
            cells.append(Rect(*place, fills[states[q, k]], said=nothing if states[q, k] == NOTHING else ""))
    return cells


def _number(weight: float, ink: str, x: int, y: int, wide: int, high: int) -> Words:
    middle = (x + wide / 2, y + high / 2 + _NUMBER_PX / 3)
    return Words(*middle, number(weight, 2), px=_NUMBER_PX, anchor="middle", colour=ink)
