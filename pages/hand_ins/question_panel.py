"""Go through the questions one by one: how many were right, what the class guessed, and what the model does."""

import streamlit as st

from pages.ui import guard
from pages.ui.markdown import literal
from pages.ui.pictures import BARE
from viz.drawing.class_guesses import head_counts, token_bars
from viz.engine.local import engine
from viz.errors import VizError
from viz.labels import typed
from viz.names import position_number
from viz.packs.class_counts import HeadGuesses, TokenGuesses, answer_counts, head_guesses, tally, token_guesses
from viz.packs.class_said import heads_said, tally_said, tokens_said
from viz.packs.classroom import Classroom
from viz.packs.grading import State
from viz.packs.schema import AnyQuestion
from viz.text import _

_CHOSEN = "hand_ins_question"
MOST_ANSWERS = 200


@guard.fragment(key="hand_ins_questions")
def questions(of: Classroom) -> None:
    """Choose a question, and draw what the class answered; another one draws only this part of the page."""
    st.header(_("Questions"), anchor=False)
    names = _names(of)
    if st.session_state.get(_CHOSEN) not in names:
        st.session_state[_CHOSEN] = next(iter(names))
    st.selectbox(_("Question"), list(names), key=_CHOSEN, format_func=names.__getitem__)
    question = next(of for of in of.pack.pack.questions if of.id == st.session_state[_CHOSEN])
    with st.container(border=True):
        st.markdown(literal(question.ask))
    try:
        tokens, heads = token_guesses(of, question, engine.ask), head_guesses(of, question, engine.ask)
    except VizError as error:
        guard.explain(error)
        tokens = heads = None
    counted = tally(of, question)
    luck = heads.luck if heads is not None else counted.luck
    st.markdown(literal(tally_said(counted, len(of.students), luck)))
    _guesses(tokens, heads)
    _answers(of, question)


def _names(of: Classroom) -> dict[str, str]:
    """Name the questions by their numbers and how they begin."""
    return {
        question.id: f"{position_number(part_at)}.{position_number(at)} {' '.join(question.ask.split())[:80]}"
        for part_at, part in enumerate(of.pack.pack.parts)
        for at, question in enumerate(part.questions)
    }


def _guesses(tokens: TokenGuesses | None, heads: HeadGuesses | None) -> None:
    """Draw the class's guesses beside the model; the sentence below says the same."""
    if tokens is not None:
        said = tokens_said(tokens)
        figure = token_bars(tokens.tokens, tokens.shares, tokens.weights)
    elif heads is not None:
        said = heads_said(heads)
        figure = head_counts(heads.counts, heads.weights)
    else:
        return
    st.plotly_chart(figure, key="hand_ins_guesses", config=BARE, alt=said)
    st.caption(literal(said))


def _answers(of: Classroom, question: AnyQuestion) -> None:
    """List the different answers, the most frequent first; of open ones who wrote each."""
    counts = answer_counts(of, question)[:MOST_ANSWERS]
    if not counts:
        return
    stands = {
        State.RIGHT: _("✓ right"),
        State.WRONG: _("✗ wrong"),
        State.OPEN: _("open"),
        State.UNREADABLE: _("no answer"),
    }
    shown = {
        _("first answer"): [typed(count.answer) for count in counts],
        _("students"): [count.n for count in counts],
        _("result"): [stands[count.state] for count in counts],
    }
    st.dataframe(shown, hide_index=True, key="hand_ins_answers")
