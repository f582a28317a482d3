"""Ask for a model and a text on the page of one head; the head itself is the open one."""

from dataclasses import dataclass
from typing import ClassVar

import streamlit as st

from pages.ui.question import Field, Question, model_field, set_address, submit
from viz.engine.local import engine
from viz.engine.requests import Ask
from viz.examples import example
from viz.records import Run
from viz.shipped import SHIPPED
from viz.text import _

MASKED = (SHIPPED[0], example("switch_off", "masked"))


@dataclass(frozen=True, slots=True)
class HeadQuestion(Question):
    """Name what the page was asked to run: a model and a text."""

    NAME: ClassVar = "head"
    FIELDS: ClassVar = (Field("text", "head_text", "text"), Field("checkpoint", "head_model", "model"))

    checkpoint: str = MASKED[0]
    text: str = MASKED[1]

    @property
    def request(self) -> Ask:
        """Give what the engine is asked."""
        return Ask(self.checkpoint, (self.text,), self.revision)


def ask() -> HeadQuestion:
    """Show the form and give the question in it; a link from another page's map brings its own."""
    arrives = st.session_state.get("form_page") != HeadQuestion.NAME
    if arrives and {"model", "text"} & set(st.query_params):
        st.session_state["asked_head"] = HeadQuestion.from_address(st.query_params)
        st.session_state.pop("open_head", None)  # the address names it
    question = HeadQuestion.current()
    question.fill()
    with st.form("head_question", border=False):
        text_column, model_column, button_column = st.columns([5, 2, 1], vertical_alignment="bottom")
        text_column.text_input(_("Text its map is drawn for"), key="head_text")
        model_field(model_column, "head_model")
        submit(button_column, _("Run"), HeadQuestion.take, type="primary", width="stretch")
    set_address(question.to_address())
    return question


def answer(question: HeadQuestion) -> tuple[HeadQuestion, Run] | None:
    """Run the question; where it cannot be run, say why and keep the last answer on the page."""
    return question.answered(lambda asked: engine.ask(asked.request))
