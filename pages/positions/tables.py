"""Show a model's tables of positions, the computed one beside them, and how alike positions are by their distance."""

import streamlit as st

from pages.positions.form import PositionQuestion
from pages.ui.chart import chart
from pages.ui.heat_map import heat_map
from pages.ui.markdown import literal
from pages.ui.question import set_address, whole
from viz.analysis import tables as files
from viz.analysis.positions import sentences
from viz.analysis.positions.tables import (
    KINDS,
    SINUSOIDAL,
    PositionTable,
    PositionTables,
    columns,
    computed,
    similarity,
)
from viz.drawing.position_tables import steps, table_map
from viz.drawing.profiles import bias_lines, similarity_lines
from viz.engine.local import engine
from viz.engine.requests import Positions
from viz.names import folder_name, position_from_number, position_number
from viz.text import _


def tables_part(question: PositionQuestion) -> None:
    """Draw the tables of the model that was asked about; no text is run for them."""
    answer = question.answered(
        lambda asked: engine.ask(Positions(asked.checkpoint, asked.revision)), place="positions_tables"
    )
    if answer is None:
        return
    _question, of = answer
    st.markdown(f"**{literal(sentences.which_tables(of))}**")
    if of.tables:
        _draw(of, _choose(of))
    _kinds(of)


def _choose(of: PositionTables) -> PositionTable:
    """Offer the tables of a model that has several; which one stands in the address, counted from 1."""
    numbers = range(len(of.tables))
    if len(numbers) == 1:
        return next(iter(of.tables))
    if st.session_state.get("position_table") not in numbers:
        at = position_from_number(whole(st.query_params.get("table", "")) or position_number(0))
        st.session_state["position_table"] = at if at in numbers else 0
    number = st.selectbox(
        _("Table"), numbers, key="position_table", format_func=lambda n: sentences.table_name(of.tables[n])
    )
    set_address({"table": str(position_number(number))})
    return of.tables[number]


def _draw(of: PositionTables, table: PositionTable) -> None:
    """Draw one table; beside one of positions the computed one, below both how alike positions are."""
    said = sentences.table_size(table)
    st.caption(literal(said))
    if not table.has_vectors:
        heat_map(table_map(table), "position_table_map", said)
        if table.kind != "distances":
            chart(bias_lines(table), "position_bias_lines", said)
        _download(of, table)
        return
    own, other = st.columns(2, gap="medium")
    beside = computed(table)
    own.markdown(f"**{literal(sentences.table_name(table))}**")
    heat_map(table_map(table), "position_table_map", said, place=own)
    other.markdown(_("**Computed, of the same size** (Vaswani et al. 2017)"))
    heat_map(table_map(beside), "position_computed_map", _("Computed, of the same size"), place=other)
    _notes(table)
    _download(of, table)
    st.header(_("How alike are two positions?"), anchor=False)
    alike = similarity(table)
    spoken = sentences.similarity_said(alike)
    figure = similarity_lines({of.model.checkpoint: alike, _("computed"): similarity(beside)})
    chart(figure, "position_similarity", spoken)
    st.markdown(literal(spoken))
    st.caption(
        _(
            "The line is the mean over all pairs of positions that lie so far apart, the band one standard deviation "
            "to either side. A computed table has no band: there only the distance counts."
        )
    )


def _notes(table: PositionTable) -> None:
    """Say where the colours end, and how much of a large table is drawn."""
    st.caption(_("Colours end where 99 of 100 numbers lie within; the pointer tells each number."))
    if table.kind == SINUSOIDAL:
        st.caption(_("A model may keep the same columns in another order: first all sines, then all cosines."))
    down, across = steps(table)
    if down * across > 1:
        message = _("Of {down} positions one is drawn, and of {across} numbers one.")
        st.caption(message.format(down=down, across=across))


def _download(of: PositionTables, table: PositionTable) -> None:
    st.download_button(
        _("CSV"),
        lambda: files.as_csv(columns(table)),
        f"{folder_name(of.model.checkpoint)}_positions.csv",
        "text/csv",
        key="position_table_csv",
        icon=":material/download:",
        on_click="ignore",
    )


def _kinds(of: PositionTables) -> None:
    """List the kinds there are, and which of them this model has."""
    st.header(_("Six ways to say where a word stands"), anchor=False)
    has = {table.kind for table in of.tables}
    st.dataframe(
        {
            _("kind"): [sentences.kind_name(kind) for kind in KINDS],
            _("this model"): ["✓" if kind in has else "–" for kind in KINDS],
            _("what it does"): [sentences.kind_meaning(kind) for kind in KINDS],
        },
        hide_index=True,
        key="position_kinds",
    )
