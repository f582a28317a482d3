"""Define the measured jobs of heads: which cells of a map count, and how much.

Each measure is a weighted sum over the cells of a map, averaged over queries. Neighbours and distances are counted
between real tokens, so padding on either side never matters. Queries of padding never count, nor do those that may look
at nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from viz.errors import N_

# Leaving out special tokens drops their queries and their keys; the weights that remain are not scaled up.
SPECIAL_LEFT_OUT = N_(
    "Special tokens such as [CLS] and [SEP] are left out as queries and as keys; the other weights are not scaled up."
)
WINDOW = 2  # tokens to either side that still count as near
Cells = tuple[np.ndarray, np.ndarray]  # what each cell counts [Q, K], and the queries to average over, bool[Q]


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """Hold what measures need to know of one row in one layer."""

    tokens: tuple[str, ...]  # [T]
    separates: np.ndarray  # bool[T], [SEP] or punctuation
    ends: np.ndarray  # bool[T], [SEP] alone
    real: np.ndarray  # bool[T]
    counted: np.ndarray  # bool[T], keys: real and not left out
    queries: np.ndarray  # bool[T], counted, and let look at something
    order: np.ndarray  # int[T], which real token it is
    allowed: np.ndarray  # bool[Q, K], real keys that the layer lets a real query look at
    pair: tuple[Sequence[int], Sequence[int]] | None


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """Describe one measured job; ``definition`` and ``unit`` are message ids."""

    name: str
    definition: str
    formula: str
    unit: str
    cells: Callable[[Text], Cells]
    in_bits: bool = False  # sums -a·log2(a) instead of a
    ranks: str | None = None  # another measure: gives each head's rank by its values instead, 1 = the smallest
    lowest_first: bool = False  # the best head has the smallest value


def _neighbour(text: Text, step: int) -> Cells:
    cells = text.order[:, None] + step == text.order[None, :]
    cells &= text.queries[:, None] & text.counted[None, :]
    return cells, cells.any(axis=1)


def _on_keys(text: Text, keys: np.ndarray) -> Cells:
    """Count the weight on some keys, averaged over all counted queries."""
    return np.broadcast_to(keys, text.allowed.shape), text.queries


def _first_key(text: Text) -> np.ndarray:
    return text.counted & (text.counted.cumsum() == 1)


def _same(text: Text) -> Cells:
    tokens = np.array(text.tokens)
    return _looked_at(text, (tokens[:, None] == tokens[None, :]) & ~np.eye(len(tokens), dtype=bool))


def _sink(text: Text) -> Cells:
    return _on_keys(text, _first_key(text) | (text.ends & text.counted))


def _local(text: Text) -> Cells:
    near = np.abs(text.order[:, None] - text.order[None, :]) <= WINDOW
    return near & text.counted, text.queries


def _earlier(text: Text) -> np.ndarray:
    """Find the earlier copies of each query's token among the keys, bool ``[Q, K]``."""
    tokens = np.array(text.tokens)
    return (tokens[:, None] == tokens[None, :]) & (text.order[:, None] > text.order[None, :]) & text.counted


def _looked_at(text: Text, cells: np.ndarray) -> Cells:
    """Count cells the layer lets look at, averaged over the queries that have one."""
    cells = cells & text.allowed & text.queries[:, None] & text.counted[None, :]
    return cells, np.any(cells, axis=1)


def _duplicate(text: Text) -> Cells:
    return _looked_at(text, _earlier(text))


def _induction(text: Text) -> Cells:
    """Count the key just after each earlier copy of the query's token; of two copies side by side that is the query."""
    follows = text.order[None, :] == text.order[:, None] + 1  # [copy, key]
    return _looked_at(text, _earlier(text) @ (follows & text.real))


def _distance(text: Text) -> Cells:
    return np.abs(text.order[:, None] - text.order[None, :]) * text.counted, text.queries


def _pair(text: Text) -> Cells:
    queries, keys = (np.isin(np.arange(len(text.tokens)), chosen) for chosen in text.pair or ((), ()))
    return np.broadcast_to(keys, text.allowed.shape), queries & text.queries


