"""Draw one head before and after a change of the order, and how far every head moved."""

import streamlit as st

from pages.ui import guard, head_choice
from pages.ui.head_panel import Give
from pages.ui.heat_map import heat_map
from pages.ui.map_pair import map_pair
from pages.ui.markdown import literal
from viz.analysis.compare.comparison import edited
from viz.analysis.compare.movement import head_changes
from viz.analysis.tables import most_changed
from viz.drawing.movement_board import changes_board
from viz.names import head_title
from viz.text import _, percent

N_BUTTONS = 5


@guard.fragment(key=head_choice.PANEL)
def before_after(give_before: Give, give_after: Give, row: int) -> None:
    """Draw the open head before and after, and how far each head moved; choosing a head runs only this part again."""
    before, after = give_before(), give_after()
    of = edited(before, after, row)
    layer, head = head_choice.controls(before.model)
    map_pair(of, layer, head, "order_map")
    changes = head_changes(of)
    board, ranking = st.columns([3, 2])
    heat_map(changes_board(changes), "order_board", _("How far each head moved"), place=board)
    ranking.markdown(
        _("**Heads that changed most** (share of attention that went elsewhere, place by place, mean over the rows)")
    )
    for layer, head, change in most_changed(changes, N_BUTTONS):
        label = f"{head_title(layer, head)}: {percent(change, 1)}"
        ranking.button(literal(label), key=f"order_{layer}_{head}", on_click=head_choice.choose, args=(layer, head))
