"""Show what became of the answer: the best words of either run, before and after."""

import streamlit as st

from pages.compare.pair import RunPair
from pages.ui import guard
from pages.ui.chart import chart
from pages.ui.how_many import how_many
from pages.ui.markdown import literal
from pages.ui.question import whole
from viz.analysis.compare.answers import WordShift, same_vocabulary, shared_guesses, shifts
from viz.analysis.compare.comparison import Comparison
from viz.analysis.predictions import Shift, are_numbers, require_words
from viz.drawing.bars import shift_bars
from viz.errors import VizError
from viz.names import position_from_number, position_number
from viz.text import _, number, percent

MOST = 20


def answers(pair: RunPair) -> None:
    """Draw the best words of one place that both runs guess."""
    of = pair.comparison()
    heading, count = st.columns([4, 1], vertical_alignment="bottom")
    heading.header(_("What became of the answer"), anchor=False)
    for side, run in (("A", of.before), ("B", of.after)):
        try:
            require_words(run.model)
        except VizError as error:
            guard.explain(error, side)
            return
    guesses = shared_guesses(of)
    if not guesses:
        st.info(
            _(
                "The two runs guess no word at the same place, so there is no answer to compare. Put [MASK] between "
                "the same words, or compare two beginnings."
            )
        )
        return
    if len(guesses) == 1:
        st.query_params.pop("guess", None)
    guess = guesses[0] if len(guesses) == 1 else _chosen(of, guesses)
    if not (are_numbers(of.before) and are_numbers(of.after)):
        st.warning(_("The scores of one run are no numbers (NaN), so there are no words to compare."))
        return
    _draw(shifts(of, guess, how_many(count, MOST)))
    if not same_vocabulary(of):
        st.caption(
            _(
                "The vocabularies differ, so words are compared as they are written, and each probability is over its "
                "own model's vocabulary: of {a:,} words and pieces in A, {b:,} in B."
            ).format(a=len(of.before.model.vocabulary), b=len(of.after.model.vocabulary))
        )


def _chosen(of: Comparison, guesses: list[tuple[int, int]]) -> tuple[int, int]:
    """Choose the place, where both guess at several."""
    is_mask = of.kind == "self"
    tokens = of.before.maps["self" if is_mask else "decoder"].queries[of.rows[0]]
    said = _("at {number} {token}") if is_mask else _("behind {number} {token}")
    places = {guess: int(of.before.readouts[guess[0]][1]) for guess in guesses}
    names = {guess: said.format(number=position_number(at), token=tokens[at]) for guess, at in places.items()}
    if st.session_state.get("compare_guess") not in guesses:
        wanted = position_from_number(whole(st.query_params.get("guess", "")) or 1)
        st.session_state["compare_guess"] = guesses[wanted if wanted in range(len(guesses)) else 0]
    guess = st.selectbox(_("The word that is guessed"), guesses, key="compare_guess", format_func=names.__getitem__)
    st.query_params["guess"] = str(position_number(guesses.index(guess)))
    return guess


def _draw(found: list[Shift] | list[WordShift]) -> None:
    bars, words = st.columns([3, 2])
    spoken = "; ".join(f"{s.token}: {_share(s.probability_before)} → {_share(s.probability_after)}" for s in found)
    chart(shift_bars(found), "compare_shifts", spoken, place=bars)
    words.dataframe(
        {
            _("word"): [s.token for s in found],
            _("before (A)"): [s.probability_before for s in found],
            _("after (B)"): [s.probability_after for s in found],
            _("change"): [s.change for s in found],
            _("rank"): [f"{_rank(s.rank_before)} → {_rank(s.rank_after)}" for s in found],
        },
        hide_index=True,
        column_config={_("change"): st.column_config.NumberColumn(format="%+.5f")},
    )
    st.caption(literal(spoken))


def _share(share: float | None) -> str:
    return "–" if share is None else percent(share, 1)


def _rank(rank: int | None) -> str:
    return "–" if rank is None else number(rank)
