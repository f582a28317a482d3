"""List what a verdict rests on: the sentences, the best heads, and the rules that know only the position."""

from collections.abc import Sequence

import streamlit as st

from pages.ui import head_choice, prompt_choice
from pages.ui.markdown import literal
from viz.analysis.claims import report
from viz.analysis.claims.readings import Reading, marked_tokens
from viz.analysis.claims.verdict import Result
from viz.names import head_title, position_number
from viz.records import Run
from viz.text import _


def sentence_table(result: Result, runs: Sequence[Run]) -> None:
    """Show one line a sentence: hit or miss, the weight at the key, what was looked at most; a click opens its map."""
    table = report.sentence_table(result)
    numbers = [position_number(at) for at in range(len(result.readings))]
    shown = {
        _("nr"): numbers,
        _("result"): [_("✓ hit") if hit else _("✗ miss") for hit in table["hit"]],
        _("sentence"): table["sentence"],
        _("at the key"): table["attention"],
        _("looks most at"): table["looks_most_at"],
        _("candidates"): table["candidates"],
    }

    key = f"claim_table_{hash(tuple(table['sentence']))}"  # with other sentences no row is chosen

    def picked() -> None:
        if rows := st.session_state[key].selection.rows:
            prompt_choice.choose(rows[0])

    st.dataframe(
        shown,
        hide_index=True,
        key=key,
        on_select=picked,
        selection_mode="single-row",
        column_config={
            _("at the key"): st.column_config.NumberColumn(format="%.4f"),
            _("sentence"): st.column_config.TextColumn(width="large"),
        },
    )
    said = _(
        "A hit: of all candidate words the key gets the most attention from the query. A click in the first column "
        "opens the map."
    )
    st.caption(" ".join([said, literal(_split_words(result.readings, runs))]))


def _split_words(readings: Sequence[Reading], runs: Sequence[Run]) -> str:
    """Say which marked words are several pieces, and how they were counted."""
    split = []
    for of in readings:
        run = runs[of.source]
        words = zip((of.sentence.query_word, of.sentence.key_word), marked_tokens(run, of), strict=True)
        split += [
            f"{word} = {' + '.join(run.batch.tokens[of.row][at] for at in places)}"
            for word, places in words
            if len(places) > 1
        ]
    if not split:
        return _("No marked word is split into pieces.")
    message = _(
        "Split into pieces: {words}. Attention is summed over the pieces of a key and averaged over those of a query."
    )
    listed = list(dict.fromkeys(split))
    return message.format(words=", ".join(listed[:8]) + (" …" if len(listed) > 8 else ""))


def standings_and_rules(result: Result) -> None:
    """Show the best heads, each a button that opens it, and how often a fixed offset hits."""
    total = len(result.readings)
    st.header(_("Best heads"), anchor=False)
    message = _("{rank}. {head}: {hits} of {total}, mean weight {weight:.3f}")
    with st.container(gap="small"):
        for standing in dict.fromkeys([*result.best, result.standing]):
            label = message.format(
                rank=standing.rank,
                head=head_title(standing.layer, standing.head),
                hits=standing.hits,
                total=total,
                weight=standing.mean_weight,
            )
            tested = standing == result.standing
            st.button(
                literal(f"{label} ←" if tested else label),
                key=f"best_{standing.layer}_{standing.head}",
                width="stretch",
                on_click=head_choice.choose,
                args=(standing.layer, standing.head),
            )
    st.caption(
        _(
            "By hits, then by mean weight. The arrow: the head of the verdict. A click opens the map and leaves the "
            "verdict as it is."
        )
    )
    st.header(_("Does a fixed position explain it?"), anchor=False)
    st.caption(
        _(
            "What a rule would hit that knows no words, only the position, and in how many sentences the tested head "
            "looks there most."
        )
    )
    st.dataframe(
        {
            _("always looks at"): [report.offset_label(offset) for offset in result.offsets],
            _("hits"): [_("{hits} of {total}").format(hits=hits, total=total) for hits in result.offsets.values()],
            _("head looks there"): [
                _("{hits} of {total}").format(hits=result.looks_there[offset], total=total) for offset in result.offsets
            ],
        },
        hide_index=True,
        key="claim_offsets",
    )
