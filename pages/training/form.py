"""Ask for a training batch: sentences, and how the collator is to make it."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import streamlit as st

from pages.ui.question import (
    SIDES,
    Field,
    Question,
    model_field,
    number,
    one_of,
    set_address,
    side_field,
    submit,
    whole,
)
from viz.engine.requests import Train
from viz.examples import example
from viz.shipped import SHIPPED
from viz.text import _

MAX_SENTENCES = 16
LENGTHS, ONE_LENGTH = example("training", "lengths"), example("training", "one_length")
MAX_SEED_DIGITS = 15  # more are no longer whole numbers in a browser


@dataclass(frozen=True, slots=True)
class TrainingQuestion(Question):
    """Name a training batch: a model, sentences (one a line, as typed), and how the collator is to make it.

    A seed out of range is read from an address too, so that the page can say what is allowed.
    """

    NAME: ClassVar = "training"
    FIELDS: ClassVar = (
        Field("text", "training_text", "text"),
        Field("checkpoint", "training_model", "model"),
        Field("seed", "training_seed", "seed", partial(whole, most_digits=MAX_SEED_DIGITS)),
        Field("share", "training_share", "share", number),
        Field("padding_side", "training_side", "padding_side", one_of(*SIDES)),
        Field("append_end", "training_end", "end", lambda text: text != "0", lambda on: "1" if on else "0"),
    )

    checkpoint: str = SHIPPED[0]
    text: str = LENGTHS
    seed: int = 0
    share: float = 0.3  # scripts take 0.15; of four short sentences little would be scored
    padding_side: str = "right"
    append_end: bool = True

    @property
    def texts(self) -> tuple[str, ...]:
        """Give the sentences; empty lines are none."""
        return tuple(line for line in self.text.splitlines() if line.strip())

    @property
    def request(self) -> Train:
        """Give what the engine is asked."""
        options = (self.seed, self.share, self.padding_side, self.append_end)
        return Train(self.checkpoint, self.texts, *options, revision=self.revision)


def ask() -> TrainingQuestion:
    """Show the form and give the question in it; the first visit finds it filled."""
    question = TrainingQuestion.current()
    question.fill()
    with st.form("training_question", border=False):
        text_column, choice_column = st.columns([3, 2])
        label = _("Sentences, one a line (up to {n})").format(n=MAX_SENTENCES)
        text_column.text_area(label, key="training_text", height=312)
        with choice_column:
            _choices()
    _examples()
    set_address(question.to_address())
    return question


def _choices() -> None:
    model_field(st, "training_model")
    seed_column, share_column = st.columns(2)
    spoken = _("The collator draws with it: the same seed, the same batch.")
    seed_column.number_input(_("Seed (BERT)"), step=1, key="training_seed", help=spoken)
    spoken = _("How many tokens are drawn to be guessed, 0 to 1; scripts take 0.15.")
    share_column.number_input(_("Masked share (BERT)"), step=0.05, key="training_share", help=spoken)
    side_field(st, "training_side")
    st.toggle(_("Append the end token (GPT-2)"), key="training_end")
    submit(st, _("Run"), TrainingQuestion.take, type="primary", width="stretch")


def _examples() -> None:
    """Offer examples as they are meant: with the default choices too."""
    bert, gpt2 = SHIPPED
    offered = {
        _("Example: different lengths, for BERT"): TrainingQuestion(bert, LENGTHS),
        _("Example: all of one length, for BERT"): TrainingQuestion(bert, ONE_LENGTH),
        _("Example: next words, for GPT-2"): TrainingQuestion(gpt2, LENGTHS),
    }
    row = st.container(horizontal=True)
    for label, question in offered.items():
        values = {field.name: getattr(question, field.name) for field in question.FIELDS}
        row.button(label, on_click=TrainingQuestion.take, kwargs=values)
