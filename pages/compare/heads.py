"""Show how far every head moved, the heads in that order, and the open head in A, in B, and their difference."""

from functools import partial

import numpy as np
import streamlit as st

from pages.compare.pair import RunPair
from pages.ui import guard, head_choice, view_choice
from pages.ui.head_grid import beside_what_is_joined, mark_head, number_grid
from pages.ui.head_panel import Give
from pages.ui.map_pair import map_pair
from pages.ui.markdown import literal
from viz.analysis.compare.comparison import Comparison
from viz.analysis.compare.tables import change_table, describe_change
from viz.analysis.openings import runs
from viz.analysis.tables import as_csv, most_changed
from viz.drawing.head_board import moved_board
from viz.files import saved
from viz.names import folder_name, map_title
from viz.text import _

MAP_PX = 420


@guard.fragment(key=head_choice.PANEL)
def heads_panel(pair: RunPair) -> None:
    """Draw board, ranking and the open head; choosing another head runs only this part again, and no pass."""
    view = view_choice.of_weights()
    of = pair.seen(view)
    changes = pair.changes(of)
    st.header(_("Which heads look elsewhere"), anchor=False)
    st.caption(
        _(
            "For each paired query: half of what its weights on paired keys differ by, plus half of what goes to keys "
            "without a partner, in A and in B; then the mean over the paired queries. 0 = the head looks as before, 1 "
            "= nowhere at the same. Of a word in several pieces keys are summed and queries averaged."
        )
    )
    if np.isnan(changes).all():
        st.info(_("No token that looks at anything is paired, so there is nothing to compare head by head."))
    else:
        _ranking(of, changes)
    open_head = head_choice.controls(pair.comparison().shared)
    layer, head = view.place(*open_head, of.kind)
    mark_head(layer, head, of.kind)
    _maps(pair, of, layer, head)
    view_choice.control(view, of.kind)
    _downloads(pair)


def moved_said(pair: RunPair) -> list[str]:
    """Say for the opening of the page what is paired, and which head moved most."""
    of = pair.seen(view_choice.of_weights())
    return runs.compare(of, pair.changes(of))


def _ranking(of: Comparison, changes: np.ndarray) -> None:
    """Draw the board, and list the heads, most changed first; a click on either opens a head."""
    view, kind = of.after.view, of.kind  # what outlives this run of the page holds these, and no run
    board, listed = st.columns([3, 2], gap="medium")
    with board:
        is_random = "random" in (of.before.model.weights, of.after.model.weights)
        data = moved_board(changes, kind, is_random=is_random, view=view)
        number_grid(data, "compare_board", view, kind)
    ranked = most_changed(changes, changes.size)

    def picked() -> None:
        if rows := st.session_state["compare_heads"].selection.rows:
            layer, head, _moved = ranked[rows[0]]
            head_choice.choose(*beside_what_is_joined(layer, head, view, kind))

    with listed:
        st.dataframe(
            {
                _("head"): [map_title(view, layer, head, kind) for layer, head, _change in ranked],
                _("moved"): [change for _layer, _head, change in ranked],
            },
            hide_index=True,
            key="compare_heads",
            height=300,
            on_select=picked,
            selection_mode="single-row",
            column_config={_("moved"): st.column_config.NumberColumn(format="%.4f")},
        )
        st.download_button(
            _("These heads as CSV"),
            as_csv(change_table(changes, view, kind)),
            "heads_moved.csv",
            "text/csv",
            key="compare_csv",
            on_click="ignore",
            icon=":material/download:",
        )


def _maps(pair: RunPair, of: Comparison, layer: int, head: int) -> None:
    """Draw the open head in A, in B, and B minus A over what is paired."""
    said = describe_change(of, layer, head)
    captions = *pair.names, _("B minus A: blue more in B, orange less")
    map_pair(of, layer, head, "compare_map", captions, said=said, height=MAP_PX)
    st.markdown(literal(said))


def _downloads(pair: RunPair) -> None:
    """Offer both runs as files; each is made when its button is pressed."""
    row = st.container(horizontal=True)
    for side, question in (("A", pair.a), ("B", pair.b)):
        row.download_button(
            _("Run {side} as .npz").format(side=side),
            partial(_saved, question.give),
            f"{side}_{folder_name(question.text)}.npz",
            "application/octet-stream",
            key=f"compare_run_{side}",
            on_click="ignore",
            icon=":material/download:",
        )


def _saved(give: Give) -> bytes:
    return saved.as_bytes(give())
