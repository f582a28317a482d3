"""Edit a text for the model: hide tokens from attention, put another word in place of one."""

from dataclasses import dataclass

import numpy as np

from viz.batching import replace_token
from viz.errors import AllTokensHidden, TokensDoNotFit
from viz.models import LoadedModel
from viz.names import position_number
from viz.records import Batch


@dataclass(frozen=True, slots=True)
class Edit:
    """Describe an edit of one text: positions nobody may look at, and ``(position, word)`` to put in place."""

    hidden: tuple[int, ...] = ()
    replacement: tuple[int, str] | None = None


def apply(loaded: LoadedModel, batch: Batch, row: int, edit: Edit) -> tuple[Batch, np.ndarray]:
    """Give the edited text as a batch of its own and the mask to tell the model, bool ``[1, K]``.

    Hidden positions are those of the text before the edit; behind a replacement of another length they move with
    their tokens. Raises ``TokensDoNotFit``, ``AllTokensHidden``, ``EmptyReplacement`` or ``TextTooLong``.
    """
    _check_positions(batch, row, edit)
    replaced_at, word = edit.replacement or (batch.n_tokens, "")
    edited = replace_token(loaded, batch, row, replaced_at, word) if edit.replacement else _only(batch, row)
    n_more = edited.n_tokens - batch.n_tokens
    given_mask = edited.attention_mask.copy()
    for position in edit.hidden:
        last = position + n_more if position >= replaced_at else position
        first = position if position <= replaced_at else last
        given_mask[0, first : last + 1] = False
    if not given_mask.any():
        raise AllTokensHidden(n_tokens=edited.n_tokens)
    return edited, given_mask


def _check_positions(batch: Batch, row: int, edit: Edit) -> None:
    real = set(np.flatnonzero(batch.attention_mask[row]).tolist())
    asked = [*edit.hidden, *([edit.replacement[0]] if edit.replacement else [])]
    if outside := [position_number(position) for position in asked if position not in real]:
        raise TokensDoNotFit(positions=", ".join(map(str, outside)), n_tokens=len(real))


def _only(batch: Batch, row: int) -> Batch:
    """Take one row of a batch."""
    arrays = ("input_ids", "attention_mask", "special_tokens_mask", "position_ids", "word_ids")
    types = batch.token_type_ids
    return Batch(
        texts=(batch.texts[row],),
        tokens=(batch.tokens[row],),
        token_type_ids=None if types is None else types[row : row + 1].copy(),
        padding_side=batch.padding_side,
        truncated=(batch.truncated[row],),
        **{name: getattr(batch, name)[row : row + 1].copy() for name in arrays},
    )
