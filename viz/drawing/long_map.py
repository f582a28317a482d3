"""Pack a head's map of a long text for a canvas that zooms: exact numbers, one float32 a cell, and nothing else twice.

Plotly's own form of the same numbers is a third larger, and its redraw at every step of a zoom too slow to be smooth.
"""

import json
import struct

from viz import theme
from viz.analysis.maps.cell_map import of_head
from viz.analysis.maps.summary import summary
from viz.analysis.masks.cells import CAUSAL, HIDDEN, NOTHING, PADDING, WINDOW
from viz.analysis.masks.state_words import state_words
from viz.drawing import scale
from viz.drawing.cell_walk import keys_said, stated
from viz.drawing.overview import bits
from viz.names import map_title
from viz.records import Run
from viz.text import _, number

MAX_PLOTLY = 128 * 128  # cells of a map that Plotly draws


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
    cells = of_head(run, row, layer, head, kind=kind)
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
        "words": _words(cells.shape, run.model.weights == "random", scale.name(run)) | {"summary": summary(cells)},
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<I", len(text)) + text + stated(cells.values, cells.states).tobytes()


def _words(shape: tuple[int, int], is_random: bool, shown: str) -> dict[str, str | list[str]]:
    """Say what the browser writes around the map, and of every state a cell can be in."""
    n_queries, n_keys = shape
    return {
        "label": _("Map of {n_queries} queries and {n_keys} keys.").format(n_queries=n_queries, n_keys=n_keys),
        "keys": " ".join((keys_said(), _("+ and - zoom, 0 shows all. Enter pins the row."))),
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
