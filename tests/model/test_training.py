"""What is seen and what is scored in training is what plain transformers gives for the same collator, seed and script."""

from concurrent.futures import ThreadPoolExecutor
from math import sqrt

import numpy as np
import pytest
import torch
from transformers import DataCollatorForLanguageModeling

from tests.model import plain
from tests.model.test_families import roberta, with_mask, write
from viz.analysis.batches.training import SCORED_KINDS, verdict
from viz.engine.models import load_model
from viz.engine.training import collate, losses, unpadded
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
from viz.shipped import MODELS_FOLDER

TEXTS = [
    "The turtle moves slow across the river.",
    "the old dog ran under the green tree and the small bird sat",
    "She was happy.",
]
ONE_LENGTH = ["the cat sat on the mat", "the dog ran to the mat", "the cat sat on the mat"]
SEED, SHARE = 5, 0.4
WAYS = [(True, False), (True, True), (False, False), (False, True)]
MODELS = ["tiny-bert", "tiny-gpt2", "headlight-bert", "headlight-gpt2"]


def opened(name: str, tiny_bert_folder, tiny_gpt2_folder):
    """Load a model our way and plainly."""
    folder = {"tiny-bert": tiny_bert_folder, "tiny-gpt2": tiny_gpt2_folder}.get(name)
    loaded = load_model(name if folder is None else str(folder))
    return loaded, plain.load(folder or MODELS_FOLDER / name, causal=loaded.info.causal)


@pytest.fixture(scope="module", params=MODELS)
def family(request, tiny_bert_folder, tiny_gpt2_folder):
    """Give a model of either family, tiny and shipped, our way and plainly."""
    return opened(request.param, tiny_bert_folder, tiny_gpt2_folder)


@pytest.fixture(scope="module", params=["tiny-bert", "headlight-bert"])
def bert(request, tiny_bert_folder, tiny_gpt2_folder):
    return opened(request.param, tiny_bert_folder, tiny_gpt2_folder)


@pytest.fixture(scope="module", params=["tiny-gpt2", "headlight-gpt2"])
def gpt2(request, tiny_bert_folder, tiny_gpt2_folder):
    return opened(request.param, tiny_bert_folder, tiny_gpt2_folder)


def script(
    second: plain.Plain, texts: list[str], *, causal: bool, side: str = "right", seed: int = SEED, lists: bool = False
):
    """Collate texts as a training script does, with the end token behind each text of a causal model."""
    tokenizer = second.tokenizer
    tokenizer.padding_side = side
    ends = tokenizer.eos_token if causal else ""
    features = [dict(tokenizer(text + ends, return_special_tokens_mask=True)) for text in texts]
    if lists:
        features = [feature["input_ids"] for feature in features]
    collator = DataCollatorForLanguageModeling(tokenizer, mlm=not causal, mlm_probability=SHARE, seed=seed)
    return collator(features)


def ours_of(loaded, texts=TEXTS, **options):
    return collate(loaded, texts, **({"seed": SEED, "mlm_probability": SHARE} | options))


def plain_way(second: plain.Plain, inputs: dict, mask_given: bool, padding_scored: bool):
    """Run one way as a script would, with attentions: its output, its labels, and which tokens are real."""
    inputs = dict(inputs)
    real = inputs["attention_mask"].bool()
    if padding_scored:
        inputs["labels"] = torch.where(real, inputs["labels"], inputs["input_ids"])
    if not mask_given:
        del inputs["attention_mask"]
    with torch.no_grad():
        return second.model(**inputs, output_attentions=True), inputs["labels"], real


# --- the batch


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


