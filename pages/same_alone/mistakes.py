"""Offer the classic mistakes with padded batches, one at a time or together."""

import streamlit as st

from viz.analysis.batches.same_alone import Mistakes
from viz.text import _

PAD_WORD = "the"


def ask_mistakes(*, causal: bool) -> Mistakes:
    """Show a switch a mistake and give the chosen ones; none on the first visit."""
    st.subheader(_("Make the classic mistakes"), anchor=False)
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
    return Mistakes(no_mask, no_positions, right and causal, word)
