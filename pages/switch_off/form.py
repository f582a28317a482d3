"""Ask for a model and a sentence on the page that switches heads off; keep both in the address."""

from dataclasses import dataclass

import streamlit as st

from pages.ui import prompt_form, runs
from viz.analysis.heads.switch_off import Head
from viz.analysis.predictions import require_readouts
from viz.names import head_index_label
from viz.records import Run
from viz.shipped import SHIPPED
from viz.text import _

MAX_ADDRESS = 1_500  # characters; browsers and chat programs cut longer links

# Each with a head whose absence moves the answer; the page opens with the first.
EXAMPLES = (
    (SHIPPED[0], "The turtle moves slow across the [MASK].", (1, 9)),
    (SHIPPED[1], "It will rain in the", (2, 5)),
)


@dataclass(frozen=True, slots=True)
class SwitchQuestion:
    """Name what the page was asked to run: a model and a sentence."""

    checkpoint: str
    sentence: str


def ask() -> SwitchQuestion:
    """Show the form and give the question in it; the first visit finds it filled, with one head off."""
    question = _current()
    _fill_fields(question)
    with st.form("switch_question", border=False):
        text_column, model_column, button_column = st.columns([5, 2, 1], vertical_alignment="bottom")
        text_column.text_input(_("Sentence with [MASK], or a beginning for a GPT-2"), key="switch_text")
        model_column.selectbox(
            _("Model"),
            SHIPPED,
            key="switch_model",
            accept_new_options=True,
            help=_("A shipped model, a folder with weights, or a name on the Hub such as bert-base-uncased."),
        )
        button_column.form_submit_button(_("Run"), type="primary", width="stretch", on_click=_take_form)
    row = st.container(horizontal=True)
    row.button(_("Example: a masked word, for BERT"), on_click=_take_example, args=EXAMPLES[0])
    row.button(_("Example: the next word, for GPT-2"), on_click=_take_example, args=EXAMPLES[1])
    _write_address(question)
    return question


def answer(question: SwitchQuestion) -> tuple[SwitchQuestion, Run] | None:
    """Run the question with all heads on; where it cannot be run, say why and keep the last answer on the page."""

    def make(asked: SwitchQuestion) -> Run:
        run = runs.sentence_run(asked.checkpoint, asked.sentence, False)
        require_readouts(run)
        return run

    kept = prompt_form.kept_answer("last_switch_off", make, question)
    if kept is not None and kept[1].model.weights == "random":
        st.warning(_("The weights of this model are random, not trained: its words and its heads mean nothing."))
    return kept


def _current() -> SwitchQuestion:
    """Give this visitor's question; a link brings one along, the first visit gets the example with its head off."""
    if "asked_switch_off" not in st.session_state:
        checkpoint, text, head = EXAMPLES[0]
        is_link = "text" in st.query_params or "model" in st.query_params
        question = SwitchQuestion(st.query_params.get("model", checkpoint), st.query_params.get("text", text))
        st.session_state["asked_switch_off"] = question
        st.session_state["kept_off_names"] = st.query_params.get("off", "" if is_link else head_index_label(*head))
    return st.session_state["asked_switch_off"]


def _fill_fields(question: SwitchQuestion) -> None:
    """Put the question into the fields where they are new: coming from another page they would stay empty."""
    if "switch_text" not in st.session_state:
        st.session_state.update(switch_text=question.sentence, switch_model=question.checkpoint)


def _write_address(question: SwitchQuestion) -> None:
    """Keep the question in the address; a text too long for one stays out of it."""
    st.query_params["model"] = question.checkpoint
    if len(question.sentence) <= MAX_ADDRESS:
        st.query_params["text"] = question.sentence
    elif "text" in st.query_params:
        del st.query_params["text"]


def _take_form() -> None:
    checkpoint = (st.session_state["switch_model"] or "").strip() or SHIPPED[0]
    st.session_state["asked_switch_off"] = SwitchQuestion(checkpoint, st.session_state["switch_text"] or "")


def _take_example(checkpoint: str, text: str, head: Head) -> None:
    st.session_state.update(switch_text=text, switch_model=checkpoint, off_names=head_index_label(*head), expected="")
    st.session_state.update(open_head=head, head_error=None)
    _take_form()
