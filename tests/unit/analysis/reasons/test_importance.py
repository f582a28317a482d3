"""Word importance read off records: sums over pieces, what attention shows, how complete the gradients are."""

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.reasons.importance import (
    Importance,
    attention_paid,
    attention_rollout,
    by_word,
    table,
    weighed_words,
)
from viz.errors import NothingToWeigh

TOKENS = ("[CLS]", "un", "##happy", "dog", "[MASK]", "[SEP]")


def run_of(tokens=TOKENS, **fields):
    special = np.array([[token in ("[CLS]", "[SEP]") for token in tokens]])
    model = hand_made.model_info(2, 2, vocabulary=("a", "b"))
    return hand_made.run(
        [[1] * len(tokens)],
        model=model,
        batch_fields={"tokens": (tokens,), "special_tokens_mask": special},
        readouts=np.array([[0, tokens.index("[MASK]")]]),
        readout_logits=np.zeros((1, 2), np.float32),
        **fields,
    )


def importance(gradients, occlusion, score, baseline_score):
    return Importance(
        model=hand_made.model_info(),
        answer="a",
        rival=None,
        baseline="[MASK]",
        words=weighed_words(run_of(), 0),
        gradients=np.array(gradients, dtype=float),
        occlusion=np.array(occlusion, dtype=float),
        score=score,
        baseline_score=baseline_score,
        n_steps=32,
    )


def test_words_are_what_is_neither_special_nor_guessed():
    assert [(word.text, word.positions) for word in weighed_words(run_of(), 0)] == [("unhappy", (1, 2)), ("dog", (3,))]
    with pytest.raises(NothingToWeigh, match=r"beside \[CLS\], \[MASK\], \[SEP\] nothing"):
        weighed_words(run_of(("[CLS]", "[MASK]", "[SEP]")), 0)


def test_numbers_of_pieces_are_summed():
    numbers = np.array([9.0, 1.0, 2.0, 4.0, 9.0, 9.0])
    assert by_word(numbers, weighed_words(run_of(), 0)).tolist() == [3.0, 4.0]


def test_attention_is_the_mean_over_all_heads_at_the_read_out():
    attentions = np.zeros((1, 2, 2, 6, 6), np.float32)
    attentions[..., 0] = 1  # every other row looks at [CLS]
    attentions[0, :, :, 4] = [[[0, 0.5, 0.25, 0.25, 0, 0], [1, 0, 0, 0, 0, 0]], [[0, 0, 0, 1, 0, 0]] * 2]
    run = run_of(attentions=attentions)
    paid = attention_paid(run, 0, weighed_words(run, 0))
    np.testing.assert_allclose(paid, [0.75 / 4, (0.25 + 0 + 1 + 1) / 4])
    # By hand: half of each layer's mean and half of the identity; the second layer's times the first one's.
    first = 0.5 * np.array([0.5, 0.25, 0.125, 0.125, 0, 0]) + 0.5 * np.eye(6)[4]
    rows = [0.5 * np.eye(6)[0] + 0.5 * np.eye(6)[q] for q in range(6)]
    rows[4] = first
    rolled = 0.5 * rows[3] + 0.5 * rows[4]
    np.testing.assert_allclose(attention_rollout(run, 0, weighed_words(run, 0)), [rolled[1] + rolled[2], rolled[3]])


def test_the_error_is_what_the_sum_misses_in_parts_of_the_difference():
    of = importance([2.0, 0.98], [1.0, 3.0], 5.0, 2.0)
    assert of.completeness_error == pytest.approx(0.02 / 3) and of.is_complete
    assert not importance([2.0, 0.9], [1.0, 3.0], 5.0, 2.0).is_complete
    assert importance([0.5, -0.5], [1.0, 3.0], 5.0, 5.0).completeness_error == 0
    assert importance([0.5, 0.5], [1.0, 3.0], 5.0, 5.0).completeness_error == float("inf")


def test_the_table_lists_words_in_the_order_of_the_text():
    listed = table(importance([2.0, 1.0], [1.0, 3.0], 5.0, 2.0), np.array([0.25, 0.125]))
    assert listed == {
        "position": [2, 4],
        "word": ["unhappy", "dog"],
        "integrated_gradients": [2.0, 1.0],
        "occlusion": [1.0, 3.0],
        "attention": [0.25, 0.125],
    }
