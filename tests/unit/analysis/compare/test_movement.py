"""An edit leaves some positions in place: those are paired, and heads are compared there."""

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.compare import comparison, movement
from viz.analysis.compare.comparison import edited

CLS, SEP, MASK = 101, 102, 103


def run_of(ids: list[int], *, left: int = 0, right: int = 0, attentions=None, readouts=(), n_heads: int = 1):
    """Build a run of one text with padding (id 0) on either side."""
    model = hand_made.model_info(n_heads=n_heads, vocabulary=("a",))
    return hand_made.run(
        [[0] * left + [1] * len(ids) + [0] * right],
        model=model,
        batch_fields={"input_ids": np.array([[0] * left + ids + [0] * right])},
        **({} if attentions is None else {"attentions": np.array(attentions, dtype=np.float32)}),
        readouts=np.array([[0, position] for position in readouts], dtype=np.int64).reshape(-1, 2),
        readout_logits=np.zeros((len(readouts), 1), dtype=np.float32),
    )


def pairs(before, after) -> list[tuple[int, int]]:
    return [(*pair.before, *pair.after) for pair in comparison.by_place(before, after).pairs]


def test_the_same_text_shares_every_position():
    run = run_of([CLS, 5, 6, SEP])
    assert pairs(run, run) == [(0, 0), (1, 1), (2, 2), (3, 3)]


def test_a_word_replaced_by_one_word_keeps_every_position():
    assert pairs(run_of([CLS, 5, 6, 7, SEP]), run_of([CLS, 5, 9, 7, SEP])) == [(i, i) for i in range(5)]


def test_a_word_replaced_by_three_pieces_shares_what_lies_around_them():
    before, after = run_of([CLS, 5, 6, 7, SEP]), run_of([CLS, 5, 90, 91, 92, 7, SEP])
    assert pairs(before, after) == [(0, 0), (1, 1), (3, 5), (4, 6)]


def test_three_pieces_replaced_by_a_word_share_what_lies_around_them():
    before, after = run_of([CLS, 5, 90, 91, 92, 7, SEP]), run_of([CLS, 5, 6, 7, SEP])
    assert pairs(before, after) == [(0, 0), (1, 1), (5, 3), (6, 4)]


def test_two_words_replaced_by_three_share_only_the_ends():
    before, after = run_of([CLS, 5, 6, SEP]), run_of([CLS, 7, 8, 9, SEP])
    assert pairs(before, after) == [(0, 0), (3, 4)]


def test_a_word_doubled_is_paired_once():
    assert pairs(run_of([CLS, 5, SEP]), run_of([CLS, 5, 5, SEP])) == [(0, 0), (1, 1), (2, 3)]


def test_texts_with_nothing_in_common_share_nothing():
    assert pairs(run_of([5, 6]), run_of([7, 8, 9])) == []


@pytest.mark.parametrize("left, right", [(2, 0), (0, 2), (1, 1)])
def test_padding_moves_positions_and_is_never_paired(left, right):
    before, after = run_of([CLS, 5, SEP], left=left, right=right), run_of([CLS, 6, 7, SEP])
    assert pairs(before, after) == [(left, 0), (left + 2, 3)]


def test_a_real_token_with_the_id_of_padding_is_a_token():
    before, after = run_of([0, 5, 0], left=1, right=1), run_of([0, 5, 0])
    assert pairs(before, after) == [(1, 0), (2, 1), (3, 2)]


def test_readouts_at_the_same_place_are_paired():
    before = run_of([CLS, MASK, 5, MASK, SEP], readouts=[1, 3])
    after = run_of([CLS, MASK, 8, 9, MASK, SEP], readouts=[1, 4])
    assert comparison.shared_readouts(before, after) == [(0, 0), (1, 1)]


def test_a_mask_that_was_replaced_has_no_partner_and_the_other_keeps_its_own():
    before = run_of([CLS, MASK, 5, MASK, SEP], readouts=[1, 3])
    after = run_of([CLS, 6, 5, MASK, SEP], readouts=[3])
    assert comparison.shared_readouts(before, after) == [(1, 0)]


def test_readouts_of_other_texts_of_a_batch_are_not_paired():
    run = hand_made.run(
        [[1, 1], [1, 1]],
        model=hand_made.model_info(vocabulary=("a",)),
        readouts=np.array([[0, 1], [1, 0], [1, 1]]),
        readout_logits=np.zeros((3, 1), dtype=np.float32),
    )
    assert comparison.shared_readouts(run, run, row=0) == [(0, 0)]
    assert comparison.shared_readouts(run, run, row=1) == [(1, 1), (2, 2)]


