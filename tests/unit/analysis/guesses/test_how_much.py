"""A guess at a number: which cell is asked about, when a guess is right, and what luck would give."""

from dataclasses import replace

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.guesses import how_much
from viz.analysis.guesses.how_much import judge, question
from viz.analysis.guesses.score import Score
from viz.analysis.views.viewed import viewed
from viz.view import View

WEIGHTS = [[0.5, 0.3, 0.1, 0.1], [0.25, 0.25, 0.25, 0.25], [0.9, 0.1, 0.0, 0.0], [0.05, 0.05, 0.1, 0.8]]


def run(weights=None, **fields):
    shown = np.array([[[weights or WEIGHTS]]], dtype=np.float32)
    return hand_made.run([[1, 1, 1, 1]], batch_fields={"tokens": (tuple("abcd"),)}, attentions=shown, **fields)


@pytest.mark.parametrize("query", range(4))
def test_one_of_the_three_that_get_most_is_asked_about(query):
    asked = question(run(), 0, 0, 0, query)
    assert asked.key in np.argsort(-np.array(WEIGHTS[query]), kind="stable")[:3]
    assert asked.share == pytest.approx(WEIGHTS[query][asked.key])
    assert asked == question(run(), 0, 0, 0, query)
    assert how_much.asked_in_words(asked) == (
        f"How many percent of its attention does '{'abcd'[query]}' give to '{'abcd'[asked.key]}'?"
    )
    assert how_much.rule_said(asked).startswith("Right within 5 points. The key is one of the 3 that get most")


def test_five_points_off_is_right_and_six_are_not():
    asked = question(run(), 0, 0, 0, 1)  # 0.25, whichever key is drawn
    assert [judge(asked, guess).hit for guess in (19, 20, 25, 30, 31)] == [False, True, True, True, False]
    assert how_much.said(asked, judge(asked, 12)) == f"'b' gives '{asked.key_name}' 25.0%; you said 12%."
    assert how_much.said(asked, judge(asked, 27)) == f"Right: 'b' gives '{asked.key_name}' 25.0%; you said 27%."


def test_luck_is_the_share_of_the_maps_cells_that_are_as_near():
    asked = question(run(), 0, 0, 0, 1)
    # Within 0.05 of 0.25: the four of b's row and the 0.3 of a's, of 16 cells.
    assert asked.luck == pytest.approx(5 / 16)
    assert how_much.luck_said(asked) == (
        "Of all cells of this map 31% lie within 5 points of this one: that is what luck would give."
    )
    assert Score().counting(judge(asked, 90)) == Score(hits=0, n=1, luck=asked.luck)


def test_cells_that_cannot_be_looked_at_are_no_luck():
    weights = [[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0.5, 0.25, 0.25, 0], [0.25] * 4]
    asked = question(run(weights, model=hand_made.model_info(causal=True)), 0, 0, 0, 1)
    assert asked.n_top == 2
    assert asked.luck == pytest.approx(3 / 10)  # 0.5 twice in its own row and once below, of 1 + 2 + 3 + 4 cells


def test_a_contribution_is_asked_about_as_a_share_of_its_row():
    of = run()
    of.maps["self"] = replace(of.maps["self"], value_norms=np.array([[[[1, 2, 1, 1]]]], dtype=np.float32))
    seen, at = viewed(of, 0, View(contribution=True))
    asked = question(seen, at, 0, 0, 0)
    brought = np.array([0.5, 0.6, 0.1, 0.1])
    assert asked.share == pytest.approx(brought[asked.key] / 1.3)
    assert how_much.asked_in_words(asked).startswith("How many percent of all that this head adds to 'a'")
