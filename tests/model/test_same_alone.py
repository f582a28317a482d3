"""Which prompts break in a padded batch, and by how much, is what plain transformers gives for the same mistake."""

import copy
from dataclasses import astuple, replace
from itertools import product

import numpy as np
import pytest
import torch
import transformers as tf

from tests import tiny
from tests.model import plain
from tests.model.families import roberta, with_mask, write
from viz.analysis.batches.same_alone import TOLERANCE, Mistakes, verdict
from viz.engine.models import load_model
from viz.engine.same_alone import check, continuations
from viz.errors import EmptyText, MaskTokenInCausalModel, NotAGenerator, TextTooLong, TooLongToContinue, UnknownPadWord
from viz.shipped import MODELS_FOLDER

BERT_TEXTS = [
    "The [MASK] sat.",
    "The turtle moves slow across the [MASK] and the [MASK].",
    "the old dog ran under the green tree",
]
GPT2_TEXTS = ["She was happy", "The turtle moves slow across the river", "The"]
LONGEST = 1  # in both lists

COMBINATIONS = [
    Mistakes(no_mask, no_positions, right, word)
    for no_mask, no_positions, right, word in product([False, True], [False, True], [False, True], [None, "the"])
]


def short_name(mistakes: Mistakes) -> str:
    return (
        "-".join(name for name, made in zip(("mask", "positions", "right", "word"), astuple(mistakes)) if made)
        or "none"
    )


@pytest.fixture(scope="module", params=["tiny-bert", "tiny-gpt2", "headlight-bert", "headlight-gpt2"])
def family(request, tiny_bert_folder, tiny_gpt2_folder):
    """Give our model, the plain one and texts for it: tiny and shipped, of either family."""
    causal = request.param.endswith("gpt2")
    folders = {"tiny-bert": tiny_bert_folder, "tiny-gpt2": tiny_gpt2_folder}
    folder = folders.get(request.param, MODELS_FOLDER / request.param)
    loaded = load_model(str(folder) if request.param in folders else request.param)
    return loaded, plain.load(folder, causal=causal), GPT2_TEXTS if causal else BERT_TEXTS


def plain_batch(second: plain.Plain, texts: list[str], side: str, mistakes: Mistakes, *, causal: bool):
    """Run a batch as a script with these mistakes would: its real tokens, attentions and logits."""
    inputs = plain.tokenized(second, texts, "right" if mistakes.right_padding else side)
    real = inputs["attention_mask"].numpy().astype(bool)
    if mistakes.pad_word:
        typed = f" {mistakes.pad_word}" if causal else mistakes.pad_word
        (word,) = second.tokenizer(typed, add_special_tokens=False)["input_ids"]
        inputs["input_ids"] = torch.where(torch.tensor(real), inputs["input_ids"], word)
    if mistakes.no_attention_mask:
        del inputs["attention_mask"]
    if mistakes.no_position_ids:
        del inputs["position_ids"]
    return real, *plain.output(second, inputs)


def plain_alone(second: plain.Plain, text: str, *, causal: bool) -> tuple[np.ndarray, list[int]]:
    """Run a text alone: the logits of all its positions, and the positions that are read."""
    inputs = plain.tokenized(second, [text])
    ids = inputs["input_ids"][0].tolist()
    masked = [at for at, token_id in enumerate(ids) if token_id == second.tokenizer.mask_token_id]
    return plain.output(second, inputs)[1][0], [len(ids) - 1] if causal else masked or list(range(len(ids)))


def softmax(logits: np.ndarray) -> np.ndarray:
    shares = np.exp(logits.astype(np.float64) - logits.max())
    return shares / shares.sum()


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("mistakes", COMBINATIONS, ids=short_name)
def test_every_number_is_that_of_plain_transformers_with_the_same_mistakes(mistakes, side, family):
    loaded, second, texts = family
    causal = loaded.info.causal
    ours = check(loaded, texts, padding_side=side, mistakes=mistakes)
    real, attentions, logits = plain_batch(second, texts, side, mistakes, causal=causal)
    for row, (text, prompt) in enumerate(zip(texts, ours.prompts)):
        alone, places = plain_alone(second, text, causal=causal)
        columns = [-1] if causal and mistakes.right_padding else np.flatnonzero(real[row])[places]
        difference = np.abs(logits[row, columns] - alone[places]).max()
        np.testing.assert_allclose(prompt.max_difference, difference, rtol=0, atol=1e-4)
        assert prompt.same == (difference <= 1e-3)
        assert prompt.n_compared == len(places)
        assert_words(prompt, loaded, logits[row, columns[0]], alone[places[0]], is_answer=causal or "[MASK]" in text)
        assert_padding_mass(prompt, attentions[row], real[row])
    assert ours.tolerance == TOLERANCE == 1e-3
    assert ours.same == all(prompt.same for prompt in ours.prompts)
    np.testing.assert_allclose(ours.run.attentions, attentions, rtol=0, atol=1e-5)


