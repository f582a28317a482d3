"""A check says in one sentence what its numbers say; what is no number is never the same."""

import math
from dataclasses import FrozenInstanceError

import pytest

from tests import hand_made
from viz.analysis.batches.same_alone import (
    TOLERANCE,
    BatchCheck,
    Mistakes,
    PromptCheck,
    Speed,
    difference_text,
    verdict,
)


def prompt(difference: float) -> PromptCheck:
    return PromptCheck(difference, 1, "a", "b", 0.5, 0.25, 0.0, None, (0, 1))


def checked(*differences: float) -> BatchCheck:
    run = hand_made.run([[1, 1]] * len(differences))
    return BatchCheck(run=run, prompts=tuple(map(prompt, differences)), tolerance=TOLERANCE)


@pytest.mark.parametrize(
    "difference, same",
    [(0.0, True), (1e-6, True), (1e-3, True), (1.01e-3, False), (5.0, False), (math.inf, False), (math.nan, False)],
)
def test_a_prompt_is_the_same_up_to_a_thousandth_and_never_if_it_is_no_number(difference, same):
    assert prompt(difference).same is same
    assert checked(0.0, difference).same is same


@pytest.mark.parametrize(
    "differences, row", [((1.0, 3.0, 2.0), 1), ((2.0, 2.0), 0), ((9.0, math.nan, 10.0), 1), ((math.nan, 1.0), 0)]
)
def test_the_largest_difference_is_that_of_the_worst_prompt(differences, row):
    check = checked(*differences)
    assert check.worst_row == row
    assert check.largest_difference is differences[row]


@pytest.mark.parametrize(
    "difference, written",
    [
        (0.0, "0"),
        (3.1e-6, "3.1e-6"),
        (3.14159e-6, "3.1e-6"),
        (9.99e-6, "1.0e-5"),
        (1e-3, "1.0e-3"),
        (2.5e-12, "2.5e-12"),
        (0.01, "0.01"),
        (0.236, "0.24"),
        (2.4149, "2.41"),
        (14.7, "14.70"),
        (math.inf, "inf"),
        (math.nan, "nan"),
    ],
)
def test_a_difference_is_written_in_two_digits_where_it_is_small(difference, written):
    assert difference_text(difference) == written


@pytest.mark.parametrize(
    "differences, said",
    [
        ((1e-6, 3.1e-6, 0.0), "All 3 prompts answer as they do alone (largest difference 3.1e-6)."),
        ((0.0, 4.87, 0.5), "2 of 3 prompts answer differently than alone (largest difference 4.87, prompt 2)."),
        ((0.002, 0.0), "1 of 2 prompts answers differently than alone (largest difference 2.0e-3, prompt 1)."),
        ((0.0, math.nan), "1 of 2 prompts answers differently than alone (largest difference nan, prompt 2)."),
        ((0.0,), "One prompt has no padding: it is compared with itself (largest difference 0)."),
    ],
)
def test_the_verdict_is_one_sentence(differences, said):
    assert verdict(checked(*differences)) == said


def test_mistakes_key_a_cache_and_none_is_made_unless_asked_for():
    assert Mistakes() == Mistakes(no_attention_mask=False, no_position_ids=False, right_padding=False, pad_word=None)
    assert {Mistakes(pad_word="the"): 1}[Mistakes(pad_word="the")] == 1
    assert (
        len(
            {Mistakes(), Mistakes(no_attention_mask=True), Mistakes(no_position_ids=True), Mistakes(right_padding=True)}
        )
        == 4
    )
    with pytest.raises(FrozenInstanceError):
        Mistakes().pad_word = "the"


def test_speed_counts_real_tokens_only():
    speed = Speed(seconds_alone=0.5, seconds_batch=0.2, n_rounds=5, n_real=30, n_padding=10)
    assert speed.tokens_per_second_alone == 60
    assert speed.tokens_per_second_batch == pytest.approx(150)
    assert speed.padding_share == 0.25
