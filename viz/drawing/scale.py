"""Say where the colours of a map end: weights at 1, contributions at the largest that is shown."""

from weakref import WeakKeyDictionary

import numpy as np

from viz.analysis.masks.cells import VISIBLE, cell_states, row_states
from viz.records import Run
from viz.text import _

_tops: WeakKeyDictionary[Run, dict[tuple[int, str], float]] = WeakKeyDictionary()  # all of a long text take 0.1 s


def largest(run: Run, row: int, layer: int, head: int, kind: str = "self") -> float:
    """Give the largest number that one map shows; 1 where it shows none above 0."""
    visible = cell_states(run, layer, kind)[row] == VISIBLE
    return _above_zero(run.maps[kind].attentions[row, layer, head].max(where=visible, initial=0))


def top(run: Run, row: int, layer: int, head: int, kind: str = "self") -> float:
    """Give the number at which the colours of one map end."""
    return largest(run, row, layer, head, kind) if run.view.contribution else 1.0


def top_of_all(run: Run, row: int, kind: str = "self") -> float:
    """Give the number at which the colours of all maps of a text end, so that heads can be compared."""
    if not run.view.contribution:
        return 1.0
    known = _tops.setdefault(run, {})
    if (row, kind) not in known:
        visible = (row_states(run, row, kind) == VISIBLE)[:, None]
        known[row, kind] = _above_zero(run.maps[kind].attentions[row].max(where=visible, initial=0))
    return known[row, kind]


def _above_zero(found: np.floating) -> float:
    return float(np.nan_to_num(found)) or 1.0


def name(run: Run) -> str:
    """Name what the numbers of a run's maps are."""
    return _("contribution") if run.view.contribution else _("attention")
