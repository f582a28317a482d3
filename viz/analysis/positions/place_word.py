"""Tell heads that follow the place from heads that follow the word, by shuffling the words of a text.

With the words in another order, a head of places has the same map; the map of a head of words has its rows and columns
moved to where the words went. Both are measured as a correlation over cells (Pearson): 1 = the very map, about 0 = none
of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from viz.names import head_index_label, head_label
from viz.records import ModelInfo, Run, lock

LEAST_TOKENS = 4  # with fewer a map has so few cells that any correlation is luck
EVEN = 1e-9  # weights that differ by a smaller share than rounding does are equal

Head = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class PlaceWord:
    """Hold of every head how much of its map stays with the places and how much goes with the words.

    float32 ``[L, H]``, means over ``n_shuffles``; NaN where a head gives the same weight to every word.
    """

    model: ModelInfo
    place: np.ndarray
    word: np.ndarray
    n_shuffles: int

    def __post_init__(self):
        for name in ("place", "word"):
            lock(name, getattr(self, name), (self.model.n_layers, self.model.n_heads))


def place_and_word(
    before: Run, shuffles: Iterable[tuple[Run, np.ndarray]], counted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Give place and word of every head, float32 ``[L, H]`` each: means over the shuffles of a text.

    A shuffle is the run of the text with its words moved, and where each token went, int64 ``[T]``. Cells are those
    from one counted token (bool ``[T]``) to another: a look at oneself is the same place and the same word. Only cells
    that both maps let through are compared.
    """
    pairs = [_correlations(before, after, goes, counted) for after, goes in shuffles]
    with np.errstate(invalid="ignore"):
        sums = np.nansum(pairs, axis=0)
        found = (~np.isnan(pairs)).sum(axis=0)
        place, word = (sums / found).astype(np.float32)
    return place, word


def _correlations(before: Run, after: Run, goes: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Correlate the maps of one text with those of its shuffle, by place and by word: float64 ``[2, L, H]``."""
    stays = np.arange(len(goes))
    layers = range(before.model.n_layers)
    return np.array([[_of_layer(before, after, to, counted, layer) for layer in layers] for to in (stays, goes)])


def _of_layer(before: Run, after: Run, goes: np.ndarray, counted: np.ndarray, layer: int) -> np.ndarray:
    """Correlate the heads of a layer, cell (q, k) with cell (goes[q], goes[k]); float64 ``[H]``."""
    at = layer if before.allowed.shape[1] > 1 else 0
    there = np.ix_(goes, goes)
    cells = counted[:, None] & counted[None, :] & ~np.eye(len(goes), dtype=bool)
    cells &= before.allowed[0, at] & after.allowed[0, at][there]
    a = before.attentions[0, layer][:, cells]
    b = after.attentions[0, layer][(slice(None), *there)][:, cells]
    return _pearson(a.astype(np.float64), b.astype(np.float64))


def _pearson(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Correlate rows ``[H, N]`` with rows: float64 ``[H]``, NaN where one of them is constant."""
    if not a.shape[1]:
        return np.full(len(a), np.nan)
    sizes = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    a, b = (of - of.mean(axis=1, keepdims=True) for of in (a, b))
    scale = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(scale > EVEN * sizes, (a * b).sum(axis=1) / scale, np.nan)


def strongest(of: PlaceWord, *, by_place: bool) -> list[Head]:
    """List the heads that lean most to places, or to words: largest difference of the two numbers first."""
    lean = (of.place - of.word) * (1 if by_place else -1)
    known = int(np.isfinite(lean).sum())
    order = np.argsort(np.where(np.isnan(lean), np.inf, -lean), axis=None, kind="stable")[:known]
    layers, heads = np.unravel_index(order, lean.shape)
    return [(int(layer), int(head)) for layer, head in zip(layers, heads, strict=True)]


def place_word_table(of: PlaceWord, heads: Sequence[Head]) -> dict[str, list]:
    """List heads as columns: both names, place and word; numbers are not rounded."""
    return {
        "head": [head_label(*head) for head in heads],
        "index": [head_index_label(*head) for head in heads],
        "place": [float(of.place[head]) for head in heads],
        "word": [float(of.word[head]) for head in heads],
    }
