"""Pack a head's map of a long text for a canvas that zooms: exact numbers, one float32 a cell, and nothing else twice.

Plotly's own form of the same numbers is a third larger, and its redraw at every step of a zoom too slow to be smooth.
"""

import json
import struct

import numpy as np

from viz import theme
from viz.analysis.masks.cells import CAUSAL, HIDDEN, NOTHING, PADDING, VISIBLE, WINDOW, cell_states
from viz.drawing import scale
from viz.drawing.overview import bits
from viz.drawing.state_words import state_words
from viz.names import map_title
from viz.records import Run
from viz.text import _, number

MAX_PLOTLY = 128 * 128  # cells of a map that Plotly draws

# A quiet NaN of float32 has 22 bits to spare: a cell without a weight holds its state there.
_NAN = np.uint32(0x7FC00000)


def is_long(run: Run, kind: str = "self") -> bool:
    """Tell whether a map is drawn on the zooming canvas."""
    n_queries, n_keys = run.maps[kind].attentions.shape[-2:]
    return n_queries * n_keys > MAX_PLOTLY


def payload(
    run: Run, row: int, layer: int, head: int, *, kind: str = "self", own_scale: bool = False, query: int | None = None
) -> bytes:
    """Pack a map: length of a JSON header (u32), the header, padded to 4 bytes, then cells float32 row by row.

    The scale ends at 1, or with ``own_scale``, and of contributions always, at this map's largest visible number; the
    row of ``query`` is framed.
    """
    of = run.maps[kind]
    states, weights = cell_states(run, layer, kind)[row], of.attentions[row, layer, head]
    visible = states == VISIBLE
    cells = np.where(visible, weights.view(np.uint32), _NAN | states)
    header = {
        "title": map_title(run.view, layer, head, kind),
        "queries": of.queries[row],
        "keys": of.keys[row] if kind == "cross" else None,
        "real": [bits(mask[row]) for mask in (of.query_mask, of.key_mask)],
        "largest": (scale.largest if own_scale else scale.top)(run, row, layer, head, kind),
        "framed": query,
        "colours": theme.lookup_table(theme.WEIGHT_STOPS).ravel().tolist(),
        "states": {
            CAUSAL: theme.rgba(theme.CAUSAL),
            PADDING: theme.rgba(theme.PADDING),
            HIDDEN: theme.rgba(theme.HIDDEN),
            WINDOW: theme.rgba(theme.CAUSAL),
            NOTHING: theme.rgba(theme.NOTHING),
        },
        "hatch": theme.PADDING_HATCH,
        "accent": theme.ACCENT,
        "point": number(0.5, 1)[1:2],
        "words": _words(len(of.queries[row]), len(of.keys[row]), run.model.weights == "random", scale.name(run)),
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<I", len(text)) + text + cells.astype("<u4").tobytes()


def _words(n_queries: int, n_keys: int, is_random: bool, shown: str) -> dict[str, str | list[str]]:
    """Say what the browser writes around the map, and of every state a cell can be in."""
    label = _(
        "Map of {n_queries} queries and {n_keys} keys. Arrow keys walk from cell to cell, + and - zoom, 0 shows all."
    )
    return {
        "label": label.format(n_queries=n_queries, n_keys=n_keys),
        "query": _("query (this token looks)"),
        "key": _("key (at this token)"),
        "scale": shown,
        "closer": _("closer"),
        "farther": _("farther"),
        "all": _("whole map"),
        "hint": _("Wheel or two fingers zoom, dragging moves. Below: the text; from one word to another is a window."),
        "stamp": _("random weights") if is_random else "",
        "states": state_words(),
        "on_padding": _("on padding"),
    }
