"""Every cell of a map has one state: visible exactly where its layer lets a real query look."""

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.masks import additive
from viz.analysis.masks.cells import (
    CAUSAL,
    HIDDEN,
    NOTHING,
    PADDING,
    VISIBLE,
    WINDOW,
    cell_states,
    padding_mass,
    row_states,
)
from viz.analysis.masks.let_through import allowed_by_weights

CAUSAL_MODEL = hand_made.model_info(causal=True)


def states(attention_mask: list[int], **fields) -> list[list[int]]:
    """Name the cells of the only text of a run, in its first layer."""
    return cell_states(hand_made.run([attention_mask], **fields), 0)[0].tolist()


def test_every_cell_between_real_tokens_is_visible():
    assert states([1, 1]) == [[VISIBLE] * 2] * 2


def test_cells_are_uint8_and_one_map_a_row():
    found = cell_states(hand_made.run([[1, 1, 1], [1, 1, 0]]), 0)
    assert found.shape == (2, 3, 3)
    assert found.dtype == np.uint8


def test_padding_greys_its_rows_and_columns_on_either_side():
    right, left = [VISIBLE, VISIBLE, PADDING], [PADDING, VISIBLE, VISIBLE]
    assert states([1, 1, 0]) == [right, right, [PADDING] * 3]
    assert states([0, 1, 1]) == [[PADDING] * 3, left, left]


def test_a_causal_model_has_an_empty_triangle_and_padding_wins_over_it():
    assert states([1, 1, 0], model=CAUSAL_MODEL) == [
        [VISIBLE, CAUSAL, PADDING],
        [VISIBLE, VISIBLE, PADDING],
        [PADDING, PADDING, PADDING],
    ]


def test_a_hidden_key_is_hidden_from_every_query_and_a_mask_per_query_hides_single_cells():
    assert states([1, 1, 1], given_mask=np.array([[True, False, True]])) == [[VISIBLE, HIDDEN, VISIBLE]] * 3
    told = np.array([[[True, False], [True, True]]])
    assert states([1, 1], given_mask=told) == [[VISIBLE, HIDDEN], [VISIBLE, VISIBLE]]


def test_a_later_key_stays_causal_when_a_person_hides_it_too():
    told = np.array([[True, False]])
    assert states([1, 1], model=CAUSAL_MODEL, given_mask=told) == [[VISIBLE, CAUSAL], [VISIBLE, HIDDEN]]


def test_padding_wins_over_hidden():
    told = np.array([[False, True, False]])
    assert states([1, 1, 0], given_mask=told) == [
        [HIDDEN, VISIBLE, PADDING],
        [HIDDEN, VISIBLE, PADDING],
        [PADDING, PADDING, PADDING],
    ]


def test_cells_are_not_causal_where_the_model_added_nothing_at_later_keys():
    told = np.array([[[True, False, True], [True] * 3, [True] * 3]])
    lifted = {"model": CAUSAL_MODEL, "given_mask": told, "additive_mask": additive.additive_mask(told)}
    assert states([1, 1, 1], **lifted) == [[VISIBLE, HIDDEN, VISIBLE], [VISIBLE] * 3, [VISIBLE] * 3]
    kept = additive.additive_mask(np.ones((1, 3)), causal=True)
    assert states([1, 1, 1], model=CAUSAL_MODEL, additive_mask=kept) == [
        [VISIBLE, CAUSAL, CAUSAL],
        [VISIBLE, VISIBLE, CAUSAL],
        [VISIBLE, VISIBLE, VISIBLE],
    ]


def test_a_query_that_may_look_at_nothing_has_a_row_of_its_own_and_padding_wins_over_it():
    told = np.array([[False, True, True, False]])
    assert states([1, 1, 1, 0], model=CAUSAL_MODEL, given_mask=told) == [
        [NOTHING, NOTHING, NOTHING, PADDING],
        [HIDDEN, VISIBLE, CAUSAL, PADDING],
        [HIDDEN, VISIBLE, VISIBLE, PADDING],
        [PADDING, PADDING, PADDING, PADDING],
    ]


