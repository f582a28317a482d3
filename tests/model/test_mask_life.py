"""The stations of a mask are those of the running model: shapes, types and values, and the modules it passes."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import transformers

from viz.analysis.masks.stations import outcome
from viz.engine import forward, mask_life
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.mask_life import trace
from viz.engine.models import load_model
from viz.errors import NotRecorded

LOWEST = float(np.finfo(np.float32).min)


def shape_and_type(facts) -> tuple | None:
    return None if facts is None else (facts.shape, facts.dtype)


@pytest.fixture(scope="module")
def padded_bert(tiny_bert):
    return encode(tiny_bert, ["the cat sat", "cat"])  # 5 and 3 tokens


def test_an_encoders_padding_becomes_booleans_per_query_and_then_the_smallest_number(tiny_bert, padded_bert):
    life = trace(tiny_bert, padded_bert, 1)
    assert life.library == transformers.__version__
    assert shape_and_type(life.tokenizer) == shape_and_type(life.given) == ((2, 5), "int64")
    assert life.tokenizer.values == (0, 1)
    assert life.function.rule == "bidirectional_mask_function"
    assert shape_and_type(life.function.received) == ((2, 5), "bool")
    assert (life.function.q_length, life.function.kv_length) == (5, 5)
    assert shape_and_type(life.function.returned) == ((2, 1, 5, 5), "bool")
    assert shape_and_type(life.added) == ((2, 1, 5, 5), "float32")
    assert life.added.values == (LOWEST, 0.0)
    assert life.scores == life.attentions == (2, 3, 5, 5)
    assert outcome(life) == (
        "The library made a mask for each query and key from the tokenizer's mask and the rule "
        "bidirectional_mask_function."
    )


def test_an_encoder_without_padding_gets_no_mask_at_all(tiny_bert):
    life = trace(tiny_bert, encode(tiny_bert, ["the cat sat"]), 0)
    assert life.tokenizer.values == (1,)
    assert shape_and_type(life.function.received) == ((1, 5), "bool")
    assert life.function.returned is None
    assert life.added is None
    assert [stop.received is None for stop in life.modules] == [False, False, True, True, True, True]
    assert outcome(life).startswith("The model is told of no padding and of nothing hidden")


@pytest.mark.parametrize("texts", [["The old dog ran", "The old dog"], ["The old dog ran"]])
def test_a_decoder_always_gets_its_triangle(texts, tiny_gpt2):
    batch = encode(tiny_gpt2, texts)
    n_rows, n = batch.input_ids.shape
    life = trace(tiny_gpt2, batch, 2)
    assert life.function.rule == "causal_mask_function"
    assert shape_and_type(life.function.received) == ((n_rows, n), "bool")
    assert shape_and_type(life.function.returned) == ((n_rows, 1, n, n), "bool")
    assert shape_and_type(life.added) == ((n_rows, 1, n, n), "float32")
    assert life.added.values == (LOWEST, 0.0)
    assert life.scores == life.attentions == (n_rows, 2, n, n)


def test_a_mask_for_each_query_and_key_is_used_as_it_is(tiny_bert, padded_bert):
    told = np.tile(np.tri(5, dtype=bool), (2, 1, 1))
    life = trace(tiny_bert, padded_bert, 0, told)
    assert shape_and_type(life.tokenizer) == ((2, 5), "int64")
    assert shape_and_type(life.given) == ((2, 1, 5, 5), "bool")
    assert life.function is None
    assert life.added.values == (LOWEST, 0.0)
    assert {shape_and_type(stop.received) for stop in life.modules} == {((2, 1, 5, 5), "bool")}
    assert "uses it as it is" in outcome(life)


def test_a_hidden_token_is_told_as_a_zero_and_makes_a_mask(tiny_bert):
    batch = encode(tiny_bert, ["the cat sat"])
    told = batch.attention_mask.copy()
    told[0, 2] = False
    life = trace(tiny_bert, batch, 0, told)
    assert life.tokenizer.values == (1,)
    assert life.given.values == (0, 1)
    assert shape_and_type(life.added) == ((1, 1, 5, 5), "float32")


def test_a_causal_model_that_may_see_later_is_not_given_its_triangle(tiny_gpt2):
    life = trace(tiny_gpt2, encode(tiny_gpt2, ["The old dog"]), 0, see_later=True)
    assert life.function is None
    assert life.added.values == (0.0,)


def test_a_model_that_is_not_told_of_padding_is_not_shown_as_if_it_were(tiny_bert, padded_bert, tiny_gpt2):
    """With the padding layer off, all keys are told as real, and nothing is added: as in the pass of the maps."""
    life = trace(tiny_bert, padded_bert, 1, leave_out=("attention_mask",))
    assert life.tokenizer.values == (0, 1)
    assert (life.given.shape, life.given.values) == ((2, 5), (1,))
    assert life.added is None
    assert run(tiny_bert, padded_bert, leave_out=("attention_mask",)).additive_mask is None
    told = np.tile(np.tri(5, dtype=bool), (2, 1, 1))
    life = trace(tiny_bert, padded_bert, 1, told, leave_out=("attention_mask",))
    added = run(tiny_bert, padded_bert, given_mask=told, leave_out=("attention_mask",)).additive_mask
    assert life.added.shape == added.shape
    assert (added[:, 0] == np.where(told, 0, np.float32(LOWEST))).all()
    batch = encode(tiny_gpt2, ["The old dog ran", "The old"])
    life = trace(tiny_gpt2, batch, 0, see_later=True, leave_out=("attention_mask",))
    assert life.added.values == (0.0,)


def test_the_way_to_berts_self_attention_and_what_each_module_receives(tiny_bert, padded_bert):
    life = trace(tiny_bert, padded_bert, 1)
    flat, per_query = ((2, 5), "int64"), ((2, 1, 5, 5), "bool")
    assert [(stop.class_name, stop.path, shape_and_type(stop.received)) for stop in life.modules] == [
        ("BertForMaskedLM", "", flat),
        ("BertModel", "bert", flat),
        ("BertEncoder", "bert.encoder", per_query),
        ("BertLayer", "bert.encoder.layer.1", per_query),
        ("BertAttention", "bert.encoder.layer.1.attention", per_query),
        ("BertSelfAttention", "bert.encoder.layer.1.attention.self", per_query),
    ]


def test_the_way_to_gpt2s_attention_and_what_each_module_receives(tiny_gpt2):
    life = trace(tiny_gpt2, encode(tiny_gpt2, ["The old dog", "The old"]), 2)
    flat, per_query = ((2, 3), "int64"), ((2, 1, 3, 3), "bool")
    assert [(stop.class_name, stop.path, shape_and_type(stop.received)) for stop in life.modules] == [
        ("GPT2LMHeadModel", "", flat),
        ("GPT2Model", "transformer", flat),
        ("GPT2Block", "transformer.h.2", per_query),
        ("GPT2Attention", "transformer.h.2.attn", per_query),
    ]


@pytest.mark.parametrize("checkpoint", ["headlight-bert", "headlight-gpt2"])
def test_every_layer_of_a_shipped_model_has_its_way(checkpoint):
    loaded = load_model(checkpoint)
    batch = encode(loaded, ["The turtle moves slow", "The turtle"])
    for layer in range(loaded.info.n_layers):
        life = trace(loaded, batch, layer)
        assert f".{layer}." in life.modules[-1].path
        assert life.modules[-1].received.shape == (2, 1, batch.n_tokens, batch.n_tokens)
        assert life.layer == layer


def n_hooks(model) -> int:
    return sum(len(module._forward_pre_hooks) for module in model.modules())


def test_no_hook_stays_behind_even_after_an_error(tiny_bert, padded_bert):
    before = n_hooks(tiny_bert.model)
    trace(tiny_bert, padded_bert, 0)
    assert n_hooks(tiny_bert.model) == before
    broken = replace(padded_bert, input_ids=padded_bert.input_ids + 10_000)
    with pytest.raises(IndexError):
        trace(tiny_bert, broken, 0)
    assert n_hooks(tiny_bert.model) == before
    assert shape_and_type(trace(tiny_bert, padded_bert, 0).added) == ((2, 1, 5, 5), "float32")


def test_a_pass_of_another_thread_is_not_seen_and_not_disturbed(tiny_bert, padded_bert):
    other = encode(tiny_bert, ["the old dog ran under the green tree"])
    expected = run(tiny_bert, other)
    stop, wrong = threading.Event(), []

    def run_on() -> None:
        while not stop.is_set():
            if not np.array_equal(run(tiny_bert, other).attentions, expected.attentions):
                wrong.append("attentions")

    thread = threading.Thread(target=run_on)
    thread.start()
    try:
        lives = [trace(tiny_bert, padded_bert, 1) for _ in range(40)]
    finally:
        stop.set()
        thread.join()
    assert not wrong
    assert set(lives) == {trace(tiny_bert, padded_bert, 1)}


def test_a_pass_of_another_thread_that_meets_a_hook_half_registered_goes_on(tiny_bert, padded_bert):
    expected = run(tiny_bert, padded_bert)
    record = forward.new_recording(tiny_bert, padded_bert, np.zeros((0, 2), dtype=np.int64))
    with mask_life._watched(tiny_bert.model, record) as received:
        for module in tiny_bert.model.modules():
            module._forward_pre_hooks_with_kwargs.clear()  # torch notes a moment later that a hook takes them
        np.testing.assert_array_equal(run(tiny_bert, padded_bert).attentions, expected.attentions)
    assert received == {}


def test_traces_at_once_do_not_mix(tiny_bert):
    batches = [encode(tiny_bert, ["cat " * n, "cat"]) for n in range(1, 9)] * 3
    alone = [trace(tiny_bert, batch, 1) for batch in batches]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda batch: trace(tiny_bert, batch, 1), batches)) == alone
    assert [life.scores[-1] for life in alone[:8]] == [n + 2 for n in range(1, 9)]


def test_a_model_whose_attention_is_its_own_is_refused_by_name(tiny_bert, padded_bert):
    with pytest.raises(NotRecorded, match="can only be read"):
        trace(replace(tiny_bert, recorded=False), padded_bert, 0)
