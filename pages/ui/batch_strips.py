"""Draw a batch as strips of tokens, padding grey, with its position_ids."""

import streamlit as st

from viz.drawing import strips
from viz.drawing.strips import Chip
from viz.names import position_number
from viz.records import Batch, Run
from viz.text import _


def batch_strips(run: Run) -> None:
    """Draw one strip a prompt, padding grey, with position_ids as the model used them."""
    batch = run.batch
    rows = [
        strips.strip(chips(batch, row), _("prompt {number}").format(number=position_number(row)))
        for row in range(len(batch.texts))
    ]
    kinds = (
        ["real", "special", "padding"] if batch.special_tokens_mask[batch.attention_mask].any() else ["real", "padding"]
    )
    st.html(strips.board([*rows, strips.legend(kinds)]))


def chips(batch: Batch, row: int, unlike: Batch | None = None) -> list[Chip]:
    """Make a chip of every token, with its position id under it.

    A token that is not as in the batch ``unlike``, or stands at another position there, is marked as changed.
    """
    special = batch.special_tokens_mask[row]
    kinds = [
        "padding" if not real else "special" if s else "real"
        for real, s in zip(batch.attention_mask[row], special, strict=True)
    ]
    if unlike is not None:
        other = zip(unlike.input_ids[row], unlike.position_ids[row], strict=True)
        here = zip(batch.input_ids[row], batch.position_ids[row], strict=True)
        kinds = ["changed" if a != b and k != "padding" else k for k, a, b in zip(kinds, here, other, strict=True)]
    return [
        Chip(token, str(at), kind)
        for token, at, kind in zip(batch.tokens[row], batch.position_ids[row], kinds, strict=True)
    ]
