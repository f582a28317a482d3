"""Ask for a model and a sentence on the page that switches heads off."""

from dataclasses import dataclass
from typing import ClassVar

import streamlit as st

from pages.ui import fields
from pages.ui.question import Field, Question, model_field, set_address, submit
from viz.analysis.heads.switch_off import Head
from viz.analysis.predictions import require_readouts
from viz.engine.local import engine
from viz.engine.requests import Ask
from viz.examples import example
from viz.names import head_index_label
from viz.records import Run
from viz.shipped import SHIPPED
from viz.text import _

# Each with a head whose absence moves the answer; the page opens with the first.
MASKED = (SHIPPED[0], example("switch_off", "masked"), (1, 9))
NEXT = (SHIPPED[1], example("switch_off", "next"), (2, 5))


@dataclass(frozen=True, slots=True)
class SwitchQuestion(Question):
    """Name what the page was asked to run: a model and a sentence."""

    NAME: ClassVar = "switch_off"
    FIELDS: ClassVar = (Field("text", "switch_text", "text"), Field("checkpoint", "switch_model", "model"))

    checkpoint: str = MASKED[0]
    text: str = MASKED[1]

    @property
    def request(self) -> Ask:
        """Give what the engine is asked, with all heads on."""
        return Ask(self.checkpoint, (self.text,), self.revision)


def ask() -> SwitchQuestion:
    """Show the form and give the question in it; the first visit finds it filled, with one head off."""
    if "kept_off_names" not in st.session_state:
        is_link = "text" in st.query_params or "model" in st.query_params
        st.session_state["kept_off_names"] = st.query_params.get("off", "" if is_link else head_index_label(*MASKED[2]))
    question = SwitchQuestion.current()
    question.fill()
    with st.form("switch_question", border=False):
        text_column, model_column, button_column = st.columns([5, 2, 1], vertical_alignment="bottom")
        text_column.text_input(_("Sentence with [MASK], or a beginning for a GPT-2"), key="switch_text")
        model_field(model_column, "switch_model")
        submit(button_column, _("Run"), SwitchQuestion.take, type="primary", width="stretch")
    row = st.container(horizontal=True)
    row.button(_("Example: a masked word, for BERT"), on_click=_take_example, args=MASKED)
    row.button(_("Example: the next word, for GPT-2"), on_click=_take_example, args=NEXT)
    set_address(question.to_address())
    return question


def answer(question: SwitchQuestion) -> tuple[SwitchQuestion, Run] | None:
    """Run the question with all heads on; where it cannot be run, say why and keep the last answer on the page."""
    return question.answered(_read_out)


def _read_out(question: SwitchQuestion) -> Run:
    run = engine.ask(question.request)
    require_readouts(run)
    return run


def _take_example(checkpoint: str, text: str, head: Head) -> None:
    st.session_state["kept_off_names"] = head_index_label(*head)
    fields.give({"off_names": head_index_label(*head), "expected": ""})
    st.session_state.update(open_head=head, head_error=None)
    SwitchQuestion.take(checkpoint=checkpoint, text=text)
