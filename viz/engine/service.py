"""Answer requests: a request goes in, a record comes out.

Where an answer builds on another record it asks for it by its own request, so that a cache can give it.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

from viz.analysis.batches.generation import Generation
from viz.analysis.batches.same_alone import BatchCheck, BothWays, Speed
from viz.analysis.batches.training import Lesson
from viz.analysis.claims.readings import Evidence, gather
from viz.analysis.heads import boards
from viz.analysis.heads.switch_off import Cost, HeadEffect
from viz.analysis.load_check import LoadCheck
from viz.analysis.masks.choice import told
from viz.analysis.masks.hiding import FillResult
from viz.analysis.masks.stations import MaskLife, StacksLife
from viz.analysis.positions import offsets
from viz.analysis.positions.offsets import OffsetProfiles
from viz.analysis.positions.place_word import PlaceWord
from viz.analysis.positions.tables import PositionTables
from viz.engine import (
    batch_speed,
    batching,
    edits,
    forward,
    generation,
    hiding_values,
    hub,
    inspection,
    inventory,
    many_texts,
    mask_life,
    orders,
    pinning,
    position_tables,
    repeated_words,
    resampling,
    same_alone,
    switch_off,
    training,
    translating,
    two_stacks,
)
from viz.engine.memory_left import memory_said
from viz.engine.models import LoadedModel, current_revision, load_model, n_model_bytes
from viz.engine.reasons import service as reasons
from viz.engine.requests import (
    KEPT_TEXTS,
    Ask,
    Check,
    Continue,
    ContinueBothWays,
    Download,
    Estimate,
    FindWord,
    FollowWords,
    Gather,
    Inspect,
    ListModels,
    Measure,
    MeasureOffsets,
    MeasureOffsetsPart,
    MeasurePart,
    NamePadToken,
    Positions,
    Rank,
    RepeatWords,
    Request,
    ShareOut,
    StopDownload,
    Time,
    Trace,
    TraceStacks,
    Train,
    Translate,
    TryValues,
    Watch,
    Weigh,
)
from viz.engine.work import Hear
from viz.errors import BatchTooLarge
from viz.listing import DownloadState, ListedModel, Weight
from viz.records import Batch, PadToken, Run

__all__ = ["answer", "load_model", "n_model_bytes", "pinned", "stream"]

Record = TypeVar("Record")
Asking = Callable[[Request[Any]], Any]


def answer(request: Request[Record], *, ask: Asking | None = None, hear: Hear | None = None) -> Record:
    """Make the record that answers a request.

    ``ask`` gives the records it builds on (by default they are made here too); ``hear`` is told the share done, up to
    1.0. Raises a ``VizError`` where the request cannot be answered.
    """
    with memory_said():
        return _ANSWERS[type(request)](request, ask or answer, hear or _to_nobody)


def stream(request: Request[Record], *, ask: Asking | None = None) -> Iterator[Record]:
    """Make an answer part by part."""
    with memory_said():
        yield from _STREAMS[type(request)](request, ask or answer)


def pinned(request: Request[Record]) -> Request[Record]:
    """Name the weights that are there now, or loaded, where a request leaves their revision open."""
    return pinning.pinned(request, current_revision)


def _to_nobody(_share: float) -> None:
    pass


def _load(request: Any) -> LoadedModel:
    """Load the model of a request that one stack answers. Raises ``TwoStacks``."""
    loaded = load_model(request.checkpoint, request.revision)
    two_stacks.require_one(loaded.info)
    return loaded


def _run(request: Ask, ask: Asking, _hear: Hear) -> Run:
    """Make the pass; what a person changed is changed in the very batch of the pass without that."""
    loaded = _load(request)
    batch = _batch(loaded, request)
    options: dict[str, Any] = {"hiding": request.hiding}
    if request.edit is not None:
        batch, options["given_mask"] = edits.apply(loaded, batch, 0, request.edit)
    if request.order is not None:
        batch = orders.apply(loaded, batch, request.order)
    if request.off:
        options |= {"off": request.off, "off_by": resampling.off_by(loaded, batch, request)}
    return forward.run(loaded, batch, **(_mask_options(loaded, batch, request) | options))


def _batch(loaded: LoadedModel, request: Ask) -> Batch:
    if request.second.strip():
        return batching.encode_pair(loaded, request.texts[0], request.second, truncate=request.truncate)
    return batching.encode(loaded, request.texts, padding_side=request.padding_side, truncate=request.truncate)


def _mask_options(loaded: LoadedModel, batch: Batch, request: Ask) -> dict[str, Any]:
    if request.mask is None:
        return {}
    made = told(request.mask, batch, loaded.info.causal)
    return {"given_mask": made.given_mask, "see_later": made.see_later, "leave_out": made.leave_out}


def _translate(request: Translate, _ask: Asking, _hear: Hear) -> Run:
    loaded = _load_two(request)
    source = translating.encode(loaded, request.texts, padding_side=request.padding_side)
    if request.targets:
        target = translating.encode_targets(loaded, source, request.targets)
    else:
        target = translating.write_targets(loaded, source, request.max_new_tokens)
    return translating.run(loaded, source, target, off=request.off, off_by=request.off_by)


def _load_two(request: Translate) -> LoadedModel:
    """Load the model of a request that two stacks answer. Raises ``OneStack``."""
    loaded = load_model(request.checkpoint, request.revision)
    two_stacks.require_two(loaded.info)
    return loaded


def _trace_stacks(request: TraceStacks, ask: Asking, _hear: Hear) -> StacksLife:
    """Follow the masks of the run's own sources and targets, which are not written anew."""
    run = ask(request.ask)
    return mask_life.trace_stacks(_load_two(request.ask), run.batch, run.target, request.layer)


