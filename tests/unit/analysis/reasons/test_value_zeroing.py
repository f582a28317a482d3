"""Value zeroing read off its record: rows that sum to 1, layers multiplied, a table."""

import numpy as np

from tests import hand_made
from viz.analysis.reasons.value_zeroing import ValueZeroing, table

DISTANCES = np.array([[[0.1, 0.3], [0, 0]], [[0.2, 0.2], [0.1, 0.4]]], dtype=np.float32)


def made() -> ValueZeroing:
    return ValueZeroing(hand_made.model_info(2), ("slow", "turtle"), np.array([True, True]), DISTANCES.copy())


def test_rows_are_divided_by_their_sums_and_a_row_that_nothing_moves_stays():
    np.testing.assert_allclose(made().shares(0), [[0.25, 0.75], [0, 0]], atol=1e-6)
    np.testing.assert_allclose(made().shares(1), [[0.5, 0.5], [0.2, 0.8]], atol=1e-6)
    assert not made().distances.flags.writeable


def test_layers_are_multiplied_the_last_one_first():
    # [[.5, .5], [.2, .8]] @ [[.25, .75], [0, 0]]
    np.testing.assert_allclose(made().rollout(), [[0.125, 0.375], [0.05, 0.15]], atol=1e-6)


def test_the_table_lists_what_moves_anything_largest_share_first():
    listed = table(made(), 0)
    assert (listed["query"], listed["key"]) == (["slow", "slow"], ["turtle", "slow"])
    assert (listed["query_position"], listed["key_position"]) == ([1, 1], [2, 1])
    assert listed["layer"] == ["Layer1", "Layer1"]
    np.testing.assert_allclose(listed["share"], [0.75, 0.25], atol=1e-6)
    np.testing.assert_allclose(listed["cosine_distance"], [0.3, 0.1], atol=1e-6)