def windows() -> np.ndarray:
    """Let the first layer look at all before, the second at itself and the one before."""
    near = np.tri(4, dtype=bool) & ~np.tri(4, k=-2, dtype=bool)
    return np.stack([np.tri(4, dtype=bool), near])[None]


def test_what_a_layers_window_leaves_out_is_named_in_that_layer_only():
    run = hand_made.run([[1] * 4], model=hand_made.model_info(2, causal=True), allowed=windows())
    assert cell_states(run, 0)[0, 3].tolist() == [VISIBLE] * 4
    assert cell_states(run, 1)[0].tolist() == [
        [VISIBLE, CAUSAL, CAUSAL, CAUSAL],
        [VISIBLE, VISIBLE, CAUSAL, CAUSAL],
        [WINDOW, VISIBLE, VISIBLE, CAUSAL],
        [WINDOW, WINDOW, VISIBLE, VISIBLE],
    ]
    both = row_states(run, 0)
    assert [(both[layer] == cell_states(run, layer)[0]).all() for layer in (0, 1)] == [True, True]


def test_a_hidden_key_outside_the_window_is_hidden_and_one_that_empties_it_leaves_nothing():
    told = np.array([[True, True, False, False]])
    told_too = windows() & told[:, None, None]
    run = hand_made.run([[1] * 4], model=hand_made.model_info(2, causal=True), given_mask=told, allowed=told_too)
    assert cell_states(run, 0)[0, 3].tolist() == [VISIBLE, VISIBLE, HIDDEN, HIDDEN]
    assert cell_states(run, 1)[0, 3].tolist() == [NOTHING] * 4
    assert cell_states(run, 1)[0, 2].tolist() == [WINDOW, VISIBLE, HIDDEN, CAUSAL]


def test_the_mass_on_padding_is_a_mean_over_queries_that_may_look_at_something():
    weights = np.array([[0.2, 0.3, 0.5], [0.4, 0.5, 0.1], [0, 0, 1]], np.float32).reshape(1, 1, 1, 3, 3)
    run = hand_made.run([[1, 1, 0]], attentions=weights, given_mask=np.ones((1, 3), dtype=bool))
    assert padding_mass(run)[0, 0, 0] == pytest.approx((0.5 + 0.1) / 2)
    only_second = np.array([[[[False] * 3, [True] * 3, [True] * 3]]])
    run = hand_made.run([[1, 1, 0]], attentions=weights, allowed=only_second)
    assert padding_mass(run)[0, 0, 0] == pytest.approx(0.1)


TOLD = np.tri(3, dtype=bool)[None, None]


def read(*heads: list[list[float]], told: np.ndarray = TOLD) -> list[list[bool]]:
    """Read off the weights of one layer what it let through."""
    return allowed_by_weights(np.array(heads, np.float32)[None, None], told)[0, 0].tolist()


def test_what_no_head_gives_any_weight_was_not_let_through():
    first, second = [[1, 0, 0], [0, 1, 0], [0, 0.5, 0.5]], [[1, 0, 0], [0.1, 0.9, 0], [0, 0.2, 0.8]]
    assert read(first, second) == [[True, False, False], [True, True, False], [False, True, True]]


def test_a_row_spread_evenly_over_hidden_keys_too_was_let_look_at_nothing():
    assert read([[1, 0, 0], [0, 0.5, 0.5], [0.2, 0.3, 0.5]])[1] == [False] * 3
    assert read([[1 / 3] * 3, [0.5, 0.5, 0], [0.2, 0.3, 0.5]], told=TOLD & [False, True, True])[0] == [False] * 3


def test_a_row_that_was_told_nothing_is_allowed_nothing_whatever_its_weights():
    assert read([[0.2, 0.3, 0.5], [0.5, 0.5, 0], [0.2, 0.3, 0.5]], told=TOLD & [False, True, True])[0] == [False] * 3


def test_a_model_that_looks_where_it_was_told_not_to_is_shown_as_it_is():
    assert read([[1, 0, 0], [0.2, 0.3, 0.5], [0.2, 0.3, 0.5]])[1] == [True] * 3
