"""Sentences about masks, held against numbers written out here."""

import math

import numpy as np

from tests import hand_made
from tests.unit.analysis.batches.test_losses import batch, way
from tests.unit.analysis.batches.test_same_alone import checked
from tests.unit.analysis.masks.test_stages import hidden_keys, run_of
from viz.analysis.batches.training import FourWays, Lesson, Unpadded
from viz.analysis.openings import masks


def test_a_check_says_its_worst_prompt_and_how_many_are_the_same():
    said = masks.same_alone(checked(1e-6, 2.5, 0.0))
    assert said[0] == "Here 3 prompts are run twice: each alone, and all in one batch."
    assert said[2:] == [
        "Prompt 2 differs most: there a logit of its answer moves by up to 2.50.",
        "Up to 0.001 it is rounding and counts as the same: 2 of 3.",
    ]


def test_what_a_mask_adds_and_the_softmax_of_the_open_row_are_said():
    run = run_of(added=hidden_keys(1, fill=-100.0), given_mask=np.array([[True, False, True]]))
    said = masks.inside(run, 0, 0, 0, 1)
    weight = math.exp(3.02) / (math.exp(2.31) + math.exp(3.02))  # 0.67
    assert said == [
        "Text 1 has 3 places; 1 of them may be looked at by no token of it.",
        "The mask adds 0 to a score where a token may look, and down to -100 where it may not.",
        "Row of 't1' in Layer1_Head1 · L0H0: its largest weight is on 't2', where the score 3.02 plus 0 of the mask "
        f"became {weight:.2f} by the softmax.",
    ]


def test_without_a_mask_nothing_is_added_and_without_scores_nothing_is_said_of_it():
    assert masks.inside(run_of(), 0, 0, 0, 0)[1] == "To the scores of this layer the mask adds nothing."
    assert masks.inside(hand_made.run([[1, 0]]), 0, 0, 0, 0) == [
        "Text 1 has 2 places; 1 of them may be looked at by no token of it."
    ]


def test_three_masks_have_the_sizes_of_source_and_target():
    (said,) = masks.two_stacks(hand_made.translation([[1, 1]], [[1, 1, 1]]))
    assert "The encoder's is of 2 x 2 places, the decoder's own of 3 x 3" in said
    assert "between the two stands one of 3 x 2" in said


def test_a_training_batch_is_counted_by_what_is_seen_and_scored():
    right, wrong = way(2.0), way(4.5, mask_given=False, padding_scored=True)
    four = FourWays(batch(), (right, way(5.0, padding_scored=True), way(2.75, mask_given=False), wrong), None)
    run = hand_made.run([[1, 1, 1], [1, 1, 0]])
    lesson = Lesson(four, Unpadded(1.5, np.array([1.5, np.nan]), np.array([2, 0]), False), run, run)
    assert masks.training(lesson) == [
        "The training batch is a table of 2 x 3 places (sentences x tokens). The model sees 5 of them "
        "(attention_mask 1), and its loss scores 2 (a label that is not -100).",
        "Of the scored places 1 read [MASK]: 50%.",
        "The loss is the mean of -log p over the scored places: 2.000 with the mask given and padding left out, 4.500 "
        "with neither.",
    ]
