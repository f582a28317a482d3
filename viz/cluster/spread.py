"""Share one long request out among workers: the same batches as in one process, added up in the same order.

The numbers are those of one process, to the last bit: a batch is padded as it is there, and sums are taken in the same
order.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from typing import Any, TypeGuard

from viz.analysis.claims.readings import Evidence, gather
from viz.analysis.heads import boards
from viz.analysis.heads.switch_off import HeadEffect
from viz.analysis.positions import offsets
from viz.engine.requests import (
    KEPT_TEXTS,
    Ask,
    Gather,
    Measure,
    MeasureOffsets,
    MeasureOffsetsPart,
    MeasurePart,
    Rank,
    Request,
    ShareOut,
)
from viz.engine.work import Hear

Asking = Callable[[Request[Any]], Any]


Long = Measure | MeasureOffsets | Gather


def is_long(request: Request[Any]) -> TypeGuard[Long]:
    """Tell whether a request is worth sharing out."""
    if isinstance(request, (Measure, MeasureOffsets)):
        return len(request.texts) > KEPT_TEXTS
    return isinstance(request, Gather) and len(request.sentences) > KEPT_TEXTS


def answer(request: Long, ask: Asking, hear: Hear, n_workers: int) -> Any:
    """Answer a long request from parts that ``ask`` gives, ``n_workers`` of them at once."""
    if isinstance(request, Gather):
        return _evidence(request, ask, hear, n_workers)
    groups = _groups(request, request.texts, ask)
    if isinstance(request, Measure):
        parts = (MeasurePart(request.checkpoint, texts, request.revision, request.by) for texts in groups)
    else:
        parts = (MeasureOffsetsPart(request.checkpoint, texts, request.revision) for texts in groups)
    total = boards.total if isinstance(request, Measure) else offsets.total
    done = _in_order(parts, ask, n_workers)
    return total(_heard(done, len(request.texts), hear))


def rank(request: Rank, ask: Asking, n_layers: int, n_heads: int, n_workers: int) -> Iterator[list[HeadEffect]]:
    """Give the effect of every head, layer by layer, each layer ranked by one worker."""
    first = request.n_done // n_heads
    layers = (
        replace(request, n_done=max(request.n_done, layer * n_heads), n_until=(layer + 1) * n_heads)
        for layer in range(first, n_layers)
    )
    for parts in _in_order(layers, ask, n_workers):
        yield from parts


def _evidence(request: Gather, ask: Asking, hear: Hear, n_workers: int) -> Evidence:
    texts = tuple(dict.fromkeys(of.text for of in request.sentences))
    groups = _groups(request, texts, ask, at_once=True)
    asked = (Ask(request.checkpoint, group, request.revision) for group in groups)
    runs, n_done = [], 0
    for run in _in_order(asked, ask, n_workers):
        runs.append(run)
        n_done += len(run.batch.texts)
        hear(n_done / len(texts))
    return Evidence(tuple(runs), *gather(runs, request.sentences))


def _groups(
    request: Long, texts: tuple[str, ...], ask: Asking, *, at_once: bool = False
) -> tuple[tuple[str, ...], ...]:
    return ask(ShareOut(request.checkpoint, texts, at_once, request.revision))


def _heard(parts: Iterable[Any], n_texts: int, hear: Hear) -> Iterator[Any]:
    """Hand parts on, and say how many of the texts are done."""
    n_done = 0
    for part in parts:
        yield part
        n_done += part.n_texts
        hear(n_done / n_texts)


def _in_order(requests: Iterable[Request[Any]], ask: Asking, n_at_once: int) -> Iterator[Any]:
    """Give the answers in the order of the requests, while the next ones are being made."""
    pool, asked = ThreadPoolExecutor(n_at_once, "part"), deque()
    try:
        for request in requests:
            asked.append(pool.submit(copy_context().run, ask, request))
            if len(asked) >= n_at_once:
                yield asked.popleft().result()
        while asked:
            yield asked.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
