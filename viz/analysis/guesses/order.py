"""Say which queries of a map can be asked about, and in which order.

What is asked and judged is what the map shows: weights or contributions, of pieces or of words, of one head or of
joined ones. The keys to choose from are those whose cell shows a number, so a later key is none of them, and padding
is one only where the layer let the query look at it.
"""

from hashlib import blake2b

import numpy as np

from viz.analysis.masks.cells import VISIBLE, cell_states
from viz.analysis.words import pieces_of, sides
from viz.records import Run
from viz.text import _

FEWEST_KEYS = 2  # with one there is nothing to choose


def queries_to_ask(run: Run, row: int, layer: int, head: int, *, kind: str = "self") -> list[int]:
    """List the queries that can be asked about, in an order that text and head alone decide.

    Each may look at two or more keys, all with numbers. Special tokens are asked about only where nothing else is.
    """
    askable = set(np.flatnonzero(_chooses(run, row, layer, kind) & _is_finite(run, row, layer, head, kind)).tolist())
    there = [piece for piece in pieces_of(sides(run, kind)[0], row) if piece.position in askable]
    typed = [piece.position for piece in there if not piece.special]
    seed = identity(run, row, layer, head, kind)
    return sorted(typed or [piece.position for piece in there], key=lambda query: digest(seed, query))


def nothing_to_ask(run: Run, row: int, layer: int, head: int, *, kind: str = "self") -> str:
    """Say why there is no query to ask about."""
    if (_chooses(run, row, layer, kind) & ~_is_finite(run, row, layer, head, kind)).any():
        return _("This map holds values that are no numbers (NaN or infinite), so there is nothing to guess.")
    return _("No token of this text may look at two or more keys, so there is nothing to guess.")


def map_key(run: Run, row: int, layer: int, head: int, *, kind: str = "self") -> str:
    """Give a short name that differs where a map differs: another mask, another view, other weights of a model."""
    maps = run.maps[kind]
    shown = (maps.queries[row], maps.keys[row], run.view)
    numbers = blake2b(maps.attentions[row, layer, head].tobytes(), digest_size=16)
    numbers.update(cell_states(run, layer, kind)[row].tobytes())
    return digest(identity(run, row, layer, head, kind), shown, numbers.hexdigest())


def visible_keys(run: Run, row: int, layer: int, query: int, kind: str = "self") -> list[int]:
    """List the keys of a query's row whose cells show a number."""
    return np.flatnonzero(cell_states(run, layer, kind)[row, query] == VISIBLE).tolist()


def identity(run: Run, row: int, layer: int, head: int, kind: str) -> tuple[str, str, int, int]:
    """Give what a map is of, whatever its numbers are."""
    return run.batch.texts[row], kind, layer, head


def digest(*parts: object) -> str:
    """Mix parts into 32 characters that are the same in every process, as ``hash`` is not."""
    return blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def _chooses(run: Run, row: int, layer: int, kind: str) -> np.ndarray:
    """Tell which queries may look at two or more keys, bool ``[Q]``; padding and hidden rows may look at none."""
    return (cell_states(run, layer, kind)[row] == VISIBLE).sum(axis=-1) >= FEWEST_KEYS


def _is_finite(run: Run, row: int, layer: int, head: int, kind: str) -> np.ndarray:
    """Tell which queries have a number at every key they may look at, bool ``[Q]``."""
    visible = cell_states(run, layer, kind)[row] == VISIBLE
    return ~(visible & ~np.isfinite(run.maps[kind].attentions[row, layer, head])).any(axis=-1)
