"""What is read out of a map: the run's own numbers, and names that count from one."""

import numpy as np

from tests import hand_made
from viz.analysis.maps.cell_map import of_head
from viz.analysis.masks.cells import CAUSAL, PADDING, VISIBLE


def some_run(real: list[int], **fields):
    n = len(real)
    weights = np.random.default_rng(3).random((1, 1, 2, n, n), dtype=np.float32)
    return hand_made.run([real], model=hand_made.model_info(1, 2, **fields), attentions=weights)


def test_numbers_are_the_runs_own_and_names_count_from_one():
    run = some_run([1, 1, 1])
    of = of_head(run, 0, 0, 1)
    np.testing.assert_array_equal(of.values, run.attentions[0, 0, 1])
    assert (of.rows, of.columns) == (("1 t0", "2 t1", "3 t2"),) * 2
    assert (of.title, of.row_name, of.column_name) == ("Layer1_Head2 · L0H1", "query", "key")
    assert of.shape == (3, 3) and of.on_itself and of.are_shares


def test_a_cell_without_a_number_has_a_state():
    causal = of_head(some_run([1, 1, 1], causal=True), 0, 0, 0)
    assert causal.states[0].tolist() == [VISIBLE, CAUSAL, CAUSAL] and np.isnan(causal.values[0, 1:]).all()
    padded = of_head(some_run([1, 1, 0]), 0, 0, 0)
    assert set(padded.states[2].tolist()) == {PADDING} and np.isnan(padded.values[:, 2]).all()
    assert padded.padding is not None and padded.padding[1].tolist() == [False, False, True]


def test_of_cross_attention_rows_are_the_targets_and_special_tokens_the_sources():
    tokens = (("w", "[SEP]", "x"),)
    run = hand_made.translation([[1, 1, 1]], [[1, 1]], source={"tokens": tokens})
    of = of_head(run, 0, 0, 0, kind="cross")
    assert of.rows == ("1 w0", "2 w1") and of.columns == ("1 w", "2 [SEP]", "3 x")
    assert of.special is not None and of.special.tolist() == [False, True, False] and not of.on_itself
