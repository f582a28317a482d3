"""Sentences about texts, held against numbers written out here."""

import math

import numpy as np
import pytest

from tests import hand_made
from tests.unit.analysis.positions.test_position_tables import made as table
from tests.unit.analysis.reasons.test_importance import importance
from viz.analysis.batches.generation import Generation, Sampling
from viz.analysis.openings import texts
from viz.analysis.positions.tables import PositionTables


def guessing(logits, *, causal=False):
    """Build a run that guesses its third token, over a vocabulary of two words."""
    fields = {"tokens": (("the", "old", "[MASK]"),)}
    return hand_made.run(
        [[1, 1, 1]],
        model=hand_made.model_info(causal=causal, vocabulary=("cat", "dog")),
        batch_fields=fields,
        readouts=np.array([[0, 2]]),
        readout_logits=np.array([logits], dtype=np.float32),
    )


def test_the_best_word_is_said_with_its_probability():
    share = math.exp(2) / (math.exp(2) + math.exp(1))  # 0.731
    said = texts.masked_word(guessing([1, 2]))
    assert said[:2] == [
        "The model reads this text as 3 tokens.",
        f"At position 3, where [MASK] stands, it finds 'dog' most likely: {share:.1%}.",
    ]
    assert texts.masked_word(guessing([2, 1]))[1].endswith(f"it finds 'cat' most likely: {share:.1%}.")
    assert texts.masked_word(guessing([2, 1], causal=True))[1].startswith("After the last token it finds 'cat'")


def test_what_is_not_guessed_or_is_no_number_is_not_said():
    assert len(texts.masked_word(hand_made.run([[1, 1]]))) == 2
    assert len(texts.masked_word(guessing([np.nan, 1]))) == 2


@pytest.mark.parametrize(
    "mask, side, said",
    [
        ([[1, 1, 1], [1, 0, 0]], "right", "2 x 3 places (texts x tokens). 2 of the 6 places are padding, put behind"),
        ([[0, 0, 1, 1], [1] * 4], "left", "2 x 4 places (texts x tokens). 2 of the 8 places are padding, put in front"),
        ([[1, 1], [1, 1]], "left", "2 x 2 places (texts x tokens). No place is padding"),
    ],
)
def test_places_and_padding_of_a_batch_are_counted(mask, side, said):
    run = hand_made.run(mask, batch_fields={"padding_side": side})
    assert said in texts.batch(run)[0]


def test_a_continuation_is_said_with_the_first_words_probability_and_rank():
    run = hand_made.run(
        [[0, 1, 1, 1, 1], [1, 1, 1, 1, 0]], model=hand_made.model_info(causal=True, vocabulary=("a", "b"))
    )
    of = Generation(
        run=run,
        n_prompt=3,
        sampling=Sampling(max_new_tokens=2),
        n_new=np.array([2, 1]),
        finished=np.array([False, True]),
        probability=np.array([[0.125, 0.5], [0.25, np.nan]]),
        probability_after_cut=np.zeros((2, 2)),
        rank=np.array([[3, 1], [1, 0]]),
        candidate_ids=np.zeros((2, 2, 1), dtype=np.int64),
        candidate_probability=np.zeros((2, 2, 1)),
        candidate_after_cut=np.zeros((2, 2, 1)),
        continuations=(" on and", " a"),
    )
    assert texts.generation(of)[:3] == [
        "hand-made adds tokens one by one, in 2 steps: the table of the prompts grows from 3 to 5 columns.",
        "Prompt 1 went on with “on and”. Its first new token, 't3', had a probability of 12.5% and rank 3.",
        "1 prompt came to its end token; whatever stands behind it is padding.",
    ]


def test_a_translations_tokens_are_counted_on_both_sides():
    run = hand_made.translation([[1, 1, 0], [1, 1, 1]], [[1, 1, 1, 1], [1, 1, 0, 0]])
    assert "reads the source: 2 tokens. The target is “text 0”; the decoder reads 4 tokens" in texts.cross(run, 0)[0]
    assert "reads the source: 3 tokens. The target is “text 1”; the decoder reads 2 tokens" in texts.cross(run, 1)[0]


def test_the_positions_are_those_of_real_tokens():
    run = hand_made.run([[0, 0, 1, 1, 1]])
    assert "is given position_ids 0 to 2 with them" in texts.positions(run)[1]


def test_tables_of_positions_are_counted_and_the_first_is_measured():
    model = hand_made.model_info()
    two = PositionTables(model, (table([[0, 1, 2], [3, 4, 5]]), table([[0]])))
    assert texts.position_tables(two) == [
        "hand-made has 2 tables that say where a token stands.",
        "The first, embeddings, is shown with 2 rows of 3 numbers, a row for each position from 0 to 1.",
    ]
    bias = PositionTables(model, (table([[0.5], [0.25], [0]], "bias", rows=[-1, 0, 1]),))
    assert texts.position_tables(bias)[1].endswith("3 rows of 1 numbers, a row for each distance from -1 to 1.")
    assert texts.position_tables(PositionTables(model, ())) == ["hand-made keeps no table of positions."]


def test_the_word_whose_loss_changes_the_answer_most_is_said_with_its_sign():
    said = texts.importance(importance([1.0, 2.0], [0.5, -3.0], 4.0, 1.0))
    assert said == [
        "Followed is F, the logit of 'a': 4.00 with the whole text.",
        "With [MASK] in place of every word it is 1.00.",
        "Without 'dog' alone F changes most, by +3.00: that is its bar of occlusion.",  # F(text) - F(without) is -3
        "The bars of integrated gradients sum to 3.00; those of attention say only where the model looks.",
    ]
