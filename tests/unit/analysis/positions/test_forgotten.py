"""A batch without position_ids beside the right one: where prompts stood and what is said of it."""

import numpy as np

from tests.hand_made import run
from viz.analysis.batches.same_alone import BatchCheck, PromptCheck
from viz.analysis.positions.forgotten import compare, forgotten_said


def check(position_ids, words) -> BatchCheck:
    made = run([[1, 1, 1], [0, 0, 1]], batch_fields={"position_ids": np.array(position_ids)})
    prompts = tuple(
        PromptCheck(0.5, 1, alone, batch, 0.4, 0.1, 0.0, None, tuple(ids))
        for (alone, batch), ids in zip(words, position_ids, strict=True)
    )
    return BatchCheck(made, prompts, 1e-3)


def test_places_and_words_are_paired():
    told = check([[0, 1, 2], [0, 0, 0]], [("a", "a"), ("b", "b")])
    counted = check([[0, 1, 2], [0, 1, 2]], [("a", "a"), ("b", "c")])
    first, second = compare(told, counted)
    assert (first.told, first.counted, first.places) == ((0, 2), (0, 2), 0)
    assert (second.told, second.counted, second.places) == ((0, 0), (2, 2), 2)
    assert (second.word_told, second.word_counted) == ("b", "c")
    assert forgotten_said([first, second]) == (
        "Without position_ids the tokens of the shortest prompt stood 2 places too far, and 1 of 2 prompts have "
        "another best word."
    )


def test_prompts_of_one_length_stand_where_they_should():
    told = check([[0, 1, 2], [0, 0, 0]], [("a", "a"), ("b", "b")])
    assert forgotten_said(compare(told, told)).startswith("No token stood elsewhere")
