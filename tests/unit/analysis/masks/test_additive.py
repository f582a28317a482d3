"""Masks: 0/1 becomes what is added to scores, and scores become attention."""

import math

import numpy as np
import pytest

from viz.analysis.masks import additive
from viz.analysis.masks.hiding import DTYPES, Hiding
from viz.errors import UnknownHiding, WrongShape

LOWEST = float(np.finfo(np.float32).min)


def test_a_mask_per_key_is_given_to_every_query():
    added = additive.additive_mask(np.array([[1, 1, 0], [0, 1, 1]]))
    assert added.shape == (2, 1, 3, 3)
    for query in range(3):
        assert added[0, 0, query].tolist() == [0, 0, LOWEST]
        assert added[1, 0, query].tolist() == [LOWEST, 0, 0]


def test_a_mask_per_query_and_key_stays_as_it_is():
    added = additive.additive_mask(np.array([[[1, 0], [0, 1]]]))
    assert added.shape == (1, 1, 2, 2)
    assert added[0, 0].tolist() == [[0, LOWEST], [LOWEST, 0]]


def test_a_causal_mask_hides_every_later_key():
    added = additive.additive_mask(np.ones((1, 3)), causal=True, fill=-1.0)
    assert added[0, 0].tolist() == [[0, -1, -1], [0, 0, -1], [0, 0, 0]]


def test_causality_and_padding_hide_together_and_are_never_added_twice():
    added = additive.additive_mask(np.array([[0, 1, 1]]), causal=True)
    assert added[0, 0].tolist() == [[LOWEST, LOWEST, LOWEST], [LOWEST, 0, LOWEST], [LOWEST, 0, 0]]
    assert np.isfinite(added).all()


def test_causality_narrows_a_mask_per_query():
    told = np.array([[[1, 1, 1], [0, 1, 1], [1, 1, 1]]])
    added = additive.additive_mask(told, causal=True, fill=-5.0)
    assert added[0, 0].tolist() == [[0, -5, -5], [-5, 0, -5], [0, 0, 0]]


def test_each_fill_is_what_is_added_at_a_hidden_key():
    fills = {"min": LOWEST, "-inf": -math.inf, -1e4: -10_000.0, -100: -100.0, 0.0: 0.0}
    for fill, hidden in fills.items():
        assert additive.additive_mask(np.array([[1, 0]]), fill=fill)[0, 0].tolist() == [[0, hidden], [0, hidden]]


def test_a_mask_has_the_asked_dtype_whatever_its_fill_and_min_is_its_smallest_number():
    for dtype, lowest in ((np.float16, -65504.0), (np.float32, LOWEST), (np.float64, -1.7976931348623157e308)):
        assert float(additive.additive_mask(np.array([[1, 0]]), dtype=dtype)[0, 0, 0, 1]) == lowest
        for fill in ("min", "-inf", -1e4, -100):
            assert additive.additive_mask(np.array([[1, 0]]), fill=fill, dtype=dtype).dtype == dtype


def test_a_mask_is_float32_unless_asked_otherwise():
    assert additive.additive_mask(np.array([[True, False]])).dtype == np.float32


def test_a_mask_with_one_or_four_axes_is_refused():
    for shape in ((3,), (1, 1, 3, 3)):
        with pytest.raises(WrongShape, match=r"attention_mask has the shape .* must be \[B, T\] or \[B, Q, K\]"):
            additive.additive_mask(np.ones(shape))


def test_softmax_divides_each_exponential_by_their_sum():
    row = additive.softmax(np.array([[0.0, math.log(2), math.log(5)]]))
    np.testing.assert_allclose(row, [[1 / 8, 2 / 8, 5 / 8]], rtol=1e-12)


def test_each_row_has_a_softmax_of_its_own():
    rows = additive.softmax(np.array([[0.0, 0.0], [0.0, math.log(3)]]))
    np.testing.assert_allclose(rows, [[1 / 2, 1 / 2], [1 / 4, 3 / 4]], rtol=1e-12)


def test_large_scores_do_not_overflow():
    np.testing.assert_allclose(additive.softmax(np.array([[10_000.0, 10_000.0]])), [[0.5, 0.5]])


