"""Show what hiding a token, or putting another word in its place, does to the answer and to the heads."""

from dataclasses import replace

import streamlit as st

from pages.ui import guard, head_choice, view_choice
from pages.ui.chart import chart
from pages.ui.heat_map import heat_map
from pages.ui.map_pair import map_pair
from pages.ui.markdown import literal
from pages.ui.token_chips import token_chips
from viz.analysis.compare.comparison import edited, shared_readouts
from viz.analysis.compare.movement import head_changes
from viz.analysis.predictions import compare
from viz.analysis.tables import most_changed
from viz.analysis.views.viewed import viewed
from viz.drawing.bars import shift_bars
from viz.drawing.movement_board import changes_board
from viz.engine.local import engine
from viz.engine.requests import Ask, Edit
from viz.names import head_title, position_number
from viz.records import Run
from viz.text import _, number, percent

MAP_PX = 420


@guard.fragment(key=head_choice.EDIT_PANEL)
def edits_panel(request: Ask) -> None:
    """Offer the edits and, once there is one, draw before, after and the difference."""
    before = engine.ask(request)
    st.header(_("What if a word were hidden, or another one?"), anchor=False)
    edit = _edit_controls(before)
    st.session_state["parts"] = [head_choice.PANEL] if edit is None else [head_choice.PANEL, head_choice.EDIT_PANEL]
    if edit is None:
        st.caption(_("Nothing is changed yet."))
        return
    after = guard.attempt(engine.ask, replace(request, edit=edit))
    if after is not None:
        _predictions(before, after)
        _maps(before, after)
        _heads(before, after)


def _edit_controls(run: Run) -> Edit | None:
    """Show chips to hide tokens and the field for another word; the keys name model and tokens: others start afresh."""
    tokens = run.batch.tokens[0]
    positions = range(len(tokens))
    stamp = hash((run.model.checkpoint, tokens))

    hidden = token_chips(_("Hide from attention (no token may look at it)"), tokens, key=f"hide_{stamp}")
    at_column, word_column = st.columns(2)
    at = at_column.selectbox(
        _("Put another word in place of"),
        positions,
        index=None,
        key=f"replace_{stamp}",
        placeholder=_("Choose a token …"),
        format_func=lambda position: f"{position_number(position)} {tokens[position]}",
    )
    word = word_column.text_input(_("this word"), run.model.mask_token or "", key=f"word_{stamp}", disabled=at is None)
    if not hidden and at is None:
        return None
    return Edit(hidden, None if at is None else (at, word))


def _predictions(before: Run, after: Run) -> None:
    pairs = shared_readouts(before, after)
    if not pairs:
        st.info(_("No place is guessed both before and after, so there is no answer to compare; the maps are below."))
    for pair in pairs:
        shifts = compare(before, after, pair, st.session_state.get("k", 3))
        bars, words = st.columns([3, 2])
        spoken = "; ".join(
            f"{s.token}: {percent(s.probability_before, 1)} → {percent(s.probability_after, 1)}" for s in shifts
        )
        chart(shift_bars(shifts), f"shifts_{pair[0]}", spoken, place=bars)
        words.dataframe(
            {
                _("word"): [s.token for s in shifts],
                _("before"): [s.probability_before for s in shifts],
                _("after"): [s.probability_after for s in shifts],
                _("change"): [s.change for s in shifts],
                _("rank"): [f"{number(s.rank_before)} → {number(s.rank_after)}" for s in shifts],
            },
            hide_index=True,
            column_config={_("change"): st.column_config.NumberColumn(format="%+.5f")},
        )


def _maps(before: Run, after: Run) -> None:
    view = view_choice.of_weights()
    place = view.place(*head_choice.chosen(before.model))
    map_pair(edited(viewed(before, 0, view)[0], viewed(after, 0, view)[0]), *place, "edit_map", height=MAP_PX)


def _heads(before: Run, after: Run) -> None:
    """Rank the heads by how far their rows moved; a button opens the head."""
    changes = head_changes(edited(before, after))
    board, ranking = st.columns([3, 2])
    heat_map(changes_board(changes), "changes_board", _("How far each head moved"), place=board)
    ranking.markdown(_("**Heads that changed most** (share of attention that went elsewhere, mean over the rows)"))
    for layer, head, change in most_changed(changes, 5):
        label = f"{head_title(layer, head)}: {percent(change, 1)}"
        ranking.button(literal(label), key=f"open_{layer}_{head}", on_click=head_choice.choose, args=(layer, head))
