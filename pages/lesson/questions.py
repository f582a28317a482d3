"""Ask the questions of a part, take the answers, and say how each compares with what the model says."""

import streamlit as st

from pages.lesson import fields, keeping
from pages.lesson.opening import Opened
from pages.lesson.outcome import outcome
from pages.lesson.prose import prose
from pages.lesson.truths import Truths
from pages.ui.guard import explain
from pages.ui.markdown import literal
from pages.ui.question import submit
from viz.errors import VizError
from viz.names import position_number
from viz.packs import answer_kinds, claims, schema
from viz.packs.grading import judge
from viz.packs.measures import Truth
from viz.packs.schema import AnyQuestion, Part
from viz.text import _

_PROBLEM = "lesson_problem"


def questions(opened: Opened, part: Part, give: Truths) -> None:
    """Draw the questions of a part, one below the other."""
    anew = keeping.draws_anew(opened.place, part)
    for number, question in enumerate(part.questions):
        with st.container(border=True, key=f"lesson_question_{question.id}"):
            name = _("Question {number} of {n}").format(number=position_number(number), n=len(part.questions))
            st.markdown(f"**{literal(name)}**")
            prose(question.ask, f"ask_{question.id}")
            is_new = keeping.changed_elsewhere(opened.place, question.id) or anew
            _question(opened, question, give, anew=is_new)


def _question(opened: Opened, question: AnyQuestion, give: Truths, *, anew: bool) -> None:
    given = keeping.progress(opened).answers.get(question.id)
    try:
        truth = give(question) if given or fields.needs_choices(question) else None
        trouble = None
    except VizError as error:
        truth, trouble = None, error
    _form(opened, question, truth, anew=anew)
    _hint(opened.place, question)
    problem_of, problem = st.session_state.get(_PROBLEM, ("", ""))
    if problem_of == question.id:
        explain(problem) if isinstance(problem, VizError) else st.warning(literal(problem))
    if trouble is not None:
        explain(trouble)
    elif given is not None:
        outcome(opened, question, given, truth)


def _form(opened: Opened, question: AnyQuestion, truth: Truth | None, *, anew: bool) -> None:
    given = keeping.progress(opened).answers.get(question.id)
    is_open, is_claim = (
        isinstance(question.answer, kind) for kind in (answer_kinds.OpenAnswer, answer_kinds.ClaimAnswer)
    )
    label = _("Keep") if is_open else _("Test") if is_claim else _("Check")
    with st.form(f"lesson_form_{question.id}", border=False, enter_to_submit=not (is_open or is_claim)):
        fields.draw(opened.place, question, given, truth, anew=anew)
        submit(st, label, lambda: _take(opened, question))


def _hint(place: str, question: AnyQuestion) -> None:
    if question.hint is None:
        return
    if (place, question.id) in keeping.opened_hints():
        prose(question.hint, f"hint_{question.id}")
        return
    label = _("Hint")
    st.button(
        label,
        key=f"lesson_hint_{question.id}",
        type="tertiary",
        icon=":material/lightbulb:",
        on_click=keeping.opened_hints().add,
        args=((place, question.id),),
    )


def _take(opened: Opened, question: AnyQuestion) -> None:
    """Keep what stands in the fields; what is no answer, or could not be kept, is said and changes nothing."""
    typed = fields.typed(opened.place, question)
    st.session_state[_PROBLEM] = ("", "")
    judged = judge(question, typed.given, None)
    if not judged.counts:
        st.session_state[_PROBLEM] = question.id, judged.said
        return
    before = keeping.progress(opened)
    if typed.is_as_before(before.answers.get(question.id)):
        return  # a second click, or Enter once more, is no second try
    try:
        if isinstance(question, schema.HeadQuestion) and isinstance(question.answer, answer_kinds.ClaimAnswer):
            claims.request(opened.pack, question, typed.sentences)
        new = before.answering(
            question.id,
            typed.given,
            hinted=(opened.place, question.id) in keeping.opened_hints(),
            sentences=typed.sentences,
            words=typed.words,
        )
    except VizError as error:
        st.session_state[_PROBLEM] = question.id, error.with_traceback(None)
        return
    keeping.put(opened.place, new)
