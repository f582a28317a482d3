"""A choice of layers becomes the mask of its row; the other rows keep theirs."""

import numpy as np

from tests import hand_made
from viz.analysis.masks.by_hand import to_address
from viz.analysis.masks.choice import MaskChoice, chosen_layers, told

BATCH = hand_made.batch([[1, 1, 1], [1, 1, 0]])


def test_without_a_change_the_model_is_told_nothing():
    made = told(MaskChoice(row=1), BATCH, causal_model=True)
    assert made.given_mask is None and not made.see_later and made.leave_out == ()


def test_hidden_tokens_close_their_column_in_the_chosen_row_only():
    made = told(MaskChoice(row=0, hidden=(1,)), BATCH, causal_model=False)
    assert made.given_mask.astype(int).tolist() == [[[1, 0, 1]] * 3, [[1, 1, 0]] * 3]


def test_layers_multiply():
    cells = np.ones((3, 3), dtype=bool)
    cells[2, 0] = False
    made = told(MaskChoice(row=0, causal=True, window=1, cells=to_address(cells)), BATCH, causal_model=False)
    assert made.given_mask[0].astype(int).tolist() == [[1, 0, 0], [1, 1, 0], [0, 1, 1]]


def test_a_causal_model_may_see_later_keys_in_the_chosen_row_only():
    made = told(MaskChoice(row=0, causal=False), BATCH, causal_model=True)
    assert made.see_later
    assert made.given_mask[0].all()
    assert made.given_mask[1].astype(int).tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 0]]


def test_padding_is_opened_by_leaving_the_mask_out():
    made = told(MaskChoice(row=1, padding=False), BATCH, causal_model=False)
    assert made.leave_out == ("attention_mask",)
    assert made.given_mask[1].all()
    assert made.given_mask[0].all()


def test_layers_are_named_and_only_the_chosen_ones_are_there():
    assert list(chosen_layers(MaskChoice(), BATCH, causal_model=True)) == ["padding", "causal"]
    assert list(chosen_layers(MaskChoice(padding=False, only_self=True), BATCH, causal_model=False)) == ["self"]
