"""Show the verdict on a training batch, its loss four ways, the same sentences alone, and the collator's trap."""

import math

import streamlit as st

from pages.training.board import way_names
from pages.ui import head_choice
from pages.ui.markdown import literal
from viz.analysis.batches.same_alone import difference_text
from viz.analysis.batches.training import FourWays, Lesson, TrainingBatch, Way, verdict
from viz.names import head_label, head_title, position_number
from viz.text import _, percent


def show_verdict(answer: Lesson) -> None:
    """Say what the numbers show; it is computed from this batch and this model."""
    st.info(literal(verdict(answer.four_ways, answer.unpadded)), icon=":material/school:")
    st.caption(_("This verdict is computed from this batch and this model. Other sentences may give another one."))


def four_ways_table(four_ways: FourWays) -> None:
    """List the loss four ways, and offer the head that looks at padding most."""
    st.header(_("The loss four ways"), anchor=False)
    st.markdown(
        _(
            "Same sentences, same model. Only two things change: is the mask given, and what stands in `labels` at "
            "padding."
        )
    )
    table = {
        _("way"): way_names(),
        _("loss"): [way.loss for way in four_ways.ways],
        _("difference to the first"): [signed(four_ways.difference(way)) for way in four_ways.ways],
        _("attention on padding"): [way.mean_mass for way in four_ways.ways],
        _("head with most"): [_worst(way) for way in four_ways.ways],
        _("gradient at padding"): [way.pad_gradient for way in four_ways.ways],
    }
    number = st.column_config.NumberColumn(format="%.4f")
    as_percent = st.column_config.NumberColumn(format="percent")
    columns = {
        _("loss"): number,
        _("gradient at padding"): st.column_config.NumberColumn(format="%.4g"),
        _("attention on padding"): as_percent,
    }
    st.dataframe(table, hide_index=True, key="four_ways", column_config=columns)
    st.caption(
        _(
            "Attention on padding: the share that real tokens give to padding, mean over all heads and all sentences "
            "with padding. "
            "Gradient at padding: how strongly the loss pulls at the input vectors of padding (norm of their sum). "
            "0 means: what stands at padding does not matter to the loss."
        )
    )
    _offer_worst_head(four_ways.way(mask_given=False, padding_scored=False))


def unpadded_table(answer: Lesson) -> None:
    """Put each sentence's loss alone beside its loss in the batch."""
    four_ways, alone = answer.four_ways, answer.unpadded
    told, untold = (four_ways.way(mask_given=given, padding_scored=False) for given in (True, False))
    st.header(_("The same sentences without padding, one at a time"), anchor=False)
    message = _(
        "Alone, a sentence needs no padding and no mask. All of them together have the loss **{loss:.4f}**. "
        "In the batch with the mask the difference is **{told}**. In the batch without the mask it is **{untold}**."
    )
    differences = {"told": signed(alone.difference(told)), "untold": signed(alone.difference(untold))}
    st.markdown(message.format(loss=alone.loss, **differences))
    table = {
        _("sentence"): [_sentence_name(four_ways.training_batch, row) for row in range(len(alone.losses))],
        _("scored positions"): alone.n_scored.tolist(),
        _("loss alone"): _or_none(alone.losses),
        _("in the batch, mask given"): _or_none(told.sentence_losses),
        _("in the batch, no mask"): _or_none(untold.sentence_losses),
    }
    number = st.column_config.NumberColumn(format="%.4f")
    columns = {name: number for name in list(table)[2:]}
    st.dataframe(table, hide_index=True, key="unpadded", column_config=columns)
    st.caption(
        _(
            "Differences below 1e-4 are rounding. Padding is labelled -100 in all columns. An empty cell: nothing of "
            "it "
            "is scored."
        )
    )


def collator_trap(made: TrainingBatch) -> None:
    """Show what the collator gives back for features with names and for bare lists of ids."""
    st.header(_("A trap: what the collator is given"), anchor=False)
    st.code(
        "features = [tokenizer(text) for text in texts]\n"
        f"collator(features).keys()       # {', '.join(made.keys_from_dicts)}\n\n"
        'features = [tokenizer(text)["input_ids"] for text in texts]\n'
        f"collator(features).keys()       # {', '.join(made.keys_from_lists)}",
        language="python",
    )
    lost = [name for name in made.keys_from_dicts if name not in made.keys_from_lists]
    if "attention_mask" in lost:
        st.markdown(
            _(
                "Both are padded, and both get labels. But bare lists of ids come back without `attention_mask`. "
                "Then the model takes every position for real: that is the row “no mask, padding -100” above. Give "
                "the collator "
                "what the tokenizer gives you, with its names."
            )
        )


def signed(difference: float) -> str:
    """Write a difference of losses with its sign: ``+0.07``, ``-3.1e-6``, ``0``."""
    sign = "+" if difference > 0 else "-" if difference < 0 else ""
    return f"{sign}{difference_text(abs(difference))}"


def _worst(way: Way) -> str:
    return _("none") if way.worst_head is None else f"{percent(way.worst_mass, 1)} · {head_label(*way.worst_head)}"


def _offer_worst_head(untold: Way) -> None:
    """Name the head that looks at padding most without the mask; a click opens it."""
    if untold.worst_head is None:
        st.caption(_("No head gives any attention to padding, with or without the mask."))
        return
    template = _("Without the mask, {head} gives padding {share:.1%}: open its map below")
    label = template.format(head=head_title(*untold.worst_head), share=untold.worst_mass)
    st.button(literal(label), key="open_worst", icon=":material/arrow_downward:", on_click=_open, args=(untold,))


def _open(way: Way) -> None:
    """Open the map of the head that looks at padding most, in the sentence where it does, without the mask."""
    st.session_state["open_prompt"] = way.worst_row
    st.session_state["map_told"] = False
    if way.worst_head is not None:
        head_choice.choose(*way.worst_head)


def _sentence_name(made: TrainingBatch, row: int) -> str:
    return f"{position_number(row)}  {made.batch.texts[row]}"


def _or_none(losses) -> list[float | None]:
    return [None if math.isnan(loss) else loss for loss in losses.tolist()]
