"""Ask for a batch of prompts; keep it in the address, across pages, and the last good answer on the page."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages.ui import runs
from pages.ui.markdown import literal
from viz.analysis.batches.generation import Generation, Sampling
from viz.errors import VizError
from viz.prompts import MAX_PROMPTS, read_prompts
from viz.records import Run
from viz.shipped import SHIPPED
from viz.text import _, ngettext, sentence

PROMPTS = "It will rain in the\nI want to eat a big bowl of\nMy dog is"
MASKED = "The turtle moves slow across the [MASK].\nShe is reading a [MASK].\nThe [MASK] barked at the cat in the old garden."
SIDES = ("left", "right")
MAX_ADDRESS = 1_500  # characters; browsers and chat programs cut longer links


@dataclass(frozen=True, slots=True)
class BatchQuestion:
    """Name what a page was asked to run: a model, prompts (one a line, as typed), the side that is padded."""

    checkpoint: str = SHIPPED[1]
    text: str = PROMPTS
    padding_side: str = "left"

    @property
    def prompts(self) -> tuple[str, ...]:
        """Give the prompts; raises ``NoPrompts`` or ``TooManyPrompts``."""
        return tuple(read_prompts(self.text)[0])


def ask(page: str, *, sides: bool = True) -> BatchQuestion:
    """Show the form on a page and give the question in it; the first visit finds it filled.

    The pages about batches share one question. Without ``sides`` padding is on the left.
    """
    question = _current()
    _fill_fields(page, question)
    with st.form("batch_question", border=False):
        text_column, choice_column = st.columns([3, 1])
        label = _("Prompts, one a line (up to {n})").format(n=MAX_PROMPTS)
        text_column.text_area(label, key="batch_text", height=180)
        choice_column.selectbox(
            _("Model"),
            SHIPPED,
            key="batch_model",
            accept_new_options=True,
            help=_("A shipped model, a folder with weights, or a name on the Hub such as gpt2."),
        )
        if sides:
            names = {"left": _("left"), "right": _("right")}
            choice_column.radio(_("padding_side"), SIDES, key="batch_side", horizontal=True, format_func=names.get)
        choice_column.form_submit_button(_("Run"), type="primary", width="stretch", on_click=_take_form)
    _examples(masked=sides)
    _write_address(question)
    return question


def answer(question: BatchQuestion) -> tuple[BatchQuestion, Run] | None:
    """Run the question; where it cannot be run, say why and keep the last answer on the page."""

    def make(asked: BatchQuestion) -> Run:
        return runs.batch_run(asked.checkpoint, asked.prompts, asked.padding_side)

    kept = kept_answer("last_batch", make, question)
    if kept is not None:
        _say_what_was_done(kept[0], kept[1].model.weights == "random")
    return kept


def continued(question: BatchQuestion, sampling: Sampling) -> Generation | None:
    """Continue the prompts, padded on the left; where that cannot be done, say why and keep the last answer."""

    def make(asked: tuple[BatchQuestion, Sampling]) -> Generation:
        return runs.generation(asked[0].checkpoint, asked[0].prompts, "left", asked[1])

    kept = kept_answer("last_generation", make, (question, sampling))
    if kept is None:
        return None
    _say_what_was_done(question, kept[1].run.model.weights == "random")
    return kept[1]


def kept_answer(key: str, make: Callable, asked):
    """Give what was asked and the answer to it, or the last pair that could be made."""
    try:
        made = make(asked)
    except VizError as error:
        st.error(literal(sentence(error)))
        last = st.session_state.get(key)
        if last is None:
            return None
        st.caption(_("Below is still the last answer."))
        return last, make(last)
    st.session_state[key] = asked
    return asked, made


def explained(make: Callable, *arguments):
    """Give what is made, or say why it cannot be and give None."""
    try:
        return make(*arguments)
    except VizError as error:
        st.error(literal(sentence(error)))
        return None


def prompt_name(run: Run, row: int, limit: int = 60) -> str:
    """Give a prompt's text, shortened to fit a line."""
    text = " ".join(run.batch.texts[row].split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _current() -> BatchQuestion:
    """Give this visitor's question; a link brings one along, the first visit gets the example."""
    if "asked_batch" not in st.session_state:
        default = BatchQuestion()
        side = st.query_params.get("padding_side", default.padding_side)
        st.session_state["asked_batch"] = BatchQuestion(
            checkpoint=st.query_params.get("model", default.checkpoint),
            text=st.query_params.get("text", default.text),
            padding_side=side if side in SIDES else default.padding_side,
        )
    return st.session_state["asked_batch"]


def _fill_fields(page: str, question: BatchQuestion) -> None:
    """Put the question into the fields where they are new: coming from another page they would stay empty."""
    fields = {"batch_text": question.text, "batch_model": question.checkpoint, "batch_side": question.padding_side}
    if st.session_state.get("form_page") != page or "batch_text" not in st.session_state:
        st.session_state.update(fields)
    st.session_state["form_page"] = page


def _write_address(question: BatchQuestion) -> None:
    """Keep the question in the address; a text too long for one stays out of it."""
    st.query_params["model"] = question.checkpoint
    st.query_params["padding_side"] = question.padding_side
    if len(question.text) <= MAX_ADDRESS:
        st.query_params["text"] = question.text
    elif "text" in st.query_params:
        del st.query_params["text"]


def _take_form() -> None:
    st.session_state["asked_batch"] = BatchQuestion(
        checkpoint=(st.session_state["batch_model"] or "").strip() or SHIPPED[1],
        text=st.session_state["batch_text"] or "",
        padding_side=st.session_state.get("batch_side", "left"),
    )


def _examples(*, masked: bool) -> None:
    """Offer one batch for each kind of model; where prompts are continued, only for the kind that does."""
    row = st.container(horizontal=True)
    row.button(_("Example: beginnings, for GPT-2"), on_click=_take_example, args=(SHIPPED[1], PROMPTS))
    if masked:
        row.button(_("Example: sentences with [MASK], for BERT"), on_click=_take_example, args=(SHIPPED[0], MASKED))


def _take_example(checkpoint: str, text: str) -> None:
    st.session_state.update(batch_text=text, batch_model=checkpoint)
    _take_form()


def _say_what_was_done(question: BatchQuestion, random_weights: bool) -> None:
    if n_dropped := read_prompts(question.text)[1]:
        message = ngettext("{n} empty line was dropped.", "{n} empty lines were dropped.", n_dropped)
        st.caption(message.format(n=n_dropped))
    if random_weights:
        st.warning(_("The weights of this model are random, not trained: its words and its heads mean nothing."))
