"""Build masks by hand: named boolean layers that multiply, ready-made masks, the classical forms, and files of 0 and 1.

True = may be looked at. A mask of one row is ``[Q, K]``; layers are combined as booleans, never by adding fills.
"""

from collections.abc import Collection, Mapping

import numpy as np

from viz.errors import TokensDoNotFit
from viz.names import position_number
from viz.records import Batch


def layers(
    batch: Batch,
    row: int,
    *,
    causal: bool,
    hidden: Collection[int] = (),
    blocks: Collection[tuple[Collection[int], Collection[int]]] = (),
    segments: bool = False,
    window: int | None = None,
    only_self: bool = False,
    own_cells: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Give the layers of one row's mask by name, each bool ``[Q, K]``, in the order they are laid.

    ``"padding"`` is always there; the others where asked for: ``"causal"``, ``"hidden by you"`` (key positions),
    ``"blocks"`` (pairs of query and key positions that may not meet), ``"segments"``, ``"window"``, ``"self"``, and
    ``"your cells"`` (bool ``[Q, K]``). Raises ``TokensDoNotFit`` for a hidden position the row does not have.
    """
    n_tokens = batch.n_tokens
    if outside := [position_number(at) for at in sorted(hidden) if not 0 <= at < n_tokens]:
        raise TokensDoNotFit(positions=", ".join(map(str, outside)), n_tokens=n_tokens)
    made = {"padding": np.tile(batch.attention_mask[row], (n_tokens, 1))}
    if causal:
        made["causal"] = causal_cells(n_tokens)
    if hidden:
        made["hidden by you"] = blocked_cells(n_tokens, range(n_tokens), hidden)
    if blocks:
        made["blocks"] = product({str(n): blocked_cells(n_tokens, *block) for n, block in enumerate(blocks)})
    if segments:
        made["segments"] = segment_cells(batch, row)
    if window is not None:
        made["window"] = window_cells(n_tokens, window)
    if only_self:
        made["self"] = window_cells(n_tokens, 0)
    if own_cells is not None:
        made["your cells"] = own_cells.astype(bool)
    return made


def product(made: Mapping[str, np.ndarray]) -> np.ndarray:
    """Multiply layers: a key may be looked at where every layer lets it, bool ``[Q, K]``."""
    return np.logical_and.reduce(list(made.values()))


def in_batch(batch: Batch, row: int, allowed: np.ndarray, *, causal: bool) -> np.ndarray:
    """Put one row's mask into a mask of the whole batch, bool ``[B, Q, K]``; other rows keep padding and causality."""
    n_tokens = batch.n_tokens
    told = batch.attention_mask[:, None].repeat(n_tokens, axis=1)
    if causal:
        told &= causal_cells(n_tokens)
    told[row] = allowed
    return told


def causal_cells(n_tokens: int) -> np.ndarray:
    """Let every query look at itself and before: bool ``[Q, K]``, lower triangle."""
    return np.tri(n_tokens, dtype=bool)


def window_cells(n_tokens: int, n: int) -> np.ndarray:
    """Let every query look at most ``n`` positions away, to either side; 0 is only itself. bool ``[Q, K]``"""
    positions = np.arange(n_tokens)
    return np.abs(positions[:, None] - positions) <= n


def segment_cells(batch: Batch, row: int) -> np.ndarray:
    """Let tokens look at their own segment only, by token_type_ids; a text without them is one segment. bool ``[Q, K]``

    BERT's [CLS] and the [SEP] behind A belong to A, the last [SEP] to B.
    """
    if batch.token_type_ids is None:
        return np.ones((batch.n_tokens, batch.n_tokens), dtype=bool)
    types = batch.token_type_ids[row]
    return types[:, None] == types


def blocked_cells(n_tokens: int, queries: Collection[int], keys: Collection[int]) -> np.ndarray:
    """Keep some queries from looking at some keys; all other cells stay open. bool ``[Q, K]``"""
    allowed = np.ones((n_tokens, n_tokens), dtype=bool)
    allowed[np.ix_(list(queries), list(keys))] = False
    return allowed


def question_hidden_from_context(batch: Batch, row: int) -> np.ndarray:
    """Keep the context (segment B) from looking at the words of the question (segment A). bool ``[Q, K]``

    The question goes on looking everywhere, and [CLS] and [SEP] stay open to all: a tokenizer leaves the whole mask of
    a pair at 1. A text without segments has nothing to keep apart.
    """
    if batch.token_type_ids is None:
        return np.ones((batch.n_tokens, batch.n_tokens), dtype=bool)
    types, words = batch.token_type_ids[row], ~batch.special_tokens_mask[row]
    context, question = np.flatnonzero((types == 1) & words), np.flatnonzero((types == 0) & words)
    return blocked_cells(batch.n_tokens, context, question)
