"""Change the order of a batch: its position ids, or the places of its tokens."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from viz.analysis.positions.orders import (
    EQUAL,
    SHIFTED,
    SHUFFLED,
    WORDS,
    Order,
    moved,
    places,
    require_movable,
    shifted,
)
from viz.analysis.positions.place_word import LEAST_TOKENS, PlaceWord, place_and_word
from viz.engine import forward
from viz.engine.batching import encode
from viz.engine.models import LoadedModel
from viz.errors import TakesNoPositions
from viz.records import Batch
from viz.shipped import shipped_names


def apply(loaded: LoadedModel, batch: Batch, order: Order) -> Batch:
    """Give the batch with another order; padding, special tokens and [MASK] keep their places in a shuffle.

    Raises ``NothingToShuffle``, ``PositionsBeyondTable``; ``TakesNoPositions`` if position ids would change nothing.
    """
    if order.change != WORDS and not loaded.takes_positions:
        raise TakesNoPositions(checkpoint=loaded.info.checkpoint, family=loaded.info.family, shipped=shipped_names())
    if order.change in (WORDS, SHUFFLED):
        goes = np.stack([places(row, order.seed) for row in movable(loaded, batch)])
        return _words_moved(batch, goes) if order.change == WORDS else _told(batch, goes)
    if order.change == EQUAL:
        return replace(batch, position_ids=np.zeros_like(batch.position_ids))
    assert order.change == SHIFTED
    positions = shifted(batch.position_ids, batch.attention_mask, order.shift, loaded.info)
    return replace(batch, position_ids=positions)


def movable(loaded: LoadedModel, batch: Batch) -> np.ndarray:
    """Tell which tokens change places in a shuffle, bool ``[B, T]``: words, but not what is to be guessed."""
    is_mask = batch.input_ids == loaded.tokenizer.mask_token_id
    return batch.attention_mask & ~batch.special_tokens_mask & ~is_mask


def _told(batch: Batch, goes: np.ndarray) -> Batch:
    """Tell each token the position of the place it would go to."""
    return replace(batch, position_ids=np.take_along_axis(batch.position_ids, goes, axis=1))


def _words_moved(batch: Batch, goes: np.ndarray) -> Batch:
    """Put each token where it goes; the positions stay with the places."""
    tokens = tuple(tuple(moved(np.array(row, dtype=object), to)) for row, to in zip(batch.tokens, goes, strict=True))
    arrays = {
        name: np.stack([moved(row, to) for row, to in zip(getattr(batch, name), goes, strict=True)])
        for name in ("input_ids", "word_ids")
    }
    return replace(batch, tokens=tokens, **arrays)


def follow(
    loaded: LoadedModel, text: str, seed: int, n_shuffles: int, progress: Callable[[float], object] | None = None
) -> PlaceWord:
    """Shuffle the words of a text again and again, and tell of every head whether it follows places or words.

    ``progress`` is told the share done, up to 1.0. Raises ``NothingToShuffle``, and what ``encode`` and
    ``forward.run`` raise.
    """
    batch, nothing_read = encode(loaded, [text]), np.zeros((0, 2), dtype=np.int64)
    (counted,) = movable(loaded, batch)
    require_movable(counted, LEAST_TOKENS)
    before = forward.run(loaded, batch, readouts=nothing_read)

    def shuffles():
        for number in range(n_shuffles):
            goes = places(counted, seed + number)
            yield forward.run(loaded, _words_moved(batch, goes[None]), readouts=nothing_read), goes
            if progress is not None:
                progress((1 + number) / n_shuffles)

    place, word = place_and_word(before, shuffles(), counted)
    return PlaceWord(loaded.info, place, word, n_shuffles)
