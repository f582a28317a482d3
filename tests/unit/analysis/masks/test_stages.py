"""The stages from scores to attention, and the arithmetic of one cell written out."""

import math

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.masks import additive
from viz.analysis.masks.hiding import Hiding
from viz.analysis.masks.stages import arithmetic, matrix_stages, stages
from viz.errors import ScoresNotKept

SCORES = np.array([[1.0, 2.0, 3.0], [2.31, -1.5, 3.02], [0.5, 0.25, -4.0]], dtype=np.float32)


def run_of(scores: np.ndarray = SCORES, added: np.ndarray | None = None, **fields):
    """Build a run of one layer and one head whose attention is the softmax of its scores and mask."""
    n = len(scores)
    attention = additive.softmax(scores if added is None else scores + added)
    values = {"scores": scores[None, None, None].copy(), "attentions": attention[None, None, None].astype(np.float32)}
    kept = None if added is None else added[None, None].astype(np.float32)
    return hand_made.run([[1] * n], additive_mask=kept, **(values | fields))


def hidden_keys(*keys: int, fill: float | str = "min") -> np.ndarray:
    shown = np.ones((1, 3))
    shown[0, list(keys)] = 0
    return additive.additive_mask(shown, fill=fill)[0, 0]


def test_stages_of_one_query_are_rows_over_the_keys():
    added = hidden_keys(1, fill=-100.0)
    shown = stages(run_of(added=added), 0, 0, 0, 1)
    assert shown.tokens == ("t0", "t1", "t2")
    np.testing.assert_array_equal(shown.scores, SCORES[1])
    assert shown.added.tolist() == [0, -100, 0]
    np.testing.assert_allclose(shown.total, [2.31, -101.5, 3.02], rtol=1e-6)
    both = math.exp(2.31) + math.exp(3.02)
    expected = [math.exp(2.31) / both, 0, math.exp(3.02) / both]
    np.testing.assert_allclose(shown.attention, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(shown.recomputed, expected, rtol=0, atol=1e-6)
    assert shown.largest_difference < 1e-6
    assert not shown.nothing_added


def test_stages_of_a_head_are_maps():
    shown = matrix_stages(run_of(added=hidden_keys(0)), 0, 0, 0)
    for stage in (shown.scores, shown.added, shown.total, shown.attention, shown.recomputed):
        assert stage.shape == (3, 3)
    np.testing.assert_array_equal(shown.total[2], stages(run_of(added=hidden_keys(0)), 0, 0, 0, 2).total)


def test_where_the_model_added_nothing_zeros_are_shown_and_it_is_said():
    shown = stages(run_of(), 0, 0, 0, 0)
    assert shown.nothing_added
    assert shown.added.tolist() == [0, 0, 0]
    np.testing.assert_array_equal(shown.total, SCORES[0])


def test_each_layer_shows_the_mask_that_was_added_there():
    model = hand_made.model_info(n_layers=2)
    maps = np.zeros((1, 2, 1, 3, 3), dtype=np.float32)
    added = np.stack([hidden_keys(0), hidden_keys(2)])[None]
    run = hand_made.run([[1, 1, 1]], model=model, scores=maps, attentions=maps.copy(), additive_mask=added)
    for layer, key in ((0, 0), (1, 2)):
        assert np.flatnonzero(stages(run, 0, layer, 0, 1).added).tolist() == [key]


def test_an_attention_that_is_not_the_softmax_is_noticed():
    wrong = np.full((1, 1, 1, 3, 3), 1 / 3, dtype=np.float32)
    expected = math.exp(3) / (math.exp(1) + math.exp(2) + math.exp(3)) - 1 / 3
    assert stages(run_of(attentions=wrong), 0, 0, 0, 0).largest_difference == pytest.approx(expected, abs=1e-6)


def test_no_number_in_both_is_no_difference_and_in_one_it_is():
    added = hidden_keys(0, 1, 2, fill="-inf")
    assert stages(run_of(added=added), 0, 0, 0, 0).largest_difference == 0
    numbers = np.full((1, 1, 1, 3, 3), 1 / 3, dtype=np.float32)
    assert math.isnan(stages(run_of(added=added, attentions=numbers), 0, 0, 0, 0).largest_difference)


def test_a_run_in_another_number_type_is_added_and_softmaxed_in_it():
    added = hidden_keys(1, fill=-9984.0)  # what bfloat16 holds of -1e4
    shown = stages(run_of(added=added), 0, 0, 0, 1, hiding=Hiding(-1e4, "bfloat16"))
    assert shown.total.tolist() == [2.3125, -9984.0, 3.015625]
    both = math.exp(2.3125) + math.exp(3.015625)
    np.testing.assert_allclose(shown.recomputed, [math.exp(2.3125) / both, 0, math.exp(3.015625) / both], rtol=2**-8)
    assert (shown.recomputed == additive.rounded(shown.recomputed, "bfloat16")).all()


def test_scores_are_rounded_before_the_value_is_added():
    # 2.516625 is 2.515625 in bfloat16; less 10 it lies halfway between -7.46875 and -7.5, and goes to the even one.
    row, added = np.full((1, 1), 2.516625, dtype=np.float32), np.full((1, 1), -10.0, dtype=np.float32)
    assert stages(run_of(row, added), 0, 0, 0, 0, hiding=Hiding(-10.0, "bfloat16")).total.tolist() == [-7.5]


@pytest.mark.parametrize("show", [lambda run: stages(run, 0, 0, 0, 0), lambda run: matrix_stages(run, 0, 0, 0)])
def test_a_run_without_scores_is_refused_with_the_reasons_and_what_to_do(show):
    with pytest.raises(ScoresNotKept, match=r"hand-made \(1 x 3 tokens\): the text is too long .* headlight-bert or"):
        show(hand_made.run([[1, 1, 1]]))


def written(scores: list[float], added: list[float], key: int) -> str:
    row = np.tile(np.array(scores, dtype=np.float32), (len(scores), 1))
    mask = np.tile(np.array(added, dtype=np.float32), (len(scores), 1))
    return arithmetic(stages(run_of(row, mask), 0, 0, 0, 0), key)


LOWEST = float(np.finfo(np.float32).min)


@pytest.mark.parametrize(
    "scores, added, key, expected",
    [
        # exp(-0.71) = 0.49164, and 1 + 0.49164 + exp(-4.52) = 0.01089 makes 1.50253
        ([2.31, -1.5, 3.02], [0, 0, 0], 0, "exp(2.31 + 0 − 3.02) / Σ = 0.4916 / 1.503 = 0.3272"),
        ([2.31, -1.5, 3.02], [0, 0, 0], 1, "exp(−1.5 + 0 − 3.02) / Σ = 0.01089 / 1.503 = 0.007247"),
        ([2.31, -1.5, 3.02], [0, LOWEST, 0], 2, "exp(3.02 + 0 − 3.02) / Σ = 1 / 1.492 = 0.6704"),
        ([2.31, -1.5, 3.02], [0, LOWEST, 0], 1, "exp(−1.5 − 3.403e38 − 3.02) / Σ = 0 / 1.492 = 0"),
        ([2.31, -1.5, 3.02], [0, -math.inf, 0], 1, "exp(−1.5 − ∞ − 3.02) / Σ = 0 / 1.492 = 0"),
        ([2.31, -1.5, 3.02], [0, -1e4, 0], 1, "exp(−1.5 − 1e4 − 3.02) / Σ = 0 / 1.492 = 0"),
        ([2.31, -1.5, 3.02], [0, -9984, 0], 1, "exp(−1.5 − 9984 − 3.02) / Σ = 0 / 1.492 = 0"),
        # exp(-1.5 - 1 - 3.02) = exp(-5.52) = 0.0040059
        ([2.31, -1.5, 3.02], [0, -1, 0], 1, "exp(−1.5 − 1 − 3.02) / Σ = 0.004006 / 1.496 = 0.002678"),
        ([-2.0, -3.0], [0, 0], 1, "exp(−3 + 0 + 2) / Σ = 0.3679 / 1.368 = 0.2689"),
        ([900.0, 899.0], [0, 0], 0, "exp(900 + 0 − 900) / Σ = 1 / 1.368 = 0.7311"),
        ([2.31, -1.5], [LOWEST, LOWEST], 0, "2.31 − 3.403e38 = −3.403e38; exp(−3.403e38 + 3.403e38) / Σ = 1 / 2 = 0.5"),
        ([2.31, -1.5], [-math.inf, -math.inf], 0, "exp(2.31 − ∞ + ∞) / Σ = NaN / NaN = NaN"),
        ([math.nan, 1.0], [0, 0], 1, "exp(1 + 0 + NaN) / Σ = NaN / NaN = NaN"),
    ],
)
def test_the_arithmetic_of_a_cell_is_written_out(scores, added, key, expected):
    assert written(scores, added, key) == expected


def test_scores_at_minus_ten_thousand_keep_their_part_in_float32_and_lose_it_in_float16():
    assert written([2.0, 1.0], [-1e4, -1e4], 0) == "exp(2 − 1e4 + 9998) / Σ = 1 / 1.368 = 0.7311"
    row, mask = np.array([[2.0, 1.0]] * 2, dtype=np.float32), np.full((2, 2), -1e4, dtype=np.float32)
    lost = stages(run_of(row, mask), 0, 0, 0, 0, hiding=Hiding(-1e4, "float16"))
    assert arithmetic(lost, 1) == "1 − 1e4 = −1e4; exp(−1e4 + 1e4) / Σ = 1 / 2 = 0.5"
