"""Other orders of a text: who goes where, what is allowed, and what is said of it."""

import numpy as np
import pytest

from tests.hand_made import model_info, run
from viz.analysis.positions.orders import moved, order_said, places, shifted
from viz.errors import NothingToShuffle, PositionsBeyondTable

MOVABLE = np.array([False, True, True, True, True, False])


@pytest.mark.parametrize("seed", range(20))
def test_a_shuffle_moves_only_what_is_movable_and_something_always(seed):
    goes = places(MOVABLE, seed)
    assert sorted(goes.tolist()) == list(range(6)) and (goes[[0, 5]] == [0, 5]).all()
    assert (goes != np.arange(6)).any()


def test_a_seed_gives_the_same_shuffle_and_others_give_others():
    assert places(MOVABLE, 3).tolist() == places(MOVABLE, 3).tolist()
    assert len({tuple(places(MOVABLE, seed)) for seed in range(300)}) == 23  # all orders of four but the usual one


def test_two_words_change_places():
    assert places(np.array([False, True, True]), 0).tolist() == [0, 2, 1]


def test_one_word_alone_cannot():
    with pytest.raises(NothingToShuffle, match="that can change places: 1 "):
        places(np.array([False, True, False]), 0)


def test_values_go_where_their_tokens_go():
    assert moved(np.array(["a", "b", "c"], dtype=object), np.array([2, 0, 1])).tolist() == ["b", "c", "a"]


def test_positions_are_shifted_where_there_is_a_token():
    positions, real = np.array([[0, 0, 1, 2]]), np.array([[False, True, True, True]])
    assert shifted(positions, real, 5, model_info(max_positions=8)).tolist() == [[0, 5, 6, 7]]


@pytest.mark.parametrize("shift", [6, -1, 10**9])
def test_positions_beyond_the_table_are_refused_with_what_is_allowed(shift):
    with pytest.raises(PositionsBeyondTable, match=r"hand-made has 0 to 7\. Move it by 0 to 5\."):
        shifted(np.array([[0, 1, 2]]), np.ones((1, 3), bool), shift, model_info(max_positions=8))


def maps(*weights) -> np.ndarray:
    return np.array(weights, dtype=np.float32)[None, None]


def test_what_moved_is_said_in_shares():
    info = model_info(1, 2)
    before = run([[1, 1]], model=info, attentions=maps([[1, 0], [0, 1]], [[0.5, 0.5], [0.5, 0.5]]))
    after = run([[1, 1]], model=info, attentions=maps([[0, 1], [0, 1]], [[0.5, 0.5], [0.3, 0.7]]))
    assert order_said(before, after) == (
        "Of their attention the heads gave 30% elsewhere on average, place by place; most moved Layer1_Head1 · L0H0 "
        "(50%)."
    )
    assert order_said(before, before).startswith("No weight of any head moved, to the last bit: hand-made did not")
    nearly = run([[1, 1]], model=info, attentions=maps([[1, 0], [0, 1]], [[0.500001, 0.499999], [0.5, 0.5]]))
    assert order_said(before, nearly).startswith("Nothing moved but the last digits (by 1e-06 at most)")