def _continue(request: Continue, _ask: Asking, _hear: Hear) -> Generation:
    loaded = _load(request)
    batch = batching.encode(loaded, request.texts, padding_side=request.padding_side)
    return generation.generate(loaded, batch, request.sampling)


def _check(request: Check, _ask: Asking, hear: Hear) -> BatchCheck:
    options = {"padding_side": request.padding_side, "mistakes": request.mistakes}
    return same_alone.check(_load(request), request.texts, **options, progress=hear)


def _both_ways(request: ContinueBothWays, _ask: Asking, _hear: Hear) -> BothWays:
    place = (request.texts, request.padding_side, request.mistakes)
    return same_alone.continuations(_load(request), *place, max_new_tokens=request.max_new_tokens)


def _time(request: Time, _ask: Asking, hear: Hear) -> Speed:
    options = {"padding_side": request.padding_side, "rounds": request.rounds}
    return batch_speed.measure(_load(request), request.texts, **options, progress=hear)


def _pad_token(request: NamePadToken, _ask: Asking, _hear: Hear) -> PadToken:
    return batching.pad_token(_load(request))


def _trace(request: Trace, _ask: Asking, _hear: Hear) -> MaskLife:
    loaded = _load(request.ask)
    batch = _batch(loaded, request.ask)
    return mask_life.trace(loaded, batch, request.layer, **_mask_options(loaded, batch, request.ask))


def _try_values(request: TryValues, _ask: Asking, _hear: Hear) -> tuple[FillResult, ...]:
    return tuple(hiding_values.table(np.array(request.scores, np.float32), np.array(request.hidden, bool)))


def _train(request: Train, _ask: Asking, _hear: Hear) -> Lesson:
    loaded = _load(request)
    made = training.collate(
        loaded,
        request.texts,
        seed=request.seed,
        mlm_probability=request.mlm_probability,
        padding_side=request.padding_side,
        append_end=request.append_end,
    )
    runs = {mask_given: training.run(loaded, made, mask_given=mask_given) for mask_given in (True, False)}
    four_ways = training.losses(loaded, made)
    return Lesson(four_ways, training.unpadded(loaded, made), run_told=runs[True], run_untold=runs[False])


def _positions(request: Positions, _ask: Asking, _hear: Hear) -> PositionTables:
    return position_tables.tables(load_model(request.checkpoint, request.revision))


def _follow_words(request: FollowWords, _ask: Asking, hear: Hear) -> PlaceWord:
    return orders.follow(_load(request), request.text, request.seed, request.n_shuffles, hear)


def _measure(request: Measure, ask: Asking, hear: Hear) -> boards.Board:
    return boards.measure(_runs(request, ask, hear), request.by)


def _measure_offsets(request: MeasureOffsets, ask: Asking, hear: Hear) -> OffsetProfiles:
    return offsets.measure(_runs(request, ask, hear))


def _runs(request: Measure | MeasureOffsets, ask: Asking, hear: Hear) -> Iterator[Run]:
    """Run one kept batch where the texts are few, else batch after batch."""
    if len(request.texts) <= KEPT_TEXTS:
        try:
            run = ask(Ask(request.checkpoint, request.texts, request.revision))
        except BatchTooLarge:
            pass
        else:
            return iter([run])
    return many_texts.runs(_load(request), request.texts, hear)


