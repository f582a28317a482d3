"""A continuation is the one plain transformers gives, also where rows end, many sample at once, or nothing goes."""

import json
import logging
import os
import shutil
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack

import numpy as np
import pytest
import torch
from transformers import BertTokenizer, GPT2Config, GPT2LMHeadModel

from tests import tiny
from tests.model import plain
from tests.model.plain_generation import CHOICES, PROMPTS, ids, left, plainly, plainly_sampled
from viz.analysis.batches.generation import Sampling
from viz.engine.batching import encode
from viz.engine.generation import continuation, continue_by_hand, generate
from viz.engine.line import passes
from viz.engine.models import load_model
from viz.errors import BatchTooLarge, NotAGenerator, TooLongToContinue


@pytest.fixture
def said():
    """Collect what transformers logs."""
    records = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: records.append(record.getMessage())
    logging.getLogger("transformers").addHandler(handler)
    yield records
    logging.getLogger("transformers").removeHandler(handler)


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
    ran = []
    hook = tiny_pair.ours.model.register_forward_pre_hook(lambda *_: ran.append(1))
    with ThreadPoolExecutor(2) as pool:
        with ExitStack() as held:
            for _place in range(os.cpu_count() or 1):
                held.enter_context(passes)
            waiting = [
                pool.submit(generate, tiny_pair.ours, left(tiny_pair), Sampling(1)),
                pool.submit(continue_by_hand, tiny_pair.ours, left(tiny_pair), (), 1),
            ]
            done_too_early, _ = wait(waiting, timeout=0.5)
            ran_too_early = len(ran)
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
        f"Prompt 2 has {batch.n_tokens} tokens and {fits + 1} more are asked for; this model reads 32, so {fits} more "
        "fit. Ask for fewer, or shorten the prompt."
    )


def test_a_batch_whose_maps_would_not_fit_is_refused_before_anything_is_generated(monkeypatch, headlight):
    """The texts end after five words: only who asks beforehand can refuse six."""
    batch = left(headlight)
    # 3 texts of 8 + 5 tokens, 6 layers of 12 heads: attentions, as many scores, and one row of logits a text
    logits = 3 * len(headlight.ours.info.vocabulary)
    monkeypatch.setattr("viz.settings.Settings.max_pass_bytes", 4 * (2 * 6 * 12 * 3 * 13**2 + logits))
    assert generate(headlight.ours, batch, Sampling(5)).run.batch.input_ids.shape == (3, 13)
    with pytest.raises(BatchTooLarge, match="3 x 14 tokens"):
        generate(headlight.ours, batch, Sampling(6))
