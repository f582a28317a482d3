"""A training batch is what plain transformers collates for the same seed and script, or is refused."""

from math import sqrt

import numpy as np
import pytest
from transformers import DataCollatorForLanguageModeling

from tests.model import plain
from tests.model.training.script import (
    SHARE,
    TEXTS,
    ours_of,
    script,
)
from viz.analysis.batches.training import SCORED_KINDS
from viz.engine.models import load_model
from viz.engine.training import collate, losses
from viz.errors import (
    EmptyText,
    MaskTokenInCausalModel,
    NothingScored,
    NothingToGuess,
    SettingOutOfRange,
    TextTooLong,
    TooManyExamples,
    TrainingBatchTooLarge,
)


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_the_batch_is_what_a_script_with_this_collator_and_seed_gets(side, seed, family):
    loaded, second = family
    theirs = script(second, TEXTS, causal=loaded.info.causal, side=side, seed=seed)
    ours = ours_of(loaded, seed=seed, padding_side=side)
    np.testing.assert_array_equal(ours.batch.input_ids, theirs["input_ids"])
    np.testing.assert_array_equal(ours.batch.attention_mask, theirs["attention_mask"].bool())
    np.testing.assert_array_equal(ours.labels, theirs["labels"])
    if not loaded.info.causal:
        np.testing.assert_array_equal(ours.batch.token_type_ids, theirs["token_type_ids"])
    assert ours.batch.texts == tuple(TEXTS)
    assert set(ours.keys_from_dicts) == set(theirs.keys())


def test_lists_of_ids_come_out_of_the_collator_without_an_attention_mask(family):
    loaded, second = family
    theirs = script(second, TEXTS, causal=loaded.info.causal, lists=True)
    assert set(theirs) == {"input_ids", "labels"}
    ours = ours_of(loaded)
    assert set(ours.keys_from_lists) == {"input_ids", "labels"}
    assert "attention_mask" in ours.keys_from_dicts


def test_the_same_seed_gives_the_same_batch_and_another_seed_another(bert):
    loaded, _ = bert
    first, again, other = (ours_of(loaded, seed=seed) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first.batch.input_ids, again.batch.input_ids)
    np.testing.assert_array_equal(first.kinds, again.kinds)
    assert (first.labels != other.labels).any()


def test_each_position_of_a_masked_batch_is_what_its_kind_says(bert):
    loaded, second = bert
    for seed in range(8):
        made = ours_of(loaded, seed=seed)
        rows = [second.tokenizer(text)["input_ids"] for text in TEXTS]
        for row, ids in enumerate(rows):
            for at, kind in enumerate(made.kinds[row]):
                label, read = made.labels[row, at], made.batch.input_ids[row, at]
                if at >= len(ids):
                    assert (kind, label, read) == ("padding", -100, second.tokenizer.pad_token_id)
                    continue
                assert made.original_ids[row, at] == ids[at]
                assert label == (ids[at] if kind in SCORED_KINDS else -100)
                assert (kind == "special") == (at in (0, len(ids) - 1))
                assert (read == ids[at]) == (kind in ("kept", "unscored", "special"))
                assert (read == second.tokenizer.mask_token_id) == (kind == "masked")
                assert made.batch.tokens[row][at] == (
                    made.original_tokens[row][at] if read == ids[at] else loaded.info.vocabulary[read]
                )


def test_a_mask_that_was_typed_is_no_mask_that_was_drawn(bert):
    loaded, _ = bert
    seen = set()
    for seed in range(40):
        made = ours_of(loaded, ["The [MASK] sat.", TEXTS[1]], seed=seed)
        assert made.original_tokens[0][2] == "[MASK]"
        is_scored = made.labels[0, 2] != -100
        assert (made.kinds[0, 2] in SCORED_KINDS) == is_scored
        assert is_scored or made.kinds[0, 2] == "unscored"
        seen.add(bool(is_scored))
    assert seen == {True, False}


def test_eighty_ten_and_ten_percent_of_the_scored_words_are_masked_random_and_kept(bert):
    """Counts of n draws with chance p lie within 4 √(n p (1 - p)) of n p; a random word is the old one once in V."""
    loaded, _ = bert
    kinds = np.concatenate([ours_of(loaded, seed=seed).kinds.ravel() for seed in range(150)])
    n = int(np.isin(kinds, SCORED_KINDS).sum())
    assert n > 1000
    for kind, p in (("masked", 0.8), ("random", 0.1), ("kept", 0.1)):
        assert abs((kinds == kind).sum() - n * p) <= 4 * sqrt(n * p * (1 - p)) + 0.1 * n / len(loaded.info.vocabulary)
    words = n + int((kinds == "unscored").sum())
    assert abs(n - words * SHARE) <= 4 * sqrt(words * SHARE * (1 - SHARE))


