"""Ask for a model and a sentence."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import streamlit as st

from pages.ui.question import Field, Question, model_field, set_address, submit
from viz.engine.local import engine
from viz.engine.requests import Ask
from viz.errors import TextTooLong, VizError
from viz.examples import example
from viz.records import Run
from viz.shipped import SHIPPED
from viz.text import _

EXAMPLES = example("masked_word", "sentences").splitlines()


@dataclass(frozen=True, slots=True)
class SentenceQuestion(Question):
    """Name what the page was asked to run: a model and a sentence; ``cut`` is the sentence that may be cut."""

    NAME: ClassVar = "sentence"
    FIELDS: ClassVar = (Field("text", "text", "text"), Field("checkpoint", "model", "model"))

    checkpoint: str = SHIPPED[0]
    text: str = EXAMPLES[0]
    truncate: bool = False

    @property
    def request(self) -> Ask:
        """Give what the engine is asked."""
        return Ask(self.checkpoint, (self.text,), self.revision, truncate=self.truncate)


def ask() -> SentenceQuestion:
    """Show the form and give the question in it; the first visit finds it filled."""
    question = SentenceQuestion.current()
    question.fill()
    with st.form("question", border=False):
        text_column, model_column, button_column = st.columns([5, 2, 1], vertical_alignment="bottom")
        text_column.text_input(_("Sentence with [MASK]"), key="text")
        model_field(model_column, "model")
        submit(button_column, _("Run"), partial(SentenceQuestion.take, truncate=False), type="primary", width="stretch")
    set_address(question.to_address())
    return question


def answer(question: SentenceQuestion) -> tuple[SentenceQuestion, Run] | None:
    """Run the question; where it cannot be run, say why and keep the last answer on the page."""
    answered = question.answered(lambda asked: engine.ask(asked.request), also=_offer_cut)
    if answered is not None and answered[1].batch.truncated[0]:
        st.caption(_("The text was cut to {n} tokens, all that is read here.").format(n=answered[1].batch.n_tokens))
    return answered


def _offer_cut(error: VizError) -> None:
    if isinstance(error, TextTooLong):
        label = _("Cut it to {max_positions} tokens").format(**error.values)
        st.button(label, on_click=SentenceQuestion.take, kwargs={"truncate": True})
