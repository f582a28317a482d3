"""Add up what heads give from word to word over a corpus, and set it against chance.

Of all pairs of words only so many are followed, the most frequent ones, so that memory does not grow with the corpus;
words are compared without case.

- Against an even look: Σ weight / Σ even, both over the places where the pair stands; even is what a head gives that
  looks evenly at every token its layer lets it look at.
- Against luck: z = Σ(w - m) / √Σs², m and s² the mean and the variance of the weights that the same query gives in the
  same text to all words that count: how far the sum lies above what these very weights give when they are dealt out
  at random among those words. Places are taken as independent of each other.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viz.analysis.corpus.cells import WordCells

MAX_WORDS = 2_000  # the most frequent words of the corpus; pairs are looked for among these
MAX_PAIRS = 5_000  # the most frequent pairs of those; all sums of a model of 144 heads take 17 MB
SHORT = 100  # words: the layers of a longer text are added up one at a time, to need little memory
LEAST = 5  # places at which a pair must stand

Pair = tuple[str, str]
Head = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Hold sums over the places of pairs P, float64 ``[P, L, H]``; ``even`` ``[P, L]``, and int64 ``n`` ``[P, L]``.

    ``n_pairs`` pairs stood at enough places; of more than ``MAX_PAIRS`` the most frequent are here.
    """

    pairs: tuple[Pair, ...]  # query word, key word
    n_pairs: int
    n_words: int  # different words in the corpus
    n: np.ndarray
    even: np.ndarray
    weight: np.ndarray
    mean: np.ndarray
    variance: np.ndarray

    @property
    def nbytes(self) -> int:
        """Memory its arrays take, in bytes."""
        return sum(of.nbytes for of in (self.n, self.even, self.weight, self.mean, self.variance))


@dataclass(frozen=True, slots=True)
class Link:
    """Hold a head's link from one word to another, over ``n`` places."""

    query: str
    key: str
    n: int
    weight: float  # mean over the places
    even: float
    ratio: float
    z: float


def fold(word: str) -> str:
    """Give a word as it is compared: without case."""
    return word.casefold()


def choose_pairs(texts: Sequence[Sequence[str]], *, causal: bool) -> tuple[list[Pair], int, int]:
    """Choose the pairs to follow from the words that count, folded, text by text.

    Gives the most frequent pairs, how many there are of at least ``LEAST`` places, and the number of different words.
    In a model that reads from left to right a key stands before its query. Ties go to what stood first.
    """
    frequent = Counter(word for text in texts for word in text)
    names = [word for word, _n in frequent.most_common(MAX_WORDS)]
    ids = {word: at for at, word in enumerate(names)}
    n_names = len(names)
    places = np.zeros(n_names * n_names, dtype=np.int32)
    for text in texts:
        known = [(at, ids[word]) for at, word in enumerate(text) if word in ids]
        if len(known) < 2:
            continue
        order, of = np.array(known).T
        between = order[None, :] < order[:, None] if causal else order[None, :] != order[:, None]
        np.add.at(places, (of[:, None] * n_names + of[None, :])[between], 1)
    enough = np.flatnonzero(places >= LEAST)
    most = enough[np.argsort(-places[enough], kind="stable")[:MAX_PAIRS]]
    return [(names[at // n_names], names[at % n_names]) for at in most.tolist()], len(enough), len(frequent)


class Linking:
    """Add the cells of texts up, pair by pair."""

    def __init__(self, pairs: Sequence[Pair], shape: tuple[int, int]):
        self._pairs = tuple(pairs)
        self._at = {pair: at for at, pair in enumerate(self._pairs)}
        self._words = {word for pair in self._pairs for word in pair}
        self._n = np.zeros((len(self._pairs), shape[0]), dtype=np.int64)
        self._even = np.zeros(self._n.shape)
        self._weight, self._mean, self._variance = (np.zeros((len(self._pairs), *shape)) for _ in range(3))

    def add(self, cells: WordCells) -> None:
        """Add the cells of one text that belong to a pair that is followed."""
        folded = [(at, fold(word.text)) for at, word in enumerate(cells.words)]
        known = [(at, word) for at, word in folded if word in self._words]
        found = [(q, k, self._at[a, b]) for q, a in known for k, b in known if q != k and (a, b) in self._at]
        if not found:
            return
        queries, keys, pairs = np.array(sorted(found, key=lambda of: of[2])).T
        for layers in self._layers(cells):
            counted = cells.counted[layers] if len(cells.counted) > 1 else cells.counted
            there = counted[0, queries, keys]
            if there.any():
                self._add(cells, layers, counted, queries[there], keys[there], pairs[there])

    def _layers(self, cells: WordCells) -> list[slice]:
        """Give all layers at once where they let through the same and the text is short, else one at a time."""
        n_layers = self._n.shape[1]
        if len(cells.counted) == 1 and len(cells.words) <= SHORT:
            return [slice(0, n_layers)]
        return [slice(layer, layer + 1) for layer in range(n_layers)]

    def _add(
        self,
        cells: WordCells,
        layers: slice,
        counted: np.ndarray,
        queries: np.ndarray,
        keys: np.ndarray,
        pairs: np.ndarray,
    ) -> None:
        """Add layers that let through the same; pairs are sorted, one that stands in a text twice is summed first."""
        weights = cells.weights[layers].astype(np.float64)  # [l, H, W, W]
        counted = counted[:, None]  # [1, 1, W, W]
        n_keys = np.maximum(counted.sum(axis=-1), 1)
        mean = np.where(counted, weights, 0).sum(axis=-1) / n_keys  # [l, H, W]
        variance = np.where(counted, (weights - mean[..., None]) ** 2, 0).sum(axis=-1) / n_keys
        even = cells.even[layers] if len(cells.even) > 1 else cells.even
        each, begins, n = np.unique(pairs, return_index=True, return_counts=True)
        self._n[each, layers] += n[:, None]
        self._even[each, layers] += np.add.reduceat(even[:, queries, keys], begins, axis=-1).T
        for sums, values in (
            (self._weight, weights[..., queries, keys]),
            (self._mean, mean[..., queries]),
            (self._variance, variance[..., queries]),
        ):
            sums[each, layers] += np.moveaxis(np.add.reduceat(values, begins, axis=-1), -1, 0)

    def links(self, n_pairs: int, n_words: int) -> Links:
        """Give what was added up."""
        return Links(self._pairs, n_pairs, n_words, self._n, self._even, self._weight, self._mean, self._variance)


def links_of(of: Links, head: Head, *, least: int = LEAST) -> list[Link]:
    """List a head's links that stand at ``least`` so many places, most times an even look first."""
    layer = head[0]
    n = of.n[:, layer]
    weight, mean, variance = (sums[:, *head] for sums in (of.weight, of.mean, of.variance))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = weight / of.even[:, layer]
        z = np.where(variance > 0, (weight - mean) / np.sqrt(variance), 0)
    kept = np.flatnonzero(n >= least)
    order = kept[np.argsort(-ratio[kept], kind="stable")]
    return [
        Link(
            of.pairs[at][0],
            of.pairs[at][1],
            int(n[at]),
            float(weight[at] / n[at]),
            float(of.even[at, layer] / n[at]),
            float(ratio[at]),
            float(z[at]),
        )
        for at in order.tolist()
    ]
