"""Ask for a text, a pair of texts, or prompts."""

from dataclasses import dataclass
from typing import Any, ClassVar

import streamlit as st

from pages.ui.question import SIDES, Field, Question, model_field, one_of, set_address, side_field, submit
from viz.engine.local import engine
from viz.engine.requests import Ask, Translate
from viz.errors import TwoStacks
from viz.examples import example
from viz.prompts import read_prompts
from viz.records import Run
from viz.shipped import SHIPPED, TRANSLATOR
from viz.text import _

PADDED, BEGINNINGS = example("inside", "padded"), example("inside", "beginnings")
SOURCES = example("cross", "lengths")
PAIR = example("inside", "pair").splitlines()
WRITTEN_TOKENS = 20  # at most so many are written where an encoder-decoder is given no target


@dataclass(frozen=True, slots=True)
class TextQuestion(Question):
    """Name what the page was asked: a model, prompts (one a line), a second text for a pair, the padded side."""

    NAME: ClassVar = "inside"
    FIELDS: ClassVar = (
        Field("text", "inside_text", "text"),
        Field("second", "inside_second", "second"),
        Field("checkpoint", "inside_model", "model"),
        Field("padding_side", "inside_side", "padding_side", one_of(*SIDES)),
    )

    checkpoint: str = SHIPPED[0]
    text: str = PADDED
    second: str = ""
    padding_side: str = "right"

    @property
    def prompts(self) -> tuple[str, ...]:
        """Give the prompts; a pair is one. Raises ``NoPrompts`` or ``TooManyPrompts``."""
        return tuple(read_prompts(self.text, limit=1 if self.second.strip() else None)[0])

    @property
    def translation(self) -> Translate:
        """Give what is asked of a model of two stacks: the second text is the target, and without one it is written."""
        targets = (self.second,) if self.second.strip() else ()
        return Translate(self.checkpoint, self.prompts, targets, self.revision, self.padding_side, WRITTEN_TOKENS)

    def run(self) -> Run:
        """Run the texts, as sources where the model has two stacks. Raises what the engine and ``prompts`` raise."""
        try:
            return engine.ask(self.request)
        except TwoStacks:
            return engine.ask(self.translation)

    @property
    def request(self) -> Ask:
        """Give what the engine is asked; raises what ``prompts`` raises."""
        return Ask(self.checkpoint, self.prompts, self.revision, second=self.second, padding_side=self.padding_side)


def ask() -> TextQuestion:
    """Show the form and give the question in it; the first visit finds it filled."""
    question = TextQuestion.current()
    question.fill()
    with st.form("inside_question", border=False):
        texts, choices = st.columns([3, 1], vertical_alignment="bottom")
        texts.text_area(_("Text, or prompts one a line"), key="inside_text", height=80)
        texts.text_input(_("Second text: segment B of a pair, or an encoder-decoder's target"), key="inside_second")
        model_field(choices, "inside_model")
        side_field(choices, "inside_side")
        submit(choices, _("Run"), TextQuestion.take, type="primary", width="stretch")
    _examples()
    set_address(question.to_address())
    return question


def _examples() -> None:
    bert, gpt2 = SHIPPED
    offered = {
        _("Example: two sentences, padded"): (bert, PADDED, "", "right"),
        _("Example: a pair, question and context"): (bert, *PAIR, "right"),
        _("Example: GPT-2, padded on the left"): (gpt2, BEGINNINGS, "", "left"),
        _("Example: an encoder-decoder, three masks"): (TRANSLATOR, SOURCES, "", "right"),
    }
    row = st.container(horizontal=True)
    for label, values in offered.items():
        named: dict[str, Any] = dict(zip(("checkpoint", "text", "second", "padding_side"), values, strict=True))
        row.button(label, on_click=TextQuestion.take, kwargs=named)
