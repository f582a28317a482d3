"""Every stage equals an independent computation in float64, from q and k taken out of a plain model with hooks."""

import math

import numpy as np
import pytest
import torch

from tests.model import plain
from viz.analysis.masks import layers
from viz.analysis.masks.hiding import Hiding
from viz.analysis.masks.stages import arithmetic, matrix_stages, stages
from viz.engine.batching import encode, encode_pair
from viz.engine.forward import run
from viz.errors import ScoresNotKept

LOWEST = float(np.finfo(np.float32).min)
BERT_TEXTS = ["The turtle moves slow across the [MASK].", "The [MASK] sat."]
GPT2_TEXTS = ["The turtle moves slow across the", "The old dog ran"]


@pytest.fixture(scope="module")
def plain_bert(tiny_bert_folder):
    return plain.load(tiny_bert_folder, causal=False)


@pytest.fixture(scope="module")
def plain_gpt2(tiny_gpt2_folder):
    return plain.load(tiny_gpt2_folder, causal=True)


def by_heads(states: torch.Tensor, n_heads: int) -> torch.Tensor:
    """Split ``[B, T, H * D]`` into float64 ``[B, H, T, D]``."""
    n_rows, n_tokens, size = states.shape
    return states.double().view(n_rows, n_tokens, n_heads, size // n_heads).transpose(1, 2)


def queries_and_keys(second: plain.Plain, inputs: dict) -> tuple[list, list, np.ndarray]:
    """Take q and k of every layer out of a plain model with forward hooks; also its attentions."""
    config = second.model.config
    kept: dict[str, list] = {"q": [], "k": []}

    def keep(name: str):
        return lambda module, args, output: kept[name].append(by_heads(output, config.num_attention_heads))

    def keep_both(module, args, output) -> None:
        q, k, _ = output.split(config.hidden_size, dim=2)
        kept["q"].append(by_heads(q, config.num_attention_heads))
        kept["k"].append(by_heads(k, config.num_attention_heads))

    handles = []
    for name, module in second.model.named_modules():
        if name.endswith("attention.self.query"):
            handles.append(module.register_forward_hook(keep("q")))
        elif name.endswith("attention.self.key"):
            handles.append(module.register_forward_hook(keep("k")))
        elif name.endswith("attn.c_attn"):
            handles.append(module.register_forward_hook(keep_both))
    attentions, _ = plain.output(second, inputs)
    for handle in handles:
        handle.remove()
    assert len(kept["q"]) == len(kept["k"]) == config.num_hidden_layers
    return kept["q"], kept["k"], attentions


def assert_every_stage(ours, second: plain.Plain, inputs: dict, allowed: np.ndarray) -> None:
    """Compare all stages of all heads; ``allowed`` is bool ``[B, Q, K]``, said by hand."""
    q, k, attentions = queries_and_keys(second, inputs)
    added = torch.zeros(allowed.shape, dtype=torch.float64).masked_fill(~torch.tensor(allowed), LOWEST)
    for layer in range(ours.model.n_layers):
        scores = q[layer] @ k[layer].transpose(2, 3) / math.sqrt(q[layer].shape[-1])
        expected = torch.softmax(scores + added[:, None], dim=-1)
        for row in range(len(allowed)):
            some_key = allowed[row].any(axis=1)  # in float64 the smallest float32 hides no row entirely
            for head in range(ours.model.n_heads):
                shown = matrix_stages(ours, row, layer, head)
                np.testing.assert_allclose(shown.scores, scores[row, head], rtol=0, atol=1e-5)
                np.testing.assert_array_equal(shown.added, added[row])
                total = (scores[row, head] + added[row]).numpy()
                np.testing.assert_allclose(shown.total[allowed[row]], total[allowed[row]], rtol=0, atol=1e-5)
                assert (shown.total[~allowed[row]] == np.float32(LOWEST)).all()
                np.testing.assert_allclose(shown.recomputed[some_key], expected[row, head][some_key], rtol=0, atol=1e-5)
                np.testing.assert_allclose(shown.recomputed, attentions[row, layer, head], rtol=0, atol=1e-6)
                np.testing.assert_allclose(shown.attention, attentions[row, layer, head], rtol=0, atol=1e-6)
                assert shown.largest_difference < 1e-6


def per_query(mask: np.ndarray) -> np.ndarray:
    return np.repeat(mask[:, None], mask.shape[1], axis=1)


@pytest.mark.parametrize("side", ["left", "right"])
def test_an_encoder_with_padding(side, tiny_bert, plain_bert):
    batch = encode(tiny_bert, BERT_TEXTS, padding_side=side)
    allowed = per_query(batch.attention_mask)
    assert_every_stage(run(tiny_bert, batch), plain_bert, plain.tokenized(plain_bert, BERT_TEXTS, side), allowed)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_decoder_with_padding(side, tiny_gpt2, plain_gpt2):
    batch = encode(tiny_gpt2, GPT2_TEXTS, padding_side=side)
    allowed = per_query(batch.attention_mask) & np.tri(batch.n_tokens, dtype=bool)
    assert_every_stage(run(tiny_gpt2, batch), plain_gpt2, plain.tokenized(plain_gpt2, GPT2_TEXTS, side), allowed)


@pytest.mark.parametrize("causal", [False, True])
def test_a_mask_for_each_query_and_key(causal, tiny_bert, plain_bert, tiny_gpt2, plain_gpt2):
    loaded, second, texts = (tiny_gpt2, plain_gpt2, GPT2_TEXTS) if causal else (tiny_bert, plain_bert, BERT_TEXTS)
    batch = encode(loaded, texts)
    cells = np.random.default_rng(5).random((2, batch.n_tokens, batch.n_tokens)) > 0.4
    cells |= np.eye(batch.n_tokens, dtype=bool)
    allowed = cells & batch.attention_mask[:, None]
    allowed &= np.tri(batch.n_tokens, dtype=bool) if causal else True
    added = np.where(allowed, 0.0, LOWEST).astype(np.float32)[:, None]
    inputs = plain.tokenized(second, texts) | {"attention_mask": torch.tensor(added)}
    assert_every_stage(run(loaded, batch, given_mask=cells), second, inputs, allowed)


def test_a_causal_mask_made_by_hand_on_an_encoder(tiny_bert, plain_bert):
    batch = encode(tiny_bert, BERT_TEXTS)
    made = layers.layers(batch, 0, causal=True)
    told = layers.in_batch(batch, 0, layers.product(made), causal=False)
    allowed = per_query(batch.attention_mask)
    allowed[0] &= np.tri(batch.n_tokens, dtype=bool)
    added = np.where(allowed, 0.0, LOWEST).astype(np.float32)[:, None]
    inputs = plain.tokenized(plain_bert, BERT_TEXTS) | {"attention_mask": torch.tensor(added)}
    assert_every_stage(run(tiny_bert, batch, given_mask=told), plain_bert, inputs, allowed)


def test_a_pair_whose_segments_are_kept_apart(tiny_bert, plain_bert):
    batch = encode_pair(tiny_bert, "the cat sat", "the [MASK] ran fast")
    told = layers.product(layers.layers(batch, 0, causal=False, segments=True))[None]
    inputs = dict(plain_bert.tokenizer("the cat sat", "the [MASK] ran fast", return_tensors="pt"))
    types = inputs["token_type_ids"][0].numpy()
    allowed = (types[:, None] == types[None, :])[None]
    inputs["attention_mask"] = torch.tensor(np.where(allowed, 0.0, LOWEST).astype(np.float32)[:, None])
    ours = run(tiny_bert, batch, given_mask=told)
    assert_every_stage(ours, plain_bert, inputs, allowed)
    assert (ours.attentions[0][:, :, types[:, None] != types[None, :]] == 0).all()


def test_a_pair_as_its_tokenizer_leaves_it(tiny_bert, plain_bert):
    ours = run(tiny_bert, encode_pair(tiny_bert, "the cat sat", "the [MASK] ran fast"))
    inputs = dict(plain_bert.tokenizer("the cat sat", "the [MASK] ran fast", return_tensors="pt"))
    n = ours.batch.n_tokens
    assert_every_stage(ours, plain_bert, inputs, np.ones((1, n, n), dtype=bool))
    shown = matrix_stages(ours, 0, 0, 0)
    assert shown.nothing_added
    assert shown.tokens == ("[CLS]", "the", "cat", "sat", "[SEP]", "the", "[MASK]", "ran", "fast", "[SEP]")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("fill", ["-inf", "min", -1e9, -1e4, -10.0])
def test_a_run_in_another_number_type_is_recomputed_in_it_to_its_last_bit(fill, dtype, tiny_bert):
    batch, hiding = encode(tiny_bert, BERT_TEXTS), Hiding(fill, dtype)
    ours = run(tiny_bert, batch, hiding=hiding)
    last_bit = {"float16": 2.0**-11, "bfloat16": 2.0**-8}[dtype]
    for head in range(3):
        assert matrix_stages(ours, 1, 1, head, hiding=hiding).largest_difference <= last_bit
    exact = [matrix_stages(ours, 1, layer, head).largest_difference for layer in range(2) for head in range(3)]
    assert max(exact) > 1e-5  # without being told, the rounding shows as a difference


def test_the_arithmetic_of_a_real_cell_ends_in_the_models_own_number(tiny_gpt2):
    ours = run(tiny_gpt2, encode(tiny_gpt2, GPT2_TEXTS[:1]))
    shown = stages(ours, 0, 1, 1, 4)
    for key in range(len(shown.tokens)):
        said = float(arithmetic(shown, key).rpartition("= ")[2])
        assert said == pytest.approx(float(ours.attentions[0, 1, 1, 4, key]), rel=1e-3)
    assert arithmetic(shown, 6).endswith("= 0")  # a later key


def test_scores_that_were_not_kept_are_asked_for_with_a_reason(monkeypatch, tiny_bert):
    monkeypatch.setattr("viz.settings.Settings.max_scores_bytes", 0)
    ours = run(tiny_bert, encode(tiny_bert, ["the cat"]))
    with pytest.raises(ScoresNotKept, match="too long for them to be kept"):
        stages(ours, 0, 0, 0, 0)
