"""List the best words of every prompt in one table."""

import streamlit as st

from pages.ui.how_many import how_many
from pages.ui.markdown import literal
from pages.ui.prompt_choice import prompt_name
from viz.analysis.predictions import require_readouts, top_k
from viz.errors import VizError
from viz.names import position_number
from viz.records import Run
from viz.text import _, sentence

MAX_WORDS = 20


def answers_table(run: Run) -> None:
    """Show the k best words of each [MASK], or of each prompt's next word, with their probabilities."""
    heading, count = st.columns([4, 1], vertical_alignment="bottom")
    heading.header(_("Next word") if run.model.causal else _("Best words"), anchor=False)
    k = how_many(count, MAX_WORDS)
    try:
        require_readouts(run)
    except VizError as error:
        st.info(literal(sentence(error)))
        return
    best = [top_k(run, n, k) for n in range(len(run.readouts))]
    rows, positions = run.readouts.T.tolist()
    table: dict[str, list] = {_("prompt"): [f"{position_number(row)}  {prompt_name(run, row)}" for row in rows]}
    if not run.model.causal:
        table[_("[MASK] at")] = [position_number(at) for at in positions]
    shares = {}
    for rank in range(len(best[0])):
        number = position_number(rank)
        table[_("word {n}").format(n=number)] = [predictions[rank].token for predictions in best]
        name = _("probability {n}").format(n=number)
        table[name] = [predictions[rank].probability for predictions in best]
        shares[name] = st.column_config.NumberColumn(format="percent")
    st.dataframe(table, hide_index=True, column_config=shares, key="answers")
    st.caption(
        _("Probabilities are over the whole vocabulary of {n:,} words and pieces.").format(n=len(run.model.vocabulary))
    )
