"""A step of a continuation is what the model had read then: earlier tokens, their maps, and nothing later."""

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.batches.generation import Generation, Sampling, predicting_position, run_at

WEIGHTS = np.arange(2 * 25, dtype=np.float32).reshape(2, 1, 1, 5, 5) / 100


@pytest.fixture
def generation():
    """Two prompts in three columns, the first padded on the left, and two steps; the second ends at its first step."""
    model = hand_made.model_info(causal=True, vocabulary=("a", "b"))
    run = hand_made.run([[0, 1, 1, 1, 1], [1, 1, 1, 1, 0]], model=model, attentions=WEIGHTS.copy())
    numbers = np.zeros((2, 2))
    return Generation(
        run=run,
        n_prompt=3,
        sampling=Sampling(max_new_tokens=2),
        n_new=np.array([2, 1]),
        finished=np.array([False, True]),
        probability=numbers,
        probability_after_cut=numbers.copy(),
        rank=np.ones((2, 2), dtype=np.int64),
        candidate_ids=np.zeros((2, 2, 1), dtype=np.int64),
        candidate_probability=np.zeros((2, 2, 1)),
        candidate_after_cut=np.zeros((2, 2, 1)),
        continuations=("ab", "a"),
    )


@pytest.mark.parametrize("step, n_tokens", [(0, 3), (1, 4)])
def test_a_step_holds_the_prompt_and_the_tokens_added_before_it(generation, step, n_tokens):
    run = run_at(generation, step)
    assert run.batch.n_tokens == n_tokens
    assert run.batch.tokens[0] == tuple(f"t{i}" for i in range(n_tokens))
    np.testing.assert_array_equal(run.attentions, WEIGHTS[..., :n_tokens, :n_tokens])
    np.testing.assert_array_equal(run.given_mask, generation.run.given_mask[:, :n_tokens])


def test_a_step_copies_no_weights(generation):
    assert np.shares_memory(run_at(generation, 1).attentions, generation.run.attentions)


@pytest.mark.parametrize("row, step, position", [(0, 0, 2), (0, 1, 3), (1, 0, 2), (1, 1, None)])
def test_the_token_before_predicts_the_next_one_until_the_end(generation, row, step, position):
    assert predicting_position(generation, row, step) == position
