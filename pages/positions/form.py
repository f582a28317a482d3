"""Ask for a model and texts on the page about the order of words, and which part of the page is open."""

from dataclasses import dataclass
from typing import ClassVar

import streamlit as st

from pages.ui.question import Field, Question, model_field, one_of, set_address
from viz.examples import example
from viz.prompts import read_prompts
from viz.shipped import SHIPPED
from viz.text import _

MAX_TEXTS = 400
MASKED, NEXT = example("positions", "masked"), example("positions", "next")
PARTS = ("tables",)


@dataclass(frozen=True, slots=True)
class PositionQuestion(Question):
    """Name what the page was asked about: a model and texts, one a line, as typed."""

    NAME: ClassVar = "positions"
    FIELDS: ClassVar = (Field("text", "positions_text", "text"), Field("checkpoint", "positions_model", "model"))

    checkpoint: str = SHIPPED[0]
    text: str = MASKED

    @property
    def texts(self) -> tuple[str, ...]:
        """Give the texts; raises ``NoPrompts`` or ``TooManyPrompts``."""
        return tuple(read_prompts(self.text, limit=MAX_TEXTS)[0])


def ask() -> PositionQuestion:
    """Show the form and give the question in it; the first visit finds it filled."""
    question = PositionQuestion.current()
    question.fill()
    with st.form("positions_question", border=False):
        text_column, choice_column = st.columns([3, 1], vertical_alignment="bottom")
        text_column.text_area(_("Texts, one a line (up to {n})").format(n=MAX_TEXTS), key="positions_text", height=104)
        model_field(choice_column, "positions_model")
        choice_column.form_submit_button(_("Run"), type="primary", width="stretch", on_click=PositionQuestion.take)
    _examples()
    set_address(question.to_address())
    return question


def choose_part() -> str:
    """Show the parts of the page and give the open one; it stands in the address."""
    names = {"tables": _("The tables")}
    if "positions_part" not in st.session_state:
        given = st.session_state.get("kept_positions_part", st.query_params.get("part", ""))
        st.session_state["positions_part"] = one_of(*PARTS)(given) or PARTS[0]
    chosen = st.segmented_control(
        _("What is looked at"),
        PARTS,
        key="positions_part",
        format_func=names.__getitem__,
        required=True,
        label_visibility="collapsed",
    )
    part = st.session_state["kept_positions_part"] = chosen or PARTS[0]
    st.query_params["part"] = part
    return part


def _examples() -> None:
    """Offer a text for each kind of model."""
    row = st.container(horizontal=True)
    take = PositionQuestion.take
    row.button(_("Example: a sentence, for BERT"), on_click=take, kwargs={"checkpoint": SHIPPED[0], "text": MASKED})
    row.button(_("Example: a beginning, for GPT-2"), on_click=take, kwargs={"checkpoint": SHIPPED[1], "text": NEXT})
