"""Hide a map until a person has guessed which token a query looks at most; that it is on lives in the address.

``?predict=1``. Guesses and score are this session's: nothing of them is written into addresses, files or logs.
"""

from dataclasses import dataclass, field

import streamlit as st

from pages.ui.markdown import literal
from pages.ui.question import set_address
from pages.ui.token_chips import token_choice
from viz.analysis.heads.row_guess import (
    Judged,
    RowQuestion,
    Score,
    asked_in_words,
    judge,
    map_key,
    nothing_to_ask,
    queries_to_ask,
    question,
    said,
    score_said,
    written,
)
from viz.records import Run
from viz.text import _

NUMBER_PX = 145  # two stand beside each other on a phone
MAX_MAPS = 200  # whose guesses are remembered; of one that is forgotten the same is asked again


@dataclass(frozen=True, slots=True)
class Asked:
    """Say what a question leaves of the map: nothing yet, or all of it with the row of ``query`` framed."""

    hides_map: bool = False
    query: int | None = None


@dataclass(slots=True)
class _Guesses:
    """Remember of one map which key was guessed for which query, and the query whose answer is being looked at."""

    of_query: dict[int, int] = field(default_factory=dict)
    revealed: int | None = None


def ask(run: Run, place: tuple[int, int, int], kind: str) -> Asked:
    """Offer the switch; where it is on, ask about a row of this map, or show how the guess compares."""
    if not _switch():
        return Asked()
    order = queries_to_ask(run, *place, kind=kind)
    if not order:
        st.info(literal(nothing_to_ask(run, *place, kind=kind)))
        return Asked()
    stamp = map_key(run, *place, kind=kind)
    guesses = _guesses(stamp)
    query = guesses.revealed
    if query is None:
        query = next((query for query in order if query not in guesses.of_query), None)
    with st.container(border=True, key="predict_first"):
        if query is None:
            st.markdown(_("Every token of this map was asked about. Open another head, or another text."))
        else:
            _draw(question(run, *place, query, kind=kind), guesses, stamp)
        _say_score()
    return Asked(hides_map=query is not None and guesses.revealed is None, query=query)


def _switch() -> bool:
    if "predict" not in st.session_state:
        st.session_state["predict"] = st.query_params.get("predict") == "1"
    st.session_state["predict_shown"] = st.session_state["predict"]
    st.toggle(
        _("Predict first"),
        key="predict_shown",
        on_change=_take,
        help=_(
            "Hides the map until you have guessed which token a query looks at most. Your guesses stay in this visit: "
            "they are not saved."
        ),
    )
    set_address({"predict": "1" if st.session_state["predict"] else None})
    return st.session_state["predict"]


def _take() -> None:
    st.session_state["predict"] = st.session_state["predict_shown"]


def _draw(asked: RowQuestion, guesses: _Guesses, stamp: str) -> None:
    """Draw the question, or its answer; one button leads on, so that the keyboard stays where it is."""
    st.markdown(literal(asked_in_words(asked)))
    if guesses.revealed is None:
        key = f"predict_{stamp}_{asked.query}"
        tokens = dict(zip(asked.keys, asked.tokens, strict=True))
        token_choice(_("Your guess"), tokens, key)
        st.button(_("Reveal"), key="predict_next", type="primary", on_click=_reveal, args=(asked, guesses, key))
        st.caption(_("Choose a token first; then the map is shown, and your guess beside the truth."))
        return
    _answer(judge(asked, guesses.of_query[asked.query]))
    st.button(_("Another query"), key="predict_next", type="primary", on_click=_go_on, args=(guesses,))


def _answer(judged: Judged) -> None:
    """Show the guess beside the truth; words carry it, never colour alone."""
    names = (_("Your guess"), judged.guess), (_("The largest"), judged.best)
    row = st.container(horizontal=True)
    for (label, token), value in zip(names, written(judged), strict=True):
        one = row.container(width=NUMBER_PX, gap=None)
        one.metric(label, value)
        one.caption(literal(token))
    if judged.hit:
        st.success(literal(said(judged)), icon=":material/check_circle:")
    else:
        st.info(literal(said(judged)), icon=":material/cancel:")


def _say_score() -> None:
    score = _score()
    if score.n:
        st.caption(literal(score_said(score)))


def _reveal(asked: RowQuestion, guesses: _Guesses, key: str) -> None:
    guess = st.session_state.get(key)
    if guess is not None and asked.query not in guesses.of_query:  # a second click comes before the page is drawn anew
        guesses.of_query[asked.query] = guess
        guesses.revealed = asked.query
        st.session_state["predict_score"] = _score().counting(judge(asked, guess))


def _go_on(guesses: _Guesses) -> None:
    guesses.revealed = None


def _score() -> Score:
    return st.session_state.setdefault("predict_score", Score())


def _guesses(of_map: str) -> _Guesses:
    """Give what was guessed on a map, and forget the map that was opened longest ago where there are many."""
    kept: dict[str, _Guesses] = st.session_state.setdefault("predict_maps", {})
    kept[of_map] = kept.pop(of_map, None) or _Guesses()
    while len(kept) > MAX_MAPS:
        del kept[next(iter(kept))]
    return kept[of_map]
