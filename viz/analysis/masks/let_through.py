"""Read off a model's own weights what it let through, where its masks are out of reach."""

import numpy as np

_EVEN = 1e-4  # how far, as a share of the largest, weights of an even row lie apart by rounding


def allowed_by_weights(attentions: np.ndarray, told: np.ndarray) -> np.ndarray:
    """Say which keys each layer let through, bool ``[B, L, Q, K]``, from weights ``[B, L, H, Q, K]`` and what was told.

    ``told`` (bool ``[B, 1, Q, K]``) is what the model was given, later keys of a causal one left out. A softmax gives a
    key exactly 0 only where its score lies more than 100 below the row's largest: what all heads of a layer give
    exactly 0 was not let through. Where nothing of a row is let through, the number that hides swallows all scores:
    the row is spread evenly over keys of which some were hidden. Such a row, and one that was told nothing, is allowed
    nothing. A model that puts weight on what it was told not to see, and not evenly, is shown as it is.
    """
    seen = np.stack([(of_layer > 0).any(axis=1) for of_layer in attentions.swapaxes(0, 1)], axis=1)
    leaks = np.asarray((seen & ~told).any(axis=-1))  # [B, L, Q]
    told_something = np.asarray(told.any(axis=-1))
    nothing = ~told_something | _evenly_spread(attentions, leaks & told_something)
    return np.where(leaks[..., None], seen, seen & told) & ~nothing[..., None]


def _evenly_spread(attentions: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Tell which of the asked rows ``[B, L, Q]`` give all keys that get any weight the same, in every head."""
    weights = attentions.swapaxes(2, 3)[asked]  # [N, H, K]
    largest = weights.max(axis=-1, keepdims=True)
    found = asked.copy()
    found[asked] = ((weights == 0) | (largest - weights <= _EVEN * largest)).all(axis=(1, 2))
    return found
