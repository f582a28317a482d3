"""Run sentences and batches, continue them, check and time them; every visitor who asks for the same gets the same record."""

import streamlit as st

from pages.ui.cache import core, kept
from viz.analysis.batches.generation import Generation, Sampling
from viz.analysis.batches.same_alone import BatchCheck, Mistakes, Speed
from viz.records import PadToken, Run


def sentence_run(checkpoint: str, sentence: str, truncate: bool) -> Run:
    """Run one sentence; every visitor who asks for the same gets the same record."""

    def make() -> Run:
        loaded = core().models.load_model(checkpoint)
        return core().forward.run(loaded, core().batching.encode(loaded, [sentence], truncate=truncate))

    return kept.get((checkpoint, sentence, truncate), make)


def edited_run(checkpoint: str, sentence: str, truncate: bool, hidden: tuple, replacement: tuple | None) -> Run:
    """Run one sentence with tokens hidden from attention or another word in place of one."""
    before = sentence_run(checkpoint, sentence, truncate)

    def make() -> Run:
        loaded, edit = core().models.load_model(checkpoint), core().edits.Edit(hidden, replacement)
        batch, given_mask = core().edits.apply(loaded, before.batch, 0, edit)
        return core().forward.run(loaded, batch, given_mask=given_mask)

    return kept.get((checkpoint, sentence, truncate, hidden, replacement), make)


def batch_run(checkpoint: str, prompts: tuple[str, ...], padding_side: str) -> Run:
    """Run prompts as one padded batch."""

    def make() -> Run:
        loaded = core().models.load_model(checkpoint)
        return core().forward.run(loaded, core().batching.encode(loaded, prompts, padding_side=padding_side))

    return kept.get(("batch", checkpoint, prompts, padding_side), make)


def generation(checkpoint: str, prompts: tuple[str, ...], padding_side: str, sampling: Sampling) -> Generation:
    """Continue prompts as one padded batch; the record holds every step."""

    def make() -> Generation:
        loaded = core().models.load_model(checkpoint)
        batch = core().batching.encode(loaded, prompts, padding_side=padding_side)
        return core().generation.generate(loaded, batch, sampling)

    return kept.get(("generation", checkpoint, prompts, padding_side, sampling), make)


def batch_check(checkpoint: str, prompts: tuple[str, ...], padding_side: str, mistakes: Mistakes) -> BatchCheck:
    """Compare each prompt's answer in the batch with its answer alone."""

    def make() -> BatchCheck:
        loaded = core().models.load_model(checkpoint)
        return core().same_alone.check(loaded, prompts, padding_side=padding_side, mistakes=mistakes)

    return kept.get(("check", checkpoint, prompts, padding_side, mistakes), make)


@st.cache_data(max_entries=256, show_spinner=False)
def continuations(
    checkpoint: str, prompts: tuple[str, ...], padding_side: str, mistakes: Mistakes
) -> list[tuple[str, str]]:
    """Continue each prompt alone and in the batch with the mistakes."""
    loaded = core().models.load_model(checkpoint)
    return core().same_alone.continuations(loaded, prompts, padding_side, mistakes)


def batch_speed(checkpoint: str, prompts: tuple[str, ...], padding_side: str, rounds: int, progress) -> Speed:
    """Time prompts one by one and as a batch, now: a measurement is nobody else's."""
    loaded = core().models.load_model(checkpoint)
    return core().batch_speed.measure(loaded, prompts, padding_side=padding_side, rounds=rounds, progress=progress)


def pad_token(checkpoint: str) -> PadToken:
    """Name what a model's batches are padded with."""
    return core().batching.pad_token(core().models.load_model(checkpoint))
