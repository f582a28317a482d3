"""Run each text once: runs are kept for all visitors, up to a number of bytes, and made once however many ask.

Keys are model, texts and options, never arrays. torch and transformers are imported at the first run, not before: a
page's frame is on screen while they load.
"""

import importlib
import hashlib
import io
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass
from types import SimpleNamespace

import streamlit as st

from viz import boards, claims, saved
from viz.ablation import Cost, HeadEffect
from viz.boards import Board
from viz.checks import BatchCheck, Mistakes, Speed
from viz.claim_text import MarkedSentence
from viz.claims import Reading
from viz.errors import BatchTooLarge
from viz.figures import heatmap, overview
from viz.losses import FourWays, Unpadded
from viz.mask_choice import MaskChoice, told
from viz.mask_stations import MaskLife
from viz.masks import FillResult, Hiding
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


_CORE = (
    "batch_speed",
    "batching",
    "edits",
    "fills",
    "forward",
    "generation",
    "many_texts",
    "mask_life",
    "models",
    "same_alone",
    "switch_off",
    "training",
)


def core() -> SimpleNamespace:
    """Import what brings torch and transformers, under one lock: two threads importing transformers at once fail."""
    with _importing:
        return SimpleNamespace(**{name: importlib.import_module(f"viz.{name}") for name in _CORE})


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
            future.set_result(_runs.get(key, lambda: _make_board(key, checkpoint, texts)))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, daemon=True, name="board").start()
    while not wait([future], timeout=0.15).done:
        on_progress(_board_progress.get(key, 0.0))
    return future.result()


def _make_board(key: Hashable, checkpoint: str, texts: tuple[str, ...]) -> Board:
    loaded = core().models.load_model(checkpoint)
    if (kept := _kept_run(checkpoint, texts)) is not None:
        return boards.measure([kept])
    try:
        return boards.measure(core().many_texts.runs(loaded, texts, lambda share: _board_progress.update({key: share})))
    finally:
        _board_progress.pop(key, None)


def board_text_run(checkpoint: str, texts: tuple[str, ...], row: int) -> tuple[Run, int]:
    """Give the run in which a text of a board stands, and its row there; one of many texts is run alone."""
    kept = _kept_run(checkpoint, texts)
    return (batch_run(checkpoint, (texts[row],), "right"), 0) if kept is None else (kept, row)


def _kept_run(checkpoint: str, texts: tuple[str, ...]) -> Run | None:
    if len(texts) > KEPT_TEXTS:
        return None
    try:
        return batch_run(checkpoint, texts, "right")
    except BatchTooLarge:
        return None


def saved_run(data: bytes, name: str) -> Run:
    """Open a saved run that was uploaded."""
    return _runs.get(("saved", hashlib.sha256(data).digest()), lambda: saved.read(io.BytesIO(data), name))


def saved_board(data: bytes, name: str) -> Board:
    """Measure all heads over the texts of a saved run; no model is needed."""
    key = ("saved board", hashlib.sha256(data).digest())
    return _runs.get(key, lambda: boards.measure([saved_run(data, name)]))


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
        return Evidence(runs, *claims.gather(runs, sentences))

    return _runs.get(("evidence", checkpoint, sentences), make)


def saved_evidence(files: tuple[tuple[bytes, str], ...], sentences: tuple[MarkedSentence, ...]) -> Evidence:
    """Find marked sentences in saved runs that were uploaded; no model is needed."""

    def make() -> Evidence:
        runs = tuple(saved_run(data, name) for data, name in files)
        return Evidence(runs, *claims.gather(runs, sentences))

    return _runs.get(("saved evidence", tuple(hashlib.sha256(data).digest() for data, _name in files), sentences), make)


def pad_token(checkpoint: str) -> PadToken:
    """Name what a model's batches are padded with."""
    return core().batching.pad_token(core().models.load_model(checkpoint))