def assert_words(prompt, loaded, in_batch: np.ndarray, alone: np.ndarray, *, is_answer: bool) -> None:
    said = (prompt.token_alone, prompt.token_in_batch, prompt.probability_alone, prompt.probability_in_batch)
    if not is_answer:
        assert said == (None, None, None, None)
        return
    best = int(alone.argmax())
    assert said[0] == loaded.info.vocabulary[best]
    assert said[1] == loaded.info.vocabulary[int(in_batch.argmax())]
    np.testing.assert_allclose(said[2:], [softmax(alone)[best], softmax(in_batch)[best]], rtol=1e-3, atol=1e-6)


def assert_padding_mass(prompt, attentions: np.ndarray, real: np.ndarray) -> None:
    """Sum by hand what each head's real queries put on padding, ``[L, H, Q, K]``."""
    mass = attentions[:, :, real][..., ~real].sum(axis=-1).mean(axis=-1)
    np.testing.assert_allclose(prompt.padding_mass, mass.max(), rtol=0, atol=1e-5)
    if mass.max() == 0:
        assert prompt.worst_head is None
    else:
        np.testing.assert_allclose(mass[prompt.worst_head], mass.max(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_padded_batch_answers_as_each_prompt_does_alone(side, family):
    loaded, _, texts = family
    ours = check(loaded, texts, padding_side=side)
    assert ours.same
    assert ours.largest_difference <= 1e-4
    assert verdict(ours).startswith("All 3 prompts answer as they do alone (largest difference ")
    assert ours.run.batch.padding_side == side
    assert all(prompt.padding_mass == 0 and prompt.worst_head is None for prompt in ours.prompts)


def rows_that_differ(ours) -> list[int]:
    return [row for row, prompt in enumerate(ours.prompts) if not prompt.same]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("mistakes", COMBINATIONS, ids=short_name)
def test_the_longest_prompt_has_no_padding_and_never_breaks(mistakes, side, family):
    loaded, _, texts = family
    prompt = check(loaded, texts, padding_side=side, mistakes=mistakes).prompts[LONGEST]
    assert prompt.same
    assert (prompt.padding_mass, prompt.worst_head) == (0, None)
    assert prompt.position_ids == tuple(range(len(prompt.position_ids)))


@pytest.mark.parametrize(
    "mistakes",
    [
        Mistakes(no_attention_mask=True),
        Mistakes(no_position_ids=True),
        Mistakes(no_attention_mask=True, pad_word="the"),
    ],
    ids=short_name,
)
def test_each_mistake_with_left_padding_breaks_the_shorter_prompts(mistakes, family):
    loaded, _, texts = family
    ours = check(loaded, texts, padding_side="left", mistakes=mistakes)
    assert rows_that_differ(ours) == [0, 2]
    assert verdict(ours).startswith("2 of 3 prompts answer differently than alone (largest difference ")
    assert verdict(ours).endswith(f", prompt {ours.worst_row + 1}).")


def test_reading_the_last_column_of_right_padding_breaks_gpt2_only(family):
    loaded, _, texts = family
    ours = check(loaded, texts, mistakes=Mistakes(right_padding=True))
    assert ours.run.batch.padding_side == "right"
    assert rows_that_differ(ours) == ([0, 2] if loaded.info.causal else [])


def test_padding_with_a_word_changes_nothing_while_the_mask_is_passed(family):
    loaded, _, texts = family
    ours = check(loaded, texts, mistakes=Mistakes(pad_word="the"))
    assert ours.same
    batch = ours.run.batch
    assert {batch.tokens[row][at] for row, at in np.argwhere(~batch.attention_mask)} == {
        "␣the" if loaded.info.causal else "the"
    }
    assert batch.tokens[LONGEST] == check(loaded, texts).run.batch.tokens[LONGEST]


def test_without_the_mask_it_matters_which_word_fills_the_batch(family):
    loaded, _, texts = family
    by_pad, by_word = (
        check(loaded, texts, mistakes=Mistakes(no_attention_mask=True, pad_word=word)) for word in (None, "the")
    )
    assert abs(by_pad.prompts[0].max_difference - by_word.prompts[0].max_difference) > 1e-2


def test_without_the_mask_the_run_says_that_all_is_shown_and_still_knows_the_padding(family):
    loaded, _, texts = family
    correct, ours = check(loaded, texts), check(loaded, texts, mistakes=Mistakes(no_attention_mask=True))
    assert ours.run.given_mask.all()
    np.testing.assert_array_equal(ours.run.batch.attention_mask, correct.run.batch.attention_mask)


def test_positions_are_those_the_model_used(family):
    loaded, second, texts = family
    lengths = [len(second.tokenizer(text)["input_ids"]) for text in texts]
    width = max(lengths)
    given = check(loaded, texts).prompts
    assert [p.position_ids for p in given] == [(0,) * (width - n) + tuple(range(n)) for n in lengths]
    counted = check(loaded, texts, mistakes=Mistakes(no_position_ids=True))
    assert [p.position_ids for p in counted.prompts] == [tuple(range(width))] * 3
    np.testing.assert_array_equal(counted.run.batch.position_ids, [range(width)] * 3)


def opt(tokenizer):
    shape = {
        "hidden_size": 24,
        "word_embed_proj_dim": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "ffn_dim": 48,
    }
    config = tf.OPTConfig(vocab_size=len(tokenizer), max_position_embeddings=32, init_std=0.3, pad_token_id=1, **shape)
    return tf.OPTForCausalLM(config)


@pytest.mark.parametrize(
    "make, tokenizer", [(roberta, with_mask), (opt, tiny.byte_level_tokenizer)], ids=["roberta", "opt"]
)
@pytest.mark.parametrize(
    "mistakes", [m for m in COMBINATIONS if m.no_position_ids and not m.right_padding], ids=short_name
)
def test_a_model_that_counts_tokens_itself_is_shown_with_the_positions_it_counts(mistakes, make, tokenizer, tmp_path):
    folder = write(tmp_path / "model", make, tokenizer())
    loaded, second = load_model(str(folder)), plain.load(folder, causal=make is opt)
    texts = (
        ["The cat<mask>", "The turtle moves slow<mask> the river"]
        if make is roberta
        else ["The cat", "The turtle moves slow"]
    )
    batch = check(loaded, texts, mistakes=mistakes).run.batch
    inputs = {"input_ids": torch.tensor(batch.input_ids)}
    if not mistakes.no_attention_mask:
        inputs["attention_mask"] = torch.tensor(batch.attention_mask.astype(int))
    positions = torch.tensor(batch.position_ids) + loaded.first_position
    if make is roberta:  # what RoBERTa does not count gets the position of padding itself
        pad = second.tokenizer.pad_token_id
        positions = torch.where(inputs["input_ids"] == pad, pad, positions)
    counted_by_model, given = (
        plain.output(second, inputs)[1],
        plain.output(second, inputs | {"position_ids": positions})[1],
    )
    np.testing.assert_allclose(given[batch.attention_mask], counted_by_model[batch.attention_mask], rtol=0, atol=1e-5)


def test_one_prompt_is_compared_with_itself_whatever_is_forgotten(family):
    loaded, _, texts = family
    for mistakes in COMBINATIONS:
        ours = check(loaded, texts[:1], mistakes=mistakes)
        assert ours.same
        assert verdict(ours).startswith("One prompt has no padding: it is compared with itself (largest difference ")


def test_prompts_of_one_length_never_break(family):
    loaded, _, texts = family
    assert check(loaded, [texts[0]] * 3, mistakes=Mistakes(True, True, True, "the")).same


def test_an_end_token_that_was_typed_is_no_padding(tiny_gpt2):
    texts = ["The cat<|endoftext|>", "The turtle moves slow across the river"]
    ours = check(tiny_gpt2, texts)
    assert ours.same
    assert ours.run.batch.tokens[0][-1] == "<|endoftext|>"
    assert ours.run.readouts[0, 1] == ours.run.batch.n_tokens - 1


def test_a_masked_text_without_mask_is_compared_at_every_real_token(tiny_bert):
    ours = check(tiny_bert, ["The turtle moves slow.", "The cat."], mistakes=Mistakes(no_attention_mask=True))
    assert [p.n_compared for p in ours.prompts] == [7, 5]  # [CLS] and [SEP] among them
    assert [p.same for p in ours.prompts] == [True, False]


def test_what_is_no_number_is_never_the_same(tiny_gpt2):
    broken = replace(tiny_gpt2, model=copy.deepcopy(tiny_gpt2.model))
    with torch.no_grad():
        broken.model.transformer.wpe.weight[4] = float("nan")  # texts of five tokens and more get there
    ours = check(broken, ["The", "The turtle moves slow across the river"])
    assert [p.same for p in ours.prompts] == [True, False]
    assert np.isnan(ours.largest_difference)
    assert ours.prompts[1].token_alone is None
    assert "largest difference nan, prompt 2" in verdict(ours)


@pytest.mark.parametrize("word", ["", "  ", "turtle moves", "[PAD]", "[MASK]", "北京", "<|endoftext|>"])
def test_a_pad_word_that_is_not_one_known_word_is_refused(word, family):
    loaded, _, texts = family
    for prompts in (texts, texts[:1]):
        with pytest.raises(UnknownPadWord, match="is not one word of"):
            check(loaded, prompts, mistakes=Mistakes(pad_word=word))


def test_prompts_that_cannot_be_run_are_refused_with_their_number(tiny_bert, tiny_gpt2):
    with pytest.raises(TextTooLong, match="Text 2 has"):
        check(tiny_bert, ["The cat", "cat " * 40])
    with pytest.raises(MaskTokenInCausalModel):
        check(tiny_gpt2, ["The", "The [MASK]"])
    with pytest.raises(EmptyText):
        check(tiny_gpt2, [])


def test_progress_rises_to_one(tiny_gpt2):
    told = []
    check(tiny_gpt2, GPT2_TEXTS, progress=told.append)
    assert told == sorted(set(told))
    assert told[0] > 0
    assert told[-1] == 1.0


def plain_loop(second: plain.Plain, inputs: dict, n_steps: int) -> torch.Tensor:
    """Append the best word of the last column n times; the whole text is run anew each time, as the model sees it."""
    ids = inputs["input_ids"]
    for _ in range(n_steps):
        with torch.no_grad():
            chosen = second.model(**inputs).logits[:, -1].argmax(dim=-1, keepdim=True)
        inputs = {name: torch.cat([tensor, following(name, tensor, chosen)], dim=1) for name, tensor in inputs.items()}
    return inputs["input_ids"][:, ids.shape[1] :]


def following(name: str, tensor: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    return {"input_ids": chosen, "attention_mask": torch.ones_like(chosen), "position_ids": tensor[:, -1:] + 1}[name]


def plain_text(second: plain.Plain, ids: torch.Tensor) -> str:
    return second.tokenizer.decode(ids).split("<|endoftext|>")[0]


@pytest.mark.parametrize("mistakes", COMBINATIONS, ids=short_name)
def test_texts_go_on_as_in_the_loop_of_a_script_with_the_same_mistakes(mistakes):
    loaded, second = load_model("headlight-gpt2"), plain.load(MODELS_FOLDER / "headlight-gpt2", causal=True)
    both = continuations(loaded, GPT2_TEXTS, mistakes=mistakes, max_new_tokens=6)
    inputs = plain.tokenized(second, GPT2_TEXTS, "right" if mistakes.right_padding else "left")
    if mistakes.pad_word:
        (word,) = second.tokenizer(" the")["input_ids"]
        inputs["input_ids"] = inputs["input_ids"].masked_fill(inputs["attention_mask"] == 0, word)
    if mistakes.no_attention_mask:
        del inputs["attention_mask"]
    if mistakes.no_position_ids:
        del inputs["position_ids"]
    for text, ids, alone, in_batch in zip(GPT2_TEXTS, plain_loop(second, inputs, 6), both.alone, both.in_batch):
        assert in_batch == plain_text(second, ids)
        assert alone == plain_text(second, plain_loop(second, plain.tokenized(second, [text]), 6)[0])
    assert both.alone[LONGEST] == both.in_batch[LONGEST]
    harmless = mistakes in (Mistakes(), Mistakes(pad_word="the"))
    assert (both.alone == both.in_batch) == harmless


def test_only_what_can_be_continued_is(tiny_bert, tiny_gpt2):
    with pytest.raises(NotAGenerator):
        continuations(tiny_bert, BERT_TEXTS)
    with pytest.raises(TooLongToContinue):
        continuations(tiny_gpt2, GPT2_TEXTS, max_new_tokens=tiny.N_POSITIONS)
