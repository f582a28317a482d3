"""Edit a text for the model: hide tokens from attention, put another word in place of one."""

import numpy as np

from viz.engine.batching import replace_token
from viz.engine.models import LoadedModel
from viz.engine.requests import Edit
from viz.errors import AllTokensHidden, TokensDoNotFit
from viz.names import position_number
from viz.records import Batch


def apply(loaded: LoadedModel, batch: Batch, row: int, edit: Edit) -> tuple[Batch, np.ndarray]:
    """Give the edited text as a batch of its own and the mask to tell the model, bool ``[1, K]``.

    Hidden positions are those of the text before the edit; behind a replacement of another length they move with
    their tokens. Raises ``TokensDoNotFit``, ``AllTokensHidden``, ``EmptyReplacement`` or ``TextTooLong``.
    """
    _check_positions(batch, row, edit)
    edited = replace_token(loaded, batch, row, *edit.replacement) if edit.replacement else _only(batch, row)
    given_mask = edited.attention_mask.copy()
    given_mask[0, _hidden_positions(batch, row, edit, edited)] = False
    if not given_mask.any():
        raise AllTokensHidden(n_tokens=edited.n_tokens)
    return edited, given_mask


def _hidden_positions(batch: Batch, row: int, edit: Edit, edited: Batch) -> list[int]:
    """Say where the hidden tokens are in the edited text; one that was replaced hides all its pieces."""
    if edit.replacement is None:
        return list(edit.hidden)
    real = np.flatnonzero(batch.attention_mask[row]).tolist()  # the replaced text has lost its padding
    replaced_at, n_more = real.index(edit.replacement[0]), edited.n_tokens - len(real)
    found = []
    for at in map(real.index, edit.hidden):
        first = at + n_more if at > replaced_at else at
        last = at + n_more if at >= replaced_at else at
        found += range(first, last + 1)
    return found


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
