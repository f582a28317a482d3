"""What changed, in words and as a table."""

import numpy as np

from tests.unit.analysis.compare.test_comparison import run_of
from viz.analysis.compare.comparison import compared
from viz.analysis.compare.tables import change_table, describe_change


def test_heads_are_listed_most_changed_first_and_what_is_no_number_is_left_out():
    changes = np.array([[0.125, np.nan], [0.5, 0.25]], dtype=np.float32)
    assert change_table(changes) == {
        "head": ["Layer2_Head1", "Layer2_Head2", "Layer1_Head1"],
        "index": ["L1H0", "L1H1", "L0H0"],
        "moved": [0.5, 0.25, 0.125],
    }


def test_the_links_that_changed_most_are_said_with_their_sign():
    before = run_of("the cat the", [[[[1, 0, 0], [0.25, 0.5, 0.25], [0, 0, 1]]]])
    after = run_of("the cat the", [[[[1, 0, 0], [0.25, 0.125, 0.625], [0, 0, 1]]]])
    said = describe_change(compared(before, after), 0, 0)
    assert said in (
        "Changed most: cat → cat -0.38; cat → the (3) +0.38.",
        "Changed most: cat → the (3) +0.38; cat → cat -0.38.",
    )


def test_a_word_in_pieces_is_named_whole():
    before = run_of("a playing", [[[[1, 0], [1, 0]]]])
    after = run_of("a play ##ing", [[[[0.5, 0.25, 0.25], [1, 0, 0], [1, 0, 0]]]])
    assert describe_change(compared(before, after), 0, 0, n_links=1) == "Changed most: a → a -0.50."
    assert "a → play ##ing +0.50" in describe_change(compared(before, after), 0, 0)


def test_a_head_that_did_not_move_and_one_without_a_pair_say_so():
    same = run_of("a", [[[[1]]]])
    for other in (same, run_of("b", [[[[1]]]])):
        assert describe_change(compared(same, other), 0, 0) == "No link of this head changed."
