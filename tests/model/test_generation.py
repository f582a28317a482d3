"""A continuation is the one plain transformers gives, and every step's numbers are those of that step."""

import json
import logging
import shutil
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from transformers import BertTokenizer, GPT2Config, GPT2LMHeadModel

from tests import tiny
from tests.model import plain
from viz.analysis.batches.generation import Sampling
from viz.engine import forward
from viz.engine.batching import encode
from viz.engine.generation import continuation, continue_by_hand, generate
from viz.engine.models import LoadedModel, load_model
from viz.errors import BatchTooLarge, NotAGenerator, TooLongToContinue
from viz.shipped import MODELS_FOLDER

PROMPTS = ["It will rain in the", "I want to eat a big bowl of", "My dog is"]
CHOICES = [
    Sampling(9, temperature=1.0, seed=0),
    Sampling(9, temperature=0.7, top_k=5, seed=1),
    Sampling(9, temperature=1.4, top_p=0.8, seed=2),
    Sampling(9, temperature=1, top_k=40, top_p=0.9, seed=2**32 - 1),
]


@dataclass
class Pair:
    """Hold a model as the app loads it and as a notebook does."""

    ours: LoadedModel
    theirs: plain.Plain


@pytest.fixture(scope="module")
def headlight() -> Pair:
    return Pair(load_model("headlight-gpt2"), plain.load(MODELS_FOLDER / "headlight-gpt2", causal=True))


@pytest.fixture(scope="module")
def tiny_pair(tiny_gpt2, tiny_gpt2_folder) -> Pair:
    return Pair(tiny_gpt2, plain.load(tiny_gpt2_folder, causal=True))


@pytest.fixture(params=["headlight", "tiny_pair"])
def pair(request) -> Pair:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def tiny_that_ends(tiny_gpt2_folder, tmp_path_factory) -> Pair:
    """Give the tiny GPT-2 with another end token: the third word that it adds to the second prompt."""
    third = plainly(plain.load(tiny_gpt2_folder, causal=True), PROMPTS, 3).sequences[1, -1].item()
    folder = tmp_path_factory.mktemp("checkpoints") / "tiny-that-ends"
    shutil.copytree(tiny_gpt2_folder, folder)
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": third}))
    return Pair(load_model(str(folder)), plain.load(folder, causal=True))


@pytest.fixture
def said():
    """Collect what transformers logs."""
    records = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: records.append(record.getMessage())
    logging.getLogger("transformers").addHandler(handler)
    yield records
    logging.getLogger("transformers").removeHandler(handler)


def plainly(theirs: plain.Plain, texts: list[str], max_new_tokens: int, side: str = "left", **flags):
    """Generate as a script does, with everything that can be asked for."""
    inputs = theirs.tokenizer(texts, padding=True, padding_side=side, return_tensors="pt")
    return theirs.model.generate(
        **inputs,
        max_new_tokens=max_new_tokens,
        pad_token_id=theirs.tokenizer.pad_token_id,
        return_dict_in_generate=True,
        output_logits=True,
        output_attentions=True,
        **({"do_sample": False} | flags),
    )


def plainly_sampled(theirs: plain.Plain, sampling: Sampling, texts: list[str] = PROMPTS):
    torch.manual_seed(sampling.seed)
    cut = {"temperature": float(sampling.temperature), "top_k": sampling.top_k, "top_p": sampling.top_p}
    return plainly(theirs, texts, sampling.max_new_tokens, do_sample=True, **cut)


def left(pair: Pair, texts: list[str] = PROMPTS):
    return encode(pair.ours, texts, padding_side="left")


def ids(generation) -> list:
    return generation.run.batch.input_ids.tolist()


def softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits - logits.max())
    return exponentials / exponentials.sum()


# --- what is added -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["left", "right"])
def test_greedy_continuations_are_those_of_plain_transformers(side, pair):
    theirs = plainly(pair.theirs, PROMPTS, 8, side).sequences
    ours = generate(pair.ours, encode(pair.ours, PROMPTS, padding_side=side), Sampling(8))
    assert ids(ours) == theirs.tolist()
    assert ours.n_prompt + ours.n_steps == theirs.shape[1]


@pytest.mark.parametrize("sampling", CHOICES, ids=str)
def test_sampled_continuations_are_those_of_a_script_with_the_same_seed(sampling, pair):
    theirs = plainly_sampled(pair.theirs, sampling).sequences
    assert ids(generate(pair.ours, left(pair), sampling)) == theirs.tolist()


def test_another_seed_draws_another_text(headlight):
    texts = {generate(headlight.ours, left(headlight), Sampling(9, 1.0, seed=seed)).continuations for seed in range(4)}
    assert len(texts) == 4


def test_each_prompt_goes_on_in_the_batch_as_it_does_alone(headlight):
    together = generate(headlight.ours, left(headlight), Sampling(20))
    for row, prompt in enumerate(PROMPTS):
        alone = plainly(headlight.theirs, [prompt], 20).sequences[0].tolist()
        real = together.run.batch.attention_mask[row]
        assert together.run.batch.input_ids[row, real].tolist() == alone


