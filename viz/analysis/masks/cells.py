"""Name the state of every cell of a map: visible, later, padding, hidden, outside a window, or of a row of nothing."""

import numpy as np

from viz.records import Run

# What a cell of a map is; padding wins over all, a row of nothing over later keys, and these over hidden ones.
VISIBLE, CAUSAL, PADDING, HIDDEN, WINDOW, NOTHING = range(6)


def is_causal(run: Run, kind: str = "self") -> bool:
    """Tell whether maps of a kind read from left to right: those of a decoder, and of a causal model of one stack."""
    return kind == "decoder" or (kind == "self" and run.model.causal)


def cell_states(run: Run, layer: int, kind: str = "self") -> np.ndarray:
    """Name the state of every cell of a layer's maps of one kind: uint8 ``[B, Q, K]``, see ``row_states``."""
    allowed = run.maps[kind].allowed
    return _states(run, slice(None), allowed[:, layer if allowed.shape[1] > 1 else 0], kind)


def row_states(run: Run, row: int, kind: str = "self") -> np.ndarray:
    """Name the state of every cell of one text, uint8 ``[1 or L, Q, K]``, one layer where all let through the same.

    VISIBLE is what the layer let a real query look at, and nothing else. Of what it did not let through, a key that is
    padding is PADDING, a later key of a model that reads from left to right is CAUSAL, a key that the model was told
    not to look at is HIDDEN, and what the layer's own window leaves out is WINDOW. A real query that is let look at no
    key at all has a row of NOTHING: what a softmax makes of it is no attention. Rows of padding are PADDING: models put
    ordinary-looking numbers there.
    """
    return _states(run, row, run.maps[kind].allowed[row], kind)


def _states(run: Run, rows: int | slice, allowed: np.ndarray, kind: str) -> np.ndarray:
    """Name the states of some rows from what one layer of them, or all layers of one, let through ``[..., Q, K]``."""
    maps = run.maps[kind]
    states = np.where(_told(run, rows, kind), WINDOW, HIDDEN).astype(np.uint8)
    states = np.broadcast_to(states, allowed.shape).copy()
    if is_causal(run, kind) and not sees_later(run, kind):
        states[..., ~np.tri(states.shape[-1], dtype=bool)] = CAUSAL
    states[allowed] = VISIBLE
    states[~allowed.any(axis=-1)] = NOTHING
    real_queries, real_keys = maps.query_mask[rows][..., :, None], maps.key_mask[rows][..., None, :]
    queries, keys = np.broadcast_to(real_queries, states.shape), np.broadcast_to(real_keys, states.shape)
    states[~queries | (~keys & (states != VISIBLE))] = PADDING
    return states


def _told(run: Run, rows: int | slice, kind: str) -> np.ndarray:
    """Say at which keys of some rows the model was told to look; a decoder is told of its padding only."""
    if kind == "decoder":
        return run.maps[kind].key_mask[rows][..., None, :]
    if run.given_mask.ndim == 2:
        return run.given_mask[rows][..., None, :]
    # A mask per query of the source is none of the target's queries: there a key counts that any of them may look at.
    told = run.given_mask[rows]
    return np.any(told, axis=-2, keepdims=True) if kind == "cross" else told


def looks(run: Run, layer: int, kind: str = "self") -> np.ndarray:
    """Tell which tokens are queries in a layer: real, and let look at any key; bool ``[B, Q]``."""
    maps = run.maps[kind]
    at = layer if maps.allowed.shape[1] > 1 else 0
    return maps.query_mask & maps.allowed[:, at].any(axis=-1)


def sees_later(run: Run, kind: str = "self") -> bool:
    """Tell whether maps that read from left to right were let see later keys: some layer let one through."""
    maps = run.maps[kind]
    later = ~np.tri(maps.allowed.shape[-1], dtype=bool)
    return bool((maps.allowed & maps.query_mask[:, None, :, None])[..., later].any())


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