def test_a_row_of_small_scores_is_not_lost_beside_a_row_of_large_ones():
    scores = np.array([[0.0, math.log(3)], [10_000.0, 10_000.0]])
    np.testing.assert_allclose(additive.softmax(scores), [[1 / 4, 3 / 4], [1 / 2, 1 / 2]], rtol=1e-12)


def test_a_hidden_key_gets_exactly_nothing_and_the_others_share_its_part():
    scores = np.array([[[[0.0, 7.0, math.log(3)]] * 3]], dtype=np.float32)
    for fill in ("min", "-inf", -1e4):
        attention = additive.softmax(scores, additive.additive_mask(np.array([[1, 0, 1]]), fill=fill))
        assert attention.shape == (1, 1, 3, 3)
        assert (attention[..., 1] == 0).all()
        np.testing.assert_allclose(attention[0, 0, 0], [1 / 4, 0, 3 / 4], rtol=1e-6)


def test_a_row_with_every_key_hidden_by_minus_infinity_is_not_a_number():
    added = additive.additive_mask(np.array([[0, 0]]), fill="-inf")
    assert np.isnan(additive.softmax(np.array([[1.0, 2.0]], dtype=np.float32), added)).all()


def test_a_row_with_every_key_hidden_by_the_smallest_number_is_uniform():
    added = additive.additive_mask(np.array([[0, 0, 0, 0]]), fill="min")
    scores = np.array([[1.0, -2.0, 3.0, 0.5]], dtype=np.float32)
    assert (additive.softmax(scores, added) == 0.25).all()


def test_a_row_with_every_key_hidden_by_minus_ten_thousand_is_as_if_nothing_were_hidden():
    added = additive.additive_mask(np.array([[0, 0]]), fill=-1e4)
    attention = additive.softmax(np.array([[0.0, math.log(3)]], dtype=np.float32), added)
    np.testing.assert_allclose(attention[0, 0], [[1 / 4, 3 / 4]] * 2, atol=1e-3)


def test_what_hides_is_a_value_and_a_number_type_and_can_be_a_key():
    for fill, dtype in (("min", "float32"), ("-inf", "bfloat16"), (-1e4, "float16"), (-1, "float32"), (0.0, "float32")):
        assert {Hiding(fill, dtype): 1}[Hiding(fill, dtype)] == 1


def test_what_cannot_hide_is_refused_with_what_can():
    for fill in ("max", "-1", math.nan, -math.inf, None):
        with pytest.raises(UnknownHiding, match="Give min, -inf or a number, and one of float32, float16, bfloat16"):
            Hiding(fill, "float32")
    with pytest.raises(UnknownHiding, match="in float64"):
        Hiding("min", "float64")


ROUNDED = [  # a value, as float16 and as bfloat16 hold it
    (0.0, 0.0, 0.0),
    (-1e4, -10_000.0, -9984.0),
    (-1e9, -math.inf, -998_244_352.0),
    (-math.inf, -math.inf, -math.inf),
    (LOWEST, -math.inf, -math.inf),  # float32's smallest lies nearer to infinity than to bfloat16's smallest
    (-65519.0, -65504.0, -65536.0),
    (1 + 2**-11, 1.0, 1.0),  # a tie in float16 goes to even
    (1 + 2**-8, 1 + 2**-8, 1.0),  # a tie in bfloat16 goes to even
    (1 + 3 * 2**-8, 1 + 3 * 2**-8, 1 + 2**-6),
    (2.31, 2.310546875, 2.3125),
]


def test_a_number_is_rounded_as_a_type_holds_it():
    for value, float16, bfloat16 in ROUNDED:
        numbers = np.array([value, -value], dtype=np.float32)
        for dtype, expected in (("float32", numbers[0]), ("float16", float16), ("bfloat16", bfloat16)):
            held = additive.rounded(numbers, dtype)
            assert held.dtype == np.float32
            assert held.tolist() == [expected, -expected], (value, dtype)


def test_what_is_no_number_stays_none():
    assert all(np.isnan(additive.rounded(np.array([math.nan, -math.nan]), dtype)).all() for dtype in DTYPES)
