"""Show the texts as the model gets them: tokens with their attention_mask, and the segments of a pair."""

import streamlit as st

from viz.drawing import strips
from viz.drawing.strips import Chip
from viz.names import position_number
from viz.records import Batch
from viz.text import _


def inside_strips(batch: Batch, name: str) -> None:
    """Draw one strip a row; under each token its attention_mask, and token_type_ids where there are two segments.

    ``name`` calls a row, with its ``{number}``.
    """
    types = batch.token_type_ids
    pair = types is not None and bool(types.any())
    rows = []
    for row in range(len(batch.texts)):
        numbers = [str(int(real)) for real in batch.attention_mask[row]]
        if pair and types is not None:
            numbers = [f"{seen} · {'AB'[kind]}" for seen, kind in zip(numbers, types[row].tolist())]
        special, real = batch.special_tokens_mask[row], batch.attention_mask[row]
        kinds = ["padding" if not r else "special" if s else "real" for r, s in zip(real, special)]
        chips = [Chip(*chip) for chip in zip(batch.tokens[row], numbers, kinds)]
        rows.append(strips.strip(chips, name.format(number=position_number(row))))
    st.html(strips.board([*rows, strips.legend(["real", "special", "padding"])]))
    said = _(
        "Under each token: attention_mask · segment (token_type_ids 0 is A, 1 is B). Between segments the mask is 1: "
        "it "
        "does not separate them."
    )
    st.caption(said if pair else _("Under each token: attention_mask."))
