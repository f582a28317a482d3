"""Show a training batch as columns: what the model reads, what it sees, what its loss scores, and the loss."""

import math

import streamlit as st

from pages.ui import guard
from pages.ui.markdown import literal
from viz.analysis.batches.training import (
    KEPT,
    MASKED,
    PADDING,
    RANDOM,
    SCORED_KINDS,
    SPECIAL,
    UNSCORED,
    TrainingBatch,
    Way,
)
from viz.drawing import strips
from viz.drawing.strips import Chip
from viz.engine.local import engine
from viz.engine.requests import Train
from viz.names import position_number
from viz.text import _, number

WAYS = {"right": (True, False), "scored": (True, True), "unseen": (False, False), "both": (False, True)}  # as in ?way=
_KINDS = {PADDING: "padding", MASKED: "mask", RANDOM: "random", KEPT: "kept", SPECIAL: "special"}


def way_names() -> list[str]:
    """Name the four ways, in the order of ``WAYS``."""
    return [
        _("mask given, padding -100"),
        _("mask given, padding scored"),
        _("no mask, padding -100"),
        _("no mask, padding scored"),
    ]


def seen_and_scored(made: TrainingBatch) -> None:
    """Answer the two questions apart, with the batch's own counts."""
    seen, scored = st.columns(2, gap="medium")
    n_all, n_padding = made.count(), made.count(PADDING)
    seen.header(_("Which positions are seen?"), anchor=False)
    message = _(
        "`attention_mask` says it. 1: every token may look there. 0: nobody looks there. "
        "The collator writes 0 at padding: {n_padding} of {n_all} positions."
    )
    seen.markdown(message.format(n_padding=n_padding, n_all=n_all))
    scored.header(_("Which positions are scored?"), anchor=False)
    message = _(
        "`labels` say it. A label is the right token: there the loss counts. -100 means: left out of the loss. "
        "Scored here: {n_scored} of {n_all} positions."
    )
    scored.markdown(message.format(n_scored=made.count(*SCORED_KINDS), n_all=n_all))
    st.markdown(
        _(
            "Neither follows from the other. -100 hides nothing from the model. A 0 in the mask takes nothing out of "
            "the loss."
        )
    )


@guard.fragment()
def training_board(request: Train) -> None:
    """Draw each sentence for the chosen way; choosing another runs only this part, and no pass."""
    four_ways = engine.ask(request).four_ways
    made = four_ways.training_batch
    st.header(_("The batch, position by position"), anchor=False)
    st.markdown(_how_it_was_made(made))
    mask_given, padding_scored = WAYS[_way_control()]
    way = four_ways.way(mask_given=mask_given, padding_scored=padding_scored)
    st.caption(_what_it_means(mask_given, padding_scored))
    names = ["input_ids", "attention_mask", "labels", *([_("guessed after")] if made.causal else []), _("loss")]
    stacks = [_stacks(made, way, row) for row in range(len(made.labels))]
    columns = [
        strips.columns(s, names, _("sentence {number}").format(number=position_number(row)))
        for row, s in enumerate(stacks)
    ]
    st.html(strips.board([strips.legend(_marks(stacks)), *columns]))
    message = _("Loss of the batch this way, the mean of the numbers in the last row: **{loss:.4f}**.")
    st.markdown(message.format(loss=way.loss))


def _way_control() -> str:
    """Show the four ways and give the open one; it lives in the address (``?way=both``)."""
    if "open_way" not in st.session_state:
        asked = st.query_params.get("way", "right")
        st.session_state["open_way"] = asked if asked in WAYS else "right"
    st.session_state["training_way"] = st.query_params["way"] = st.session_state["open_way"]
    names = dict(zip(WAYS, way_names()))
    st.segmented_control(
        _("Compute the loss with"),
        list(WAYS),
        key="training_way",
        format_func=names.__getitem__,
        required=True,
        on_change=_chosen,
    )
    return st.session_state["open_way"]


def _chosen() -> None:
    st.session_state["open_way"] = st.session_state["training_way"]


def _how_it_was_made(made: TrainingBatch) -> str:
    """Say what the collator did, in numbers."""
    if made.causal:
        return _(
            "The collator copies `input_ids` into `labels`, and puts -100 at padding. The model guesses each token "
            "one position "
            "earlier: “guessed after” names the token it has just read there. So the labels are shifted, and before "
            "the first "
            "token nothing is guessed."
        )
    message = _(
        "The collator draws words to guess. Of these, about 8 in 10 become {mask}, 1 in 10 a random word, 1 in 10 "
        "stay as they are. Here: {n_masked} masked, {n_random} random, {n_kept} kept. The small number is "
        "the token's id."
    )
    counts = {"n_masked": made.count(MASKED), "n_random": made.count(RANDOM), "n_kept": made.count(KEPT)}
    return message.format(mask=literal("[MASK]"), **counts)


def _what_it_means(mask_given: bool, padding_scored: bool) -> str:
    """Say in two sentences what a way lets the model see, and what it scores."""
    seen = _("No real token looks at padding.") if mask_given else _("Every position counts as real, padding too.")
    if padding_scored:
        return seen + " " + _("The loss asks the model to guess padding, too.")
    return seen + " " + _("The loss leaves padding out.")


def _stacks(made: TrainingBatch, way: Way, row: int) -> list[list[Chip]]:
    """Make a stack a position: what is read, whether it is seen, its label, where it is guessed, its loss."""
    stacks = []
    for at in range(made.batch.n_tokens):
        loss = float(way.position_losses[row, at])
        token = Chip(made.batch.tokens[row][at], str(made.batch.input_ids[row, at]), _token_kind(made, row, at))
        stack = [token, _mask_chip(made, way, row, at), _label_chip(made, way, row, at)]
        if made.causal:
            stack.append(Chip("", kind="blank") if math.isnan(loss) else _guessing_chip(made, row, at))
        stack.append(Chip("", kind="blank") if math.isnan(loss) else Chip(number(loss, 2)))
        stacks.append(stack)
    return stacks


def _token_kind(made: TrainingBatch, row: int, at: int) -> str:
    """Name the look of a token; a causal model's tokens are all kept as they were."""
    kind = str(made.kinds[row, at])
    if made.causal and made.ends[row, at]:
        return "end"
    return "real" if made.causal and kind == KEPT else _KINDS.get(kind, "real")


def _mask_chip(made: TrainingBatch, way: Way, row: int, at: int) -> Chip:
    seen = made.batch.attention_mask[row, at] or not way.mask_given
    return Chip("1", kind="seen") if seen else Chip("0", kind="unseen")


def _label_chip(made: TrainingBatch, way: Way, row: int, at: int) -> Chip:
    """Show the label of a way; the first label of a causal model is there, but nothing stands before it to guess it."""
    if way.counted[row, at]:
        return Chip(made.original_tokens[row][at], kind="scored")
    is_label = made.labels[row, at] != UNSCORED or (way.padding_scored and not made.batch.attention_mask[row, at])
    return Chip(made.original_tokens[row][at]) if is_label else Chip(str(UNSCORED), kind="unscored")


def _guessing_chip(made: TrainingBatch, row: int, at: int) -> Chip:
    before = at - 1
    return Chip(made.batch.tokens[row][before], kind=_token_kind(made, row, before))


def _marks(stacks: list[list[list[Chip]]]) -> list[str]:
    """List the marks that the board has, for its legend."""
    found = {chip.kind for stacks_of_row in stacks for stack in stacks_of_row for chip in stack}
    return [kind for kind in strips.KINDS if kind in found and kind != "blank"]