def test_the_text_that_was_added_is_what_the_tokenizer_reads_behind_the_prompt(headlight):
    ours = generate(headlight.ours, left(headlight), Sampling(20))
    for row, prompt in enumerate(PROMPTS):
        alone = plainly(headlight.theirs, [prompt], 20).sequences[0]
        whole = headlight.theirs.tokenizer.decode(alone, skip_special_tokens=True)
        assert prompt + ours.continuations[row] == whole
    assert ours.finished.all()


# --- rows that end -----------------------------------------------------------------------------------------------


def test_a_row_that_ends_has_padding_behind_its_end_token_and_the_others_go_on_unchanged(tiny_pair, tiny_that_ends):
    on, ended = (generate(pair.ours, left(pair), Sampling(8)) for pair in (tiny_pair, tiny_that_ends))
    end = tiny_that_ends.ours.model.generation_config.eos_token_id
    n = ended.n_prompt
    new = on.run.batch.input_ids[:, n:]
    cut = [row.tolist().index(end) + 1 if end in row else 8 for row in new]
    assert cut[1] <= 3 and max(cut) == 8
    assert ended.n_new.tolist() == cut
    assert ended.finished.tolist() == [end in row for row in new]
    pad = tiny_that_ends.theirs.tokenizer.pad_token_id
    for row in range(3):
        assert ended.run.batch.input_ids[row, n:].tolist() == new[row, : cut[row]].tolist() + [pad] * (8 - cut[row])
        assert ended.run.batch.attention_mask[row, n:].tolist() == [True] * cut[row] + [False] * (8 - cut[row])
        kept = slice(0, cut[row])
        np.testing.assert_array_equal(ended.probability[row, kept], on.probability[row, kept])
    assert ended.continuations[1] == tiny_that_ends.theirs.tokenizer.decode(new[1, : cut[1] - 1])


def test_behind_its_end_nothing_was_chosen(headlight):
    ours = generate(headlight.ours, left(headlight), Sampling(20))
    assert ours.n_new.tolist() == [(row != 0).argmin() + 1 for row in ours.run.batch.input_ids[:, ours.n_prompt :]]
    chosen = np.arange(ours.n_steps) < ours.n_new[:, None]
    assert not chosen.all()
    assert (ours.rank[~chosen] == 0).all() and (ours.rank[chosen] > 0).all()
    assert (ours.candidate_ids[~chosen] == -1).all() and (ours.candidate_ids[chosen] >= 0).all()
    for name in ("probability", "probability_after_cut", "candidate_probability", "candidate_after_cut"):
        values = getattr(ours, name)
        assert np.isnan(values[~chosen]).all() and not np.isnan(values[chosen]).any()


def test_a_model_without_an_end_token_goes_on_to_the_last_step(tiny_gpt2_folder, tmp_path):
    shutil.copytree(tiny_gpt2_folder, tmp_path / "endless")
    (tmp_path / "endless" / "generation_config.json").write_text("{}")
    config = json.loads((tmp_path / "endless" / "config.json").read_text()) | {"eos_token_id": None}
    (tmp_path / "endless" / "config.json").write_text(json.dumps(config))
    loaded = load_model(str(tmp_path / "endless"))
    assert loaded.model.generation_config.eos_token_id is None
    ours = generate(loaded, encode(loaded, ["The", "the old"], padding_side="left"), Sampling(9, 5.0))
    assert ours.n_new.tolist() == [9, 9]
    assert not ours.finished.any()


# --- every step's numbers ----------------------------------------------------------------------------------------


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
            assert ours.probability[row, step] == pytest.approx(shares[chosen], abs=1e-9)
            assert ours.rank[row, step] == 1 + (logits > logits[chosen]).sum()
            best = np.argsort(-logits)[:10]
            assert ours.candidate_ids[row, step].tolist() == best.tolist()
            np.testing.assert_allclose(ours.candidate_probability[row, step], shares[best], rtol=0, atol=1e-9)
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


# --- many at once ------------------------------------------------------------------------------------------------


def test_people_who_sample_at_once_get_what_they_get_alone(headlight):
    choices = [Sampling(9, temperature=1.2, seed=seed) for seed in range(8)]
    alone = [plainly_sampled(headlight.theirs, sampling).sequences.tolist() for sampling in choices]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda sampling: ids(generate(headlight.ours, left(headlight), sampling)), choices))
    assert together == alone


def test_sampling_leaves_torchs_generator_as_it_was(tiny_pair):
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    generate(tiny_pair.ours, left(tiny_pair), CHOICES[0])
    assert torch.equal(torch.rand(3), expected)


def test_a_continuation_waits_for_its_turn_among_the_passes(tiny_pair):
    held, ran = 0, []
    hook = tiny_pair.ours.model.register_forward_pre_hook(lambda *_: ran.append(1))
    with ThreadPoolExecutor(2) as pool:
        while forward.passes.acquire(blocking=False):
            held += 1
        waiting = [
            pool.submit(generate, tiny_pair.ours, left(tiny_pair), Sampling(1)),
            pool.submit(continue_by_hand, tiny_pair.ours, left(tiny_pair), (), 1),
        ]
        done_too_early, _ = wait(waiting, timeout=0.5)
        ran_too_early = len(ran)
        forward.passes.release(held)
        for future in waiting:
            future.result(timeout=20)
    hook.remove()
    assert not done_too_early and ran_too_early == 0
    assert len(ran) == 3  # one step and the pass with capture; one step by hand


