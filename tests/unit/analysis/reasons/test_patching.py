"""A patch is set between the two texts' own answers: 0 = as the first, 1 = as the second."""

import numpy as np
import pytest

from tests.hand_made import model_info
from viz.analysis.reasons.patching import Patched, patch_table, strongest
from viz.errors import WrongShape


def made(what: str = "heads", **fields) -> Patched:
    """Make a board of one layer, two heads (or tokens) and both at once; A answers +3, B answers -1."""
    values = {
        "model": model_info(1, 2),
        "what": what,
        "tokens": (("a", "b"), ("c", "b")),
        "readout": 1,
        "words": ("yes", "no"),
        "position": None,
        "logits": np.array([[[3.0, 0.0], [2.0, 3.0], [1.0, 4.0]]]),
        "probabilities": np.array([[[0.9, 0.0], [0.2, 0.7], [0.0, 0.9]]]),
        "end_logits": np.array([[4.0, 1.0], [1.0, 2.0]]),
        "end_probabilities": np.array([[0.9, 0.0], [0.2, 0.6]]),
    }
    return Patched(**values | fields)


def test_shifts_are_differences_of_logit_differences_and_shares_go_from_one_text_to_the_other():
    board = made()
    assert board.ends == (3.0, -1.0)
    assert board.differences.tolist() == [[3.0, -1.0, -3.0]]
    assert board.shifts.tolist() == [[0.0, -4.0, -6.0]]
    assert board.shares.tolist() == [[0.0, 1.0, 1.5]]  # further than B is more than 1


def test_texts_that_answer_alike_have_no_way():
    board = made(end_logits=np.array([[4.0, 1.0], [5.0, 2.0]]))
    assert not board.has_way and np.isnan(board.shares).all()
    assert patch_table(board)["share_of_way"] == [None] * 3


def test_the_strongest_are_single_patches_that_moved_the_answer_furthest_either_way():
    assert strongest(made(), 5) == [(0, 1), (0, 0)]


def test_the_table_has_a_row_a_patch_named_after_what_was_put_in():
    table = patch_table(made())
    assert table["head"] == ["Layer1_Head1", "Layer1_Head2", "Layer1 all"]
    assert table["index"] == ["L0H0", "L0H1", "L0 all"]
    assert table["shift"] == [0.0, -4.0, -6.0] and table["probability_rival"] == [0.0, 0.7, 0.9]
    table = patch_table(made("states"))
    assert table["layer"] == ["Layer1"] * 3 and table["position"] == [1, 2, "all"]
    assert table["token_a"] == ["a", "b", "all"] and table["token_b"] == ["c", "b", "all"]
    assert table["difference"] == [3.0, -1.0, -3.0] and table["logit_answer"] == [3.0, 2.0, 1.0]


def test_a_board_of_another_shape_is_refused_and_none_can_be_written():
    with pytest.raises(WrongShape):
        made(logits=np.zeros((1, 2, 2)))
    with pytest.raises(ValueError, match="read-only"):
        made().logits[0] = 0
