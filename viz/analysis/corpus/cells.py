"""Read one text's maps by words: the weight from each word to each other one, and which of these cells count.

A word's weight is what its pieces give on average, at what another word's pieces get together, as everywhere else where
maps are read by words.
"""

from dataclasses import dataclass

import numpy as np

from viz.analysis.cross.shading import Shade
from viz.analysis.views.groups import Groups
from viz.analysis.views.merging import merged
from viz.analysis.words import Side, Word, is_punctuation, words_of
from viz.records import Batch, Run


@dataclass(frozen=True, slots=True, eq=False)
class WordCells:
    """Hold the words of a text and what heads give from word to word.

    ``weights`` float32 ``[L, H, W, W]``; ``even`` float64 ``[1 or L, W, W]`` is what a head gives that looks evenly at
    every token its layer lets it look at; ``counted`` bool ``[1 or L, W, W]`` are the cells between two words.
    """

    words: tuple[Word, ...]
    weights: np.ndarray
    even: np.ndarray
    counted: np.ndarray


def text_words(batch: Batch, row: int) -> tuple[Word, ...]:
    """Give the words of one text, special tokens too; what else is in the batch makes no difference to them."""
    real = batch.attention_mask[row]
    tokens = tuple(np.array(batch.tokens[row], dtype=object)[real])
    return words_of(Side((tokens,), np.ones((1, len(tokens)), bool), batch.special_tokens_mask[row][None, real]), 0)


def counts(words: tuple[Word, ...], *, causal: bool, count_special: bool) -> np.ndarray:
    """Tell which words count, bool ``[W]``: all with ``count_special``.

    Without it special tokens and punctuation marks do not, nor, in a model that reads from left to right, does the
    first word: heads rest there as they rest on [CLS] and [SEP] elsewhere.
    """
    if count_special:
        return np.ones(len(words), dtype=bool)
    kept = np.array([not word.special and not is_punctuation(word.text) for word in words], dtype=bool)
    if causal:
        kept[:1] = False
    return kept


def word_cells(run: Run, row: int, *, count_special: bool) -> WordCells:
    """Read the maps of one text by words; padding is cut off.

    A cell counts that lies between two different words that count, and that the layer lets through.
    """
    words, real = text_words(run.batch, row), np.flatnonzero(run.batch.attention_mask[row])
    span = slice(int(real[0]), int(real[-1]) + 1)
    attentions, allowed = run.attentions[row][..., span, span], run.allowed[row][..., span, span]
    starts = np.array([word.positions[0] for word in words])
    groups = Groups(tuple(word.text for word in words), starts, np.ones(len(words), dtype=bool))
    weights, through = merged(attentions, allowed, groups, groups)
    evenly = allowed / np.maximum(allowed.sum(axis=-1, keepdims=True), 1)
    layers = [merged(evenly[n : n + 1, None], allowed[n : n + 1], groups, groups)[0] for n in range(len(allowed))]
    even = np.concatenate(layers)[:, 0]
    kept = counts(words, causal=run.model.causal, count_special=count_special)
    between = kept[:, None] & kept[None, :] & ~np.eye(len(words), dtype=bool)
    return WordCells(words, weights, even, through & between)


def row_shades(cells: WordCells, layer: int, head: int, query: int) -> tuple[Shade, ...]:
    """Shade a text by what one of its words gives to each."""
    weights = cells.weights[layer, head, query]
    return tuple(
        Shade(word.positions[0], word.text, float(weight), begins=True, special=word.special)
        for word, weight in zip(cells.words, weights, strict=True)
    )