def text_run(question) -> Run:
    """Run prompts as a batch, or a pair of texts as one row."""

    def make() -> Run:
        loaded = core().models.load_model(question.checkpoint)
        return core().forward.run(loaded, _text_batch(loaded, question))

    prompts = question.prompts
    return _runs.get(("text", question.checkpoint, prompts, question.second, question.padding_side), make)


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
    return _runs.get(("masked", *key, choice, hiding), make)


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
    return core().mask_life.trace(loaded, batch, layer, made.given_mask, see_later=made.see_later)


def fill_table(scores, hidden) -> list[FillResult]:
    """Measure each value that hides, in each number type, on one row of scores."""
    return core().fills.table(scores, hidden)


def edited_run(checkpoint: str, sentence: str, truncate: bool, hidden: tuple, replacement: tuple | None) -> Run:
    """Run one sentence with tokens hidden from attention or another word in place of one."""
    before = sentence_run(checkpoint, sentence, truncate)

    def make() -> Run:
        loaded, edit = core().models.load_model(checkpoint), core().edits.Edit(hidden, replacement)
        batch, given_mask = core().edits.apply(loaded, before.batch, 0, edit)
        return core().forward.run(loaded, batch, given_mask=given_mask)

    return _runs.get((checkpoint, sentence, truncate, hidden, replacement), make)


def training_losses(checkpoint: str, texts: tuple[str, ...], **options) -> FourWays:
    """Collate sentences as training does and compute their loss four ways; ``options`` are those of ``collate``."""

    def make() -> FourWays:
        loaded = core().models.load_model(checkpoint)
        return core().training.losses(loaded, core().training.collate(loaded, texts, **options))

    return _runs.get(("training", checkpoint, texts, *sorted(options.items())), make)


def training_unpadded(checkpoint: str, texts: tuple[str, ...], **options) -> Unpadded:
    """Compute the losses of the same sentences one at a time."""

    def make() -> Unpadded:
        batch = training_losses(checkpoint, texts, **options).training_batch
        return core().training.unpadded(core().models.load_model(checkpoint), batch)

    return _runs.get(("unpadded", checkpoint, texts, *sorted(options.items())), make)


def training_run(checkpoint: str, texts: tuple[str, ...], mask_given: bool, **options) -> Run:
    """Run a training batch, told its mask or nothing, for the maps of its heads."""

    def make() -> Run:
        batch = training_losses(checkpoint, texts, **options).training_batch
        return core().training.run(core().models.load_model(checkpoint), batch, mask_given=mask_given)

    return _runs.get(("training run", checkpoint, texts, mask_given, *sorted(options.items())), make)


def switched_run(checkpoint: str, sentence: str, off: frozenset[tuple[int, int]], off_by: str) -> Run:
    """Run one sentence with heads switched off; with none it is the run itself."""
    before = sentence_run(checkpoint, sentence, False)
    if not off:
        return before

    def make() -> Run:
        loaded = core().models.load_model(checkpoint)
        return core().forward.run(loaded, before.batch, off=off, off_by=off_by)

    return _runs.get(("off", checkpoint, sentence, off, off_by), make)


def expected_word(checkpoint: str, word: str, example: str) -> int:
    """Give the id of a word a person expects. Raises ``NotOneToken``."""
    return core().switch_off.word_id(core().models.load_model(checkpoint), word, example)


@st.cache_data(max_entries=256, show_spinner=False)
def ranking_cost(checkpoint: str, sentence: str, readout: int, off_by: str) -> Cost:
    """Say what ranking all heads takes; one pass is timed for it, once for all visitors."""
    loaded = core().models.load_model(checkpoint)
    return core().switch_off.cost(loaded, sentence_run(checkpoint, sentence, False), readout, off_by=off_by)


def head_effects(checkpoint: str, sentence: str, readout: int, word_id: int, off_by: str, n_done: int) -> Iterator[list[HeadEffect]]:
    """Switch every head off alone, one pass after the other; heads come as they are done, from ``n_done`` on."""
    loaded = core().models.load_model(checkpoint)
    before = sentence_run(checkpoint, sentence, False)
    return core().switch_off.rank_all(loaded, before, readout, word_id=word_id, off_by=off_by, n_done=n_done)


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
