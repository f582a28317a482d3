"""Measure heads over texts, gather evidence for claims, switch heads off; saved runs serve as well as a model."""

import hashlib
import io
import threading
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass

import streamlit as st

from pages.ui.cache import core, kept
from pages.ui.runs import batch_run, sentence_run
from viz.analysis.claims.readings import Reading, gather
from viz.analysis.claims.text import MarkedSentence
from viz.analysis.heads import boards
from viz.analysis.heads.boards import Board
from viz.analysis.heads.switch_off import Cost, HeadEffect
from viz.errors import BatchTooLarge
from viz.files import saved
from viz.records import Run

KEPT_TEXTS = 16  # so many are one batch that is kept: choosing another of them makes no pass
_board_progress: dict[Hashable, float] = {}


def board(checkpoint: str, texts: tuple[str, ...], on_progress: Callable[[float], None]) -> Board:
    """Measure all heads over texts; ``on_progress`` hears the share that is done, from this thread, until all is.

    The work goes on in a thread of its own: what Streamlit raises where a page waits, when its visitor clicks on, may not
    reach others who wait for the same board.
    """
    key = ("board", checkpoint, texts)
    future: Future[Board] = Future()

    def work() -> None:
        try:
            future.set_result(kept.get(key, lambda: _make_board(key, checkpoint, texts)))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, daemon=True, name="board").start()
    while not wait([future], timeout=0.15).done:
        on_progress(_board_progress.get(key, 0.0))
    return future.result()


def _make_board(key: Hashable, checkpoint: str, texts: tuple[str, ...]) -> Board:
    loaded = core().models.load_model(checkpoint)
    if (whole := _kept_run(checkpoint, texts)) is not None:
        return boards.measure([whole])
    try:
        return boards.measure(core().many_texts.runs(loaded, texts, lambda share: _board_progress.update({key: share})))
    finally:
        _board_progress.pop(key, None)


def board_text_run(checkpoint: str, texts: tuple[str, ...], row: int) -> tuple[Run, int]:
    """Give the run in which a text of a board stands, and its row there; one of many texts is run alone."""
    whole = _kept_run(checkpoint, texts)
    return (batch_run(checkpoint, (texts[row],), "right"), 0) if whole is None else (whole, row)


def _kept_run(checkpoint: str, texts: tuple[str, ...]) -> Run | None:
    if len(texts) > KEPT_TEXTS:
        return None
    try:
        return batch_run(checkpoint, texts, "right")
    except BatchTooLarge:
        return None


def saved_run(data: bytes, name: str) -> Run:
    """Open a saved run that was uploaded."""
    return kept.get(("saved", hashlib.sha256(data).digest()), lambda: saved.read(io.BytesIO(data), name))


def saved_board(data: bytes, name: str) -> Board:
    """Measure all heads over the texts of a saved run; no model is needed."""
    key = ("saved board", hashlib.sha256(data).digest())
    return kept.get(key, lambda: boards.measure([saved_run(data, name)]))


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Hold what a claim is judged by: the runs, and what every head gives to the words of each sentence in them."""

    runs: tuple[Run, ...]
    readings: tuple[Reading, ...]
    left_out: tuple[MarkedSentence, ...]

    @property
    def nbytes(self) -> int:
        """Memory its arrays take, in bytes; what a bounded cache counts."""
        return sum(run.nbytes for run in self.runs) + sum(of.weights.nbytes for of in self.readings)


def evidence(checkpoint: str, sentences: tuple[MarkedSentence, ...]) -> Evidence:
    """Run marked sentences and read off what every head gives to their words; a text that is marked twice runs once."""

    def make() -> Evidence:
        loaded, texts = core().models.load_model(checkpoint), list(dict.fromkeys(of.text for of in sentences))
        core().many_texts.require_room(loaded, texts)
        runs = tuple(core().many_texts.runs(loaded, texts))
        return Evidence(runs, *gather(runs, sentences))

    return kept.get(("evidence", checkpoint, sentences), make)


def saved_evidence(files: tuple[tuple[bytes, str], ...], sentences: tuple[MarkedSentence, ...]) -> Evidence:
    """Find marked sentences in saved runs that were uploaded; no model is needed."""

    def make() -> Evidence:
        runs = tuple(saved_run(data, name) for data, name in files)
        return Evidence(runs, *gather(runs, sentences))

    return kept.get(("saved evidence", tuple(hashlib.sha256(data).digest() for data, _name in files), sentences), make)


def switched_run(checkpoint: str, sentence: str, off: frozenset[tuple[int, int]], off_by: str) -> Run:
    """Run one sentence with heads switched off; with none it is the run itself."""
    before = sentence_run(checkpoint, sentence, False)
    if not off:
        return before

    def make() -> Run:
        loaded = core().models.load_model(checkpoint)
        return core().forward.run(loaded, before.batch, off=off, off_by=off_by)

    return kept.get(("off", checkpoint, sentence, off, off_by), make)


def expected_word(checkpoint: str, word: str, example: str) -> int:
    """Give the id of a word a person expects. Raises ``NotOneToken``."""
    return core().switch_off.word_id(core().models.load_model(checkpoint), word, example)


@st.cache_data(max_entries=256, show_spinner=False)
def ranking_cost(checkpoint: str, sentence: str, readout: int, off_by: str) -> Cost:
    """Say what ranking all heads takes; one pass is timed for it, once for all visitors."""
    loaded = core().models.load_model(checkpoint)
    return core().switch_off.cost(loaded, sentence_run(checkpoint, sentence, False), readout, off_by=off_by)


def head_effects(
    checkpoint: str, sentence: str, readout: int, word_id: int, off_by: str, n_done: int
) -> Iterator[list[HeadEffect]]:
    """Switch every head off alone, one pass after the other; heads come as they are done, from ``n_done`` on."""
    loaded = core().models.load_model(checkpoint)
    before = sentence_run(checkpoint, sentence, False)
    return core().switch_off.rank_all(loaded, before, readout, word_id=word_id, off_by=off_by, n_done=n_done)
