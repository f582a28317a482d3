"""Show what each head gives to each offset over many texts, and how much of it the offset alone explains."""

from functools import partial

import streamlit as st

from pages.positions.form import PositionQuestion, choose_text
from pages.ui import guard, head_choice, prompt_form
from pages.ui.chart import chart
from pages.ui.head_panel import Give
from pages.ui.heat_map import heat_map
from pages.ui.long_work import ask_measured
from pages.ui.markdown import literal
from pages.ui.pictures import head_figure
from pages.ui.question import set_address
from viz import settings
from viz.analysis import tables
from viz.analysis.maps.cell_map import of_head
from viz.analysis.positions.offsets import (
    OffsetProfiles,
    Profiles,
    by_explained,
    offsets_table,
    profile_said,
)
from viz.drawing.movement_board import numbers_board
from viz.drawing.offset_profile import offset_profile, position_only_map
from viz.engine.local import engine
from viz.engine.requests import MeasureOffsets
from viz.text import _, ngettext


def distance_part(question: PositionQuestion) -> None:
    """Measure all texts and draw every head's share, the list of heads, and one head's profile."""

    def make(asked: PositionQuestion) -> OffsetProfiles:
        return ask_measured(_request(asked), len(asked.texts))

    answer = question.answered(make, place="positions_distance")
    if answer is None:
        return
    question, measured = answer
    prompt_form.say_dropped(question.text, settings.current().max_texts)
    count_special = _count_special()
    of = measured.profiles(count_special=count_special)
    st.caption(_counted(measured, count_special=count_special))
    board, listed = st.columns(2, gap="medium")
    board.markdown(_("**R²: what a table of offsets alone explains of each head**"))
    heat_map(numbers_board(of.explained, _("R²")), "offsets_board", _("R² of every head"), place=board)
    with listed:
        _table(of)
    choose_text(question)
    profile_panel(partial(engine.ask, _request(question)), partial(engine.ask, question.one), count_special)


def _request(asked: PositionQuestion) -> MeasureOffsets:
    return MeasureOffsets(asked.checkpoint, asked.texts, asked.revision)


def _count_special() -> bool:
    """Ask whether special tokens count; it stands in the address."""
    if "offsets_special" not in st.session_state:
        given = st.session_state.get("kept_offsets_special", st.query_params.get("special") == "1")
        st.session_state["offsets_special"] = given
    counted = st.toggle(_("Count special tokens, such as [CLS] and [SEP]"), key="offsets_special")
    st.session_state["kept_offsets_special"] = counted
    set_address({"special": "1" if counted else None})
    return counted


def _counted(measured: OffsetProfiles, *, count_special: bool) -> str:
    """Say over what was measured."""
    message = ngettext("Measured in {n} text.", "Measured in {n} texts.", measured.n_texts)
    special = (
        _("Special tokens are counted as queries and as keys.")
        if count_special
        else _("Special tokens are left out as queries and as keys.")
    )
    rest = _("Padding, later keys of a model that reads from left to right, and rows that see nothing never count.")
    return literal(f"{message.format(n=measured.n_texts)} {special} {rest}")


def _table(of: Profiles) -> None:
    """List the heads, those that offsets explain best first; a click on a row opens its head."""
    heads = by_explained(of)
    table = offsets_table(of, heads)
    names = (_("head"), _("from 0"), _("R²"), _("strongest offset"), _("its mean"), _("± of it"))

    def picked() -> None:
        if rows := st.session_state["offsets_table"].selection.rows:
            head_choice.choose(*heads[rows[0]])

    config = {name: st.column_config.NumberColumn(format="%.4f") for name in (names[2], *names[4:])}
    config[names[3]] = st.column_config.NumberColumn(format="%+d")
    st.dataframe(
        dict(zip(names, table.values(), strict=True)),
        hide_index=True,
        height=300,
        key="offsets_table",
        column_config=config,
        on_select=picked,
        selection_mode="single-row",
    )
    st.download_button(
        _("CSV"),
        lambda: tables.as_csv(table),
        "offsets.csv",
        "text/csv",
        key="offsets_csv",
        icon=":material/download:",
        on_click="ignore",
    )


@guard.fragment(key=head_choice.PANEL)
def profile_panel(give_profiles, give_run: Give, count_special: bool) -> None:
    """Draw the open head's profile, and its map of the open text beside the one that offsets alone would make."""
    st.header(_("One head: what it gives to each offset"), anchor=False)
    of, run = give_profiles().profiles(count_special=count_special), give_run()
    head = head_choice.controls(run.model)
    said = profile_said(of, head)
    chart(offset_profile(of, head), "offset_profile", said)
    st.markdown(literal(said))
    own, alone = st.columns(2, gap="medium")
    own.caption(_("the map of the open text"))
    heat_map(head_figure(run, 0, *head, False), "head_map", said, cells=of_head(run, 0, *head), place=own)
    alone.caption(_("the map that offsets alone would make; offsets that were never measured stay empty"))
    figure = position_only_map(of, run, 0, head)
    heat_map(figure, "position_only_map", _("the map that offsets alone would make"), place=alone)