def test_a_causal_batch_scores_every_real_token_but_the_first_and_the_end(gpt2):
    loaded, second = gpt2
    made = ours_of(loaded)
    for row, text in enumerate(TEXTS):
        n = len(second.tokenizer(text)["input_ids"])
        n_padding = made.labels.shape[1] - n - 1
        assert made.kinds[row].tolist() == ["unscored", *["kept"] * (n - 1), "special", *["padding"] * n_padding]
    np.testing.assert_array_equal(made.batch.input_ids, made.original_ids)


def test_a_causal_text_without_its_end_token_is_only_the_text(gpt2):
    loaded, second = gpt2
    made = ours_of(loaded, append_end=False)
    for row, text in enumerate(TEXTS):
        assert made.original_ids[row, made.batch.attention_mask[row]].tolist() == second.tokenizer(text)["input_ids"]
    assert losses(loaded, made).stopping is None


def test_collating_leaves_the_shared_tokenizer_as_it_was(gpt2):
    loaded, _ = gpt2
    ours_of(loaded, padding_side="left")
    assert loaded.tokenizer.pad_token is None
    assert loaded.tokenizer.padding_side == "right"


def test_a_draw_that_scores_nothing_is_refused_with_advice(tiny_bert, tiny_bert_folder):
    second = plain.load(tiny_bert_folder, causal=False)
    tokenized = [dict(second.tokenizer("the cat", return_special_tokens_mask=True))]
    nothing = next(
        seed
        for seed in range(100)
        if (DataCollatorForLanguageModeling(second.tokenizer, seed=seed)(tokenized)["labels"] == -100).all()
    )
    with pytest.raises(
        NothingScored, match=rf"seed {nothing} and a share of 0.15 .*NaN.* another seed, or a higher share"
    ):
        collate(tiny_bert, ["the cat"], seed=nothing)


def test_a_causal_text_of_one_token_has_nothing_to_guess(gpt2):
    loaded, _ = gpt2
    with pytest.raises(NothingToGuess, match="NaN"):
        collate(loaded, ["a"], seed=0)


@pytest.mark.parametrize(
    "options",
    [
        {"seed": -1},
        {"seed": 2**32},
        {"mlm_probability": 0.0},
        {"mlm_probability": 1.1},
        {"mlm_probability": float("nan")},
    ],
)
def test_a_setting_out_of_range_is_named(options, tiny_bert):
    with pytest.raises(SettingOutOfRange, match=next(iter(options))):
        ours_of(tiny_bert, **options)


def test_more_sentences_than_a_batch_has_room_for_are_refused(tiny_bert):
    assert len(ours_of(tiny_bert, ["the cat sat"] * 16).labels) == 16
    with pytest.raises(TooManyExamples, match="17 sentences"):
        ours_of(tiny_bert, ["the cat sat"] * 17)


def test_a_batch_with_too_many_positions_is_refused_with_its_size():
    long = "the cat sat on the mat " * 15  # 6 tokens each time, [CLS] and [SEP]: 92
    with pytest.raises(TrainingBatchTooLarge, match="12 x 92 tokens has 1,104 positions"):
        ours_of(load_model("headlight-bert"), [long] * 12)


def test_a_sentence_longer_than_the_model_reads_is_refused(family):
    loaded, _ = family
    with pytest.raises(TextTooLong, match="Text 2 "):
        ours_of(loaded, ["the cat", "the cat sat " * 60])


def test_the_end_token_counts_for_what_a_causal_model_reads(tiny_gpt2):
    fits = " a" * 31  # with the end token 32, all that it reads
    assert ours_of(tiny_gpt2, [fits]).labels.shape == (1, 32)
    with pytest.raises(TextTooLong, match="33 tokens"):
        ours_of(tiny_gpt2, [fits + " a"])


@pytest.mark.parametrize("texts", [[], [""], ["the cat", "  "]])
def test_an_empty_sentence_is_refused(texts, family):
    loaded, _ = family
    with pytest.raises(EmptyText):
        ours_of(loaded, texts)


def test_a_mask_typed_for_a_causal_model_is_refused(gpt2):
    loaded, _ = gpt2
    with pytest.raises(MaskTokenInCausalModel):
        ours_of(loaded, ["the [MASK] sat"])
