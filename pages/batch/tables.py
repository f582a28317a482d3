"""Show a batch as the tokenizer makes it: strips of tokens, tables of numbers, code to copy."""

import streamlit as st

from pages.ui.batch_strips import batch_strips
from pages.ui.markdown import literal
from pages.ui.parts_of_characters import say_parts
from viz.analysis.batches import tensor_code
from viz.engine.local import engine
from viz.engine.requests import NamePadToken
from viz.names import position_number
from viz.records import Batch, PadToken, Run
from viz.text import _


def batch_tables(run: Run) -> None:
    """Show the strips of a batch, say why there is padding, offer the numbers."""
    batch_strips(run)
    say_parts(run)
    st.markdown(_why_rectangular(run))
    expander = st.expander(
        _("The numbers the model is given, and the code to copy"), on_change="rerun", key="numbers_open"
    )
    if expander.open:
        with expander:
            _numbers(run.batch)


def _why_rectangular(run: Run) -> str:
    """Say what was filled up, with what, and how much of the batch it is."""
    batch = run.batch
    counts = tensor_code.lengths(batch)
    if min(counts) == batch.n_tokens:
        same = (
            _("All prompts have {n} tokens, so nothing is padded.")
            if len(counts) > 1
            else _("One prompt of {n} tokens: nothing is padded.")
        )
        return same.format(n=batch.n_tokens)
    pad = engine.ask(NamePadToken(run.model.checkpoint, run.model.revision))
    own = _filler_words(pad)
    message = _(
        "A tensor is rectangular, and these prompts have {lengths} tokens. So each row is filled up to {width} on the "
        "{side} with {token} (id {token_id}, {own}): {share:.0%} of the batch is padding. The small numbers are "
        "position_ids."
    )
    return message.format(
        lengths=", ".join(map(str, counts)),
        width=batch.n_tokens,
        side=_("left") if batch.padding_side == "left" else _("right"),
        token=literal(pad.token),
        token_id=pad.token_id,
        own=own,
        share=tensor_code.padding_share(batch),
    )


def _filler_words(pad: PadToken) -> str:
    """Say whether a model has a token to fill with, or which other one serves."""
    if pad.is_filler:
        return _("a token like any other, since it has neither a padding nor an end token; the mask hides it")
    if pad.is_end_token:
        return _("its end token, since it has no padding token of its own")
    return _("its padding token")


def _numbers(batch: Batch) -> None:
    st.caption(_("Code to paste; `position_ids` count real tokens only, as `generate` counts them."))
    st.code(tensor_code.as_code(batch), language="python", height=160 if len(batch.texts) > 4 else "content")
    tables = {
        "input_ids": batch.input_ids,
        "attention_mask": batch.attention_mask.astype(int),
        "position_ids": batch.position_ids,
    }
    if batch.token_type_ids is not None:
        tables["token_type_ids"] = batch.token_type_ids
    for tab, (name, array) in zip(st.tabs(list(tables)), tables.items()):
        columns = {str(position_number(at)): array[:, at] for at in range(batch.n_tokens)}
        labels = [position_number(row) for row in range(len(array))]
        tab.dataframe({_("prompt"): labels} | columns, hide_index=True, key=f"table_{name}")
