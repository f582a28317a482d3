"""Offer the classic mistakes with padded batches, one at a time or together."""

import streamlit as st

from pages.ui import fields
from viz.analysis.batches.same_alone import Mistakes
from viz.text import _

PAD_WORD = "the"


def ask_mistakes(*, causal: bool) -> Mistakes:
    """Show a switch a mistake and give the chosen ones; none on the first visit."""
    st.header(_("Make the classic mistakes"), anchor=False)
    first, second = st.columns(2)
    no_mask = first.toggle(
        _("Forget attention_mask"),
        key="no_mask",
        help=_("The script passes input_ids only: padding is looked at as if it were text."),
    )
    no_positions = first.toggle(
        _("Forget position_ids"),
        key="no_positions",
        help=_(
            "The model counts columns: behind left padding every token stands at a wrong position. `generate` counts "
            "rightly, a plain call does not."
        ),
    )
    right = second.toggle(
        _("Pad on the right and read the last column"),
        key="last_column",
        disabled=not causal,
        help=_(
            "`logits[:, -1]` is the answer at a pad for every shorter prompt. A masked model is read at its [MASK], "
            "so it cannot make this mistake."
        ),
    )
    word_on = second.toggle(
        _("Pad with a real word"), key="pad_with_word", help=_("Harmless as long as the mask is passed.")
    )
    word = second.text_input(_("the word"), PAD_WORD, key="pad_word") if word_on else None
    from_ids = first.toggle(
        _("Make the mask from the ids"),
        key="mask_from_ids",
        help=_(
            "`input_ids != pad_token_id`: where the end token fills the batch, a text's own end tokens are hidden too."
        ),
    )
    per_query = second.toggle(
        _("Pass a mask for each query"),
        key="mask_per_query",
        disabled=not causal,
        help=_("A mask [texts, queries, keys]: a GPT-2 reads its first row for all queries, other models stop."),
    )
    doubled = first.toggle(
        _("Put special tokens around twice"),
        key="double_special",
        help=_("[CLS] [CLS] … [SEP] [SEP]: typed in the text, and added by the tokenizer. A GPT-2's adds none."),
    )
    return Mistakes(no_mask, no_positions, right and causal, word, from_ids, per_query and causal, doubled)


def set_mistakes(mistakes: Mistakes) -> None:
    """Put the switches as these mistakes have them; called before the page draws them."""
    fields.give(
        {
            "no_mask": mistakes.no_attention_mask,
            "no_positions": mistakes.no_position_ids,
            "last_column": mistakes.right_padding,
            "pad_with_word": mistakes.pad_word is not None,
            "mask_from_ids": mistakes.mask_from_ids,
            "mask_per_query": mistakes.mask_per_query,
            "double_special": mistakes.double_special,
        }
    )
