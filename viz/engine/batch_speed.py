"""Measure how long the same prompts take one by one and as one padded batch."""

import statistics
import time
from collections.abc import Callable, Sequence

from viz.analysis.batches.same_alone import Speed
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import LoadedModel
from viz.records import Batch


def measure(
    loaded: LoadedModel,
    texts: Sequence[str],
    *,
    padding_side: str,
    rounds: int = 5,
    progress: Callable[[float], object] | None = None,
) -> Speed:
    """Time both ways in turns, so that what else the computer does falls on both; one warm-up round is not counted.

    Timed is ``forward.run`` as the app runs it, with everything it keeps; tokenizing is not. ``progress`` is told the
    share done, up to 1.0.
    Raises what ``encode`` and ``forward.run`` raise.
    """
    report = progress or (lambda share: None)
    batch = encode(loaded, texts, padding_side=padding_side)
    ways = ([encode(loaded, [text]) for text in texts], [batch])
    seconds: tuple[list[float], list[float]] = ([], [])
    n_steps = len(ways) * (rounds + 1)
    for step in range(n_steps):
        way = step % len(ways)
        seconds[way].append(_time(loaded, ways[way]))
        report((step + 1) / n_steps)
    alone, together = (statistics.median(of_way[1:]) for of_way in seconds)
    n_real = int(batch.attention_mask.sum())
    return Speed(alone, together, n_rounds=rounds, n_real=n_real, n_padding=batch.attention_mask.size - n_real)


def _time(loaded: LoadedModel, batches: list[Batch]) -> float:
    """Give the seconds it takes to run batches one after the other."""
    start = time.perf_counter()
    for batch in batches:
        run(loaded, batch)
    return time.perf_counter() - start