@pytest.mark.parametrize("sampling", [Sampling(3), CHOICES[3]], ids=["greedy", "sampled"])
def test_transformers_has_nothing_to_complain_about(sampling, headlight, said):
    generate(headlight.ours, left(headlight), sampling)
    assert said == []


def test_right_padding_is_complained_about_by_transformers_and_runs(headlight, said):
    ours = generate(headlight.ours, encode(headlight.ours, PROMPTS), Sampling(6))
    assert len(said) == 1 and "right-padding was detected" in said[0]
    assert ours.continuations[1] == generate(headlight.ours, left(headlight), Sampling(6)).continuations[1]
    assert ours.continuations[0] != generate(headlight.ours, left(headlight), Sampling(6)).continuations[0]


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


# --- text --------------------------------------------------------------------------------------------------------


def test_bytes_that_are_no_character_are_written_as_numbers(tiny_gpt2):
    batch = encode(tiny_gpt2, ["The"])
    ids_of = tiny_gpt2.tokenizer.convert_tokens_to_ids
    bei = ids_of(["å", "Į", "Ĺ"])  # the bytes E5 8C 97 of 北
    end = tiny_gpt2.tokenizer.eos_token_id
    assert continuation(tiny_gpt2, batch, 0, bei) == "北"
    assert continuation(tiny_gpt2, batch, 0, bei[:2] + [end]) == "<E5><8C>"
    assert continuation(tiny_gpt2, batch, 0, bei[:2] + bei + bei[2:]) == "<E5><8C>北<97>"
    assert continuation(tiny_gpt2, batch, 0, []) == ""


def test_a_model_of_word_pieces_goes_on_with_the_space_before_a_word(tmp_path):
    tokenizer = BertTokenizer(vocab=dict(tiny.WORDPIECE_VOCABULARY))
    sizes = {"n_positions": 32, "n_embd": 16, "n_layer": 1, "n_head": 2, "initializer_range": 0.4}
    config = GPT2Config(vocab_size=len(tokenizer), bos_token_id=2, eos_token_id=3, **sizes)
    GPT2LMHeadModel(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    loaded = load_model(str(tmp_path))
    batch = encode(loaded, ["the cat", "the old cat"], padding_side="left")
    turtle, s, end = tokenizer.convert_tokens_to_ids(["turtle", "##s", "[SEP]"])
    assert continuation(loaded, batch, 0, [turtle, s, turtle, end]) == " turtles turtle"
    ours = generate(loaded, batch, Sampling(3))
    assert ours.run.batch.tokens[0][: batch.n_tokens] == batch.tokens[0]
    theirs = plainly(plain.load(tmp_path, causal=True), ["the cat", "the old cat"], 3)
    assert ids(ours) == theirs.sequences.tolist()


# --- refusals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("go", [lambda m, b: generate(m, b, Sampling()), lambda m, b: continue_by_hand(m, b, (), 5)])
def test_a_model_that_guesses_masked_words_is_refused(go, tiny_bert):
    with pytest.raises(NotAGenerator, match="tiny-bert guesses masked words and does not continue a text"):
        go(tiny_bert, encode(tiny_bert, ["the cat"]))


@pytest.mark.parametrize(
    "go", [lambda m, b, n: generate(m, b, Sampling(n)), lambda m, b, n: continue_by_hand(m, b, (), n)]
)
def test_more_words_than_the_model_reads_are_refused_with_what_fits(go, tiny_pair):
    batch = encode(tiny_pair.ours, ["The", "the old dog ran"], padding_side="left")
    fits = 32 - batch.n_tokens
    go(tiny_pair.ours, batch, fits)
    with pytest.raises(TooLongToContinue) as caught:
        go(tiny_pair.ours, batch, fits + 1)
    assert str(caught.value) == (
        f"Prompt 2 has {batch.n_tokens} tokens and {fits + 1} more are asked for; this model reads 32, so {fits} more fit. "
        "Ask for fewer, or shorten the prompt."
    )


def test_a_batch_whose_maps_would_not_fit_is_refused_before_anything_is_generated(monkeypatch, headlight):
    """The texts end after five words: only who asks beforehand can refuse six."""
    batch = left(headlight)
    # 3 texts of 8 + 5 tokens, 6 layers of 12 heads: attentions, as many scores, and one row of logits a text
    logits = 3 * len(headlight.ours.info.vocabulary)
    monkeypatch.setattr(forward, "MAX_PASS_BYTES", 4 * (2 * 6 * 12 * 3 * 13**2 + logits))
    assert generate(headlight.ours, batch, Sampling(5)).run.batch.input_ids.shape == (3, 13)
    with pytest.raises(BatchTooLarge, match="3 x 14 tokens"):
        generate(headlight.ours, batch, Sampling(6))
