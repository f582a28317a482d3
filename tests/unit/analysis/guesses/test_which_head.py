"""A guess at a head: which are offered, about which key, and what a guess is worth."""

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.guesses import which_head
from viz.analysis.guesses.which_head import judge, question
from viz.analysis.views.viewed import viewed
from viz.view import View

# One row, of query x over keys x, y, z, in each of 2 x 2 heads.
ROWS = {
    (0, 0): [0.5, 0.3, 0.2],
    (0, 1): [0.2, 0.6, 0.2],
    (1, 0): [0.4, 0.1, 0.5],
    (1, 1): [0.1, 0.15, 0.75],
}


def of_rows(rows=None, n_layers: int = 2, n_heads: int = 2, **fields):
    """Build a run whose heads have these rows for every query."""
    rows = rows or ROWS
    maps = np.zeros((1, n_layers, n_heads, 3, 3), dtype=np.float32)
    for (layer, head), row in rows.items():
        maps[0, layer, head] = row
    model = hand_made.model_info(n_layers, n_heads, causal=fields.pop("causal", False))
    return hand_made.run(
        [[1, 1, 1]], model=model, batch_fields={"tokens": (("x", "y", "z"),)}, attentions=maps, **fields
    )


def test_the_key_is_where_the_best_head_is_furthest_ahead():
    asked = question(of_rows(), 0, 0, 0, 0)
    # Ahead of the second: 0.5 - 0.4 at x, 0.6 - 0.3 at y, 0.75 - 0.5 at z.
    assert (asked.query_name, asked.key_name) == ("x", "y")
    assert asked.places == ((0, 0), (0, 1), (1, 0), (1, 1))
    assert asked.weights == pytest.approx((0.3, 0.6, 0.1, 0.15))
    assert which_head.asked_in_words(asked) == "Which of these 4 heads looks most from 'x' at 'y'?"


def test_a_guess_is_ranked_and_all_heads_are_told():
    asked = question(of_rows(), 0, 0, 0, 0)
    missed, right = judge(asked, (1, 1)), judge(asked, (0, 1))
    assert (missed.hit, missed.rank, missed.luck) == (False, 3, 1 / 4)
    assert which_head.said(asked, missed) == (
        "Layer2_Head2 gives 'y' 0.15; the most is 0.60, by Layer1_Head2. Rank 3 of 4. All of them: Layer1_Head1 0.300, "
        "Layer1_Head2 0.600, Layer2_Head1 0.100, Layer2_Head2 0.150."
    )
    assert right.hit
    assert which_head.said(asked, right).startswith("Right: Layer1_Head2 gives 'y' 0.60, the most of 4.")


def test_of_many_heads_four_are_offered_the_open_one_among_them_and_always_the_same():
    rng = np.random.default_rng(0)
    rows = {place: rng.dirichlet([1, 1, 1]) for place in np.ndindex(6, 12)}
    run = of_rows(rows, 6, 12)
    asked = question(run, 0, 3, 10, 1)
    assert len(asked.places) == len(set(asked.places)) == 4
    assert (3, 10) in asked.places
    assert asked == question(of_rows(rows, 6, 12), 0, 3, 10, 1)
    assert asked.places != question(run, 0, 3, 10, 2).places


def test_the_best_is_as_often_the_open_head_as_luck_has_it():
    rng = np.random.default_rng(1)
    rows = {place: rng.dirichlet([1, 1, 1]) for place in np.ndindex(10, 20)}
    run = of_rows(rows, 10, 20)
    found = [(place, question(run, 0, *place, 0)) for place in np.ndindex(10, 20)]
    n_open = sum(judge(asked, place).hit for place, asked in found)
    assert 30 <= n_open <= 70  # 50 of 200 expected; beyond 20 off is 3 deviations


def test_a_head_without_numbers_is_not_offered_and_one_alone_is_no_choice():
    rows = ROWS | {(1, 0): [np.nan] * 3}
    assert question(of_rows(rows), 0, 0, 0, 0).places == ((0, 0), (0, 1), (1, 1))
    assert question(of_rows({(0, 0): [0.5, 0.3, 0.2]}, 1, 1), 0, 0, 0, 0) is None


def test_heads_whose_layer_sees_other_keys_are_not_offered():
    allowed = np.ones((1, 2, 3, 3), dtype=bool)
    allowed[0, 1, 0, 2] = False
    run = of_rows(allowed=allowed)
    assert question(run, 0, 0, 0, 0).places == ((0, 0), (0, 1))
    assert len(question(run, 0, 0, 0, 1).places) == 4


def test_joined_heads_are_asked_about_by_what_was_joined():
    seen, at = viewed(of_rows(), 0, View(combined="heads"))
    asked = question(seen, at, 0, 0, 0)
    assert asked.names == ("Layer1", "Layer2")
    # Means over the heads: 0.35, 0.45, 0.2 and 0.25, 0.125, 0.625: furthest apart at z.
    assert (asked.key_name, asked.weights) == ("z", pytest.approx((0.2, 0.625)))
    seen, at = viewed(of_rows(), 0, View(combined="all"))
    assert question(seen, at, 0, 0, 0) is None
