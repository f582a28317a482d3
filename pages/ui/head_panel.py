"""Show one head: its map, its strongest links in words, its table, its downloads."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from pages.ui import drawing_choice, guard, head_choice, pictures, predict_first, view_choice
from pages.ui.cell_walk import cell_walk
from pages.ui.chart import chart
from pages.ui.downloads import downloads
from pages.ui.head_grid import cover, mark_head
from pages.ui.language_choice import spoken
from pages.ui.lines_map import lines_map
from pages.ui.long_map import long_map
from pages.ui.markdown import literal
from pages.ui.question import MAX_ADDRESS
from pages.ui.shaded_text import shaded_text
from viz.analysis import tables
from viz.analysis.known.file import known
from viz.analysis.maps.cell_map import of_head
from viz.analysis.reasons import contribution
from viz.analysis.views.viewed import shown_position, viewed
from viz.drawing.long_map import is_long
from viz.names import folder_name, head_label
from viz.records import Run
from viz.text import _, translated
from viz.view import View

TABLE_ROWS = 5_000  # more is for the CSV

# How to get a run again. What outlives a run of the page, a fragment or a download, keeps this and not the run: a
# visitor would hold it in memory long after the engine has let go of it. In a page.py it is a ``partial``: a lambda
# there holds on to all variables of the page.
Give = Callable[[], Run]


@guard.fragment(key=head_choice.PANEL)
def head_panel(give: Give, row: int, *, link: bool = True) -> None:
    """Draw the open head; choosing another one runs only this part of the page again.

    ``link`` leads to the page of the head, which is all that is known of it.
    """
    layer, head = head_choice.controls(give().model)
    mark_head(layer, head)
    head_view(give, row, layer, head, link=link)


def head_view(
    give: Give,
    row: int,
    layer: int,
    head: int,
    query: int | None = None,
    kind: str = "self",
    *,
    link: bool = True,
) -> None:
    """Draw one head of one kind of one row with all that belongs to it; ``query`` frames the row of that token.

    While a guess is asked for, nothing is drawn that would answer; then the row that was asked about is framed.
    """
    view = view_choice.current(give())
    seen, at = viewed(give(), row, view)
    place = at, *view.place(layer, head, kind)
    view_choice.shown_control(give())
    asked = predict_first.ask(seen, place, kind)
    cover(seen, asked.covered, kind, row)
    if asked.hides_map:
        view_choice.control(view, kind)
        return
    framed = None if query is None else shown_position(give(), row, view, kind, query)
    framed = framed if asked.query is None else asked.query
    own_scale = st.session_state.get("own_scale", False)
    spoken = pictures.head_said(seen, *place, kind)
    drawing_choice.control(seen, kind)
    if drawing_choice.shows_lines(seen, kind):
        lines_map(pictures.lines_drawing(seen, *place, kind), spoken)
    elif is_long(seen, kind):
        long_map(seen, *place, own_scale, framed, kind)
    else:
        numbers = drawing_choice.shows_numbers(seen, kind)
        figure = pictures.head_figure(seen, *place, own_scale, framed, kind, numbers)
        chart(figure, "head_map", spoken)
    if not is_long(seen, kind):  # the canvas of a long text walks by itself
        cell_walk(of_head(seen, *place, kind=kind), "head_map", on_pick=_pin)
    shaded_text(seen, *place, kind, framed)
    view_choice.control(view, kind)
    _say_scale(view)
    st.markdown(literal(spoken))
    _say_striking(give(), row, layer, head, kind)
    _table(partial(_table_of, give(), seen, (row, layer, head), place, kind), view)
    downloads(give, partial(_seen, give, row, view), (row, layer, head), place, kind, folder_name(seen.batch.texts[at]))
    if link and kind == "self":
        _link(give(), row, layer, head)


def _pin(query: int, _key: int) -> None:
    """Shade the text beside the map by the row of a cell that was picked."""
    st.session_state["pinned_row"] = query
    head_choice.draw_again()


def _link(run: Run, row: int, layer: int, head: int) -> None:
    """Lead to the page of this head, with the model and the text; a text too long for an address stays behind.

    What others found stands here, so that a saved run has it too, whose model may not be on this computer.
    """
    for finding in known().of_head(run.model.checkpoint, layer, head):
        st.caption(literal(f"{translated(finding.does)} ({finding.source.short})"))
    text = run.batch.texts[row]
    asked = {"model": run.model.checkpoint, "head": head_label(layer, head)}
    asked |= {"text": text} if len(text) <= MAX_ADDRESS else {}
    asked |= spoken()
    page = st.Page("pages/head/page.py", url_path="head")  # by address: a fragment drawn alone knows none by file
    st.page_link(page, label=_("What is this head?"), icon=":material/person_search:", query_params=asked)


def _seen(give: Give, row: int, view: View) -> Run:
    return viewed(give(), row, view)[0]


def _say_scale(view: View) -> None:
    """Say where the colours end, or offer to let them end at the map's largest weight."""
    if view.contribution:
        scales = _("The colours of one map go from 0 to its largest contribution; those of all heads share a scale.")
        st.caption(literal(f"{contribution.explained()} {scales}"))
        return
    st.toggle(_("Colours up to this map's largest weight (instead of 1)"), key="own_scale")


def _say_striking(run: Run, row: int, layer: int, head: int, kind: str) -> None:
    """Say at which token this head's weight and contribution differ most, where contributions are known."""
    if contribution.are_known(run):
        found = contribution.most_striking(run, row, (layer, head), kind=kind)
        if found is not None:
            st.markdown(literal(contribution.said(run, row, found, kind=kind)))


def _table_of(
    run: Run, seen: Run, place: tuple[int, int, int], shown: tuple[int, int, int], kind: str
) -> dict[str, list]:
    if seen.view.contribution:
        return contribution.head_table(run, *place, kind=kind, limit=TABLE_ROWS)
    return tables.head_table(seen, *shown, kind=kind, limit=TABLE_ROWS)


def _table(make: Callable[[], dict[str, list]], view: View) -> None:
    expander = st.expander(_("Table of this head"), on_change="rerun", key="table_open")
    if not expander.open:
        return
    of_cell = (_("weight"), _("contribution"), _("share of its row")) if view.contribution else (_("attention"),)
    names = (_("query position"), _("query"), _("key position"), _("key"), *of_cell)
    table = make()
    expander.dataframe(dict(zip(names, table.values(), strict=True)), hide_index=True, height=300)
