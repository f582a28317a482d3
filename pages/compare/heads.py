"""Show how far every head moved, the heads in that order, and the open head in A, in B, and their difference."""

from functools import partial

import numpy as np
import streamlit as st

from pages.compare.pair import RunPair
from pages.ui import guard, head_choice
from pages.ui.head_grid import mark_head, number_grid
from pages.ui.head_panel import Give
from pages.ui.markdown import literal
from pages.ui.pictures import BARE
from viz.analysis.compare.comparison import Comparison
from viz.analysis.compare.tables import change_table, describe_change
from viz.analysis.tables import as_csv, most_changed
from viz.drawing.head_board import moved_board
from viz.drawing.heatmap import difference_map, head_map
from viz.files import saved
from viz.names import folder_name, head_title
from viz.text import _

MAP_PX = 420


@guard.fragment(key=head_choice.PANEL)
def heads_panel(pair: RunPair) -> None:
    """Draw board, ranking and the open head; choosing another head runs only this part again, and no pass."""
    of = pair.comparison()
    changes = pair.changes(of)
    st.subheader(_("Which heads look elsewhere"), anchor=False)
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
    layer, head = head_choice.controls(of.shared)
    mark_head(layer, head, of.kind)
    _maps(pair, of, layer, head)
    _downloads(pair)


def _ranking(of: Comparison, changes: np.ndarray) -> None:
    """Draw the board, and list the heads, most changed first; a click on either opens a head."""
    board, listed = st.columns([3, 2], gap="medium")
    with board:
        is_random = "random" in (of.before.model.weights, of.after.model.weights)
        number_grid(moved_board(changes, of.kind, is_random=is_random), key="compare_board")
    ranked = most_changed(changes, changes.size)

    def picked() -> None:
        if rows := st.session_state["compare_heads"].selection.rows:
            head_choice.choose(*ranked[rows[0]][:2])

    with listed:
        st.dataframe(
            {
                _("head"): [head_title(layer, head) for layer, head, _change in ranked],
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
            as_csv(change_table(changes)),
            "heads_moved.csv",
            "text/csv",
            key="compare_csv",
            on_click="ignore",
            icon=":material/download:",
        )


def _maps(pair: RunPair, of: Comparison, layer: int, head: int) -> None:
    """Draw the open head in A, in B, and B minus A over what is paired."""
    said = describe_change(of, layer, head)
    maps = {
        pair.names[0]: head_map(of.before, of.rows[0], layer, head, kind=of.kind, height=MAP_PX),
        pair.names[1]: head_map(of.after, of.rows[1], layer, head, kind=of.kind, height=MAP_PX),
    }
    if of.queries.pairs and of.keys.pairs:
        maps[_("B minus A: blue more in B, orange less")] = difference_map(of, layer, head, height=MAP_PX)
    for at, (column, (caption, figure)) in enumerate(zip(st.columns(3), maps.items(), strict=False)):
        column.caption(literal(caption))
        alt = f"{head_title(layer, head, of.kind)}: {caption}"
        column.plotly_chart(figure, key=f"compare_map_{at}", config=BARE, alt=alt if at < 2 else f"{alt}. {said}")
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
