"""Tell the model another order of a text, and show the answer and the maps before and after."""

from dataclasses import replace
from functools import partial

import streamlit as st

from pages.positions.before_after import before_after
from pages.positions.form import PositionQuestion, choose_text
from pages.ui import fields, guard
from pages.ui.answer_shift import answer_shift
from pages.ui.batch_strips import chips
from pages.ui.markdown import literal
from pages.ui.question import one_of, set_address, whole
from viz.analysis.positions.orders import CHANGES, EQUAL, SHIFTED, SHUFFLED, WORDS, Order, order_said
from viz.analysis.predictions import require_words
from viz.drawing import strips
from viz.engine.local import engine
from viz.records import Run
from viz.text import _

_FIRST = {"change": CHANGES[0], "seed": 0, "shift": 1}


def order_part(question: PositionQuestion) -> None:
    """Run the open text as usual and with another order."""
    answer = question.answered(lambda asked: engine.ask(asked.one), place="positions_order")
    if answer is None:
        return
    question, before = answer
    choose_text(question)
    order = _ask_order()
    request = replace(question.one, order=order)
    after = guard.attempt(engine.ask, request)
    if after is None:
        st.caption(_("Below is the usual order."))
        request, after = question.one, before
    _strips(before, after)
    if after is not before:
        st.markdown(f"**{literal(order_said(before, after))}**")
    st.header(_("The answer, before → after"), anchor=False)
    if before.model.words != "read":
        guard.attempt(require_words, before.model)
    elif not len(before.readouts):
        st.info(_("There is no [MASK] in this text, so there is no answer to compare; the maps below are compared."))
    for readout in range(len(before.readouts)):
        answer_shift(before, after, readout, "order")
    st.header(_("The heads, before → after"), anchor=False)
    before_after(partial(engine.ask, question.one), partial(engine.ask, request), 0)


def _ask_order() -> Order:
    """Ask what is changed about the order; it stands in the address."""
    names = {
        SHUFFLED: _("position_ids shuffled"),
        EQUAL: _("all position_ids equal"),
        SHIFTED: _("position_ids shifted"),
        WORDS: _("the words shuffled"),
    }
    _restore()
    kind, number, button = st.columns([4, 1, 1], vertical_alignment="bottom")
    change = kind.radio(
        _("What is changed"), CHANGES, key="order_change", horizontal=True, format_func=names.__getitem__
    )
    if change in (SHUFFLED, WORDS):
        number.number_input(_("Seed"), 0, 999_999_999, key="order_seed", help=_("The same seed is the same shuffle."))
        button.button(_("Another shuffle"), on_click=_next_seed, width="stretch")
    elif change == SHIFTED:
        number.number_input(_("Shifted by"), 0, 999_999_999, key="order_shift")
    st.caption(_meaning(change))
    chosen = {name: st.session_state.get(f"order_{name}", first) for name, first in _FIRST.items()}
    st.session_state["kept_order"] |= chosen
    kept = st.session_state["kept_order"]
    set_address({name: str(kept[name]) for name in _FIRST})
    return Order(change, kept["seed"] if change in (SHUFFLED, WORDS) else 0, kept["shift"] if change == SHIFTED else 0)


def _restore() -> None:
    """Fill the fields with what was chosen before, or with what the address says."""
    if "kept_order" not in st.session_state:
        given = st.query_params
        numbers = {name: max(whole(given.get(name, "")) or _FIRST[name], 0) for name in ("seed", "shift")}
        if given.get("shift") == "0":
            numbers["shift"] = 0
        change = one_of(*CHANGES)(given.get("change", "")) or CHANGES[0]
        st.session_state["kept_order"] = {"change": change} | numbers
    for name, value in st.session_state["kept_order"].items():
        if f"order_{name}" not in st.session_state:
            st.session_state[f"order_{name}"] = value


def _next_seed() -> None:
    fields.give({"order_seed": st.session_state["order_seed"] + 1})


def _meaning(change: str) -> str:
    meanings = {
        SHUFFLED: _(
            "Each word stays in its place and is told the position of another one. Special tokens and [MASK] keep "
            "theirs."
        ),
        EQUAL: _("Every token is told that it stands at position 0: a bag of words, but for a mask of later words."),
        SHIFTED: _("Every token is told that it stands so many places later; the order stays the same."),
        WORDS: _(
            "The words themselves change places, and each place keeps its position. Special tokens and [MASK] stay."
        ),
    }
    return meanings[change]


def _strips(before: Run, after: Run) -> None:
    """Draw the tokens with the position_ids that the model was given, before and after."""
    rows = [
        strips.strip(chips(before.batch, 0), _("before")),
        strips.strip(chips(after.batch, 0, unlike=before.batch), _("after")),
    ]
    special = ["special"] if before.batch.special_tokens_mask.any() else []
    st.html(strips.board([*rows, strips.legend(["real", *special, "changed"])]))
    st.caption(_("Under each token its position_ids, as the model was told."))
