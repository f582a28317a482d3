"""Draw one head as SVG, for papers and slides: the same colours and states as on the page, sharp at any size."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

import numpy as np

from viz import theme
from viz.analysis.masks.cells import CAUSAL, HIDDEN, NOTHING, PADDING, VISIBLE, WINDOW, cell_states, is_causal
from viz.analysis.views.viewed import said
from viz.names import map_title
from viz.records import Run
from viz.text import _

_CELL = 24
_FONT = 13
_GAP = 8
_LEGEND = 46  # height below the map

_PATTERNS = (
    f'<pattern id="padding" width="6" height="6" patternUnits="userSpaceOnUse">'
    f'<rect width="6" height="6" fill="{theme.PADDING}"/>'
    f'<path d="M0,6L6,0" stroke="{theme.PADDING_HATCH}"/></pattern>'
    f'<pattern id="on-padding" width="6" height="6" patternUnits="userSpaceOnUse">'
    f'<path d="M0,6L6,0" stroke="{theme.PADDING_HATCH}"/></pattern>'
    f'<pattern id="hidden" width="{_CELL}" height="{_CELL}" patternUnits="userSpaceOnUse" '
    f'patternTransform="translate({{left}},{{top}})"><rect width="{_CELL}" height="{_CELL}" fill="{theme.HIDDEN}"/>'
    f'<path d="M0,0L{_CELL},{_CELL}M0,{_CELL}L{_CELL},0" stroke="{theme.HIDDEN_CROSS}" stroke-width="0.8"/></pattern>'
    f'<pattern id="nothing" width="{_CELL}" height="{_CELL}" patternUnits="userSpaceOnUse" '
    f'patternTransform="translate({{left}},{{top}})"><rect width="{_CELL}" height="{_CELL}" fill="{theme.NOTHING}"/>'
    f'<path d="M0,{_CELL // 2}H{_CELL}" stroke="{theme.NOTHING_STROKE}" stroke-width="0.8"/></pattern>'
    f'<pattern id="later" width="6" height="6" patternUnits="userSpaceOnUse">'
    f'<path d="M2,3H3" stroke="{theme.PADDING_HATCH}"/></pattern>'
)


def head_svg(run: Run, row: int, layer: int, head: int, kind: str = "self") -> str:
    """Draw one head as an SVG document: query rows, key columns, colours from 0 to 1, each cell with its number.

    The number is in a ``<title>``, which viewers show under the pointer.
    """
    queries, keys = run.maps[kind].queries[row], run.maps[kind].keys[row]
    left, top = (_GAP + max(_text_px(token) for token in tokens) + _GAP for tokens in (queries, keys))
    top += 2 * _FONT
    wide, high = _CELL * len(keys), _CELL * len(queries)
    title, note = map_title(run.view, layer, head, kind), _note(run, kind)
    width, height = max(left + wide, _GAP + _text_px(note), 360) + _GAP, top + high + _LEGEND
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="Noto Sans, DejaVu Sans, Arial, sans-serif" font-size="{_FONT}">',
        f"<defs>{_PATTERNS.format(left=left, top=top)}</defs>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_GAP}" y="{_GAP + _FONT}" font-weight="bold">{escape(title)}</text>',
        *_labels(queries, keys, left, top),
        *_cells(run, row, layer, head, kind, left, top),
        f'<rect x="{left}" y="{top}" width="{wide}" height="{high}" fill="none" stroke="#888888" stroke-width="0.5"/>',
        *_legend(note, _GAP, top + high + _GAP),
        "</svg>",
    ]
    return "\n".join(body)


def _labels(queries: Sequence[str], keys: Sequence[str], left: int, top: int) -> list[str]:
    def middle(at: int) -> float:
        return _CELL * at + _CELL / 2 + _FONT / 3

    beside = [
        f'<text x="{left - _GAP}" y="{top + middle(at):.1f}" text-anchor="end">{escape(token)}</text>'
        for at, token in enumerate(queries)
    ]
    overhead = [
        f'<text transform="translate({left + middle(at):.1f},{top - _GAP}) rotate(-90)">{escape(token)}</text>'
        for at, token in enumerate(keys)
    ]
    return beside + overhead


def _cells(run: Run, row: int, layer: int, head: int, kind: str, left: int, top: int) -> list[str]:
    maps = run.maps[kind]
    states, weights = cell_states(run, layer, kind)[row], maps.attentions[row, layer, head]
    colours = theme.lookup_table(theme.WEIGHT_STOPS)[np.rint(255 * np.clip(weights, 0, 1)).astype(int)]
    fills = {PADDING: "url(#padding)", HIDDEN: "url(#hidden)", NOTHING: "url(#nothing)"}
    nothing = _("may look at nothing")
    words = f"<title>{escape(nothing)}</title>"
    empty = np.isin(states, (CAUSAL, WINDOW))
    cells = []
    if is_causal(run, kind) or empty.any():  # dots below all cells: where no key is shown, white would look like 0.00
        high, wide = _CELL * states.shape[0], _CELL * states.shape[1]
        cells.append(f'<rect x="{left}" y="{top}" width="{wide}" height="{high}" fill="url(#later)"/>')
    for q, k in np.argwhere(~empty).tolist():
        place = f'x="{left + _CELL * k}" y="{top + _CELL * q}" width="{_CELL}" height="{_CELL}"'
        if states[q, k] == VISIBLE:
            fill = "#{:02x}{:02x}{:02x}".format(*colours[q, k].tolist())
            number = f"<title>{weights[q, k]:.6f}</title>"
            cells.append(f'<rect {place} fill="{fill}">{number}</rect>')
            if not (maps.query_mask[row, q] and maps.key_mask[row, k]):  # the model was not told that this is padding
                cells.append(f'<rect {place} fill="url(#on-padding)">{number}</rect>')
        else:
            said = words if states[q, k] == NOTHING else ""
            cells.append(f'<rect {place} fill="{fills[states[q, k]]}">{said}</rect>')
    return cells


def _note(run: Run, kind: str) -> str:
    parts = [_("attention; rows: query, columns: key"), run.model.checkpoint]
    if read := said(run.view, kind):
        parts.append(read)
    if run.model.weights == "random":
        parts.append(_("random weights"))
    return " · ".join(parts)


def _legend(note: str, left: int, top: int) -> list[str]:
    stops = "".join(
        f'<stop offset="{offset:.3f}" stop-color="{colour}"/>'
        for offset, colour in theme.colorscale(theme.WEIGHT_STOPS)
    )
    return [
        f'<defs><linearGradient id="scale">{stops}</linearGradient></defs>',
        f'<rect x="{left + 12}" y="{top}" width="100" height="10" fill="url(#scale)" '
        f'stroke="#888888" stroke-width="0.5"/>',
        f'<text x="{left}" y="{top + 10}" font-size="11">0</text>'
        f'<text x="{left + 116}" y="{top + 10}" font-size="11">1</text>',
        f'<text x="{left}" y="{top + 28}" font-size="11">{escape(note)}</text>',
    ]


def _text_px(text: str) -> int:
    """Estimate a label's width: half a font size a letter, a whole one from the scripts that are as wide as high."""
    return sum(_FONT if ord(c) >= 0x1100 else round(0.62 * _FONT) for c in text)
