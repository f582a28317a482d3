"""Show one head: its map, its strongest links in words, its table, its downloads."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from pages.ui import drawing_choice, guard, head_choice, pictures, view_choice
from pages.ui.downloads import downloads
from pages.ui.head_grid import mark_head
from pages.ui.lines_map import lines_map
from pages.ui.long_map import long_map
from pages.ui.markdown import literal
from pages.ui.shaded_text import shaded_text
from viz.analysis import tables
from viz.analysis.views.viewed import shown_position, viewed
from viz.drawing.long_map import is_long
from viz.names import folder_name
from viz.records import Run
from viz.text import _
from viz.view import View

TABLE_ROWS = 5_000  # more is for the CSV

# How to get a run again. What outlives a run of the page, a fragment or a download, keeps this and not the run: a
# visitor would hold it in memory long after the engine has let go of it. In a page.py it is a ``partial``: a lambda
# there
# holds on to all variables of the page.
Give = Callable[[], Run]


@guard.fragment(key=head_choice.PANEL)
def head_panel(give: Give, row: int) -> None:
    """Draw the open head; choosing another one runs only this part of the page again."""
    layer, head = head_choice.controls(give().model)
    mark_head(layer, head)
    head_view(give, row, layer, head)


def head_view(give: Give, row: int, layer: int, head: int, query: int | None = None, kind: str = "self") -> None:
    """Draw one head of one kind of one row with all that belongs to it; ``query`` frames the row of that token."""
    view = view_choice.current()
    seen, at = viewed(give(), row, view)
    framed = None if query is None else shown_position(give(), row, view, kind, query)
    place = at, *view.place(layer, head, kind)
    own_scale = st.session_state.get("own_scale", False)
    spoken = tables.describe(seen, *place, kind=kind)
    drawing_choice.control(seen, kind)
    if drawing_choice.shows_lines(seen, kind):
        lines_map(pictures.lines_drawing(seen, *place, kind), spoken)
    elif is_long(seen, kind):
        long_map(seen, *place, own_scale, framed, kind)
    else:
        numbers = drawing_choice.shows_numbers(seen, kind)
        figure = pictures.head_figure(seen, *place, own_scale, framed, kind, numbers)
        st.plotly_chart(figure, key="head_map", config=pictures.BARE, alt=spoken)
    shaded_text(seen, *place, kind, framed)
    view_choice.control(kind)
    st.toggle(_("Colours up to this map's largest weight (instead of 1)"), key="own_scale")
    st.markdown(literal(spoken))
    _table(seen, *place, kind)
    downloads(give, partial(_seen, give, row, view), place, kind, folder_name(seen.batch.texts[at]))


def _seen(give: Give, row: int, view: View) -> Run:
    return viewed(give(), row, view)[0]


def _table(run: Run, row: int, layer: int, head: int, kind: str) -> None:
    expander = st.expander(_("Table of this head"), on_change="rerun", key="table_open")
    if not expander.open:
        return
    names = (_("query position"), _("query"), _("key position"), _("key"), _("attention"))
    table = tables.head_table(run, row, layer, head, kind=kind, limit=TABLE_ROWS)
    expander.dataframe(dict(zip(names, table.values(), strict=True)), hide_index=True, height=300)
