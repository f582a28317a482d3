"""Rows that do not sum to 1 are counted and the furthest one is named; rows that are no attention count nowhere."""

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.row_sums import row_sums


def test_even_rows_are_shares():
    found = row_sums(hand_made.run([[1, 1, 1], [1, 1, 0]], model=hand_made.model_info(2, 3)), "self")
    assert (found.n_rows, found.n_off, found.are_shares) == (2 * 3 * 5, 0, True)
    assert found.furthest == pytest.approx(1)


def test_rows_that_are_off_are_counted_and_the_furthest_is_named():
    weights = np.full((2, 2, 3, 3, 3), 1 / 3, np.float32)
    weights[0, 1, 2, 0] = [0.5, 0.5, 0.1]
    weights[0, 0, 1, 2] = [0.2, 0.0, 0.05]
    weights[1, 0, 0, 2] = 0  # a row of padding
    found = row_sums(
        hand_made.run([[1, 1, 1], [1, 1, 0]], model=hand_made.model_info(2, 3), attentions=weights), "self"
    )
    assert (found.n_rows, found.n_off) == (30, 2)
    assert found.furthest == pytest.approx(0.25)
    assert (found.row, found.layer, found.head, found.query) == (0, 0, 1, 2)


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_rounding_is_no_fault(kind):
    scores = np.random.default_rng(4).normal(size=(1, 2, 3, 40, 40)) * 3
    weights = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    run = hand_made.run(
        [[1] * 40], model=hand_made.model_info(2, 3), attentions=weights.astype(kind).astype(np.float32)
    )
    assert row_sums(run, "self").are_shares


def test_a_row_that_may_look_at_nothing_counts_nowhere():
    allowed = np.ones((1, 1, 2, 2), dtype=bool)
    allowed[0, 0, 0] = False
    weights = np.array([[[[[0, 0], [0.5, 0.5]]]]], np.float32)
    found = row_sums(hand_made.run([[1, 1]], attentions=weights, allowed=allowed), "self")
    assert (found.n_rows, found.n_off) == (1, 0)


def test_each_kind_has_its_own():
    cross = np.full((1, 1, 2, 2, 3), 0.2, np.float32)
    run = hand_made.translation([[1, 1, 1]], [[1, 1]], cross=cross)
    assert row_sums(run, "encoder").are_shares
    assert (row_sums(run, "cross").n_off, row_sums(run, "cross").furthest) == (4, pytest.approx(0.6))
