"""Sentences about runs and models, held against numbers written out here."""

import numpy as np

from tests import hand_made
from tests.unit.analysis.compare.test_comparison import run_of
from viz.analysis.compare.comparison import compared
from viz.analysis.compare.movement import head_changes
from viz.analysis.openings import runs
from viz.errors import Reason
from viz.listing import ListedModel


def test_a_run_says_its_texts_and_maps():
    assert runs.saved(hand_made.run([[1, 1, 1]] * 2)) == [
        "This run of hand-made holds 2 texts, in a table of 3 tokens each.",
        "Maps of each text, layers x heads: Self-attention 1 x 1.",
    ]
    assert runs.saved(hand_made.translation([[1, 1]], [[1, 1]]))[1].endswith(
        "Encoder 1 x 2; Decoder 1 x 2; Cross-attention 1 x 2."
    )


def test_two_runs_are_counted_by_pairs_and_the_head_that_moved_most_is_named():
    before = run_of("the cat", [[[[1, 0], [1, 0]]]])
    after = run_of("the cat sat", [[[[0, 1, 0], [1, 0, 0], [1, 0, 0]]]])
    of = compared(before, after)
    first, second = runs.compare(of, head_changes(of))
    assert first.endswith("2 pairs, 0 of A and 1 of B without a partner.")
    # "the" moved its all from itself to cat (1), "cat" moved nothing: the mean is 0.5.
    assert second == (
        "Maps compared: 1. 0 means that a head looks as in A, 1 that it looks nowhere at the same: most moved "
        "Layer1_Head1 · L0H0, by 0.50."
    )
    assert len(runs.compare(of, np.full((1, 1), np.nan))) == 1


def test_models_are_counted_by_place():
    there = [
        ListedModel("a", "shipped"),
        ListedModel("b", "shipped"),
        ListedModel("c", "hub", problem=Reason("it has no weights")),
    ]
    assert runs.models(there) == [
        "3 models are on this computer: 2 shipped with Headlight, 0 in folders, 1 from the Hub.",
        "1 of them cannot be opened; its card says why.",
    ]
