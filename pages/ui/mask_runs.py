"""Run texts with masks of a person's choice, follow a mask through a pass, and compute the losses of a training batch."""

import streamlit as st

from pages.ui.cache import core, kept
from viz.analysis.batches.training import FourWays, Unpadded
from viz.analysis.masks.choice import MaskChoice, told
from viz.analysis.masks.hiding import FillResult, Hiding
from viz.analysis.masks.stations import MaskLife
from viz.records import Run


def text_run(question) -> Run:
    """Run prompts as a batch, or a pair of texts as one row."""

    def make() -> Run:
        loaded = core().models.load_model(question.checkpoint)
        return core().forward.run(loaded, _text_batch(loaded, question))

    prompts = question.prompts
    return kept.get(("text", question.checkpoint, prompts, question.second, question.padding_side), make)


def masked_run(question, choice: MaskChoice, hiding: Hiding | None = None) -> Run:
    """Run the same texts with the chosen layers of a mask, or with another value that hides."""
    if choice.changes_nothing and hiding is None:
        return text_run(question)

    def make() -> Run:
        loaded = core().models.load_model(question.checkpoint)
        batch = _text_batch(loaded, question)
        made = told(choice, batch, loaded.info.causal)
        options = {"given_mask": made.given_mask, "see_later": made.see_later, "leave_out": made.leave_out}
        return core().forward.run(loaded, batch, hiding=hiding, **options)

    key = (question.checkpoint, question.prompts, question.second, question.padding_side)
    return kept.get(("masked", *key, choice, hiding), make)


def _text_batch(loaded, question):
    if question.second.strip():
        return core().batching.encode_pair(loaded, question.prompts[0], question.second)
    return core().batching.encode(loaded, question.prompts, padding_side=question.padding_side)


@st.cache_data(max_entries=128, show_spinner=False)
def mask_life(question, choice: MaskChoice, layer: int) -> MaskLife:
    """Follow the mask through one pass of the running model."""
    loaded = core().models.load_model(question.checkpoint)
    batch = _text_batch(loaded, question)
    made = told(choice, batch, loaded.info.causal)
    options = {"see_later": made.see_later, "leave_out": made.leave_out}
    return core().mask_life.trace(loaded, batch, layer, made.given_mask, **options)


def fill_table(scores, hidden) -> list[FillResult]:
    """Measure each value that hides, in each number type, on one row of scores."""
    return core().hiding_values.table(scores, hidden)


def training_losses(checkpoint: str, texts: tuple[str, ...], **options) -> FourWays:
    """Collate sentences as training does and compute their loss four ways; ``options`` are those of ``collate``."""

    def make() -> FourWays:
        loaded = core().models.load_model(checkpoint)
        return core().training.losses(loaded, core().training.collate(loaded, texts, **options))

    return kept.get(("training", checkpoint, texts, *sorted(options.items())), make)


def training_unpadded(checkpoint: str, texts: tuple[str, ...], **options) -> Unpadded:
    """Compute the losses of the same sentences one at a time."""

    def make() -> Unpadded:
        batch = training_losses(checkpoint, texts, **options).training_batch
        return core().training.unpadded(core().models.load_model(checkpoint), batch)

    return kept.get(("unpadded", checkpoint, texts, *sorted(options.items())), make)


def training_run(checkpoint: str, texts: tuple[str, ...], mask_given: bool, **options) -> Run:
    """Run a training batch, told its mask or nothing, for the maps of its heads."""

    def make() -> Run:
        batch = training_losses(checkpoint, texts, **options).training_batch
        return core().training.run(core().models.load_model(checkpoint), batch, mask_given=mask_given)

    return kept.get(("training run", checkpoint, texts, mask_given, *sorted(options.items())), make)