def test_the_difference_is_after_minus_before():
    before = run_of([1, 2], attentions=[[[[[0.75, 0.25], [0.5, 0.5]]]]])
    after = run_of([1, 3], attentions=[[[[[0.25, 0.75], [0.5, 0.5]]]]])
    assert movement.difference(edited(before, after), 0, 0).tolist() == [[-0.5, 0.5], [0.0, 0.0]]


def test_the_difference_is_of_the_asked_head():
    before = run_of([1], n_heads=2, attentions=[[[[[1.0]], [[1.0]]]]])
    after = run_of([1], n_heads=2, attentions=[[[[[1.0]], [[0.25]]]]])
    assert movement.difference(edited(before, after), 0, 0).tolist() == [[0.0]]
    assert movement.difference(edited(before, after), 0, 1).tolist() == [[-0.75]]


def test_the_difference_pairs_rows_and_columns_around_a_longer_word():
    before = run_of([1, 2, 3], attentions=[[[[[0.5, 0.0, 0.5], [0, 1, 0], [0.25, 0.5, 0.25]]]]])
    after = run_of(
        [1, 8, 9, 3],
        attentions=[[[[[0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0], [0, 1, 0, 0], [0.5, 0.0, 0.0, 0.5]]]]],
    )
    assert movement.difference(edited(before, after), 0, 0).tolist() == [[-0.25, -0.25], [0.25, 0.25]]


def test_a_head_whose_attention_went_elsewhere_has_moved_by_one_and_one_that_stayed_by_nothing():
    before = run_of([1, 2], n_heads=2, attentions=[[[[[1, 0], [1, 0]], [[0.5, 0.5], [1, 0]]]]])
    after = run_of([1, 2], n_heads=2, attentions=[[[[[0, 1], [0, 1]], [[0.5, 0.5], [1, 0]]]]])
    moved = movement.head_changes(edited(before, after))
    assert moved.tolist() == [[1.0, 0.0]]
    assert moved.dtype == np.float32


def test_a_heads_change_is_half_the_moved_weight_averaged_over_queries():
    before = run_of([1, 2], attentions=[[[[[0.75, 0.25], [0.5, 0.5]]]]])
    after = run_of([1, 2], attentions=[[[[[0.25, 0.75], [0.5, 0.5]]]]])
    # query 0: (0.5 + 0.5) / 2 = 0.5; query 1: 0; mean 0.25
    assert movement.head_changes(edited(before, after)).tolist() == [[0.25]]


def test_padding_takes_no_part_in_a_heads_change():
    before = run_of([1, 2], right=1, attentions=[[[[[0.75, 0.25, 0], [0.5, 0.5, 0], [1, 0, 0]]]]])
    after = run_of([1, 2], left=1, attentions=[[[[[1, 0, 0], [0, 0.25, 0.75], [0, 0.5, 0.5]]]]])
    assert movement.head_changes(edited(before, after)).tolist() == [[0.25]]


def test_every_layer_and_head_has_its_change():
    model = hand_made.model_info(n_layers=3, n_heads=2)
    run = hand_made.run([[1, 1]], model=model)
    assert movement.head_changes(edited(run, run)).shape == (3, 2)


def looking(weights: list, told: list[bool]):
    """Build a run of one text of a causal model that is told which keys it may look at."""
    maps = np.array([[[weights]]], dtype=np.float32)
    return hand_made.run(
        [[1] * 3], model=hand_made.model_info(causal=True), attentions=maps, given_mask=np.array([told])
    )


def test_a_row_that_may_look_at_nothing_moves_nowhere_and_a_hidden_key_is_a_change():
    before = looking([[1, 0, 0], [0.5, 0.5, 0], [0.25, 0.25, 0.5]], [True, True, True])
    after = looking([[1 / 3] * 3, [0, 1, 0], [0, 0.5, 0.5]], [False, True, True])
    for one, other, sign in ((before, after, 1), (after, before, -1)):
        moved = movement.difference(edited(one, other), 0, 0)
        assert np.isnan(moved[0]).all()
        assert (moved[1, :2] * sign).tolist() == [-0.5, 0.5]
        assert np.isnan(moved[1, 2])  # a later key: neither run sees it
        assert (moved[2] * sign).tolist() == [-0.25, 0.25, 0]
        # query 1: (0.5 + 0.5) / 2; query 2: (0.25 + 0.25) / 2; query 0 does not count
        assert movement.head_changes(edited(one, other)).tolist() == [[(0.5 + 0.25) / 2]]
        assert movement.compared_queries(edited(one, other), 0).tolist() == [False, True, True]


def test_where_no_query_may_look_at_anything_no_head_has_a_change():
    nothing = looking([[1 / 3] * 3] * 3, [False] * 3)
    assert np.isnan(movement.head_changes(edited(nothing, nothing))).all()
