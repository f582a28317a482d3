"""Hold a map the way it is read out: names of rows and columns, a number or a state in every cell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viz.analysis.masks.cells import VISIBLE, cell_states
from viz.analysis.words import pieces_of, sides
from viz.names import map_title, position_number
from viz.records import Run
from viz.text import _


@dataclass(frozen=True, slots=True, eq=False)
class CellMap:
    """Hold what is said of a map of R rows and C columns.

    ``values`` is float32 ``[R, C]``, NaN where a cell has no number; ``states`` uint8 ``[R, C]`` says why, VISIBLE
    where it has one. ``special`` marks special tokens among the columns, ``padding`` rows and columns of padding.
    ``are_shares`` says that numbers of one map may be added up: attention and contributions may, correlations may not.
    """

    title: str
    row_name: str
    column_name: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: np.ndarray
    states: np.ndarray
    digits: int = 4
    signed: bool = False
    are_shares: bool = False
    on_itself: bool = False  # rows and columns are the same tokens, so a diagonal is a distance
    special: np.ndarray | None = None
    padding: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Give R and C."""
        return len(self.rows), len(self.columns)


def numbered(tokens: Sequence[str]) -> tuple[str, ...]:
    """Name tokens by their place, counted from 1 as on the screen, so that the same word twice is told apart."""
    return tuple(f"{position_number(at)} {token}" for at, token in enumerate(tokens))


def of_head(run: Run, row: int, layer: int, head: int, *, kind: str = "self") -> CellMap:
    """Read one head of one kind of one text; numbers are the run's own, not rounded."""
    maps = run.maps[kind]
    states = cell_states(run, layer, kind)[row]
    special = np.zeros(len(maps.keys[row]), dtype=bool)
    special[[piece.position for piece in pieces_of(sides(run, kind)[1], row) if piece.special]] = True
    return CellMap(
        title=map_title(run.view, layer, head, kind),
        row_name=_("query"),
        column_name=_("key"),
        rows=numbered(maps.queries[row]),
        columns=numbered(maps.keys[row]),
        values=np.where(states == VISIBLE, maps.attentions[row, layer, head], np.float32(np.nan)),
        states=states,
        are_shares=True,
        on_itself=kind != "cross",
        special=special,
        padding=(~maps.query_mask[row], ~maps.key_mask[row]),
    )
