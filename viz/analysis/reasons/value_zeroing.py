"""Read value zeroing: how far a layer's output at a token moves when the value of another token is zero.

Mohebbi, Zuidema, Chrupała and Alishahi, "Quantifying Context Mixing in Transformers", 2023. For each layer

    C[q, k] = 1 - cos(x[q], x without v[k] [q])

where x is the layer's output, with its residual, norms and feed-forward part, and v[k] the value vectors of token k in
all heads. Rows are then divided by their sums.
"""

from dataclasses import dataclass

import numpy as np

from viz.names import layer_label, position_number
from viz.records import ModelInfo, lock
from viz.text import _

COLUMNS = ("layer", "query_position", "query", "key_position", "key", "share", "cosine_distance")


@dataclass(frozen=True, slots=True, eq=False)
class ValueZeroing:
    """Hold one row's distances in every layer, float32 ``[L, Q, K]``, not yet divided; padding has 0."""

    model: ModelInfo
    tokens: tuple[str, ...]  # [T]
    real: np.ndarray  # bool[T], True = real token
    distances: np.ndarray  # float32[L, Q, K]

    def __post_init__(self):
        n_tokens = len(self.tokens)
        lock("real", self.real, (n_tokens,))
        lock("distances", self.distances, (self.model.n_layers, n_tokens, n_tokens))

    def shares(self, layer: int) -> np.ndarray:
        """Give one layer with rows that sum to 1, float32 ``[Q, K]``; a row that nothing moves stays 0."""
        distances = self.distances[layer].astype(np.float64)
        sums = distances.sum(axis=-1, keepdims=True)
        return np.divide(distances, sums, out=np.zeros_like(distances), where=sums > 0).astype(np.float32)

    def rollout(self) -> np.ndarray:
        """Multiply the layers, float64 ``[Q, K]``: what each token's last state has of each first one.

        No identity is added, as for attention: the distances contain the residual already.
        """
        product = np.eye(len(self.tokens))
        for layer in range(self.model.n_layers):
            product = self.shares(layer).astype(np.float64) @ product
        return product


def table(of: ValueZeroing, layer: int) -> dict[str, list]:
    """List the cells of a layer that move anything, largest share first, as columns; numbers are not rounded."""
    shares, distances = of.shares(layer), of.distances[layer]
    queries, keys = np.nonzero(distances > 0)
    order = np.argsort(-shares[queries, keys], kind="stable")
    rows = [
        (
            layer_label(layer),
            position_number(q),
            of.tokens[q],
            position_number(k),
            of.tokens[k],
            float(shares[q, k]),
            float(distances[q, k]),
        )
        for q, k in zip(queries[order].tolist(), keys[order].tolist())
    ]
    return {name: [row[at] for row in rows] for at, name in enumerate(COLUMNS)}


def strongest_said(of: ValueZeroing, layer: int) -> str:
    """Say which other token moves a token most in a layer, for a reader who does not see the map."""
    others = np.where(np.eye(len(of.tokens), dtype=bool), 0, of.shares(layer))
    query, key = np.unravel_index(int(others.argmax()), others.shape)
    if not others[query, key]:
        return _("No token moves another one in this layer.")
    message = _("In {layer} {query} is moved most by another token: {share:.2f} by {key}.")
    return message.format(
        layer=layer_label(layer), query=of.tokens[query], key=of.tokens[key], share=others[query, key]
    )
