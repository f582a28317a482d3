"""Show which heads follow the place and which the word, and open one of them."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from pages.positions.form import PositionQuestion, choose_text
from pages.ui import head_choice
from pages.ui.chart import chart
from pages.ui.head_panel import head_panel
from pages.ui.long_work import ask_measured
from pages.ui.markdown import literal
from viz.analysis import tables
from viz.analysis.positions.place_word import Head, PlaceWord, place_word_table, strongest
from viz.drawing.place_word_scatter import place_word_scatter
from viz.engine.local import engine
from viz.engine.requests import FollowWords
from viz.names import head_title
from viz.text import _, number

N_BUTTONS = 4


def heads_part(question: PositionQuestion) -> None:
    """Shuffle the words of the open text again and again and draw place against word."""

    def make(asked: PositionQuestion) -> PlaceWord:
        request = FollowWords(asked.checkpoint, asked.one.texts[0], revision=asked.revision)
        return ask_measured(request, request.n_shuffles)

    answer = question.answered(make, place="positions_heads")
    if answer is None:
        return
    question, of = answer
    choose_text(question)
    picture, named = st.columns([3, 2], gap="medium")
    with picture:
        chart(
            place_word_scatter(of),
            "place_word_scatter",
            _("One point a head: word to the right, place upwards"),
            on_select=_point_picked,
            selection_mode="points",
        )
    with named:
        _named(_("Follow the place most"), strongest(of, by_place=True), of, "place")
        _named(_("Follow the word most"), strongest(of, by_place=False), of, "word")
    st.caption(_explained(of))
    _table(of)
    st.header(_("One head, in the usual order"), anchor=False)
    head_panel(partial(engine.ask, question.one), row=0)


def _explained(of: PlaceWord) -> str:
    message = _(
        "The words were shuffled {n} times. Place: the correlation of a head's map with its map of the shuffled text, "
        "cell by cell at the same places. Word: the same, after each word's row and column were followed to where the "
        "word went. 1 = all of the map, 0 = none of it; means over the shuffles. Special tokens, [MASK] and looks of a "
        "word at itself are left out. A click on a point opens the head."
    )
    return literal(message.format(n=of.n_shuffles))


def _named(heading: str, heads: Sequence[Head], of: PlaceWord, key: str) -> None:
    st.markdown(f"**{literal(heading)}**")
    for layer, head in heads[:N_BUTTONS]:
        label = _("{head}: place {place}, word {word}").format(
            head=head_title(layer, head),
            place=number(float(of.place[layer, head]), 2),
            word=number(float(of.word[layer, head]), 2),
        )
        name = f"follow_{key}_{layer}_{head}"
        st.button(literal(label), key=name, on_click=head_choice.choose, args=(layer, head))


def _table(of: PlaceWord) -> None:
    """List all heads in an expander; a click on a row opens its head."""
    expander = st.expander(_("Table of all heads"), on_change="rerun", key="place_word_open")
    if not expander.open:
        return
    heads = strongest(of, by_place=True)
    table = place_word_table(of, heads)

    def picked() -> None:
        if rows := st.session_state["place_word_table"].selection.rows:
            head_choice.choose(*heads[rows[0]])

    config = {name: st.column_config.NumberColumn(format="%.4f") for name in (_("place"), _("word"))}
    expander.dataframe(
        dict(zip((_("head"), _("from 0"), _("place"), _("word")), table.values(), strict=True)),
        hide_index=True,
        height=320,
        column_config=config,
        key="place_word_table",
        on_select=picked,
        selection_mode="single-row",
    )
    expander.download_button(
        _("CSV"),
        lambda: tables.as_csv(table),
        "place_and_word.csv",
        "text/csv",
        key="place_word_csv",
        icon=":material/download:",
        on_click="ignore",
    )


def _point_picked() -> None:
    """Open the head of the point that was clicked; a click beside the points opens none."""
    if points := st.session_state["place_word_scatter"].selection.points:
        head_choice.choose(*points[0]["customdata"])
