"""What a causal model learns of padding and ends, what is said of it, and that the shared model stays as it is."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from tests.model import plain
from tests.model.families import roberta, with_mask, write
from tests.model.training.script import (
    TEXTS,
    WAYS,
    ours_of,
    plain_way,
    script,
)
from viz.analysis.batches.training import verdict
from viz.engine.models import load_model
from viz.engine.training import losses, unpadded
from viz.shipped import MODELS_FOLDER


def test_padding_behind_a_causal_text_is_seen_by_no_real_token(gpt2):
    loaded, _ = gpt2
    made = ours_of(loaded)
    four = losses(loaded, made)
    untold = four.way(mask_given=False, padding_scored=False)
    assert (untold.mean_mass, untold.pad_gradient) == (0.0, 0.0)
    assert not four.mask_matters
    assert verdict(four, unpadded(loaded, made)).startswith(
        "This model reads from left to right and all padding stands behind the texts: no real token sees it, "
        "so the mask changes nothing (loss "
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
        f"have the loss {alone.loss:.2f}, and not {told:.2f} as with the mask. Padding in front of a text "
        "moves its positions" in said
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
        "Padding is the end token here, so the collator's -100 also falls on 3 of 3 real ends: from such "
        "labels the model does not learn to stop."
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
        f"Without the mask the real tokens of padded sentences give {of_heads.mean():.0%} of their attention "
        "to padding "
        f"(Layer{layer + 1}_Head{head + 1}: {of_heads.max():.0%}), "
        f"and the loss moves from {with_mask_.loss.item():.2f} to {without.loss.item():.2f}. "
        f"With labels of -100 the padding is not scored either way; labelled as real tokens, {(~real).sum()} "
        "positions of padding "
        f"would be scored and the loss with the mask would be {scored.loss.item():.2f}. "
        f"One at a time, without padding, the sentences have the loss {with_mask_.loss.item():.2f}: the same "
        "as with the mask."
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
