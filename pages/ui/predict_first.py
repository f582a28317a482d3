"""Hide a map until a person has guessed what it shows; that it is on, and what is asked, live in the address.

``?predict=1&ask=head``. Guesses and score are this session's: nothing of them is written into addresses, files or logs.
"""

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from pages.ui import head_choice
from pages.ui.markdown import literal
from pages.ui.predict_kinds import WAYS, Place, Way
from pages.ui.question import one_of, set_address
from viz.analysis.guesses.order import map_key, nothing_to_ask, queries_to_ask
from viz.analysis.guesses.score import Score, score_said
from viz.records import Run
from viz.text import _

FIRST = "token"
MAX_MAPS = 200  # whose guesses are remembered; of one that is forgotten the same is asked again


@dataclass(frozen=True, slots=True)
class Asked:
    """Say what a question leaves of the map: nothing yet, or all of it with the row of ``query`` framed.

    ``covered`` names the maps, by layer and head, that no overview may show meanwhile.
    """

    hides_map: bool = False
    query: int | None = None
    covered: tuple[Place, ...] = ()


@dataclass(slots=True)
class _Guesses:
    """Remember of one map what was guessed for which query, and the query whose answer is being looked at."""

    of_query: dict[int, Any] = field(default_factory=dict)
    revealed: int | None = None


def ask(run: Run, place: tuple[int, int, int], kind: str) -> Asked:
    """Offer the switch; where it is on, ask about a row of this map, or show how the guess compares."""
    name = _switch()
    asked = Asked() if name is None else _asked(run, place, kind, name)
    st.session_state["predict_hides"] = asked.hides_map
    return asked


def hides() -> bool:
    """Tell whether the open map is hidden, so that nothing may be said of its numbers."""
    return st.session_state.get("predict_hides", False)


def _asked(run: Run, place: tuple[int, int, int], kind: str, name: str) -> Asked:
    way, order = WAYS[name], queries_to_ask(run, *place, kind=kind)
    if not order or way.question(run, *place, order[0], kind=kind) is None:
        st.info(literal(_why_not(run, place, kind, order)))
        return Asked()
    stamp = f"{map_key(run, *place, kind=kind)}_{name}"
    guesses = _guesses(stamp)
    query = guesses.revealed
    if query is None:
        query = next((query for query in order if query not in guesses.of_query), None)
    question = None if query is None else way.question(run, *place, query, kind=kind)
    with st.container(border=True, key="predict_first"):
        if question is None:
            st.markdown(_("Every token of this map was asked about. Open another head, or another text."))
        else:
            _draw(way, question, guesses, stamp)
        _say_score()
    if question is None or guesses.revealed is not None:
        return Asked(query=query)
    return Asked(hides_map=True, query=query, covered=tuple(dict.fromkeys((place[1:], *way.covers(question)))))


def _why_not(run: Run, place: tuple[int, int, int], kind: str, order: list[int]) -> str:
    if order:
        return _("This view has no second map with numbers to choose from, so there is no head to guess.")
    return nothing_to_ask(run, *place, kind=kind)


def _switch() -> str | None:
    """Show the switch and what can be asked; give what is, None where nothing is asked."""
    state = st.session_state
    if "predict" not in state:
        state["predict"] = st.query_params.get("predict") == "1"
        state["predict_ask"] = one_of(*WAYS)(st.query_params.get("ask", "")) or FIRST
    state["predict_shown"], state["predict_ask_shown"] = state["predict"], state["predict_ask"]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle(
            _("Predict first"),
            key="predict_shown",
            on_change=_take,
            args=("predict",),
            help=_(
                "Hides the map until you have guessed: which token a query looks at most, which head looks there, or "
                "how much. Your guesses stay in this visit: they are not saved."
            ),
        )
        if state["predict"]:
            st.segmented_control(
                _("What is asked"),
                list(WAYS),
                key="predict_ask_shown",
                format_func=lambda name: WAYS[name].name(),
                required=True,
                label_visibility="collapsed",
                on_change=_take,
                args=("predict_ask",),
            )
    asks = state["predict_ask"] if state["predict"] else None
    set_address({"predict": "1" if asks else None, "ask": None if asks == FIRST else asks})
    return asks


def _take(name: str) -> None:
    st.session_state[name] = st.session_state[f"{name}_shown"]
    head_choice.draw_again()


def _draw(way: Way, asked: Any, guesses: _Guesses, stamp: str) -> None:
    """Draw the question, or its answer; one button leads on, so that the keyboard stays where it is."""
    st.markdown(literal(way.in_words(asked)))
    if guesses.revealed is None:
        key = f"predict_{stamp}_{asked.query}"
        way.offer(asked, key)
        st.button(_("Reveal"), key="predict_next", type="primary", on_click=_reveal, args=(way, asked, guesses, key))
        st.caption(way.first())
        return
    way.answer(asked, way.judge(asked, guesses.of_query[asked.query]))
    st.button(_("Another question"), key="predict_next", type="primary", on_click=_go_on, args=(guesses,))


def _say_score() -> None:
    score = _score()
    if score.n:
        st.caption(literal(score_said(score)))


def _reveal(way: Way, asked: Any, guesses: _Guesses, key: str) -> None:
    guess = st.session_state.get(key)
    if guess is not None and asked.query not in guesses.of_query:  # a second click comes before the page is drawn anew
        guesses.of_query[asked.query] = guess
        guesses.revealed = asked.query
        st.session_state["predict_score"] = _score().counting(way.judge(asked, guess))
    head_choice.draw_again()


def _go_on(guesses: _Guesses) -> None:
    guesses.revealed = None
    head_choice.draw_again()


def _score() -> Score:
    return st.session_state.setdefault("predict_score", Score())


def _guesses(of_map: str) -> _Guesses:
    """Give what was guessed on a map, and forget the map that was opened longest ago where there are many."""
    kept: dict[str, _Guesses] = st.session_state.setdefault("predict_maps", {})
    kept[of_map] = kept.pop(of_map, None) or _Guesses()
    while len(kept) > MAX_MAPS:
        del kept[next(iter(kept))]
    return kept[of_map]
