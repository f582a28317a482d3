"""Ask for a batch of prompts; the pages about batches share one question."""

from dataclasses import dataclass
from typing import ClassVar

import streamlit as st

from pages.ui.question import SIDES, Field, Question, model_field, one_of, set_address, side_field, submit
from viz import settings
from viz.engine.requests import Ask
from viz.examples import example
from viz.prompts import read_prompts
from viz.shipped import SHIPPED
from viz.text import _, language, ngettext

OTHER_LANGUAGES = ("zh", "ru")  # of which there are beginnings, as assets/examples has them
BEGINNINGS, MASKED = example("batch", "beginnings"), example("batch", "masked")


@dataclass(frozen=True, slots=True)
class BatchQuestion(Question):
    """Name what a page was asked to run: a model, prompts (one a line, as typed), the side that is padded."""

    NAME: ClassVar = "batch"
    FIELDS: ClassVar = (
        Field("text", "batch_text", "text"),
        Field("checkpoint", "batch_model", "model"),
        Field("padding_side", "batch_side", "padding_side", one_of(*SIDES)),
    )

    checkpoint: str = SHIPPED[1]
    text: str = BEGINNINGS
    padding_side: str = "left"

    @property
    def prompts(self) -> tuple[str, ...]:
        """Give the prompts; raises ``NoPrompts`` or ``TooManyPrompts``."""
        return tuple(read_prompts(self.text)[0])

    @property
    def request(self) -> Ask:
        """Give what the engine is asked; raises what ``prompts`` raises."""
        return Ask(self.checkpoint, self.prompts, self.revision, padding_side=self.padding_side)


def ask(page: str, *, sides: bool = True) -> BatchQuestion:
    """Show the form on a page and give the question in it; the first visit finds it filled.

    Without ``sides`` padding is on the left.
    """
    question = BatchQuestion.current()
    question.fill(page)
    with st.form("batch_question", border=False):
        text_column, choice_column = st.columns([3, 1])
        label = _("Prompts, one a line (up to {n})").format(n=settings.current().max_prompts)
        text_column.text_area(label, key="batch_text", height=180)
        model_field(choice_column, "batch_model")
        if sides:
            side_field(choice_column, "batch_side")
        submit(choice_column, _("Run"), BatchQuestion.take, type="primary", width="stretch")
    _examples(masked=sides)
    set_address(question.to_address())
    return question


def say_dropped(text: str, limit: int | None = None) -> None:
    """Say how many empty lines of a list were left out."""
    if n_dropped := read_prompts(text, limit=limit)[1]:
        message = ngettext("{n} empty line was dropped.", "{n} empty lines were dropped.", n_dropped)
        st.caption(message.format(n=n_dropped))


def _examples(*, masked: bool) -> None:
    """Offer one batch for each kind of model; where prompts are continued, only for the kind that does."""
    row = st.container(horizontal=True)
    take = BatchQuestion.take
    beginnings = {"checkpoint": SHIPPED[1], "text": BEGINNINGS}
    row.button(_("Example: beginnings, for GPT-2"), on_click=take, kwargs=beginnings)
    if masked:
        sentences = {"checkpoint": SHIPPED[0], "text": MASKED}
        row.button(_("Example: sentences with [MASK], for BERT"), on_click=take, kwargs=sentences)
    if (code := language()) in OTHER_LANGUAGES:
        cut = {"checkpoint": SHIPPED[1], "text": example("batch", f"beginnings_{code}")}
        row.button(_("Example: beginnings in your language, cut into bytes"), on_click=take, kwargs=cut)
