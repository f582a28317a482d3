"""Run each text once: runs are kept for all visitors, up to a number of bytes, and made once however many ask.

Keys are model, texts and options, never arrays. torch and transformers are imported at the first run, not before: a
page's frame is on screen while they load.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from types import SimpleNamespace

import streamlit as st

from viz.checks import BatchCheck, Mistakes, Speed
from viz.figures import heatmap, overview
from viz.records import Generation, PadToken, Run, Sampling

MAX_BYTES = 600_000_000


class RunCache:
    """Keep runs by key, the ones used last, up to ``max_bytes``; a run that is being made is waited for.

    An error is raised to everybody who waits, and is not kept.
    """

    def __init__(self, max_bytes: int):
        self._max_bytes = max_bytes
        self._runs: OrderedDict[Hashable, Future[Run]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Run]) -> Run:
        """Give the run of a key, making it if nobody has."""
        with self._lock:
            future = self._runs.get(key)
            mine = future is None
            if mine:
                future = self._runs[key] = Future()
            self._runs.move_to_end(key)
        if mine:
            self._fulfil(key, future, make)
        return future.result()

    def _fulfil(self, key: Hashable, future: Future, make: Callable[[], Run]) -> None:
        try:
            future.set_result(make())
        except BaseException as error:
            with self._lock:
                self._runs.pop(key, None)
            future.set_exception(error)
        else:
            with self._lock:
                self._drop_oldest()

    def _drop_oldest(self) -> None:
        """Forget runs used longest ago until the rest fits; the newest always stays."""
        done = [(key, future.result().nbytes) for key, future in self._runs.items() if future.done()]
        total = sum(size for _, size in done)
        for key, size in done[:-1]:
            if total <= self._max_bytes:
                return
            del self._runs[key]
            total -= size


_runs = RunCache(MAX_BYTES)


# Drawing is Python and holds the interpreter: 30 visitors who draw at the same time all wait for the last one. In turns
# each waits for those before, half as long in the middle. Never held while a model runs.
drawing_in_turns = threading.Lock()

_importing = threading.Lock()


def core() -> SimpleNamespace:
    """Import what brings torch and transformers, under one lock: two threads importing transformers at once fail."""
    with _importing:
        from viz import batch_speed, batching, edits, forward, generation, models, same_alone
    return SimpleNamespace(
        batch_speed=batch_speed,
        batching=batching,
        edits=edits,
        forward=forward,
        generation=generation,
        models=models,
        same_alone=same_alone,
    )


def sentence_run(checkpoint: str, sentence: str, truncate: bool) -> Run:
    """Run one sentence; every visitor who asks for the same gets the same record."""

    def make() -> Run:
        loaded = core().models.load_model(checkpoint)
        return core().forward.run(loaded, core().batching.encode(loaded, [sentence], truncate=truncate))

    return _runs.get((checkpoint, sentence, truncate), make)


def batch_run(checkpoint: str, prompts: tuple[str, ...], padding_side: str) -> Run:
    """Run prompts as one padded batch."""

    def make() -> Run:
        loaded = core().models.load_model(checkpoint)
        return core().forward.run(loaded, core().batching.encode(loaded, prompts, padding_side=padding_side))

    return _runs.get(("batch", checkpoint, prompts, padding_side), make)


def generation(checkpoint: str, prompts: tuple[str, ...], padding_side: str, sampling: Sampling) -> Generation:
    """Continue prompts as one padded batch; the record holds every step."""

    def make() -> Generation:
        loaded = core().models.load_model(checkpoint)
        batch = core().batching.encode(loaded, prompts, padding_side=padding_side)
        return core().generation.generate(loaded, batch, sampling)

    return _runs.get(("generation", checkpoint, prompts, padding_side, sampling), make)


def batch_check(checkpoint: str, prompts: tuple[str, ...], padding_side: str, mistakes: Mistakes) -> BatchCheck:
    """Compare each prompt's answer in the batch with its answer alone."""

    def make() -> BatchCheck:
        loaded = core().models.load_model(checkpoint)
        return core().same_alone.check(loaded, prompts, padding_side=padding_side, mistakes=mistakes)

    return _runs.get(("check", checkpoint, prompts, padding_side, mistakes), make)


@st.cache_data(max_entries=256, show_spinner=False)
def continuations(checkpoint: str, prompts: tuple[str, ...], padding_side: str, mistakes: Mistakes) -> list[tuple[str, str]]:
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


def edited_run(checkpoint: str, sentence: str, truncate: bool, hidden: tuple, replacement: tuple | None) -> Run:
    """Run one sentence with tokens hidden from attention or another word in place of one."""
    before = sentence_run(checkpoint, sentence, truncate)

    def make() -> Run:
        loaded, edit = core().models.load_model(checkpoint), core().edits.Edit(hidden, replacement)
        batch, given_mask = core().edits.apply(loaded, before.batch, 0, edit)
        return core().forward.run(loaded, batch, given_mask=given_mask)

    return _runs.get((checkpoint, sentence, truncate, hidden, replacement), make)


def overview_payload(run: Run, row: int) -> bytes:
    """Give the picture of all heads for the browser, drawn once for all visitors."""
    return _overview_payload(overview.picture_key(run, row), run, row)


def prompt_payload(run: Run, layer: int, head: int) -> bytes:
    """Give the picture of one head in every prompt for the browser, drawn once for all visitors."""
    return _prompt_payload(overview.prompt_tiles_key(run, layer, head), run, layer, head)


def head_figure(run: Run, row: int, layer: int, head: int, own_scale: bool, query: int | None = None):
    """Give the map of one head, drawn once for all visitors; ``own_scale`` ends its colours at its largest weight."""
    labels = "\0".join(run.batch.tokens[row])  # equal weights may stand under other words: all unknown words are one id
    return _head_figure(overview.picture_key(run, row), labels, run, row, layer, head, own_scale, query)


@st.cache_resource(max_entries=64, show_spinner=False)
def _overview_payload(key: str, _run: Run, _row: int) -> bytes:
    return overview.payload(_run, _row, key)


@st.cache_resource(max_entries=64, show_spinner=False)
def _prompt_payload(key: str, _run: Run, _layer: int, _head: int) -> bytes:
    return overview.prompt_tiles(_run, _layer, _head, key)


@st.cache_resource(max_entries=64, show_spinner=False)
def _head_figure(key: str, labels: str, _run: Run, _row: int, layer: int, head: int, own_scale: bool, query: int | None):
    return heatmap.head_map(_run, _row, layer, head, own_scale=own_scale, query=query)
