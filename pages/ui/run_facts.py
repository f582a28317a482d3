"""Say about a run what its maps do not show: whether its rows are shares of attention at all."""

from collections.abc import Hashable

import streamlit as st

from pages.ui.markdown import literal
from viz.analysis.row_sums import RowSums, row_sums
from viz.engine.local import engine
from viz.names import head_title, kind_names, position_number
from viz.records import Run
from viz.text import _, number


def found_sums(run: Run, key: Hashable) -> list[RowSums]:
    """Add up the rows of every kind, once for the run of a key."""
    return engine.remember(("row sums", key), lambda: [row_sums(run, kind) for kind in run.maps])


def say_rows(run: Run, key: Hashable) -> None:
    """Warn of rows that do not sum to 1; a file of others may hold such."""
    for sums in found_sums(run, key):
        if not sums.are_shares:
            st.warning(literal(_said(run, sums)))


def _said(run: Run, sums: RowSums) -> str:
    message = _(
        "{kind}: {n_off:,} of {n_rows:,} rows do not sum to 1, so they are no shares of attention. The furthest sums "
        "to {sum}: {head}, query {query} in text {text}. The maps show the numbers as they are in the file."
    )
    query = run.maps[sums.kind].queries[sums.row][sums.query]
    return message.format(
        kind=kind_names()[sums.kind],
        n_off=sums.n_off,
        n_rows=sums.n_rows,
        sum=number(sums.furthest, 3),
        head=head_title(sums.layer, sums.head),
        query=f"{position_number(sums.query)} {query}",
        text=position_number(sums.row),
    )
