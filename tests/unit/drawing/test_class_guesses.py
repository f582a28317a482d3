"""A class's guesses are drawn as they were counted, beside the weights, tokens as text, the largest weight framed."""

import numpy as np

from viz.drawing.class_guesses import MOST_TOKENS, head_counts, token_bars


def test_bars_stand_beside_each_other_in_the_order_of_the_text():
    figure = token_bars(["the (1)", "<b>", "cat"], np.array([0.25, 0.0, 0.75]), np.array([0.1, 0.6, 0.3]))
    guesses, weights = figure.data
    assert list(guesses.y) == list(weights.y) == ["the (1)", "&lt;b&gt;", "cat"]
    assert list(guesses.x) == [0.25, 0.0, 0.75]
    assert list(weights.x) == [0.1, 0.6, 0.3]
    assert list(guesses.text) == ["25%", "0%", "75%"]
    assert list(weights.text) == ["0.10", "0.60", "0.30"]


def test_of_many_tokens_those_with_the_most_guesses_or_weight_are_drawn():
    n = MOST_TOKENS + 10
    shares, weights = np.zeros(n), np.linspace(0.1, 0.2, n)
    shares[0] = 1
    figure = token_bars([f"t{at}" for at in range(n)], shares, weights)
    assert list(figure.data[0].y) == ["t0", *(f"t{at}" for at in range(11, n))]


def test_heads_hold_their_counts_and_the_largest_weights_are_framed():
    counts, weights = np.array([[0, 3], [1, 0]]), np.array([[0.1, 0.7], [0.7, np.nan]])
    figure = head_counts(counts, weights)
    cells, numbers = figure.data
    np.testing.assert_array_equal(cells.z, counts)
    assert [(x, y, n) for x, y, n in zip(numbers.x, numbers.y, numbers.text)] == [("2", "1", "3"), ("1", "2", "1")]
    assert [(shape.x0, shape.y0) for shape in figure.layout.shapes] == [(0.5, -0.5), (-0.5, 0.5)]
    assert cells.customdata[0][1] == "Layer1_Head2 · L0H1: named by 3, weight 0.7000"
    assert cells.customdata[1][1] == "Layer2_Head2 · L1H1: named by 0"


def test_a_claim_has_no_frame():
    assert not head_counts(np.zeros((2, 2), dtype=int), None).layout.shapes
