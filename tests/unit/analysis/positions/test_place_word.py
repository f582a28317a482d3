"""Heads made by hand: one that follows the place, one that follows the word, and what lies between."""

from itertools import permutations

import numpy as np
import pytest

from tests.hand_made import model_info, run
from viz.analysis.positions.place_word import PlaceWord, place_and_word, place_word_table, strongest

N = 4


def of_places(n: int) -> np.ndarray:
    """Look at the token before; the first one looks at the last."""
    return np.roll(np.eye(n), -1, axis=1)


def of_words(words) -> np.ndarray:
    """Look as the words are, whatever their places: a fixed table of word and word, rows sum to 1."""
    table = np.random.default_rng(1).dirichlet(np.ones(len(words)), len(words))
    return table[np.ix_(words, words)]


def made(words):
    """Make a run of two heads: of places, and of words."""
    n = len(words)
    weights = np.stack([of_places(n), of_words(words)]).astype(np.float32)[None, None]
    return run([[1] * n], model=model_info(1, 2), attentions=weights)


def shuffled(goes) -> list[int]:
    """Give the words of a shuffle: token i stands at goes[i]."""
    words = [0] * len(goes)
    for word, place in enumerate(goes):
        words[place] = word
    return words


def test_over_all_shuffles_a_head_of_places_has_1_and_0_and_a_head_of_words_0_and_1():
    before, counted = made(range(N)), np.ones(N, bool)
    every = [(made(shuffled(goes)), np.array(goes)) for goes in permutations(range(N))]
    place, word = place_and_word(before, every, counted)
    # With the usual order both are 1 in either head: 1 of the 24 shuffles.
    assert place[0, 0] == pytest.approx(1, abs=1e-6) and word[0, 1] == pytest.approx(1, abs=1e-6)
    assert word[0, 0] == pytest.approx(0, abs=1e-6) and place[0, 1] == pytest.approx(0, abs=1e-6)


def test_sixteen_shuffles_come_near():
    n = 12
    drawn = np.random.default_rng(5)
    orders = [drawn.permutation(n) for _ in range(16)]
    shuffles = [(made(shuffled(goes)), goes) for goes in orders]
    place, word = place_and_word(made(range(n)), shuffles, np.ones(n, bool))
    assert place[0].tolist() == pytest.approx([1, 0], abs=0.1) and word[0].tolist() == pytest.approx([0, 1], abs=0.1)


def test_one_shuffle_is_the_correlation_written_out():
    goes = np.array([2, 0, 1])
    a = np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8], [0.6, 0.3, 0.1]], np.float32)
    b = np.array([[0.5, 0.2, 0.3], [0.4, 0.4, 0.2], [0.1, 0.7, 0.2]], np.float32)
    before, after = (run([[1] * 3], attentions=of[None, None, None]) for of in (a, b))
    place, word = place_and_word(before, [(after, goes)], np.ones(3, bool))
    cells = [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]
    left = [a[q, k] for q, k in cells]
    assert place[0, 0] == pytest.approx(np.corrcoef(left, [b[q, k] for q, k in cells])[0, 1], abs=1e-6)
    assert word[0, 0] == pytest.approx(np.corrcoef(left, [b[goes[q], goes[k]] for q, k in cells])[0, 1], abs=1e-6)


def test_only_counted_tokens_and_what_both_maps_let_through_are_compared():
    drawn = np.random.default_rng(0)
    goes = np.array([0, 3, 1, 2, 4])
    counted = np.array([False, True, True, True, False])
    info = model_info(1, 1, causal=True)

    def causal_run(noise: float):
        weights = np.tril(drawn.random((5, 5)))
        weights[0, 0] += noise
        return run([[1] * 5], model=info, attentions=weights.astype(np.float32)[None, None, None])

    before, after = causal_run(0), causal_run(9)
    a, b = before.attentions[0, 0, 0], after.attentions[0, 0, 0]
    place, word = place_and_word(before, [(after, goes)], counted)
    cells = [(2, 1), (3, 1), (3, 2)]
    assert place[0, 0] == pytest.approx(np.corrcoef([a[c] for c in cells], [b[c] for c in cells])[0, 1], abs=1e-5)
    followed = [(q, k) for q, k in cells if goes[k] < goes[q]]
    assert followed == [(3, 2)]
    assert np.isnan(word[0, 0])  # of one cell there is no correlation


def test_a_head_that_is_equal_everywhere_has_no_number():
    even = run([[1] * 4])
    place, word = place_and_word(even, [(even, np.array([1, 0, 2, 3]))], np.ones(4, bool))
    assert np.isnan(place).all() and np.isnan(word).all()


def test_heads_are_listed_by_which_way_they_lean():
    info = model_info(1, 4)
    place = np.array([[0.9, 0.1, 0.5, np.nan]], np.float32)
    word = np.array([[0.0, 0.8, 0.5, 0.1]], np.float32)
    of = PlaceWord(info, place, word, 16)
    assert strongest(of, by_place=True) == [(0, 0), (0, 2), (0, 1)]
    assert strongest(of, by_place=False) == [(0, 1), (0, 2), (0, 0)]
    table = place_word_table(of, [(0, 1)])
    assert table["head"] == ["Layer1_Head2"] and table["index"] == ["L0H1"]
    assert table["place"] == pytest.approx([0.1]) and table["word"] == pytest.approx([0.8])
    with pytest.raises(ValueError, match="read-only"):
        of.place[0, 0] = 1
