"""Pack a head's map for a sentence that the browser shades: the row, or the column, of the word that is pointed at."""

import json
import struct

import numpy as np

from viz import theme
from viz.analysis.masks.cells import VISIBLE, cell_states
from viz.analysis.words import Side, pieces_of, sides
from viz.drawing import scale
from viz.drawing.shaded_sentence import DARK, LIGHT, TURNS
from viz.names import map_title
from viz.records import Run
from viz.text import _, number

MAX_CELLS = 160 * 160  # of a map that is sent whole; of a larger one only the row that is pinned


def is_whole(run: Run, kind: str = "self") -> bool:
    """Tell whether the browser gets all rows of a map, so that pointing at a word needs no server."""
    n_queries, n_keys = run.maps[kind].attentions.shape[-2:]
    return n_queries * n_keys <= MAX_CELLS


def first_pinned(run: Run, row: int, kind: str = "self") -> int:
    """Say which query is shaded until a person chooses one: that of a prediction, else the first typed token's."""
    of_row = [at for of, at in run.readouts.tolist() if of == row]
    if of_row and kind != "encoder":
        return of_row[0]
    there = pieces_of(sides(run, kind)[0], row)
    return next((piece.position for piece in there if not piece.special), there[0].position)


def payload(run: Run, row: int, layer: int, head: int, pinned: int, kind: str = "self") -> bytes:
    """Pack a map: length of a JSON header (u32), the header, padded to 4 bytes, then weights float32 row by row.

    Cells that are not visible are NaN. Of a map that is not sent whole there is the row of ``pinned`` alone.
    """
    whole = is_whole(run, kind)
    query_side, key_side = sides(run, kind)
    visible = cell_states(run, layer, kind)[row] == VISIBLE
    weights = np.where(visible, run.maps[kind].attentions[row, layer, head], np.nan).astype("<f4")
    header = {
        "queries": _tokens(query_side, row),
        "keys": _tokens(key_side, row) if kind == "cross" else None,
        "rows": None if whole else [pinned],
        "pinned": pinned,
        "colours": theme.lookup_table(theme.WEIGHT_STOPS).ravel().tolist(),
        "inks": [DARK, LIGHT],
        "turns": TURNS,
        "point": number(0.5, 1)[1:2],
        "top": scale.top(run, row, layer, head, kind),
        "words": _words(map_title(run.view, layer, head, kind), whole),
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<I", len(text)) + text + (weights if whole else weights[pinned]).tobytes()


def _tokens(side: Side, row: int) -> list[dict]:
    """Describe every token of a row: what is read there, whether a word begins, whether it is special or padding."""
    real = {piece.position: piece for piece in pieces_of(side, row)}
    described = []
    for position, token in enumerate(side.tokens[row]):
        piece = real.get(position)
        described.append(
            {"text": token, "begins": True, "kind": "padding"}
            if piece is None
            else {
                "text": piece.characters or piece.label,
                "begins": piece.begins,
                "kind": "special" if piece.special else "",
            }
        )
    return described


def _words(title: str, whole: bool) -> dict[str, str]:
    """Say what the browser writes around the sentence."""
    return {
        "title": title,
        "row": _("Row: what the word looks at"),
        "column": _("Column: who looks at the word") if whole else "",
        "queries": _("query (this token looks)"),
        "keys": _("key (at this token)"),
        "of_row": _("{word} gives"),
        "of_column": _("{word} gets"),
        "hint": _("Point at a word, here or in the map; a click pins it.") if whole else _("A click chooses the word."),
        "padding": _("padding: {weight}"),
        "no_weight": _("not seen"),
    }
