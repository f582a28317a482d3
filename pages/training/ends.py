"""Show what a causal model is taught about the ends of texts where padding is the end token."""

import numpy as np
import streamlit as st

from pages.ui.markdown import literal
from viz.analysis.batches.training import FourWays, Stopping, TrainingBatch
from viz.names import position_number
from viz.text import _

FIX = "labels = input_ids.masked_fill(attention_mask == 0, -100)   # by the mask, not by the id of the padding"


def about_ends(four_ways: FourWays) -> None:
    """Say what -100 does to the end tokens; nothing for a model that guesses masked words."""
    made, stopping = four_ways.training_batch, four_ways.stopping
    if not made.causal:
        return
    st.header(_("Does the model learn to stop?"), anchor=False)
    if stopping is None:
        st.markdown(
            _(
                "No text of this batch ends with the token that fills it up. So nothing here teaches the model where "
                "a text "
                "ends. Switch on “Append the end token”, and run again."
            )
        )
        return
    st.markdown(_told(made, stopping))
    _chances(made, stopping)
    st.markdown(_("The remedy: take the -100 from the mask. Then padding is left out, and real ends are scored."))
    st.code(FIX, language="python")


def _told(made: TrainingBatch, stopping: Stopping) -> str:
    """Say how many ends are scored and which way training pushes the end token."""
    message = _(
        "The token of padding here is {token}, and each real end of a text is the same token. The collator does not "
        "tell them apart: it writes -100 at all of them. Real ends: {n_ends}. Scored: {n_scored}.\n\n"
        "The gradient on the end token, summed over the scored positions, says what training does to it: "
        "positive makes the end less likely, negative makes it more likely. "
        "With the collator's labels: **{push:+.2g}**. With the real ends scored: **{push_if_scored:+.2g}**."
    )
    return message.format(
        token=literal(_end_token(made)),
        n_ends=stopping.n_ends,
        n_scored=stopping.n_ends_scored,
        push=stopping.push,
        push_if_scored=stopping.push_if_scored,
    )


def _chances(made: TrainingBatch, stopping: Stopping) -> None:
    """List how likely the model finds the end where each text ends, before any of this training."""
    rows = np.argwhere(made.ends[:, 1:])[:, 0].tolist()
    table = {
        _("text"): [f"{position_number(row)}  {made.batch.texts[row]}" for row in rows],
        _("probability of the end, where the text ends"): stopping.probability.tolist(),
    }
    percent = st.column_config.NumberColumn(format="percent")
    st.dataframe(table, hide_index=True, key="ends", column_config={list(table)[1]: percent})
    st.caption(
        _("The probability is over the whole vocabulary, from the batch with the mask, before a step of training.")
    )


def _end_token(made: TrainingBatch) -> str:
    """Give the label of the token that ends texts and fills up the batch."""
    row, at = np.argwhere(made.ends)[0]
    return made.original_tokens[row][at]
