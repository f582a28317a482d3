"""Ask for a model, a sentence, and the answer that is followed; empty, it is the model's own."""

from dataclasses import dataclass
from typing import ClassVar

import streamlit as st

from pages.ui import guard
from pages.ui.question import Field, Question, model_field, set_address, submit, whole
from viz.analysis.predictions import require_readouts, top_k
from viz.engine.local import engine
from viz.engine.reasons.requests import WeighWords
from viz.engine.requests import Ask, FindWord
from viz.errors import VizError
from viz.examples import example
from viz.names import position_number
from viz.records import Run
from viz.shipped import SHIPPED
from viz.text import _

MASKED = {"checkpoint": SHIPPED[0], "text": example("importance", "masked")}
NEXT = {"checkpoint": SHIPPED[1], "text": example("importance", "next")}


@dataclass(frozen=True, slots=True)
class ImportanceQuestion(Question):
    """Name what the page was asked: a model, a sentence, the answer and, where there is one, its rival."""

    NAME: ClassVar = "importance"
    FIELDS: ClassVar = (
        Field("text", "importance_text", "text"),
        Field("answer", "importance_answer", "answer"),
        Field("rival", "importance_rival", "rival"),
        Field("checkpoint", "importance_model", "model"),
    )

    checkpoint: str = MASKED["checkpoint"]
    text: str = MASKED["text"]
    answer: str = ""
    rival: str = ""

    @property
    def request(self) -> Ask:
        """Give what the engine is asked."""
        return Ask(self.checkpoint, (self.text,), self.revision)


def ask() -> ImportanceQuestion:
    """Show the form and give the question in it; the first visit finds it filled."""
    question = ImportanceQuestion.current()
    question.fill()
    with st.form("importance_question", border=False):
        st.text_input(_("Sentence with [MASK], or a beginning for a GPT-2"), key="importance_text")
        row = st.columns([2, 2, 2, 1], vertical_alignment="bottom")
        row[0].text_input(_("Answer"), key="importance_answer", placeholder=_("the model's best word"))
        row[1].text_input(
            _("Rival"),
            key="importance_rival",
            placeholder=_("none"),
            help=_(
                "With a rival, what is followed is the logit of the answer minus that of the rival: what decided "
                "between the two. Both are one token."
            ),
        )
        model_field(row[2], "importance_model")
        submit(row[3], _("Run"), ImportanceQuestion.take, type="primary", width="stretch")
    row = st.container(horizontal=True)
    for label, values in (
        (_("Example: a masked word, for BERT"), MASKED),
        (_("Example: the next word, for GPT-2"), NEXT),
    ):
        row.button(label, on_click=ImportanceQuestion.take, kwargs={"answer": "", "rival": ""} | values)
    set_address(question.to_address())
    return question


def answer(question: ImportanceQuestion) -> tuple[ImportanceQuestion, Run] | None:
    """Run the question; where it cannot be run, say why and keep the last answer on the page."""
    return question.answered(_read_out)


def asked(question: ImportanceQuestion, run: Run) -> WeighWords:
    """Give what is asked about the words; an answer or a rival that is no token is said, and left out."""
    readout = _readout(run)
    (best,) = top_k(run, readout, 1)
    word_id = _word_id(run, question.answer, best.token, _("Followed instead: the model's best word."))
    rival_id = _word_id(run, question.rival, best.token, _("No rival is taken."))
    return WeighWords(question.request, readout, best.token_id if word_id is None else word_id, rival_id)


def _read_out(question: ImportanceQuestion) -> Run:
    run = engine.ask(question.request)
    require_readouts(run)
    return run


def _word_id(run: Run, word: str, example_word: str, instead: str) -> int | None:
    if not word.strip():
        return None
    try:
        return engine.ask(FindWord(run.model.checkpoint, word, example_word, run.model.revision))
    except VizError as error:
        guard.explain(error)
        st.caption(instead)
        return None


def _readout(run: Run) -> int:
    """Choose the [MASK] that is followed, where there are several; it stands in the address."""
    positions = [position_number(int(position)) for _row, position in run.readouts]
    if len(positions) == 1:
        set_address({"mask": None})
        return 0
    if st.session_state.get("importance_mask") not in range(len(positions)):
        given = whole(st.query_params.get("mask", ""))
        st.session_state["importance_mask"] = positions.index(given) if given in positions else 0
    readout = st.selectbox(
        _("[MASK] that is followed"),
        range(len(positions)),
        key="importance_mask",
        format_func=lambda n: _("[MASK] at position {number}").format(number=positions[n]),
    )
    set_address({"mask": str(positions[readout])})
    return readout
