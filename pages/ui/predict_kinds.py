"""Draw the three kinds of questions about a hidden map: which token, which head, how many percent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.ui.markdown import literal
from pages.ui.token_chips import token_choice
from viz.analysis.guesses import how_much, which_head, which_token
from viz.analysis.guesses.how_much import Amount, AmountQuestion
from viz.analysis.guesses.score import Choice, Judged, written
from viz.analysis.guesses.which_head import HeadQuestion
from viz.analysis.guesses.which_token import TokenQuestion
from viz.text import _, percent

NUMBER_PX = 145  # two stand beside each other on a phone

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Way:
    """Hold one way to ask: ``question`` gives None where a map cannot be asked about so.

    ``offer`` draws what the guess is given with, under a key of the session; ``answer`` draws the guess beside the
    truth. ``covers`` names the maps, by layer and head, that would tell before.
    """

    name: Callable[[], str]
    question: Callable[..., Any]
    in_words: Callable[[Any], str]
    offer: Callable[[Any, str], None]
    first: Callable[[], str]  # what to do before anything is revealed
    judge: Callable[[Any, Any], Judged]
    answer: Callable[[Any, Any], None]
    covers: Callable[[Any], tuple[Place, ...]]


def _offer_tokens(asked: TokenQuestion, key: str) -> None:
    token_choice(_("Your guess"), dict(zip(asked.keys, asked.tokens, strict=True)), key)


def _offer_heads(asked: HeadQuestion, key: str) -> None:
    named = dict(zip(asked.places, asked.names, strict=True))
    st.pills(_("Your guess"), list(asked.places), format_func=named.__getitem__, key=key)


def _offer_number(asked: AmountQuestion, key: str) -> None:
    st.number_input(_("Your guess, in percent"), 0, 100, None, key=key, placeholder="0–100", width=2 * NUMBER_PX)
    st.caption(how_much.rule_said(asked))


def _answer_token(_asked: TokenQuestion, judged: Choice) -> None:
    _beside(_of_choice(judged, _("The largest")))
    _say(judged.hit, which_token.said(judged))


def _answer_head(asked: HeadQuestion, judged: Choice) -> None:
    _beside(_of_choice(judged, _("The largest")))
    _say(judged.hit, which_head.said(asked, judged))
    st.caption(which_head.luck_said(asked))


def _answer_number(asked: AmountQuestion, judged: Amount) -> None:
    of = f"{asked.query_name} → {asked.key_name}"
    _beside([(_("Your guess"), percent(judged.guess), of), (_("The map"), percent(judged.share, 1), of)])
    _say(judged.hit, how_much.said(asked, judged))
    st.caption(how_much.luck_said(asked))


def _of_choice(judged: Choice, best: str) -> list[tuple[str, str, str]]:
    values = written(judged)
    return [(_("Your guess"), values[0], judged.guess), (best, values[1], judged.best)]


def _beside(numbers: list[tuple[str, str, str]]) -> None:
    row = st.container(horizontal=True)
    for label, value, note in numbers:
        one = row.container(width=NUMBER_PX, gap=None)
        one.metric(label, value)
        one.caption(literal(note))


def _say(hit: bool, said: str) -> None:
    """Say how the guess compares; words carry it, never colour alone."""
    if hit:
        st.success(literal(said), icon=":material/check_circle:")
    else:
        st.info(literal(said), icon=":material/cancel:")


WAYS = {  # as in ?ask=
    "token": Way(
        name=lambda: _("A token"),
        question=which_token.question,
        in_words=which_token.asked_in_words,
        offer=_offer_tokens,
        first=lambda: _("Choose a token first; then the map is shown, and your guess beside the truth."),
        judge=which_token.judge,
        answer=_answer_token,
        covers=lambda _asked: (),
    ),
    "head": Way(
        name=lambda: _("A head"),
        question=which_head.question,
        in_words=which_head.asked_in_words,
        offer=_offer_heads,
        first=lambda: _("Choose a head first; then the map is shown, and your guess beside the truth."),
        judge=which_head.judge,
        answer=_answer_head,
        covers=lambda asked: asked.places,
    ),
    "number": Way(
        name=lambda: _("A number"),
        question=how_much.question,
        in_words=how_much.asked_in_words,
        offer=_offer_number,
        first=lambda: _("Type a number first; then the map is shown, and your guess beside the truth."),
        judge=how_much.judge,
        answer=_answer_number,
        covers=lambda _asked: (),
    ),
}
