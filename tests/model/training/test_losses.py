"""What is seen and what is scored is what plain transformers gives, with and without the mask."""

from math import sqrt

import numpy as np
import pytest
import torch

from tests.model.training.script import (
    ONE_LENGTH,
    TEXTS,
    WAYS,
    losses_by_hand,
    ours_of,
    plain_way,
    script,
)
from viz.analysis.batches.training import verdict
from viz.engine.training import losses, unpadded


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
        "All sentences have one length: there is no padding, so the mask changes nothing. That is why some "
        "scripts get away without it."
    )


def test_a_single_sentence_is_said_to_have_no_padding(tiny_bert):
    made = ours_of(tiny_bert, TEXTS[:1])
    said = verdict(losses(tiny_bert, made), unpadded(tiny_bert, made))
    assert said == "One sentence alone has no padding, so the mask changes nothing."
