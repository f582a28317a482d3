"""Ask for a model and texts on the page about the order of words, and which part of the page is open."""

from dataclasses import dataclass
from typing import ClassVar

import streamlit as st

from pages.ui import fields, prompt_choice
from pages.ui.question import Field, Question, model_field, one_of, set_address, submit
from viz import settings
from viz.engine.requests import Ask
from viz.examples import example
from viz.labels import shortened
from viz.names import position_number
from viz.prompts import read_prompts
from viz.shipped import SHIPPED
from viz.text import _

MASKED, NEXT = example("positions", "masked"), example("positions", "next")
PADDED, MANY = example("positions", "padded"), example("positions", "texts")
PARTS = ("order", "tables", "heads", "distance", "forgotten")


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
        return tuple(read_prompts(self.text, limit=settings.current().max_texts)[0])

    @property
    def one(self) -> Ask:
        """Ask for a pass over the open text alone; raises what ``texts`` raises."""
        texts = self.texts
        return Ask(self.checkpoint, (texts[prompt_choice.chosen(len(texts))],), self.revision)


def ask() -> PositionQuestion:
    """Show the form and give the question in it; the first visit finds it filled."""
    question = PositionQuestion.current()
    question.fill()
    with st.form("positions_question", border=False):
        text_column, choice_column = st.columns([3, 1], vertical_alignment="bottom")
        text_column.text_area(
            _("Texts, one a line (up to {n})").format(n=settings.current().max_texts), key="positions_text", height=104
        )
        model_field(choice_column, "positions_model")
        submit(choice_column, _("Run"), PositionQuestion.take, type="primary", width="stretch")
    _examples()
    set_address(question.to_address())
    return question


def choose_part() -> str:
    """Show the parts of the page and give the open one; it stands in the address."""
    names = {
        "order": _("Change the order"),
        "tables": _("Tables of positions"),
        "heads": _("Place or word?"),
        "distance": _("By distance"),
        "forgotten": _("position_ids forgotten"),
    }
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


def choose_text(question: PositionQuestion) -> None:
    """Offer which text is open, where there are several."""
    texts = question.texts
    if len(texts) > 1:
        st.session_state["positions_open"] = prompt_choice.chosen(len(texts))
        st.selectbox(
            _("Open text"),
            range(len(texts)),
            key="positions_open",
            format_func=lambda at: f"{position_number(at)}  {shortened(texts[at])}",
            on_change=_open_text,
        )


def _open_text() -> None:
    st.session_state["open_prompt"] = st.session_state["positions_open"]


def _examples() -> None:
    """Offer a text for each kind of model, the mistake with padding, and many texts."""
    row = st.container(horizontal=True)
    bert, gpt2 = SHIPPED
    row.button(_("Example: a sentence, for BERT"), on_click=_take, args=(bert, MASKED))
    row.button(_("Example: a beginning, for GPT-2"), on_click=_take, args=(gpt2, NEXT))
    label = _("Example: a GPT-2 without position_ids under left padding")
    row.button(label, on_click=_take, args=(gpt2, PADDED, "forgotten"))
    label = _("Example: {n} sentences, by distance").format(n=len(MANY.splitlines()))
    row.button(label, on_click=_take, args=(bert, MANY, "distance"))


def _take(checkpoint: str, text: str, part: str | None = None) -> None:
    """Ask an example; one that is for a part of the page opens it."""
    PositionQuestion.take(checkpoint=checkpoint, text=text)
    st.session_state["open_prompt"] = 0
    if part is not None:
        fields.give({"positions_part": part})
