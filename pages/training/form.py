"""Ask for a training batch; keep it in the address, and the last good answer on the page."""

import math
from dataclasses import dataclass

import streamlit as st

from pages.ui import mask_runs
from pages.ui.prompt_form import MAX_ADDRESS, SIDES, kept_answer
from viz.analysis.batches.training import FourWays, Unpadded
from viz.records import Run
from viz.shipped import SHIPPED
from viz.text import _

MAX_SENTENCES = 16
SENTENCES = (
    "The turtle moves slow across the river.\nThe old dog sleeps under the tree in the warm garden.\n"
    "She was happy.\nThe children play with a red ball."
)
ONE_LENGTH = "The cat sat on the mat.\nThe dog ran to the house.\nThe bird sat on the tree."
MAX_SEED_DIGITS = 15  # more are no longer whole numbers in a browser

_FIELDS = {
    "training_text": "text",
    "training_model": "checkpoint",
    "training_seed": "seed",
    "training_share": "share",
    "training_side": "padding_side",
    "training_end": "append_end",
}


@dataclass(frozen=True, slots=True)
class TrainingQuestion:
    """Name a training batch: a model, sentences (one a line, as typed), and how the collator is to make it."""

    checkpoint: str = SHIPPED[0]
    text: str = SENTENCES
    seed: int = 0
    share: float = 0.3  # scripts take 0.15; of four short sentences little would be scored
    padding_side: str = "right"
    append_end: bool = True

    @property
    def texts(self) -> tuple[str, ...]:
        """Give the sentences; empty lines are none."""
        return tuple(line for line in self.text.splitlines() if line.strip())

    @property
    def options(self) -> dict[str, object]:
        """Give the choices by their names in ``viz.engine.training.collate``."""
        return {
            "seed": self.seed,
            "mlm_probability": self.share,
            "padding_side": self.padding_side,
            "append_end": self.append_end,
        }


@dataclass(frozen=True, slots=True)
class TrainingAnswer:
    """Hold what came out: the losses, and the maps of all heads with the mask given and left out."""

    four_ways: FourWays
    unpadded: Unpadded
    run_told: Run
    run_untold: Run


def ask() -> TrainingQuestion:
    """Show the form and give the question in it; the first visit finds it filled."""
    question = _current()
    _fill_fields(question)
    with st.form("training_question", border=False):
        text_column, choice_column = st.columns([3, 2])
        text_column.text_area(
            _("Sentences, one a line (up to {n})").format(n=MAX_SENTENCES), key="training_text", height=312
        )
        with choice_column:
            _choices()
    row = st.container(horizontal=True)
    row.button(_("Example: different lengths, for BERT"), on_click=_take_example, args=(SHIPPED[0], SENTENCES))
    row.button(_("Example: all of one length, for BERT"), on_click=_take_example, args=(SHIPPED[0], ONE_LENGTH))
    row.button(_("Example: next words, for GPT-2"), on_click=_take_example, args=(SHIPPED[1], SENTENCES))
    _write_address(question)
    return question


def answer(question: TrainingQuestion) -> TrainingAnswer | None:
    """Compute the losses; where that cannot be done, say why and keep the last answer on the page."""

    def make(asked: TrainingQuestion) -> TrainingAnswer:
        place, options = (asked.checkpoint, asked.texts), asked.options
        return TrainingAnswer(
            mask_runs.training_losses(*place, **options),
            mask_runs.training_unpadded(*place, **options),
            mask_runs.training_run(*place, True, **options),
            mask_runs.training_run(*place, False, **options),
        )

    kept = kept_answer("last_training", make, question)
    if kept is None:
        return None
    if kept[1].run_told.model.weights == "random":
        st.warning(_("The weights of this model are random, not trained: its words and its heads mean nothing."))
    return kept[1]


def _choices() -> None:
    st.selectbox(
        _("Model"),
        SHIPPED,
        key="training_model",
        accept_new_options=True,
        help=_("A shipped model, a folder with weights, or a name on the Hub such as bert-base-uncased."),
    )
    seed_column, share_column = st.columns(2)
    seed_column.number_input(
        _("Seed (BERT)"),
        step=1,
        key="training_seed",
        help=_("The collator draws with it: the same seed, the same batch."),
    )
    share_column.number_input(
        _("Masked share (BERT)"),
        step=0.05,
        key="training_share",
        help=_("How many tokens are drawn to be guessed, 0 to 1; scripts take 0.15."),
    )
    names = {"left": _("left"), "right": _("right")}
    st.radio(_("padding_side"), SIDES, key="training_side", horizontal=True, format_func=names.get)
    st.toggle(_("Append the end token (GPT-2)"), key="training_end")
    st.form_submit_button(_("Run"), type="primary", width="stretch", on_click=_take_form)


def _current() -> TrainingQuestion:
    """Give this visitor's question; a link brings one along, the first visit gets the example."""
    if "asked_training" not in st.session_state:
        default, address = TrainingQuestion(), st.query_params
        side = address.get("padding_side", default.padding_side)
        st.session_state["asked_training"] = TrainingQuestion(
            checkpoint=address.get("model", default.checkpoint),
            text=address.get("text", default.text),
            seed=_whole(address.get("seed", ""), default.seed),
            share=_number(address.get("share", ""), default.share),
            padding_side=side if side in SIDES else default.padding_side,
            append_end=address.get("end", "1") != "0",
        )
    return st.session_state["asked_training"]


def _whole(text: str, otherwise: int) -> int:
    """Read a seed; one out of range is read too, so that the page can say what is allowed."""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= MAX_SEED_DIGITS else otherwise


def _number(text: str, otherwise: float) -> float:
    try:
        number = float(text)
    except ValueError:
        return otherwise
    return number if math.isfinite(number) else otherwise


def _fill_fields(question: TrainingQuestion) -> None:
    """Put the question into the fields where they are new: coming from another page they would stay empty."""
    if st.session_state.get("form_page") != "training" or "training_text" not in st.session_state:
        st.session_state.update({key: getattr(question, name) for key, name in _FIELDS.items()})
    st.session_state["form_page"] = "training"


def _write_address(question: TrainingQuestion) -> None:
    """Keep the question in the address; a text too long for one stays out of it."""
    st.query_params.update(
        model=question.checkpoint,
        seed=str(question.seed),
        share=str(question.share),
        padding_side=question.padding_side,
        end="1" if question.append_end else "0",
    )
    if len(question.text) <= MAX_ADDRESS:
        st.query_params["text"] = question.text
    elif "text" in st.query_params:
        del st.query_params["text"]


def _take_form() -> None:
    typed = {name: st.session_state[key] for key, name in _FIELDS.items()}
    typed["checkpoint"] = (typed["checkpoint"] or "").strip() or SHIPPED[0]
    typed["text"] = typed["text"] or ""
    st.session_state["asked_training"] = TrainingQuestion(**typed)


def _take_example(checkpoint: str, text: str) -> None:
    """Open an example as it is meant: the default choices too."""
    question = TrainingQuestion(checkpoint=checkpoint, text=text)
    st.session_state.update({key: getattr(question, name) for key, name in _FIELDS.items()})
    st.session_state["asked_training"] = question
