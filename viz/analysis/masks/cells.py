"""Name the state of every cell of a map: visible, later, padding, hidden, outside a window, or of a row of nothing."""

import numpy as np

from viz.records import Run

# What a cell of a map is; padding wins over all, a row of nothing over later keys, and these over hidden ones.
VISIBLE, CAUSAL, PADDING, HIDDEN, WINDOW, NOTHING = range(6)


def cell_states(run: Run, layer: int) -> np.ndarray:
    """Name the state of every cell of a layer's maps: uint8 ``[B, Q, K]``, see ``row_states``."""
    at = layer if run.allowed.shape[1] > 1 else 0
    return _states(run, slice(None), run.allowed[:, at])


def row_states(run: Run, row: int) -> np.ndarray:
    """Name the state of every cell of one text, uint8 ``[1 or L, Q, K]``, one layer where all let through the same.

    VISIBLE is what the layer let a real query look at, and nothing else. Of what it did not let through, a key that is
    padding is PADDING, a later key of a model that reads from left to right is CAUSAL, a key that the model was told
    not to look at is HIDDEN, and what the layer's own window leaves out is WINDOW. A real query that is let look at no
    key at all has a row of NOTHING: what a softmax makes of it is no attention. Rows of padding are PADDING: models put
    ordinary-looking numbers there.
    """
    return _states(run, row, run.allowed[row])


def _states(run: Run, rows: int | slice, allowed: np.ndarray) -> np.ndarray:
    """Name the states of some rows from what one layer of them, or all layers of one, let through ``[..., Q, K]``."""
    real, told = run.batch.attention_mask[rows], run.given_mask[rows]
    if run.given_mask.ndim == 2:
        told = told[..., None, :]
    states = np.where(told, WINDOW, HIDDEN).astype(np.uint8)
    states = np.broadcast_to(states, allowed.shape).copy()
    if run.model.causal and not sees_later(run):
        states[..., ~np.tri(run.batch.n_tokens, dtype=bool)] = CAUSAL
    states[allowed] = VISIBLE
    states[~allowed.any(axis=-1)] = NOTHING
    queries, keys = np.broadcast_to(real[..., :, None], states.shape), np.broadcast_to(real[..., None, :], states.shape)
    states[~queries | (~keys & (states != VISIBLE))] = PADDING
    return states


def looks(run: Run, layer: int) -> np.ndarray:
    """Tell which tokens are queries in a layer: real, and let look at any key; bool ``[B, Q]``."""
    at = layer if run.allowed.shape[1] > 1 else 0
    return run.batch.attention_mask & run.allowed[:, at].any(axis=-1)


def sees_later(run: Run) -> bool:
    """Tell whether a causal model was let see later keys: some layer let one through."""
    later = ~np.tri(run.batch.n_tokens, dtype=bool)
    return bool((run.allowed & run.batch.attention_mask[:, None, :, None])[..., later].any())


def padding_mass(run: Run) -> np.ndarray:
    """Give the share of its attention that each head puts on padding, float32 ``[B, L, H]``: mean over real queries.

    A query that may look at nothing is none.
    """
    padding = ~run.batch.attention_mask
    masses = np.zeros(run.attentions.shape[:3], dtype=np.float32)
    for layer in range(run.attentions.shape[1]):
        queries = looks(run, layer)
        shares = queries / np.maximum(queries.sum(axis=1, keepdims=True), 1)
        on_padding = np.einsum("bhqk,bk->bhq", run.attentions[:, layer], padding)
        masses[:, layer] = np.einsum("bhq,bq->bh", on_padding, shares)
    return masses


def allowed_by(given_mask: np.ndarray, added: np.ndarray | None, *, causal: bool) -> np.ndarray:
    """Say what a model lets through from what it was told, bool ``[B, 1, Q, K]``, where nobody read it off the model.

    ``given_mask`` is bool ``[B, K]`` or ``[B, Q, K]``; a causal model sees no later key, unless it added 0 at one.
    """
    n_tokens = given_mask.shape[-1]
    told = np.broadcast_to(
        given_mask if given_mask.ndim == 3 else given_mask[:, None], (len(given_mask), n_tokens, n_tokens)
    )
    later = ~np.tri(n_tokens, dtype=bool)
    # A layer at a time: what lies above the diagonal is copied to be compared.
    opened = added is not None and any((layer[later] == 0).any() for row in added for layer in row)
    return (told & ~later if causal and not opened else told.copy())[:, None]
