"""Ask for a beginning, a model, the answer and its rival on the page that shares an answer out."""

from dataclasses import dataclass
from typing import ClassVar

import streamlit as st

from pages.ui.question import MAX_ADDRESS, Field, Question, model_field, set_address, submit
from viz.analysis.predictions import require_readouts, top_k
from viz.analysis.reasons.attribution import Attribution
from viz.engine.local import engine
from viz.engine.reasons.requests import Attribute
from viz.engine.requests import Ask, FindWord
from viz.errors import VizError, WordsNotLinear
from viz.examples import example
from viz.records import Run
from viz.shipped import SHIPPED
from viz.text import _

EXAMPLE = {"checkpoint": SHIPPED[1], "text": example("attribution", "next"), "answer": "were", "rival": "was"}


@dataclass(frozen=True, slots=True)
class AttributionQuestion(Question):
    """Name what the page was asked: a beginning, a model, and the two words whose logits are compared."""

    NAME: ClassVar = "attribution"
    FIELDS: ClassVar = (
        Field("text", "attribution_text", "text"),
        Field("checkpoint", "attribution_model", "model"),
        Field("answer", "attribution_answer", "answer"),
        Field("rival", "attribution_rival", "rival"),
    )

    checkpoint: str = SHIPPED[1]
    text: str = example("attribution", "next")
    answer: str = ""
    rival: str = ""

    @property
    def request(self) -> Ask:
        """Ask for the text with nothing changed."""
        return Ask(self.checkpoint, (self.text,), self.revision)

    def shared_out(self) -> Attribution:
        """Share the answer out; words that are left empty are the model's own best ones."""
        run = engine.ask(self.request)
        require_readouts(run)
        best = [word.token_id for word in top_k(run, 0, 2)]
        answer = self._word(run, self.answer) if self.answer.strip() else best[0]
        others = [word for word in best if word != answer]
        rival = self._word(run, self.rival) if self.rival.strip() else others[0]
        return engine.ask(Attribute(self.request, 0, answer, rival))

    def _word(self, run: Run, word: str) -> int:
        (best,) = top_k(run, 0, 1)
        return engine.ask(FindWord(self.checkpoint, word, best.token, self.revision))


def ask() -> AttributionQuestion:
    """Show the form and give the question in it; the first visit finds it filled."""
    question = AttributionQuestion.current()
    question.fill()
    with st.form("attribution_question", border=False):
        st.text_input(_("Beginning of a text"), key="attribution_text")
        model, answer, rival, button = st.columns([3, 2, 2, 1], vertical_alignment="bottom")
        model_field(model, "attribution_model", example="gpt2")
        answer.text_input(
            _("Answer"),
            key="attribution_answer",
            placeholder=_("the model's best word"),
            help=_("One token. Empty: the word that the model finds most likely."),
        )
        rival.text_input(
            _("Rival"),
            key="attribution_rival",
            placeholder=_("the best other word"),
            help=_("One token. Empty: the most likely word that is not the answer."),
        )
        submit(button, _("Run"), AttributionQuestion.take, type="primary", width="stretch")
    example_label = _("Example: were or was?")
    st.button(example_label, on_click=lambda: AttributionQuestion.take(**EXAMPLE))
    set_address(question.to_address())
    return question


def answer(question: AttributionQuestion) -> tuple[AttributionQuestion, Attribution] | None:
    """Share the answer out; where that cannot be done, say why and keep the last one on the page."""
    return question.answered(AttributionQuestion.shared_out, also=lambda error: _lead_on(error, question))


def _lead_on(error: VizError, question: AttributionQuestion) -> None:
    """Lead a masked model to the page that takes heads away, with the same text."""
    if isinstance(error, WordsNotLinear):
        asked = {"model": question.checkpoint} | ({"text": question.text} if len(question.text) <= MAX_ADDRESS else {})
        asked |= {"lang": st.query_params["lang"]} if "lang" in st.query_params else {}
        label = _("Switch heads off for this text")
        st.page_link("pages/switch_off/page.py", label=label, icon=":material/toggle_off:", query_params=asked)
