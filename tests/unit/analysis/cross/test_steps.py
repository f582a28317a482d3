"""A target is written row by row: the row at a position writes the token behind it."""

import math

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.cross.steps import Step, standing, steps, target_text

MODEL = hand_made.model_info(1, 2, vocabulary=("a", "b", "c"))


def run(target_mask: list[list[int]], readouts=(), logits=None, **fields):
    n = len(readouts)
    return hand_made.translation(
        [[1, 1]] * len(target_mask),
        target_mask,
        model=MODEL,
        readouts=np.array(readouts, dtype=np.int64).reshape(n, 2),
        readout_logits=np.zeros((n, 3), dtype=np.float32) if logits is None else np.array(logits, dtype=np.float32),
        **fields,
    )


def test_each_row_writes_the_token_behind_it_and_the_last_one_the_end():
    found = steps(run([[1, 1, 1]], [(0, 0), (0, 1), (0, 2)]), 0)
    assert found == (Step(0, 1, 0), Step(1, 2, 1), Step(2, None, 2))


def test_padding_is_no_step_and_read_outs_are_those_of_the_row():
    two = run([[1, 1, 0], [1, 1, 1]], [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)])
    assert steps(two, 0) == (Step(0, 1, 0), Step(1, None, 1))
    assert steps(two, 1) == (Step(0, 1, 2), Step(1, 2, 3), Step(2, None, 4))


def test_padding_in_front_is_no_step_either():
    assert steps(run([[0, 1, 1]]), 0) == (Step(1, 2, None), Step(2, None, None))


def test_the_token_that_stands_there_is_ranked_over_the_whole_vocabulary():
    # Logits ln 1, ln 2, ln 5 have the shares 1/8, 2/8, 5/8; b, the token of id 1, stands behind the start token.
    one = run([[1, 1]], [(0, 0), (0, 1)], [[math.log(1), math.log(2), math.log(5)], [0, 0, 0]])
    found = standing(one, 0, steps(one, 0)[0])
    assert found is not None
    assert (found.rank, found.token_id, found.token) == (2, 1, "b")
    assert found.probability == pytest.approx(2 / 8, abs=1e-6)


def test_equal_scores_are_ranked_in_the_order_of_their_ids():
    even = run([[1, 1]], [(0, 0), (0, 1)])
    found = standing(even, 0, steps(even, 0)[0])
    assert found is not None
    assert found.rank == 2


def test_nothing_stands_at_the_end_and_a_file_without_scores_ranks_nothing():
    whole, bare = run([[1, 1]], [(0, 0), (0, 1)]), run([[1, 1]])
    assert standing(whole, 0, steps(whole, 0)[-1]) is None
    assert standing(bare, 0, steps(bare, 0)[0]) is None


def test_the_text_of_a_target_is_its_own_or_else_its_tokens():
    typed = run([[1, 1, 0]], target={"texts": ("Un café",)})
    assert target_text(typed, 0) == "Un café"
    object.__setattr__(typed, "target", None)
    assert target_text(typed, 0) == "w0 w1"
