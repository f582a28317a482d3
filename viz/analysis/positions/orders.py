"""Tell a model another order of a text: which token stands at which place, or is told that it does."""

from dataclasses import dataclass

import numpy as np

from viz.analysis.compare.comparison import edited
from viz.analysis.compare.movement import head_changes
from viz.errors import NothingToShuffle, PositionsBeyondTable
from viz.names import head_title
from viz.records import ModelInfo, Run
from viz.text import _, percent

SHUFFLED, EQUAL, SHIFTED, WORDS = CHANGES = ("shuffled", "equal", "shifted", "words")
EXAMPLE = "The turtle moves slow across the road."
ROUNDING = 1e-5  # weights that move by less are the same but for the last digits of their sums


@dataclass(frozen=True, slots=True)
class Order:
    """Say what is changed about the order of a text.

    ``"shuffled"``: the words keep their places and are told those of others; ``"equal"``: every token is told that it
    stands at position 0; ``"shifted"``: all are told to stand ``shift`` positions later; ``"words"``: the words
    themselves change places. A ``seed`` gives the same shuffle to words and to position ids.
    """

    change: str
    seed: int = 0
    shift: int = 0


def require_movable(movable: np.ndarray, least: int = 2) -> None:
    """Raise ``NothingToShuffle`` if fewer tokens of a row can change places (bool ``[T]``) than are needed."""
    if (n_tokens := int(movable.sum())) < least:
        raise NothingToShuffle(n_tokens=n_tokens, least=least, example=EXAMPLE)


def places(movable: np.ndarray, seed: int) -> np.ndarray:
    """Draw where each token of a row goes, int64 ``[T]``; those that are not movable (bool ``[T]``) stay.

    At least two tokens move. Raises ``NothingToShuffle`` if fewer than two could.
    """
    require_movable(movable)
    there = np.flatnonzero(movable)
    drawn = np.random.default_rng(seed)
    order = drawn.permutation(there)
    while (order == there).all():
        order = drawn.permutation(there)
    goes = np.arange(len(movable))
    goes[there] = order
    return goes


def moved(values: np.ndarray, goes: np.ndarray) -> np.ndarray:
    """Put the value of each token, ``[T]``, where the token goes."""
    there = np.empty_like(values)
    there[goes] = values
    return there


def shifted(position_ids: np.ndarray, real: np.ndarray, shift: int, model: ModelInfo) -> np.ndarray:
    """Move the positions of real tokens, ``[B, T]``. Raises ``PositionsBeyondTable`` with what is allowed."""
    allowed = model.max_positions - 1 - int(position_ids.max())
    if not 0 <= shift <= allowed:
        raise PositionsBeyondTable(
            shift=shift,
            first=shift,
            last=int(position_ids.max()) + shift,
            checkpoint=model.checkpoint,
            max_position=model.max_positions - 1,
            allowed=allowed,
        )
    return position_ids + shift * real


def order_said(before: Run, after: Run, row: int = 0) -> str:
    """Say how far the maps of a row moved with another order, place by place, and which head's moved most."""
    checkpoint = before.model.checkpoint
    largest = float(np.abs(after.attentions[row] - before.attentions[row]).max())
    if largest == 0:
        message = _("No weight of any head moved, to the last bit: {checkpoint} did not use what was changed.")
        return message.format(checkpoint=checkpoint)
    if largest < ROUNDING:
        message = _(
            "Nothing moved but the last digits (by {largest:.0e} at most): to {checkpoint} only distances between "
            "positions count, and they are the same."
        )
        return message.format(largest=largest, checkpoint=checkpoint)
    changes = head_changes(edited(before, after, row))
    layer, head = (int(n) for n in np.unravel_index(np.nanargmax(changes), changes.shape))
    message = _(
        "Of their attention the heads gave {mean} elsewhere on average, place by place; most moved {head} ({most})."
    )
    mean, most = float(np.nanmean(changes)), float(changes[layer, head])
    return message.format(mean=percent(mean), head=head_title(layer, head), most=percent(most))
