"""Ask what is translated: sources, given targets or none, a model, the side that is padded; or open a saved run."""

from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import streamlit as st

from pages.ui import prompt_form
from pages.ui.head_panel import Give
from pages.ui.markdown import literal
from pages.ui.opened import TYPES, OpenedFile, brought, offer_opened
from pages.ui.question import SIDES, Field, Question, model_field, one_of, set_address, side_field, submit
from pages.ui.run_facts import say_rows
from viz import settings
from viz.engine.local import engine
from viz.engine.requests import Translate
from viz.examples import example
from viz.prompts import read_prompts
from viz.records import Run
from viz.shipped import TRANSLATOR
from viz.text import _

SWAP, NEGATION, PRONOUN, LENGTHS = (example("cross", name) for name in ("swap", "negation", "pronoun", "lengths"))
MODELS = (TRANSLATOR,)


@dataclass(frozen=True, slots=True)
class CrossQuestion(Question):
    """Name what the page was asked to run: sources and targets (one a line, as typed), or a saved run."""

    NAME: ClassVar = "cross"
    FIELDS: ClassVar = (
        Field("text", "cross_text", "text"),
        Field("targets", "cross_targets", "target"),
        Field("checkpoint", "cross_model", "model"),
        Field("padding_side", "cross_side", "padding_side", one_of(*SIDES)),
    )

    checkpoint: str = TRANSLATOR
    text: str = SWAP
    targets: str = ""
    padding_side: str = "right"
    file: OpenedFile | None = None

    @property
    def request(self) -> Translate:
        """Give what the engine is asked, with all heads on; raises ``NoPrompts`` or ``TooManyPrompts``."""
        sources = tuple(read_prompts(self.text)[0])
        given = tuple(read_prompts(self.targets)[0]) if self.targets.strip() else ()
        return Translate(self.checkpoint, sources, given, self.revision, self.padding_side)

    def run(self) -> Run:
        """Translate, or read the saved run. Raises what ``request``, the engine and the file raise."""
        return engine.ask(self.request) if self.file is None else self.file.translation()

    @property
    def give(self) -> Give:
        """Give the way to the run, for what outlives a run of the page."""
        return partial(CrossQuestion.run, self)


def ask() -> CrossQuestion:
    """Show the form and give the question in it; the first visit finds it filled."""
    if (file := brought()) is not None:
        _take_file(file)
    question = CrossQuestion.current()
    question.fill()
    with st.form("cross_question", border=False):
        source_column, target_column, choice_column = st.columns([3, 3, 2])
        label = _("Source texts, one a line (up to {n})").format(n=settings.current().max_prompts)
        source_column.text_area(label, key="cross_text", height=120)
        target_column.text_area(
            _("Targets, one a line for each source, or nothing"),
            key="cross_targets",
            height=120,
            placeholder=_("left empty: the model writes them"),
        )
        model_field(choice_column, "cross_model", ours=MODELS, example="Helsinki-NLP/opus-mt-en-fr")
        side, button = choice_column.columns(2, vertical_alignment="bottom")
        side_field(side, "cross_side")
        submit(button, _("Run"), CrossQuestion.take, type="primary", width="stretch")
    _more_ways(question)
    shown = question.to_address() | ({} if question.targets else {"target": None})
    set_address(shown if question.file is None else dict.fromkeys(shown))
    return question


def answer(question: CrossQuestion) -> tuple[CrossQuestion, Run] | None:
    """Run the question; where it cannot be run, say why and keep the last answer on the page."""
    answered = question.answered(CrossQuestion.run)
    if answered is None:
        return None
    asked, run = answered
    if asked.file is None:
        prompt_form.say_dropped(asked.text)
    else:
        say_rows(run, asked.file.digest)
    return answered


def _more_ways(question: CrossQuestion) -> None:
    """Offer examples, and a file instead of typing."""
    row = st.container(horizontal=True, vertical_alignment="center")
    examples = {
        _("Example: adjective and noun change places"): SWAP,
        _("Example: one word becomes two"): NEGATION,
        _("Example: a pronoun moves before its verb"): PRONOUN,
        _("Example: two sentences, one padded"): LENGTHS,
    }
    for label, text in examples.items():
        row.button(label, on_click=CrossQuestion.take, kwargs={"text": text, "targets": ""})
    with row.popover(_("From a file"), icon=":material/upload_file:"):
        label = _("A saved run (.npz, .safetensors) of an encoder-decoder, opened without its model")
        st.file_uploader(label, TYPES, key="cross_file", on_change=_file_given)
        offer_opened("cross_opened", _take_file)
    if question.file is not None:
        message = _("Below is the saved run {name}; press Run to go back to the typed texts.")
        st.caption(literal(message.format(name=question.file.name)))


def _file_given() -> None:
    """Show an uploaded run."""
    file = st.session_state.get("cross_file")
    if file is not None:
        _take_file(OpenedFile.of(file.name, file.getvalue()))


def _take_file(file: OpenedFile) -> None:
    st.session_state["asked_cross"] = replace(CrossQuestion.current(), file=file)
