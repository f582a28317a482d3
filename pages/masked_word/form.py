"""Ask for a model and a sentence; keep both in the address and the last good answer on the page."""

from dataclasses import dataclass

import streamlit as st

from pages.ui import runs
from pages.ui.markdown import literal
from viz.errors import TextTooLong, VizError
from viz.records import Run
from viz.shipped import SHIPPED
from viz.text import _, sentence

# The exercise's sentences, each with its swapped form below it; then beginnings for a model that guesses the next word.
EXAMPLES = (
    "The turtle moves slow across the [MASK].",
    "The turtle slow moves across the [MASK].",
    "We turned down a narrow lane and passed through a small [MASK].",
    "We turned down a lane narrow and passed through a [MASK] small.",
    "Then I picked up a [MASK] from the table.",
    "From the table I then picked up a [MASK].",
    "She is reading a [MASK].",
    "The [MASK] barked at the [MASK].",
    "It will rain in the",
    "I want to eat a big bowl of",
    "My dog is",
)


@dataclass(frozen=True, slots=True)
class Question:
    """Name what a page was asked to run: a model, a sentence, whether it may be cut."""

    checkpoint: str
    sentence: str
    truncate: bool


def examples(column) -> None:
    """Offer sentences to start from; choosing one runs it, on a shipped model that can."""
    column.selectbox(
        _("Examples"),
        EXAMPLES,
        index=None,
        key="example",
        placeholder=_("Choose an example …"),
        on_change=_take_example,
    )


def ask() -> Question:
    """Show the form and give the question in it; the first visit finds it filled."""
    with st.form("question", border=False):
        text_column, model_column, button_column = st.columns([5, 2, 1], vertical_alignment="bottom")
        text = text_column.text_input(_("Sentence with [MASK]"), EXAMPLES[0], key="text", bind="query-params")
        checkpoint = model_column.selectbox(
            _("Model"),
            SHIPPED,
            key="model",
            bind="query-params",
            accept_new_options=True,
            help=_("A shipped model, a folder with weights, or a name on the Hub such as bert-base-uncased."),
        )
        button_column.form_submit_button(_("Run"), type="primary", width="stretch", on_click=_forget_cut)
    return Question((checkpoint or "").strip() or SHIPPED[0], text or "", st.session_state.get("cut") == text)


def answer(question: Question) -> Run | None:
    """Run the question; where it cannot be run, say why and keep the last answer on the page."""
    try:
        run = runs.sentence_run(question.checkpoint, question.sentence, question.truncate)
    except VizError as error:
        _explain(error)
        last = st.session_state.get("last_question")
        return None if last is None else runs.sentence_run(last.checkpoint, last.sentence, last.truncate)
    st.session_state["last_question"] = question
    if run.model.weights == "random":
        st.warning(_("The weights of this model are random, not trained: its words and its heads mean nothing."))
    if run.batch.truncated[0]:
        st.caption(_("The text was cut to {n} tokens, what this model reads.").format(n=run.batch.n_tokens))
    return run


def _explain(error: VizError) -> None:
    st.error(literal(sentence(error)))
    if isinstance(error, TextTooLong):
        label = _("Cut it to {max_positions} tokens").format(**error.values)
        st.button(label, on_click=lambda: st.session_state.update(cut=st.session_state["text"]))
    if st.session_state.get("last_question"):
        st.caption(_("Below is still the last answer."))


def _take_example() -> None:
    if chosen := st.session_state["example"]:
        st.session_state["text"] = chosen
        bert, gpt2 = SHIPPED
        if "[MASK]" not in chosen:
            st.session_state["model"] = gpt2
        elif st.session_state["model"] == gpt2:
            st.session_state["model"] = bert


def _forget_cut() -> None:
    st.session_state.pop("cut", None)
