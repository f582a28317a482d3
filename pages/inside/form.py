"""Ask for a text, a pair of texts, or prompts; keep it in the address and the last good answer on the page."""

from dataclasses import dataclass

import streamlit as st

from pages.ui import mask_runs
from pages.ui.markdown import literal
from pages.ui.prompt_form import SIDES
from viz.errors import VizError
from viz.prompts import read_prompts
from viz.records import Run
from viz.shipped import SHIPPED
from viz.text import _, sentence

TEXT = "The dog runs fast to the [MASK].\nThe old turtle moves slow across the narrow [MASK]."
PAIR = ("Where is the cat?", "The old cat sleeps in the [MASK].")
BEGINNINGS = "It will rain in the\nMy dog is"


@dataclass(frozen=True, slots=True)
class TextQuestion:
    """Name what the page was asked: a model, prompts (one a line), a second text for a pair, the side that is padded."""

    checkpoint: str = SHIPPED[0]
    text: str = TEXT
    second: str = ""
    padding_side: str = "right"

    @property
    def prompts(self) -> tuple[str, ...]:
        """Give the prompts; a pair is one. Raises ``NoPrompts`` or ``TooManyPrompts``."""
        return tuple(read_prompts(self.text, limit=1 if self.second.strip() else 16)[0])


def ask() -> TextQuestion:
    """Show the form and give the question in it; the first visit finds it filled."""
    question = _current()
    fields = {"inside_text": question.text, "inside_second": question.second}
    fields |= {"inside_model": question.checkpoint, "inside_side": question.padding_side}
    if "inside_text" not in st.session_state:
        st.session_state.update(fields)
    with st.form("inside_question", border=False):
        texts, choices = st.columns([3, 1], vertical_alignment="bottom")
        texts.text_area(_("Text, or prompts one a line"), key="inside_text", height=80)
        texts.text_input(_("Second text (segment B), for a pair"), key="inside_second")
        choices.selectbox(_("Model"), SHIPPED, key="inside_model", accept_new_options=True)
        names = {"left": _("left"), "right": _("right")}
        choices.radio(_("padding_side"), SIDES, key="inside_side", horizontal=True, format_func=names.get)
        choices.form_submit_button(_("Run"), type="primary", width="stretch", on_click=_take_form)
    _examples()
    for name, value in (("text", question.text), ("second", question.second), ("model", question.checkpoint)):
        st.query_params[name] = value
    st.query_params["padding_side"] = question.padding_side
    return question


def answer(question: TextQuestion) -> tuple[TextQuestion, Run] | None:
    """Run the question; where it cannot be run, say why and keep the last answer on the page."""
    try:
        run = mask_runs.text_run(question)
    except VizError as error:
        st.error(literal(sentence(error)))
        last: TextQuestion | None = st.session_state.get("last_inside")
        if last is None:
            return None
        st.caption(_("Below is still the last answer."))
        return last, mask_runs.text_run(last)
    st.session_state["last_inside"] = question
    if run.model.weights == "random":
        st.warning(_("The weights of this model are random, not trained: its words and its heads mean nothing."))
    return question, run


def _current() -> TextQuestion:
    """Give this visitor's question; a link brings one along, the first visit gets the example."""
    if "asked_inside" not in st.session_state:
        default, given = TextQuestion(), st.query_params
        side = given.get("padding_side", default.padding_side)
        st.session_state["asked_inside"] = TextQuestion(
            checkpoint=given.get("model", default.checkpoint),
            text=given.get("text", default.text),
            second=given.get("second", default.second),
            padding_side=side if side in SIDES else default.padding_side,
        )
    return st.session_state["asked_inside"]


def _take_form() -> None:
    st.session_state["asked_inside"] = TextQuestion(
        checkpoint=(st.session_state["inside_model"] or "").strip() or SHIPPED[0],
        text=st.session_state["inside_text"] or "",
        second=st.session_state["inside_second"] or "",
        padding_side=st.session_state["inside_side"],
    )


def _examples() -> None:
    row = st.container(horizontal=True)
    bert, gpt2 = SHIPPED
    row.button(_("Example: two sentences, padded"), on_click=_take_example, args=(bert, TEXT, "", "right"))
    row.button(_("Example: a pair, question and context"), on_click=_take_example, args=(bert, *PAIR, "right"))
    row.button(_("Example: GPT-2, padded on the left"), on_click=_take_example, args=(gpt2, BEGINNINGS, "", "left"))


def _take_example(checkpoint: str, text: str, second: str, side: str) -> None:
    st.session_state.update(inside_text=text, inside_second=second, inside_model=checkpoint, inside_side=side)
    _take_form()
