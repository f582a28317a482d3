"""Say how an answer stands, and what may be done next: try again, see the answer, read why."""

import streamlit as st

from pages.lesson import keeping
from pages.lesson.opening import Opened
from pages.lesson.prose import prose
from pages.ui.guard import attempt
from pages.ui.long_work import ask_measured
from pages.ui.markdown import literal
from viz.analysis.claims.report import left_out_sentence, verdict_sentence
from viz.analysis.claims.verdict import Result
from viz.engine.requests import Gather
from viz.labels import visible
from viz.packs import answer_kinds, claims, schema
from viz.packs.grading import State, judge
from viz.packs.measures import Truth
from viz.packs.progress import Given
from viz.packs.schema import AnyQuestion
from viz.text import _

TRIES = 2  # before the answer may be seen


def outcome(opened: Opened, question: AnyQuestion, given: Given, truth: Truth | None) -> None:
    """Draw what is to be said about an answer that was given."""
    if isinstance(question, schema.HeadQuestion) and isinstance(question.answer, answer_kinds.ClaimAnswer):
        _claim(opened, question, given)
        return
    is_shown = (opened.place, question.id) in keeping.shown_answers()
    judged = judge(question, given.last, truth, tells=is_shown)
    if judged.state is State.RIGHT:
        st.success(literal(judged.said), icon=":material/check_circle:")
    elif judged.state is State.WRONG:
        st.info(literal(judged.said), icon=":material/cancel:")
    else:
        st.info(literal(judged.said), icon=":material/bookmark:")
    _say_first(given)
    if judged.state is State.WRONG and not is_shown:
        _offer_answer(opened.place, question.id, given)
    else:
        _because(question)


def _claim(opened: Opened, question: schema.HeadQuestion, given: Given) -> None:
    """Test the claim again, which makes no pass where it was just tested, and give its verdict."""
    result = attempt(_tested, opened, question, given)
    if result is None:
        return
    say = st.success if result.holds else st.warning
    say(literal(verdict_sentence(result)), icon=":material/check_circle:" if result.holds else ":material/cancel:")
    if left_out := left_out_sentence(result):
        st.info(left_out)
    st.caption(_("The verdict counts for a head that was named beforehand, on sentences it was not chosen by."))
    _say_first(given)
    _because(question)


def _tested(opened: Opened, question: schema.HeadQuestion, given: Given) -> Result:
    n = len(given.sentences.splitlines())

    def ask(request):
        return ask_measured(request, n) if isinstance(request, Gather) else None

    return claims.tested(opened.pack, question, given, ask)


def _say_first(given: Given) -> None:
    if given.first != given.last:
        message = _("Tries: {n}. The first answer, {first}, is the one that counts.")
        st.caption(literal(message.format(n=given.tries, first=visible(given.first))))


def _offer_answer(place: str, question: str, given: Given) -> None:
    if given.tries < TRIES:
        st.caption(_("Try again: after two tries the answer can be shown."))
        return
    show = keeping.shown_answers().add
    st.button(_("Show the answer"), key=f"lesson_reveal_{question}", on_click=show, args=((place, question),))


def _because(question: AnyQuestion) -> None:
    if question.because is not None:
        prose(question.because, f"because_{question.id}")
