"""Cells of three kinds of attention have their states: the target's queries over the source's keys too."""

import numpy as np

from tests import hand_made
from viz.analysis.masks.cells import CAUSAL, HIDDEN, NOTHING, PADDING, VISIBLE, cell_states, is_causal, row_states

V, C, P, X = VISIBLE, CAUSAL, PADDING, HIDDEN


def test_the_cells_of_a_batch_padded_on_both_sides():
    run = hand_made.translation([[0, 1, 1]], [[1, 1, 0, 0]])
    assert cell_states(run, 0, "encoder")[0].tolist() == [[P, P, P], [P, V, V], [P, V, V]]
    assert cell_states(run, 0, "decoder")[0].tolist() == [[V, C, P, P], [V, V, P, P], [P] * 4, [P] * 4]
    assert cell_states(run, 0, "cross")[0].tolist() == [[P, V, V], [P, V, V], [P] * 3, [P] * 3]


def test_a_row_of_a_batch_has_the_states_of_the_batch():
    run = hand_made.translation([[0, 1, 1], [1, 1, 1]], [[1, 1], [1, 0]])
    for kind in ("encoder", "decoder", "cross"):
        for row in (0, 1):
            np.testing.assert_array_equal(row_states(run, row, kind)[0], cell_states(run, 0, kind)[row])


def test_a_source_word_that_is_hidden_is_hidden_from_the_target_too():
    run = hand_made.translation([[1, 1, 1]], [[1, 1]], given_mask=np.array([[True, False, True]]))
    for kind in ("encoder", "cross"):
        run.maps[kind].allowed.flags.writeable = True
        run.maps[kind].allowed[..., 1] = False
    assert cell_states(run, 0, "cross")[0].tolist() == [[V, X, V]] * 2
    assert cell_states(run, 0, "encoder")[0].tolist() == [[V, X, V]] * 3
    assert cell_states(run, 0, "decoder")[0].tolist() == [[V, C], [V, V]]


def test_a_mask_for_each_source_query_hides_from_the_target_what_no_query_may_see():
    given = np.array([[[True, False, False], [True, True, False], [True, False, False]]])
    run = hand_made.translation([[1, 1, 1]], [[1, 1]], given_mask=given)
    run.maps["cross"].allowed.flags.writeable = True
    run.maps["cross"].allowed[..., 1:] = False
    found = cell_states(run, 0, "cross")[0]
    assert found[:, 2].tolist() == [X, X]
    assert found[:, 1].tolist() != [X, X]  # some query of the source may look there


def test_a_target_that_may_look_at_nothing_has_rows_of_nothing():
    run = hand_made.translation([[1, 1]], [[1, 1]])
    run.maps["cross"].allowed.flags.writeable = True
    run.maps["cross"].allowed[..., 1, :] = False
    assert cell_states(run, 0, "cross")[0].tolist() == [[V, V], [NOTHING, NOTHING]]


def test_only_a_decoder_and_a_causal_model_of_one_stack_read_from_left_to_right():
    run = hand_made.translation([[1, 1]], [[1, 1]])
    assert [is_causal(run, kind) for kind in ("encoder", "decoder", "cross")] == [False, True, False]
    assert is_causal(hand_made.run([[1, 1]], model=hand_made.model_info(causal=True)))
    assert not is_causal(hand_made.run([[1, 1]]))
