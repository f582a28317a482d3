"""Pack a map for those who walk its cells by keyboard: every number, why a cell has none, and what is said of each."""

import json
import struct

import numpy as np

from viz.analysis.maps.cell_map import CellMap
from viz.analysis.maps.summary import is_large, summary
from viz.analysis.masks.cells import VISIBLE
from viz.analysis.masks.state_words import state_words
from viz.drawing.overview import bits
from viz.text import _, number

# A quiet NaN of float32 has 22 bits to spare: a cell without a number holds its state there.
_NAN = np.uint32(0x7FC00000)


def payload(of: CellMap, over: str = "", *, pins: bool = False) -> bytes:
    """Pack a map: length of a JSON header (u32), the header, padded to 4 bytes, then cells float32 row by row.

    ``over`` is the key of the chart that the walk marks its cell on; with ``pins`` Enter hands a cell to the page.
    """
    header = {
        "rows": of.rows,
        "columns": of.columns,
        "digits": of.digits,
        "signed": of.signed,
        "point": number(0.5, 1)[1:2],
        "padding": None if of.padding is None else [bits(places) for places in of.padding],
        "summaryFirst": is_large(of),
        "over": over,
        "pins": pins,
        "words": words(of, pins=pins),
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<I", len(text)) + text + stated(of.values, of.states).tobytes()


def stated(values: np.ndarray, states: np.ndarray) -> np.ndarray:
    """Give numbers as their bits, little-endian u32; a cell without one is a NaN that holds its state."""
    numbers = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    return np.where(states == VISIBLE, numbers, _NAN | states).astype("<u4")


def words(of: CellMap, *, pins: bool) -> dict[str, str | list[str]]:
    """Say what the browser says of a cell, and of the keys that lead from one to another."""
    n_rows, n_columns = of.shape
    label = _("Cells of the map {title}: {n_rows} rows, {n_columns} columns")
    cell = _("{row_name} {row}, {column_name} {column}: {value}")
    for name, said in (("{row_name}", of.row_name), ("{column_name}", of.column_name)):
        cell = cell.replace(name, said)  # what else stands in braces is the browser's to fill
    return {
        "label": " ".join(label.format(title=of.title, n_rows=n_rows, n_columns=n_columns).split()),
        "cell": cell,
        "summary": summary(of),
        "start": _("Cell by cell: arrow keys"),
        "help": " ".join([keys_said(), *([_("Enter pins the row.")] if pins else [])]),
        "states": state_words(),
        "no_number": _("no number"),
        "on_padding": _("on padding"),
        "largest": _("largest of its row"),
        "steps": [_("one to the left"), _("one up"), _("one down"), _("one to the right")],
    }


def keys_said() -> str:
    """Say which keys walk over a map."""
    return _(
        "Arrow keys walk from cell to cell; Home and End go to the ends of a row, with Ctrl to the corners; Page Up "
        "and Page Down go ten rows. M goes to the largest of the row, S says the summary."
    )