_SHARE = N_("share of attention")

MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure(
            "previous",
            N_("Attention at the token just before the query, averaged over the queries that have one."),
            "mean over q of A[q, q-1]",
            _SHARE,
            lambda text: _neighbour(text, -1),
        ),
        Measure(
            "next",
            N_(
                "Attention at the token just after the query, averaged over the queries that have one; "
                "always 0 in a model that reads from left to right."
            ),
            "mean over q of A[q, q+1]",
            _SHARE,
            lambda text: _neighbour(text, 1),
        ),
        Measure(
            "self",
            N_("Attention of a token at itself, averaged over all queries."),
            "mean over q of A[q, q]",
            _SHARE,
            lambda text: _neighbour(text, 0),
        ),
        Measure(
            "first",
            N_("Attention at the first token that counts ([CLS] in BERT), averaged over all queries."),
            "mean over q of A[q, first]",
            _SHARE,
            lambda text: _on_keys(text, _first_key(text)),
        ),
        Measure(
            "sep",
            N_("Attention at [SEP] and punctuation marks together, averaged over all queries."),
            "mean over q of Σ A[q, k] over k that is [SEP] or punctuation",
            _SHARE,
            lambda text: _on_keys(text, text.separates & text.counted),
        ),
        Measure(
            "sink",
            N_(
                "Attention at the first token that counts and at [SEP] together, averaged over all queries: places "
                "where heads rest that find nothing."
            ),
            "mean over q of Σ A[q, k] over k that is first or [SEP]",
            _SHARE,
            _sink,
        ),
        Measure(
            "local",
            N_(
                "Attention at the token itself and up to two before and two after it, averaged over all queries; a "
                "model that reads from left to right has only those before."
            ),
            "mean over q of Σ A[q, k] over |q - k| ≤ 2",
            _SHARE,
            _local,
        ),
        Measure(
            "same",
            N_(
                "Attention at other places where the same token stands, averaged over the queries that may look at one."
            ),
            "mean over q of Σ A[q, k] over k ≠ q with token k = token q",
            _SHARE,
            _same,
        ),
        Measure(
            "duplicate",
            N_("Attention at earlier copies of the same token, averaged over the queries that may look at one."),
            "mean over q of Σ A[q, p] over p < q with token p = token q",
            _SHARE,
            _duplicate,
        ),
        Measure(
            "induction",
            N_(
                "Attention at the tokens that stood just after earlier copies of the same token, averaged over the "
                "queries that may look at one."
            ),
            "mean over q of Σ A[q, p+1] over p < q with token p = token q",
            _SHARE,
            _induction,
        ),
        Measure(
            "entropy",
            N_(
                "How spread out the attention is, in bits, averaged over all queries: "
                "0 looks at one token, more looks at many."
            ),
            "mean over q of -Σ A[q, k]·log2 A[q, k]",
            N_("bits"),
            lambda text: _on_keys(text, text.counted),
            in_bits=True,
            lowest_first=True,
        ),
        Measure(
            "rank",
            N_(
                "Rank among all heads of the model by entropy: 1 looks at the fewest tokens, the last is the broadest. "
                "It is 1 more than the number of heads with less entropy; over several texts, the mean of the ranks."
            ),
            "1 + number of heads whose entropy is smaller",
            N_("rank"),
            lambda text: _on_keys(text, text.counted),
            lowest_first=True,
            ranks="entropy",
        ),
        Measure(
            "distance",
            N_("How many tokens away a query looks, weighted by its attention and averaged over all queries."),
            "mean over q of Σ A[q, k]·|q - k|",
            N_("tokens"),
            _distance,
        ),
        Measure(
            "padding",
            N_("Attention that real queries put on padding; it must be 0."),
            "mean over q of Σ A[q, k] over k that is padding",
            _SHARE,
            lambda text: _on_keys(text, ~text.real),
        ),
        Measure(
            "pair",
            N_(
                "Attention from the query word to the key word: "
                "summed over the key's pieces, averaged over the query's pieces."
            ),
            "mean over the query's q of Σ A[q, k] over the key's k",
            _SHARE,
            _pair,
        ),
    )
}
