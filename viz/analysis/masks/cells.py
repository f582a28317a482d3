"""Name the state of every cell of a map: visible, later, padding, hidden."""

import numpy as np

from viz.records import Run

# What a cell of a map is; padding wins over causal, causal over hidden.
VISIBLE, CAUSAL, PADDING, HIDDEN = 0, 1, 2, 3


def cell_states(run: Run) -> np.ndarray:
    """Name the state of every cell: uint8 ``[B, Q, K]`` of VISIBLE, CAUSAL, PADDING, HIDDEN.

    A cell is padding when its query is (models put ordinary-looking numbers into padded query rows), or its key; but
    where the model was not told and a real query may look at padding, the weight it puts there is visible. No cell is
    causal where a causal model was let see later keys.
    """
    real = run.batch.attention_mask
    n_tokens = real.shape[1]
    told = run.given_mask if run.given_mask.ndim == 3 else run.given_mask[:, None, :]
    states = np.full((len(real), n_tokens, n_tokens), VISIBLE, dtype=np.uint8)
    if run.model.causal and not sees_later(run):
        states[:, ~np.tri(n_tokens, dtype=bool)] = CAUSAL
    states[np.broadcast_to(~told, states.shape) & (states != CAUSAL)] = HIDDEN
    seen_padding = told & real[:, :, None] & (states == VISIBLE)
    states[~(real[:, :, None] & real[:, None, :]) & ~seen_padding] = PADDING
    return states


def sees_later(run: Run) -> bool:
    """Tell whether a causal model was let see later keys: it added 0 at one of them."""
    if run.additive_mask is None:
        return False
    return bool((run.additive_mask[:, :, ~np.tri(run.batch.n_tokens, dtype=bool)] == 0).any())


def padding_mass(run: Run) -> np.ndarray:
    """Give the share of its attention that each head puts on padding: mean over real queries, float32 ``[B, L, H]``."""
    real = run.batch.attention_mask
    on_padding = np.einsum("blhqk,bk->blhq", run.attentions, ~real)
    return np.einsum("blhq,bq->blh", on_padding, real / real.sum(axis=1, keepdims=True)).astype(np.float32)


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
