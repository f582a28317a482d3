"""Draw pictures once for all visitors: the overview of heads, the tiles of prompts, the map of a head."""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from viz.analysis.maps import summary
from viz.drawing import bars, heatmap, lines, long_map, overview, svg
from viz.engine.kept import Kept
from viz.records import Prediction, Run
from viz.text import language

MAX_BYTES = 40_000_000

Picture = TypeVar("Picture")

# Pages are drawn in turns, so nobody else is drawing the same picture meanwhile.
_drawn = Kept(MAX_BYTES)


def overview_payload(run: Run, row: int, kind: str = "self") -> bytes:
    """Give the picture of all heads of one kind for the browser."""
    key = overview.picture_key(run, row, kind)
    return _once(("overview", key), lambda: overview.payload(run, row, key, kind))


def prompt_payload(run: Run, layer: int, head: int) -> bytes:
    """Give the picture of one head in every prompt for the browser."""
    key = overview.prompt_tiles_key(run, layer, head)
    return _once(("prompts", key), lambda: overview.prompt_tiles(run, layer, head, key))


def head_figure(
    run: Run,
    row: int,
    layer: int,
    head: int,
    own_scale: bool,
    query: int | None = None,
    kind: str = "self",
    numbers: bool = False,
):
    """Give the map of one head; ``own_scale`` ends its colours at its largest weight, cells may hold ``numbers``."""
    # Equal weights may stand under other words: all unknown words are one id.
    words = (run.maps[kind].queries[row], run.maps[kind].keys[row])
    key = ("head", overview.picture_key(run, row, kind), words, layer, head, own_scale, query, numbers)
    return _once(
        key,
        lambda: heatmap.head_map(run, row, layer, head, kind=kind, own_scale=own_scale, query=query, numbers=numbers),
    )


def lines_drawing(run: Run, row: int, layer: int, head: int, kind: str = "self") -> str:
    """Give one head as lines, an SVG."""
    words = (run.maps[kind].queries[row], run.maps[kind].keys[row], run.batch.texts[row], run.model.checkpoint)
    key = ("lines", language(), overview.picture_key(run, row, kind), words, layer, head)
    return _once(key, lambda: svg.written(lines.lines_sheet(run, row, layer, head, kind)))


def long_map_payload(
    run: Run, row: int, layer: int, head: int, own_scale: bool, query: int | None = None, kind: str = "self"
) -> bytes:
    """Give the map of one head of a long text for the browser."""
    words = (run.maps[kind].queries[row], run.maps[kind].keys[row])
    key = ("long", overview.picture_key(run, row, kind), words, layer, head, own_scale, query)
    return _once(key, lambda: long_map.payload(run, row, layer, head, kind=kind, own_scale=own_scale, query=query))


def head_said(run: Run, row: int, layer: int, head: int, kind: str = "self") -> str:
    """Give what a map of one head shows as a whole, in sentences."""
    words = (run.maps[kind].queries[row], run.maps[kind].keys[row])
    key = ("said", language(), overview.picture_key(run, row, kind), words, layer, head)
    return _once(key, lambda: summary.head_said(run, row, layer, head, kind=kind))


def prediction_bars(predictions: Sequence[Prediction]):
    """Give the bars of what a model proposes."""
    key = ("bars", language(), tuple(predictions))
    return _once(key, lambda: bars.prediction_bars(predictions))


def _once(key: Hashable, draw: Callable[[], Picture]) -> Picture:
    found = _drawn.find(key)
    if found is None:
        found = draw()
        _drawn.keep(key, found)
    return found  # type: ignore[return-value]