def _share_out(request: ShareOut, _ask: Asking, _hear: Hear) -> tuple[tuple[str, ...], ...]:
    loaded = _load(request)
    if request.at_once:
        many_texts.require_room(loaded, request.texts)
    return tuple(map(tuple, many_texts.batches(loaded, request.texts)))


def _measure_part(request: MeasurePart, _ask: Asking, _hear: Hear) -> boards.Part:
    return boards.part(_one_batch(request), request.by)


def _measure_offsets_part(request: MeasureOffsetsPart, _ask: Asking, _hear: Hear) -> offsets.Part:
    return offsets.part(_one_batch(request))


def _one_batch(request: MeasurePart | MeasureOffsetsPart) -> Run:
    """Run texts that share a batch; the run is nobody else's, so it is not kept."""
    loaded = _load(request)
    return forward.run(loaded, batching.encode(loaded, request.texts))


def _gather(request: Gather, _ask: Asking, hear: Hear) -> Evidence:
    """Run the sentences and read them off; a text that is marked twice runs once."""
    loaded, texts = _load(request), list(dict.fromkeys(of.text for of in request.sentences))
    many_texts.require_room(loaded, texts)
    runs = tuple(many_texts.runs(loaded, texts, hear))
    return Evidence(runs, *gather(runs, request.sentences))


def _find_word(request: FindWord, _ask: Asking, _hear: Hear) -> int:
    return switch_off.word_id(_load(request), request.word, request.example)


def _repeat_words(request: RepeatWords, _ask: Asking, _hear: Hear) -> tuple[str, ...]:
    return repeated_words.make(_load(request), request.seed, request.n_texts, request.n_words)


def _inspect(request: Inspect, _ask: Asking, _hear: Hear) -> LoadCheck:
    return inspection.inspect(load_model(request.checkpoint, request.revision))


def _estimate(request: Estimate, ask: Asking, _hear: Hear) -> Cost:
    loaded, before = _load(request.ask), ask(request.ask)
    off_by = resampling.off_by(loaded, before.batch, request)
    return switch_off.cost(loaded, before, request.readout, off_by=off_by)


def _rank(request: Rank, ask: Asking) -> Iterator[list[HeadEffect]]:
    loaded, before = _load(request.ask), ask(request.ask)
    options: dict[str, Any] = {"word_id": request.word_id, "n_done": request.n_done, "n_until": request.n_until}
    off_by = resampling.off_by(loaded, before.batch, request)
    return switch_off.rank_all(loaded, before, request.readout, off_by=off_by, **options)


def _list_models(_request: ListModels, _ask: Asking, _hear: Hear) -> tuple[ListedModel, ...]:
    return inventory.models()


def _weigh(request: Weigh, _ask: Asking, _hear: Hear) -> Weight:
    return hub.weigh(request.checkpoint, request.endpoint)


def _download(request: Download, _ask: Asking, _hear: Hear) -> DownloadState:
    return hub.begin(request.checkpoint, request.endpoint)


def _watch(request: Watch, _ask: Asking, _hear: Hear) -> DownloadState:
    return hub.watch(request.checkpoint)


def _stop_download(request: StopDownload, _ask: Asking, _hear: Hear) -> DownloadState:
    return hub.stop(request.checkpoint)


_ANSWERS: dict[type, Callable[..., Any]] = {
    Ask: _run,
    Translate: _translate,
    Continue: _continue,
    Check: _check,
    ContinueBothWays: _both_ways,
    Time: _time,
    NamePadToken: _pad_token,
    Trace: _trace,
    TraceStacks: _trace_stacks,
    TryValues: _try_values,
    Train: _train,
    Positions: _positions,
    FollowWords: _follow_words,
    Measure: _measure,
    MeasureOffsets: _measure_offsets,
    ShareOut: _share_out,
    MeasurePart: _measure_part,
    MeasureOffsetsPart: _measure_offsets_part,
    Gather: _gather,
    FindWord: _find_word,
    RepeatWords: _repeat_words,
    Estimate: _estimate,
    Inspect: _inspect,
    ListModels: _list_models,
    Weigh: _weigh,
    Download: _download,
    Watch: _watch,
    StopDownload: _stop_download,
    **reasons.ANSWERS,
}
_STREAMS: dict[type, Callable[..., Iterator[Any]]] = {Rank: _rank}
