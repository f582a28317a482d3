"""Draw one head as SVG, for papers and slides: the same colours and states as on the page, sharp at any size."""

from xml.sax.saxutils import escape

import numpy as np

from viz import theme
from viz.analysis.masks.cells import CAUSAL, HIDDEN, NOTHING, PADDING, VISIBLE, WINDOW, cell_states
from viz.names import head_title
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


def head_svg(run: Run, row: int, layer: int, head: int) -> str:
    """Draw one head as an SVG document: query rows, key columns, colours from 0 to 1, each cell with its number.

    The number is in a ``<title>``, which viewers show under the pointer.
    """
    tokens = run.batch.tokens[row]
    left = top = _GAP + max(_text_px(token) for token in tokens) + _GAP
    top += 2 * _FONT
    side = _CELL * len(tokens)
    note = _note(run)
    width, height = max(left + side, _GAP + _text_px(note), 360) + _GAP, top + side + _LEGEND
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="Noto Sans, DejaVu Sans, Arial, sans-serif" font-size="{_FONT}">',
        f"<defs>{_PATTERNS.format(left=left, top=top)}</defs>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_GAP}" y="{_GAP + _FONT}" font-weight="bold">{escape(head_title(layer, head))}</text>',
        *_labels(tokens, left, top),
        *_cells(run, row, layer, head, left, top),
        f'<rect x="{left}" y="{top}" width="{side}" height="{side}" fill="none" stroke="#888888" stroke-width="0.5"/>',
        *_legend(note, _GAP, top + side + _GAP),
        "</svg>",
    ]
    return "\n".join(body)


def _labels(tokens: tuple[str, ...], left: int, top: int) -> list[str]:
    middle = [(_CELL * i) + _CELL / 2 + _FONT / 3 for i in range(len(tokens))]
    queries = [
        f'<text x="{left - _GAP}" y="{top + at:.1f}" text-anchor="end">{escape(token)}</text>'
        for token, at in zip(tokens, middle, strict=True)
    ]
    keys = [
        f'<text transform="translate({left + at:.1f},{top - _GAP}) rotate(-90)">{escape(token)}</text>'
        for token, at in zip(tokens, middle, strict=True)
    ]
    return queries + keys


def _cells(run: Run, row: int, layer: int, head: int, left: int, top: int) -> list[str]:
    states, weights = cell_states(run, layer)[row], run.attentions[row, layer, head]
    colours = theme.lookup_table(theme.WEIGHT_STOPS)[np.rint(255 * np.clip(weights, 0, 1)).astype(int)]
    fills = {PADDING: "url(#padding)", HIDDEN: "url(#hidden)", NOTHING: "url(#nothing)"}
    nothing = _("may look at nothing")
    words = f"<title>{escape(nothing)}</title>"
    empty = np.isin(states, (CAUSAL, WINDOW))
    real = run.batch.attention_mask[row]
    cells = []
    if run.model.causal or empty.any():  # dots below all cells: where no key is shown, white would look like 0.00
        side = _CELL * len(states)
        cells.append(f'<rect x="{left}" y="{top}" width="{side}" height="{side}" fill="url(#later)"/>')
    for q, k in np.argwhere(~empty).tolist():
        place = f'x="{left + _CELL * k}" y="{top + _CELL * q}" width="{_CELL}" height="{_CELL}"'
        if states[q, k] == VISIBLE:
            fill = "#{:02x}{:02x}{:02x}".format(*colours[q, k].tolist())
            number = f"<title>{weights[q, k]:.6f}</title>"
            cells.append(f'<rect {place} fill="{fill}">{number}</rect>')
            if not (real[q] and real[k]):  # the model was not told that this is padding
                cells.append(f'<rect {place} fill="url(#on-padding)">{number}</rect>')
        else:
            said = words if states[q, k] == NOTHING else ""
            cells.append(f'<rect {place} fill="{fills[states[q, k]]}">{said}</rect>')
    return cells


def _note(run: Run) -> str:
    parts = [_("attention; rows: query, columns: key"), run.model.checkpoint]
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
