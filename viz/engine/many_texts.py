"""Run many texts in padded batches of about equal length, one run at a time, so that memory does not grow with them."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from viz.engine import forward
from viz.engine.batching import encode
from viz.engine.models import LoadedModel
from viz.records import Run

ROWS_AT_ONCE = 16  # more short texts in one batch are not faster on a processor, and take more memory
BYTES_AT_ONCE = 40_000_000  # of attention in a batch, unless one text alone has more


def groups(loaded: LoadedModel, lengths: Sequence[int]) -> list[list[int]]:
    """Say which texts share a batch, by their numbers of tokens: neighbours in length, the longest first.

    The longest come first so that what remains is done ever faster, and too large a text is refused at once.
    """
    maps = 4 * loaded.info.n_layers * loaded.info.n_heads
    found: list[list[int]] = [[]]
    for text in np.argsort([-length for length in lengths], kind="stable").tolist():
        size = maps * (len(found[-1]) + 1) * lengths[found[-1][0]] ** 2 if found[-1] else 0
        if len(found[-1]) == ROWS_AT_ONCE or size > BYTES_AT_ONCE:
            found.append([])
        found[-1].append(text)
    return found


def batches(loaded: LoadedModel, texts: Sequence[str]) -> list[list[str]]:
    """Share texts out among batches, as ``groups`` says; raises what ``encode`` raises."""
    lengths = encode(loaded, texts).attention_mask.sum(axis=1).tolist()
    return [[texts[at] for at in group] for group in groups(loaded, lengths)]


def runs(
    loaded: LoadedModel, texts: Sequence[str], on_progress: Callable[[float], object] | None = None
) -> Iterator[Run]:
    """Run texts batch by batch, not in their order; ``on_progress`` hears the share of texts that are done.

    Raises what ``encode`` and ``forward.run`` raise; a text too long is named by its place among all texts.
    """
    n_done = 0
    for group in batches(loaded, texts):
        yield forward.run(loaded, encode(loaded, group))
        n_done += len(group)
        if on_progress is not None:
            on_progress(n_done / len(texts))


def require_room(loaded: LoadedModel, texts: Sequence[str]) -> None:
    """Raise ``BatchTooLarge`` if the maps of all texts together are more than one batch may have."""
    forward.check_size(loaded, *encode(loaded, texts).input_ids.shape)
