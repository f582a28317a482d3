"""Sum a map up in sentences, for those who cannot take it in at a glance: how large, what stands out, where it goes."""

from collections.abc import Iterator

import numpy as np

from viz.analysis.maps.cell_map import CellMap, of_head
from viz.analysis.masks.cells import VISIBLE
from viz.analysis.masks.state_words import state_words
from viz.analysis.tables import describe
from viz.records import Run
from viz.text import _, number

LARGE = 200  # cells: of a larger map the summary is said before any cell
N_LARGEST = 3


def is_large(of: CellMap) -> bool:
    """Tell whether a map has too many cells to begin with the first one."""
    return of.values.size > LARGE


def summary(of: CellMap) -> str:
    """Say all there is to say of a map as a whole."""
    return " ".join([size_said(of), *_largest_said(of), *spread_said(of)])


def head_said(run: Run, row: int, layer: int, head: int, *, kind: str = "self") -> str:
    """Say what a map of one head shows: its strongest links first, then as ``summary`` does."""
    of = of_head(run, row, layer, head, kind=kind)
    return " ".join([describe(run, row, layer, head, kind=kind), size_said(of), *spread_said(of)])


def size_said(of: CellMap) -> str:
    """Say how many rows and columns there are, what they are, and why cells have no number."""
    shown = np.isfinite(of.values)
    said = _(
        "{n_rows} rows ({row_name}), {n_columns} columns ({column_name}); cells with a number: {n} of {all}."
    ).format(
        n_rows=of.shape[0],
        row_name=of.row_name,
        n_columns=of.shape[1],
        column_name=of.column_name,
        n=int(shown.sum()),
        all=of.values.size,
    )
    without = ", ".join(f"{words}: {n}" for words, n in _states_counted(of.states))
    why = _("Cells without one: {states}.").format(states=without)
    return f"{said} {why}" if without else said


def spread_said(of: CellMap) -> Iterator[str]:
    """Say where the numbers go: special tokens and padding, then the strongest column and the strongest diagonal."""
    values = np.nan_to_num(of.values, nan=0, posinf=0, neginf=0).astype(np.float64)
    total = values.sum()
    if not of.are_shares or total <= 0:
        return
    if of.special is not None and of.special.any():
        yield _("Special tokens get {share:.0%} of all.").format(share=float(values[:, of.special].sum() / total))
    if of.padding is not None and (on_padding := float(values[:, of.padding[1]].sum())) > 0:
        yield _("Padding gets {share:.0%} of all.").format(share=on_padding / total)
    columns = values.sum(axis=0) / total
    best = int(columns.argmax())
    yield _("Strongest column: {column}, {share:.0%} of all.").format(
        column=of.columns[best], share=float(columns[best])
    )
    if of.on_itself:
        yield _diagonal_said(*strongest_diagonal(values), total)


def strongest_diagonal(values: np.ndarray) -> tuple[int, float]:
    """Give the offset, key − query, whose cells add up to most, and their sum."""
    n_rows, n_columns = values.shape
    sums = {offset: float(values.trace(offset)) for offset in range(1 - n_rows, n_columns)}
    best = max(sums, key=lambda offset: (sums[offset], -abs(offset)))
    return best, sums[best]


def _diagonal_said(offset: int, on_it: float, total: float) -> str:
    messages = {
        -1: _("Strongest diagonal: keys before their queries, distance {distance}: {share:.0%} of all."),
        0: _("Strongest diagonal: each query at itself: {share:.0%} of all."),
        1: _("Strongest diagonal: keys behind their queries, distance {distance}: {share:.0%} of all."),
    }
    return messages[int(np.sign(offset))].format(distance=abs(offset), share=on_it / total)


def _largest_said(of: CellMap) -> Iterator[str]:
    """Name the largest numbers; of numbers with a sign also the lowest."""
    there = np.flatnonzero(np.isfinite(of.values))
    if not there.size:
        return
    order = there[np.argsort(-of.values.ravel()[there], kind="stable")]
    yield _("Largest: {cells}.").format(cells="; ".join(_cell(of, at) for at in order[:N_LARGEST].tolist()))
    if of.signed or not of.are_shares:
        yield _("Lowest: {cells}.").format(cells=_cell(of, int(order[-1])))


def _cell(of: CellMap, at: int) -> str:
    row, column = divmod(at, of.shape[1])
    message = _("{value} at {row_name} {row}, {column_name} {column}")
    return message.format(
        value=number(float(of.values[row, column]), of.digits, signed=of.signed),
        row_name=of.row_name,
        row=of.rows[row],
        column_name=of.column_name,
        column=of.columns[column],
    )


def _states_counted(states: np.ndarray) -> Iterator[tuple[str, int]]:
    words = state_words()
    for state in np.unique(states[states != VISIBLE]).tolist():
        yield words[state], int((states == state).sum())
