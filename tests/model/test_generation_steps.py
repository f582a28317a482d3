"""Every step's numbers are those of plain transformers at that step, and a loop by hand takes the same steps."""

import gc

import numpy as np
import pytest
import torch

from tests.model import plain
from tests.model.plain_generation import CHOICES, PROMPTS, Pair, ids, left, plainly, plainly_sampled, softmax
from viz.analysis.batches.generation import Sampling
from viz.engine.batching import encode
from viz.engine.generation import continue_by_hand, generate

# A product is rounded by where its matrix lies in memory, on some processors: by up to 4e-6 in a logit.
SAME = 1e-6


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_attention_of_every_step_is_what_generate_returned_at_that_step(side, pair):
    theirs = plainly(pair.theirs, PROMPTS, 8, side)
    ours = generate(pair.ours, encode(pair.ours, PROMPTS, padding_side=side), Sampling(8))
    assert len(theirs.attentions) == ours.n_steps > 1
    for step, layers in enumerate(theirs.attentions):
        n_keys = ours.n_prompt + step
        last = torch.stack(layers, dim=1)[:, :, :, -1].numpy()  # [B, L, H, K] of the column that chooses
        assert last.shape[-1] == n_keys
        going_on = step < ours.n_new
        mine = ours.run.attentions[going_on, :, :, n_keys - 1]
        np.testing.assert_allclose(mine[..., :n_keys], last[going_on], rtol=0, atol=1e-5)
        assert (mine[..., n_keys:] == 0).all()


def test_the_run_is_one_plain_pass_over_prompts_and_continuations(pair):
    ours = generate(pair.ours, left(pair), Sampling(8))
    mask = torch.tensor(ours.run.batch.attention_mask.astype(int))
    inputs = {"input_ids": torch.tensor(ours.run.batch.input_ids), "attention_mask": mask}
    inputs["position_ids"] = (mask.cumsum(-1) - 1).clamp(min=0)
    attentions, _ = plain.output(pair.theirs, inputs)
    for row, real in enumerate(ours.run.batch.attention_mask):
        np.testing.assert_allclose(ours.run.attentions[row][:, :, real], attentions[row][:, :, real], rtol=0, atol=1e-6)


@pytest.mark.parametrize("sampling", [Sampling(8), CHOICES[1]], ids=["greedy", "sampled"])
def test_probability_rank_and_candidates_come_from_the_softmax_of_plain_logits(sampling, pair):
    greedy = sampling.temperature is None
    theirs = plainly(pair.theirs, PROMPTS, 8) if greedy else plainly_sampled(pair.theirs, sampling)
    ours = generate(pair.ours, left(pair), sampling)
    for row in range(3):
        for step in range(ours.n_new[row]):
            logits = theirs.logits[step][row].double().numpy()
            chosen = theirs.sequences[row, ours.n_prompt + step].item()
            shares = softmax(logits)
            assert ours.probability[row, step] == pytest.approx(shares[chosen], abs=SAME)
            assert ours.rank[row, step] == 1 + (logits > logits[chosen]).sum()
            best = np.argsort(-logits)[:10]
            assert ours.candidate_ids[row, step].tolist() == best.tolist()
            np.testing.assert_allclose(ours.candidate_probability[row, step], shares[best], rtol=0, atol=SAME)
    if greedy:
        np.testing.assert_array_equal(ours.probability_after_cut, ours.probability)
        np.testing.assert_array_equal(ours.candidate_after_cut, ours.candidate_probability)
        assert set(ours.rank[~np.isnan(ours.probability)]) == {1}


@pytest.mark.parametrize("sampling", CHOICES, ids=str)
def test_what_was_drawn_from_is_the_cut_and_renormalised_softmax(sampling, pair):
    theirs = plainly_sampled(pair.theirs, sampling)
    ours = generate(pair.ours, left(pair), sampling)
    for row in range(3):
        for step in range(ours.n_new[row]):
            drawn_from = cut_by_hand(theirs.logits[step][row].double().numpy(), sampling)
            chosen = theirs.sequences[row, ours.n_prompt + step].item()
            assert ours.probability_after_cut[row, step] == pytest.approx(drawn_from[chosen], abs=1e-6)
            expected = drawn_from[ours.candidate_ids[row, step]]
            np.testing.assert_allclose(ours.candidate_after_cut[row, step], expected, rtol=0, atol=1e-6)
            assert ((ours.candidate_after_cut[row, step] == 0) == (expected == 0)).all()


def cut_by_hand(logits: np.ndarray, sampling: Sampling) -> np.ndarray:
    """Divide by the temperature, keep the k best, then the fewest best that reach p together; sum to 1 again."""
    order = np.argsort(-logits)
    shares = softmax(logits / sampling.temperature)
    if sampling.top_k:
        shares[order[sampling.top_k :]] = 0
        shares /= shares.sum()
    n_kept = int((np.cumsum(shares[order]) < sampling.top_p - 1e-12).sum()) + 1
    if sampling.top_p < 1:
        shares[order[n_kept:]] = 0
    return shares / shares.sum()


def test_words_beyond_the_top_k_cannot_be_drawn(headlight):
    ours = generate(headlight.ours, left(headlight), Sampling(9, temperature=2.0, top_k=3, seed=5))
    chosen = ours.rank > 0
    assert (ours.candidate_after_cut[chosen][:, 3:] == 0).all()
    np.testing.assert_allclose(ours.candidate_after_cut[chosen][:, :3].sum(axis=1), 1, rtol=0, atol=1e-12)
    assert set(ours.rank[chosen]) == {1, 2, 3}


