"""Show one head of the open kind large, with the pinned word's row framed."""

import streamlit as st

from pages.cross.pinned import pinned_query
from pages.ui import guard, head_choice, kind_choice
from pages.ui.head_grid import mark_head
from pages.ui.head_panel import Give, head_view
from viz.text import _


@guard.fragment(key=head_choice.PANEL)
def open_head(give: Give, row: int) -> None:
    """Draw the open head of the open kind; choosing another one runs only the parts that show it."""
    run = give()
    st.header(_("One head"), anchor=False)
    kind = kind_choice.control(run)
    layer, head = head_choice.controls(run.stack(kind))
    mark_head(layer, head, kind, beside=run.maps)
    query = None if kind == "encoder" else pinned_query(run, row)
    head_view(give, row, layer, head, query=query, kind=kind)
