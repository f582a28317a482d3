"""Lay out one head as lines between two columns of words: as thick, and as dark, as the weight."""

import numpy as np

from viz import theme
from viz.analysis.masks.cells import VISIBLE, cell_states
from viz.drawing import caption, scale
from viz.drawing.map_sheet import GAP, SCALE_HIGH, legend
from viz.drawing.shapes import FONT_PX, SMALL_PX, Line, Shape, Sheet, Words, text_px
from viz.errors import TooManyForLines
from viz.names import map_title
from viz.records import Run
from viz.text import _, number

MOST_TOKENS = 64  # on either side: with more, lines are a grey plane
LEAST = 0.01  # weights below it are not drawn
THICKEST = 7  # px of a weight of 1
_THINNEST, _LIGHTEST = 0.4, 0.15
_SHOWN_WEIGHTS = (0.1, 0.5, 1.0)
_SAMPLE = 90  # px of one of them below the picture
_ROW = 20
_BETWEEN = 240  # px between the columns
_COLOUR = theme.WEIGHT_STOPS[4]
_GREY = "#9a9a9a"


def can_be_lines(run: Run, kind: str = "self") -> bool:
    """Tell whether a text is short enough."""
    return max(run.maps[kind].attentions.shape[-2:]) <= MOST_TOKENS


def too_many(run: Run, kind: str = "self") -> TooManyForLines:
    """Say why a long text has no lines."""
    return TooManyForLines(n_tokens=max(run.maps[kind].attentions.shape[-2:]), limit=MOST_TOKENS)


def lines_sheet(run: Run, row: int, layer: int, head: int, kind: str = "self") -> Sheet:
    """Draw queries left, keys right, a line for every visible weight from 0.01 on; padding is grey and has no line.

    Raises ``TooManyForLines``.
    """
    of = run.maps[kind]
    queries, keys = of.queries[row], of.keys[row]
    if not can_be_lines(run, kind):
        raise too_many(run, kind)
    title = map_title(run.view, layer, head, kind)
    heads = (_("query (this token looks)"), _("key (at this token)"))
    left = GAP + max(text_px(token) for token in queries) + GAP
    right = left + _BETWEEN
    width = max(right + GAP + max(text_px(token) for token in keys), text_px(title), _least_width(left, heads)) + GAP
    top = 4 * FONT_PX + GAP
    bottom = top + _ROW * max(len(queries), len(keys))
    end = scale.top(run, row, layer, head, kind)
    said = caption.note(run, kind, _describe(end))
    below, height = legend(run, row, kind, said, width, bottom + GAP)
    body: list[Shape] = [
        Words(GAP, GAP + FONT_PX, title, bold=True),
        Words(left, top - GAP, heads[0], px=SMALL_PX, anchor="end" if left > text_px(heads[0], SMALL_PX) else "start"),
        Words(right, top - GAP, heads[1], px=SMALL_PX),
        *_links(run, row, layer, head, kind, left, right, top),
        *_column(queries, of.query_mask[row], left - GAP, top, "end", "q"),
        *_column(keys, of.key_mask[row], right + GAP, top, "start", "k"),
        *_scale(bottom + GAP, end),
        *below,
    ]
    return Sheet(title, width, height, left, top, _ROW, body)


def _scale(top: int, end: float) -> list[Line | Words]:
    """Draw how thick some weights are, shares of ``end``."""
    ground, drawn = top + SCALE_HIGH, []
    for at, weight in enumerate(_SHOWN_WEIGHTS):
        x = GAP + at * _SAMPLE
        drawn.append(Words(x, ground, number(weight * end, 1 if end == 1 else 2), px=SMALL_PX))
        drawn.append(_link(x + 26, x + _SAMPLE - GAP, ground - 4, ground - 4, weight, _COLOUR))
    return drawn


def _link(
    left: float, right: float, from_y: float, to_y: float, weight: float, colour: str, said: str = "", mark: str = ""
) -> Line:
    wide, dark = max(_THINNEST, THICKEST * weight), min(1.0, max(_LIGHTEST, weight))
    return Line(left, from_y, right, to_y, colour, wide, dark, said, mark)


def _least_width(left: int, heads: tuple[str, str]) -> int:
    return left + _BETWEEN + text_px(heads[1], SMALL_PX)


def _describe(end: float) -> str:
    if end == 1:
        message = _("lines from query (left) to key (right), as thick as the weight; below {least} none is drawn")
    else:
        message = _("lines from query (left) to key (right), as thick as the contribution; below {least} none is drawn")
    return message.format(least=number(LEAST * end, 2 if end == 1 else 4))


def _column(tokens: tuple[str, ...], real: np.ndarray, x: int, top: int, anchor: str, side: str) -> list[Words]:
    def ground(at: int) -> float:
        return _middle(top, at) + FONT_PX / 3

    return [
        Words(x, ground(at), token, anchor=anchor, colour="#000000" if real[at] else _GREY, mark=f"{side}{at}")
        for at, token in enumerate(tokens)
    ]


def _links(run: Run, row: int, layer: int, head: int, kind: str, left: int, right: int, top: int) -> list[Line]:
    of = run.maps[kind]
    weights = np.where(cell_states(run, layer, kind)[row] == VISIBLE, of.attentions[row, layer, head], 0)
    end = scale.top(run, row, layer, head, kind)
    order = np.argsort(weights, axis=None, kind="stable")  # the strongest lie on top
    queries, keys = np.unravel_index(order[weights.ravel()[order] >= LEAST * end], weights.shape)
    on_padding = _("on padding")
    links = []
    for q, k in zip(queries.tolist(), keys.tolist(), strict=True):
        weight, is_real = float(weights[q, k]), of.query_mask[row, q] and of.key_mask[row, k]
        said = f"{of.queries[row][q]} → {of.keys[row][k]}: {weight:.6f}" + ("" if is_real else f" ({on_padding})")
        colour = _COLOUR if is_real else _GREY
        links.append(_link(left, right, _middle(top, q), _middle(top, k), weight / end, colour, said, f"q{q} k{k}"))
    return links


def _middle(top: int, at: int) -> float:
    return top + _ROW * at + _ROW / 2