def test_with_one_word_left_sampling_is_greedy(headlight):
    greedy = generate(headlight.ours, left(headlight), Sampling(9))
    assert ids(generate(headlight.ours, left(headlight), Sampling(9, temperature=10.0, top_k=1))) == ids(greedy)
    assert ids(generate(headlight.ours, left(headlight), Sampling(9, temperature=0.001))) == ids(greedy)
    assert ids(generate(headlight.ours, left(headlight), Sampling(9, temperature=1.0, top_p=1e-9))) == ids(greedy)


def test_what_the_checkpoint_does_to_its_scores_is_seen_behind_the_raw_logits(configured, third_word):
    """A checkpoint can bring processors of its own; of the words it gets only the first numbers are the model's."""
    pair = configured(eos_token_id=third_word, repetition_penalty=1.7, min_length=20)
    for sampling in (Sampling(8), CHOICES[1]):
        greedy = sampling.temperature is None
        theirs = plainly(pair.theirs, PROMPTS, 8) if greedy else plainly_sampled(pair.theirs, sampling)
        ours = generate(pair.ours, left(pair), sampling)
        assert ids(ours) == theirs.sequences.tolist()
        assert not torch.equal(theirs.scores[2], theirs.logits[2])
        for row, step in np.ndindex(ours.rank.shape):
            if step >= ours.n_new[row]:
                continue
            chosen = theirs.sequences[row, ours.n_prompt + step].item()
            logits, scores = (of[step][row].double().numpy() for of in (theirs.logits, theirs.scores))
            assert ours.probability[row, step] == pytest.approx(softmax(logits)[chosen], abs=SAME)
            assert ours.probability_after_cut[row, step] == pytest.approx(softmax(scores)[chosen], abs=SAME)
            assert ours.rank[row, step] == 1 + (logits > logits[chosen]).sum()
            best = np.argsort(-logits)[:10]
            assert ours.candidate_ids[row, step].tolist() == best.tolist()
            np.testing.assert_allclose(ours.candidate_after_cut[row, step], softmax(scores)[best], rtol=0, atol=SAME)


def test_the_logits_of_one_step_only_are_held(tiny_pair):
    """Over a large vocabulary, those of all steps would be the largest thing in memory."""
    n_words = len(tiny_pair.ours.info.vocabulary)
    held = []

    def found() -> list[torch.Tensor]:
        return [t for t in gc.get_objects() if type(t) is torch.Tensor and t.shape == (3, n_words)]

    others = found()  # a test that failed keeps its own

    def count(*_):
        held.append(len({t.data_ptr() for t in found()} - {t.data_ptr() for t in others}))

    for sampling in (Sampling(9), CHOICES[1]):
        held.clear()
        hook = tiny_pair.ours.model.register_forward_pre_hook(count)
        generate(tiny_pair.ours, left(tiny_pair), sampling)
        hook.remove()
        assert len(held) > 6
        # before the first step none; later what the loop itself keeps of the step before: logits, scores, probabilities
        assert held[0] == 0 and max(held) <= 3, held


# --- by hand -----------------------------------------------------------------------------------------------------


def cut_at_end(pair: Pair, sequences: torch.Tensor, n_prompt: int) -> list[list[int]]:
    """Take the new ids of each row, the end token included and nothing behind it."""
    end = pair.theirs.model.generation_config.eos_token_id
    rows = [row[n_prompt:].tolist() for row in sequences]
    return [row[: row.index(end) + 1] if end in row else row for row in rows]


def test_the_loop_by_hand_without_mistakes_gives_what_generate_gives(pair):
    batch = left(pair)
    theirs = plainly(pair.theirs, PROMPTS, 8).sequences
    assert continue_by_hand(pair.ours, batch, (), 8) == cut_at_end(pair, theirs, batch.n_tokens)


def test_the_loop_by_hand_stops_each_row_at_its_end_token(tiny_that_ends):
    batch = left(tiny_that_ends)
    ours = continue_by_hand(tiny_that_ends.ours, batch, (), 8)
    assert ours == cut_at_end(tiny_that_ends, plainly(tiny_that_ends.theirs, PROMPTS, 8).sequences, batch.n_tokens)
    assert len({len(row) for row in ours}) > 1


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("left_out", [("attention_mask",), ("position_ids",), ("attention_mask", "position_ids")])
def test_a_forgotten_argument_gives_what_a_script_without_it_gets(left_out, side, pair):
    """The script here keeps no cache: at every step it runs over everything again."""
    batch = encode(pair.ours, PROMPTS, padding_side=side)
    inputs = plain.tokenized(pair.theirs, PROMPTS, side)
    sequences, mask = inputs["input_ids"], inputs["attention_mask"]
    for _ in range(6):
        positions = (mask.cumsum(-1) - 1).clamp(min=0)
        given = {"input_ids": sequences, "attention_mask": mask, "position_ids": positions}
        given = {name: tensor for name, tensor in given.items() if name not in left_out}
        with torch.no_grad():
            best = pair.theirs.model(**given).logits[:, -1].argmax(-1, keepdim=True)
        sequences, mask = torch.cat([sequences, best], 1), torch.cat([mask, torch.ones_like(best)], 1)
    assert continue_by_hand(pair.ours, batch, left_out, 6) == cut_at_end(pair, sequences, batch.n_tokens)


def test_forgetting_the_positions_changes_a_short_prompts_text(headlight):
    batch = left(headlight)
    right, wrong = (continue_by_hand(headlight.ours, batch, out, 8) for out in ((), ("position_ids",)))
    assert right[1] == wrong[1]  # the longest has no padding
    assert right[2] != wrong[2]
