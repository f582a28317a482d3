"""Ask for two sentences, a model, and the two words that are told apart."""

from dataclasses import dataclass
from typing import ClassVar

import streamlit as st

from pages.patching.controls import Choice, forget_position
from pages.ui.question import Field, Question, model_field, set_address, submit
from viz.analysis.reasons.patching import Patched
from viz.engine.local import engine
from viz.engine.reasons.requests import Patch
from viz.engine.requests import Ask
from viz.examples import example
from viz.shipped import SHIPPED
from viz.text import _

MASKED = (SHIPPED[0], example("patching", "masked_first"), example("patching", "masked_second"))
NEXT = (SHIPPED[1], example("patching", "next_first"), example("patching", "next_second"))


@dataclass(frozen=True, slots=True)
class PatchQuestion(Question):
    """Name what the page was asked: two sentences, a model, and the words whose logits are compared."""

    NAME: ClassVar = "patching"
    FIELDS: ClassVar = (
        Field("text", "patch_text", "text"),
        Field("other", "patch_other", "other"),
        Field("checkpoint", "patch_model", "model"),
        Field("answer", "patch_answer", "answer"),
        Field("rival", "patch_rival", "rival"),
    )

    checkpoint: str = MASKED[0]
    text: str = MASKED[1]
    other: str = MASKED[2]
    answer: str = ""
    rival: str = ""

    @property
    def request(self) -> Ask:
        """Ask for the first sentence with nothing changed."""
        return Ask(self.checkpoint, (self.text,), self.revision)

    def patch(self, choice: Choice) -> Patch:
        """Give what the engine is asked."""
        words = self.answer, self.rival
        return Patch(self.checkpoint, self.text, self.other, *words, choice.what, choice.position)

    def patched(self, choice: Choice) -> Patched:
        """Patch, with a bar meanwhile; raises what the engine raises."""
        request = self.patch(choice)
        bar = st.empty()
        try:
            return engine.ask(request, lambda share: bar.progress(share, _("Patching layer after layer …")))
        finally:
            bar.empty()


def ask() -> PatchQuestion:
    """Show the form and give the question in it; the first visit finds it filled."""
    question = PatchQuestion.current()
    question.fill()
    with st.form("patch_question", border=False):
        first, second = st.columns(2)
        first.text_input(_("A: sentence with [MASK], or a beginning for a GPT-2"), key="patch_text")
        second.text_input(_("B: another one of as many tokens"), key="patch_other")
        model, answer, rival, button = st.columns([3, 2, 2, 1], vertical_alignment="bottom")
        model_field(model, "patch_model")
        answer.text_input(
            _("Answer"), key="patch_answer", placeholder=_("A's best word"), help=_("One token. Empty: A's best word.")
        )
        rival.text_input(
            _("Rival"), key="patch_rival", placeholder=_("B's best word"), help=_("One token. Empty: B's best word.")
        )
        submit(button, _("Run"), _take, type="primary", width="stretch")
    row = st.container(horizontal=True)
    row.button(_("Example: a masked verb, for BERT"), on_click=_take_example, args=MASKED)
    row.button(_("Example: the next verb, for GPT-2"), on_click=_take_example, args=NEXT)
    set_address(question.to_address())
    return question


def answer(question: PatchQuestion, choice: Choice) -> tuple[PatchQuestion, Patched] | None:
    """Patch as asked; where that cannot be done, say why and keep the last answer on the page."""
    return question.answered(lambda asked: asked.patched(choice))


def _take() -> None:
    forget_position()
    PatchQuestion.take()


def _take_example(checkpoint: str, text: str, other: str) -> None:
    forget_position()
    PatchQuestion.take(checkpoint=checkpoint, text=text, other=other, answer="", rival="")