# --- the four ways


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("mask_given, padding_scored", WAYS)
def test_a_loss_and_its_positions_are_those_of_the_plain_model(mask_given, padding_scored, side, family):
    loaded, second = family
    causal = loaded.info.causal
    inputs = script(second, TEXTS, causal=causal, side=side)
    output, labels, real = plain_way(second, inputs, mask_given, padding_scored)
    way = losses(loaded, ours_of(loaded, padding_side=side)).way(mask_given=mask_given, padding_scored=padding_scored)
    np.testing.assert_allclose(way.loss, output.loss.item(), rtol=1e-6, atol=1e-6)
    by_hand = losses_by_hand(output.logits.double().numpy(), labels.numpy(), causal=causal)
    np.testing.assert_allclose(way.position_losses, by_hand, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(way.loss, np.nanmean(by_hand), rtol=1e-5, atol=1e-4)


def losses_by_hand(logits: np.ndarray, labels: np.ndarray, *, causal: bool) -> np.ndarray:
    """Take log Σ exp(logits) minus the label's logit at each scored position, float64 ``[B, T]``, NaN elsewhere."""
    each = np.full(labels.shape, np.nan)
    for row, at in np.argwhere(labels != -100):
        reads = at - 1 if causal else at
        if reads >= 0:
            z = logits[row, reads]
            each[row, at] = z.max() + np.log(np.exp(z - z.max()).sum()) - z[labels[row, at]]
    return each


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("mask_given", [True, False])
def test_the_attention_on_padding_is_that_of_the_plain_model(mask_given, side, family):
    loaded, second = family
    inputs = script(second, TEXTS, causal=loaded.info.causal, side=side)
    output, _, real = plain_way(second, inputs, mask_given, False)
    attentions, real = torch.stack(output.attentions, dim=1).numpy(), real.numpy()
    masses = np.stack([a[:, :, r][..., ~r].sum(axis=-1).mean(axis=-1) for a, r in zip(attentions, real)])  # [B, L, H]
    four = losses(loaded, ours_of(loaded, padding_side=side))
    of_heads = masses[~real.all(axis=1)].mean(axis=0)
    for padding_scored in (False, True):
        way = four.way(mask_given=mask_given, padding_scored=padding_scored)
        np.testing.assert_allclose(way.padding_mass, masses, rtol=0, atol=1e-6)
        np.testing.assert_allclose(
            [way.mean_mass, way.worst_mass], [of_heads.mean(), of_heads.max()], rtol=0, atol=1e-6
        )
        if of_heads.max() == 0:
            assert way.worst_head is None
        else:
            np.testing.assert_allclose(of_heads[way.worst_head], of_heads.max(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("mask_given, padding_scored", WAYS)
def test_the_gradient_at_padding_is_that_of_the_plain_model(mask_given, padding_scored, side, family):
    loaded, second = family
    inputs = dict(script(second, TEXTS, causal=loaded.info.causal, side=side))
    real = inputs["attention_mask"].bool()
    if padding_scored:
        inputs["labels"] = torch.where(real, inputs["labels"], inputs["input_ids"])
    if not mask_given:
        del inputs["attention_mask"]
    found = []

    def keep(module, given, embedded):
        embedded.retain_grad()
        found.append(embedded)

    hook = second.model.get_input_embeddings().register_forward_hook(keep)
    second.model(**inputs).loss.backward()
    hook.remove()
    second.model.zero_grad()
    expected = sqrt(float((found[0].grad[~real].double().sum(dim=0) ** 2).sum()))
    way = losses(loaded, ours_of(loaded, padding_side=side)).way(mask_given=mask_given, padding_scored=padding_scored)
    np.testing.assert_allclose(way.pad_gradient, expected, rtol=1e-4, atol=1e-6)


def test_with_the_mask_unscored_padding_gets_no_gradient_and_no_attention_at_all(family):
    loaded, _ = family
    way = losses(loaded, ours_of(loaded)).way(mask_given=True, padding_scored=False)
    assert (way.pad_gradient, way.mean_mass, way.worst_mass, way.worst_head) == (0.0, 0.0, 0.0, None)


def test_without_the_mask_unscored_padding_of_a_masked_model_is_seen_and_gets_a_gradient(bert):
    loaded, _ = bert
    four = losses(loaded, ours_of(loaded))
    way = four.way(mask_given=False, padding_scored=False)
    assert way.pad_gradient > 1e-4
    assert way.mean_mass > 0.05
    assert four.mask_matters


def test_labels_decide_alone_where_padding_is_scored(family):
    loaded, _ = family
    made = ours_of(loaded)
    four = losses(loaded, made)
    for mask_given in (True, False):
        unscored, scored = (
            four.way(mask_given=mask_given, padding_scored=choice).position_losses for choice in (False, True)
        )
        np.testing.assert_array_equal(~np.isnan(unscored), made.scored)
        np.testing.assert_array_equal(~np.isnan(scored), made.scored | ~made.batch.attention_mask)


# --- the same sentences without padding


def test_one_at_a_time_the_sentences_have_the_loss_of_the_masked_batch(family):
    loaded, second = family
    causal = loaded.info.causal
    inputs = script(second, TEXTS, causal=causal)
    sums, counts = [], []
    for ids, labels, mask in zip(inputs["input_ids"], inputs["labels"], inputs["attention_mask"].bool()):
        with torch.no_grad():
            logits = second.model(ids[mask][None]).logits.double().numpy()
        each = losses_by_hand(logits, labels[mask][None].numpy(), causal=causal)
        sums.append(np.nansum(each))
        counts.append(int((~np.isnan(each)).sum()))
    made = ours_of(loaded)
    alone, four = unpadded(loaded, made), losses(loaded, made)
    assert alone.n_scored.tolist() == counts
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(alone.losses, np.array(sums) / counts, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(alone.loss, sum(sums) / sum(counts), rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(alone.loss, four.way(mask_given=True, padding_scored=False).loss, rtol=1e-5, atol=1e-4)
    assert not alone.all_one_length


def test_without_the_mask_the_loss_of_a_masked_model_is_not_that_of_its_sentences(bert):
    loaded, _ = bert
    made = ours_of(loaded)
    untold = losses(loaded, made).way(mask_given=False, padding_scored=False)
    assert abs(unpadded(loaded, made).loss - untold.loss) > 1e-3


def test_a_sentence_of_which_nothing_is_drawn_has_no_loss_of_its_own(bert):
    loaded, _ = bert
    made = next(m for m in (ours_of(loaded, seed=seed) for seed in range(50)) if not m.scored.any(axis=1).all())
    alone = unpadded(loaded, made)
    np.testing.assert_array_equal(np.isnan(alone.losses), ~made.scored.any(axis=1))
    assert np.isfinite(alone.loss)


@pytest.mark.parametrize("side", ["right", "left"])
def test_sentences_of_one_length_have_one_loss_in_all_ways(side, bert):
    loaded, second = bert
    inputs = script(second, ONE_LENGTH, causal=False, side=side)
    assert inputs["attention_mask"].all()
    plain_losses = [plain_way(second, inputs, *way)[0].loss.item() for way in WAYS]
    made = ours_of(loaded, ONE_LENGTH, padding_side=side)
    four, alone = losses(loaded, made), unpadded(loaded, made)
    np.testing.assert_allclose([way.loss for way in four.ways], plain_losses, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(alone.loss, plain_losses, rtol=1e-5, atol=1e-5)
    assert alone.all_one_length
    assert not four.mask_matters
    assert verdict(four, alone) == (
        "All sentences have one length: there is no padding, so the mask changes nothing. That is why some scripts "
        "get away without it."
    )


def test_a_single_sentence_is_said_to_have_no_padding(tiny_bert):
    made = ours_of(tiny_bert, TEXTS[:1])
    said = verdict(losses(tiny_bert, made), unpadded(tiny_bert, made))
    assert said == "One sentence alone has no padding, so the mask changes nothing."


# --- causal models


def test_padding_behind_a_causal_text_is_seen_by_no_real_token(gpt2):
    loaded, _ = gpt2
    made = ours_of(loaded)
    four = losses(loaded, made)
    untold = four.way(mask_given=False, padding_scored=False)
    assert (untold.mean_mass, untold.pad_gradient) == (0.0, 0.0)
    assert not four.mask_matters
    assert verdict(four, unpadded(loaded, made)).startswith(
        "This model reads from left to right and all padding stands behind the texts: no real token sees it, so the "
        "mask changes nothing (loss "
    )


def test_padding_in_front_of_a_causal_text_is_seen_without_the_mask(gpt2):
    loaded, _ = gpt2
    made = ours_of(loaded, padding_side="left")
    four, alone = losses(loaded, made), unpadded(loaded, made)
    assert four.way(mask_given=False, padding_scored=False).mean_mass > 0.05
    assert four.mask_matters
    told = four.way(mask_given=True, padding_scored=False).loss
    assert abs(told - alone.loss) > 1e-3
    said = verdict(four, alone)
    assert (
        f"have the loss {alone.loss:.2f}, and not {told:.2f} as with the mask. Padding in front of a text moves its "
        f"positions" in said
    )


def test_the_collator_takes_every_real_end_of_a_text_from_the_loss(gpt2):
    loaded, second = gpt2
    texts = [TEXTS[0], TEXTS[2] + second.tokenizer.eos_token + TEXTS[1]]  # a real end token inside the second
    made = ours_of(loaded, texts)
    inputs = script(second, texts, causal=True)
    ends = ((inputs["input_ids"] == second.tokenizer.eos_token_id) & inputs["attention_mask"].bool()).numpy()
    assert ends.sum() == 3
    assert (made.labels[ends] == -100).all()
    assert (made.kinds[ends] == "special").all()
    four = losses(loaded, made)
    assert (four.stopping.n_ends, four.stopping.n_ends_scored) == (3, 0)
    assert verdict(four, unpadded(loaded, made)).endswith(
        "Padding is the end token here, so the collator's -100 also falls on 3 of 3 real ends: from such labels the "
        "model does not learn to stop."
    )


def test_what_training_does_to_the_end_token_is_the_gradient_of_the_plain_loss(gpt2):
    loaded, second = gpt2
    end = second.tokenizer.eos_token_id
    inputs = dict(script(second, TEXTS, causal=True))
    stopping = losses(loaded, ours_of(loaded)).stopping
    real = inputs["attention_mask"].bool()
    by_mask = torch.where(real, inputs["input_ids"], -100)
    pushes = []
    for labels in (inputs["labels"], by_mask):
        logits = (
            second.model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
            .logits.detach()
            .requires_grad_()
        )
        second.model.loss_function(logits, labels, vocab_size=logits.shape[-1]).backward()
        pushes.append(float(logits.grad[..., end].sum()))
    np.testing.assert_allclose([stopping.push, stopping.push_if_scored], pushes, rtol=1e-4, atol=1e-7)
    # Without the ends training only ever lowers the end token; with them it raises it.
    assert stopping.push > 0 > stopping.push_if_scored
    lengths = real.sum(dim=1).tolist()
    at_the_end = [torch.softmax(logits[row, n - 2].detach(), dim=-1)[end].item() for row, n in enumerate(lengths)]
    np.testing.assert_allclose(stopping.probability, at_the_end, rtol=1e-4, atol=1e-6)


# --- the verdict


def test_the_verdict_says_the_numbers_of_the_plain_shipped_model():
    loaded = load_model("headlight-bert")
    second = plain.load(MODELS_FOLDER / "headlight-bert", causal=False)
    inputs = script(second, TEXTS, causal=False)
    with_mask_, _, real = plain_way(second, inputs, True, False)
    without, _, _ = plain_way(second, inputs, False, False)
    scored, _, _ = plain_way(second, inputs, True, True)
    attentions, real = torch.stack(without.attentions, dim=1).numpy(), real.numpy()
    of_rows = [a[:, :, r][..., ~r].sum(axis=-1).mean(axis=-1) for a, r in zip(attentions, real) if not r.all()]
    of_heads = np.mean(of_rows, axis=0)
    layer, head = np.unravel_index(of_heads.argmax(), of_heads.shape)
    made = ours_of(loaded)
    assert verdict(losses(loaded, made), unpadded(loaded, made)) == (
        f"Without the mask the real tokens of padded sentences give {of_heads.mean():.0%} of their attention to "
        f"padding "
        f"(Layer{layer + 1}_Head{head + 1}: {of_heads.max():.0%}), "
        f"and the loss moves from {with_mask_.loss.item():.2f} to {without.loss.item():.2f}. "
        f"With labels of -100 the padding is not scored either way; labelled as real tokens, {(~real).sum()} "
        f"positions of padding "
        f"would be scored and the loss with the mask would be {scored.loss.item():.2f}. "
        f"One at a time, without padding, the sentences have the loss {with_mask_.loss.item():.2f}: the same as with "
        f"the mask."
    )


def test_the_verdict_of_the_shipped_causal_model_has_the_plain_numbers():
    loaded = load_model("headlight-gpt2")
    second = plain.load(MODELS_FOLDER / "headlight-gpt2", causal=True)
    inputs = script(second, TEXTS, causal=True)
    loss = plain_way(second, inputs, True, False)[0].loss.item()
    scored = plain_way(second, inputs, True, True)[0].loss.item()
    n_padding = int((inputs["attention_mask"] == 0).sum())
    made = ours_of(loaded)
    said = verdict(losses(loaded, made), unpadded(loaded, made))
    assert f"so the mask changes nothing (loss {loss:.2f})." in said
    assert f"{n_padding} positions of padding would be scored and the loss with the mask would be {scored:.2f}." in said
    assert f"the sentences have the loss {loss:.2f}: the same as with the mask." in said


# --- a model that is shared


def parameters(loaded) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in loaded.model.parameters()]


def logits(loaded, ids: np.ndarray) -> torch.Tensor:
    with torch.inference_mode():
        return loaded.model(torch.tensor(ids), use_cache=False).logits


def test_the_shared_model_is_the_same_afterwards_and_keeps_no_gradient(family):
    loaded, _ = family
    made = ours_of(loaded)
    before, weights = logits(loaded, made.batch.input_ids), parameters(loaded)
    losses(loaded, made)
    unpadded(loaded, made)
    assert all(parameter.grad is None for parameter in loaded.model.parameters())
    assert all(torch.equal(old, new) for old, new in zip(weights, loaded.model.parameters()))
    assert torch.equal(before, logits(loaded, made.batch.input_ids))


def test_two_threads_get_the_numbers_that_one_gets(family):
    loaded, _ = family
    batches = [ours_of(loaded, texts) for texts in (TEXTS, TEXTS[::-1] + TEXTS[:1])]

    def numbers(made) -> list[tuple]:
        return [(way.loss, way.mean_mass, way.pad_gradient) for way in losses(loaded, made).ways]

    one_by_one = [numbers(made) for made in batches]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(numbers, batches * 4)) == one_by_one * 4


def test_a_model_that_counts_its_positions_by_the_pad_token_gets_those_it_counts(tmp_path):
    tokenizer = with_mask()
    folder = write(tmp_path, roberta, tokenizer)
    loaded, second = load_model(str(folder)), plain.load(folder, causal=False)
    inputs = script(second, TEXTS, causal=False)
    four = losses(loaded, ours_of(loaded))
    for mask_given, padding_scored in WAYS:
        output, _, _ = plain_way(second, inputs, mask_given, padding_scored)
        way = four.way(mask_given=mask_given, padding_scored=padding_scored)
        np.testing.assert_allclose(way.loss, output.loss.item(), rtol=1e-5, atol=1e-5)


def test_results_refuse_writing_and_count_their_bytes(tiny_bert):
    made = ours_of(tiny_bert, ["the cat sat"])  # [CLS] the cat sat [SEP]: 1 x 5 positions
    four, alone = losses(tiny_bert, made), unpadded(tiny_bert, made)
    arrays = [made.original_ids, made.labels, made.kinds, alone.losses, alone.n_scored]
    for way in four.ways:
        arrays += [way.position_losses, way.padding_mass]
    for array in arrays:
        with pytest.raises(ValueError):
            array[...] = 0
    assert made.nbytes == 5 * (8 + 8 + made.kinds.itemsize)
    assert four.nbytes == made.nbytes + 4 * (5 * 4 + 2 * 3 * 4)  # losses of 5 positions, masses of 2 layers of 3 heads
    assert alone.nbytes == 8 + 8


# --- what is refused


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
