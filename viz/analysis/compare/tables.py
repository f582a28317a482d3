"""Say what changed: the links of a head that changed most, in words, and all heads, most changed first, as a table."""

import numpy as np

from viz.analysis.compare.alignment import Pair
from viz.analysis.compare.comparison import Comparison
from viz.analysis.compare.movement import difference
from viz.analysis.tables import most_changed
from viz.labels import joined
from viz.names import head_index_label, head_label, map_title, position_number
from viz.text import _
from viz.view import PLAIN, View


def change_table(changes: np.ndarray, view: View = PLAIN, kind: str = "self") -> dict[str, list]:
    """List heads of ``[L, H]``, most changed first, as columns: both names, and the distance not rounded.

    Of a view that joins heads: what was joined, in place of the names.
    """
    if view.combined:
        ranked = most_changed(changes, changes.size)
        return {
            "joined": [map_title(view, layer, head, kind) for layer, head, _change in ranked],
            "moved": [change for _layer, _head, change in ranked],
        }
    ranked = most_changed(changes, changes.size)
    return {
        "head": [head_label(layer, head) for layer, head, _change in ranked],
        "index": [head_index_label(layer, head) for layer, head, _change in ranked],
        "moved": [change for _layer, _head, change in ranked],
    }


def describe_change(of: Comparison, layer: int, head: int, *, n_links: int = 3) -> str:
    """Say which links of a head changed most: ``slow → moves +0.45``, by the tokens after; a repeated one by number."""
    change = difference(of, layer, head)
    largest = np.argsort(-np.nan_to_num(np.abs(change)), axis=None, kind="stable")[:n_links]
    places = [np.unravel_index(at, change.shape) for at in largest]
    maps, row = of.after.maps[of.kind], of.rows[1]
    links = [
        _("{query} → {key} {change:+.2f}").format(
            query=_name(of.queries.pairs[q], maps.queries[row]),
            key=_name(of.keys.pairs[k], maps.keys[row]),
            change=float(change[q, k]),
        )
        for q, k in places
        if abs(change[q, k]) > 0
    ]
    if not links:
        return _("No link of this head changed.")
    return _("Changed most: {links}.").format(links="; ".join(links))


def _name(pair: Pair, tokens: tuple[str, ...]) -> str:
    name = joined([tokens[at] for at in pair.after])
    return f"{name} ({position_number(pair.after[0])})" if tokens.count(tokens[pair.after[0]]) > 1 else name
