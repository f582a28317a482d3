"""A recording files each attention under its kind and layer, whatever else the model calls."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
import transformers as tf

from viz.engine import capture, stacks
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.errors import CaptureFailed

N_ROWS, N_SOURCE, N_TARGET, N_HEADS = 2, 7, 4, 3


def bart():
    """Give an encoder of two layers beside a decoder of three."""
    size = {
        "d_model": 24,
        "encoder_ffn_dim": 48,
        "decoder_ffn_dim": 48,
        "vocab_size": 60,
        "max_position_embeddings": 32,
    }
    layers = {"encoder_layers": 2, "decoder_layers": 3, "encoder_attention_heads": 3, "decoder_attention_heads": 3}
    return tf.BartForConditionalGeneration(tf.BartConfig(init_std=0.3, **size, **layers))


def t5():
    """Give a model that adds a bias of the distance to its scores."""
    size = {"d_model": 24, "d_kv": 8, "d_ff": 48, "num_heads": 3, "vocab_size": 60}
    config = tf.T5Config(num_layers=2, num_decoder_layers=3, decoder_start_token_id=0, **size)
    return tf.T5ForConditionalGeneration(config)


def recording_of(model) -> capture.Recording:
    """Prepare a recording of the three kinds, each of its own size."""
    shapes = {
        "encoder": (N_ROWS, 2, N_HEADS, N_SOURCE, N_SOURCE),
        "decoder": (N_ROWS, 3, N_HEADS, N_TARGET, N_TARGET),
        "cross": (N_ROWS, 3, N_HEADS, N_TARGET, N_SOURCE),
    }
    layers = {kind: capture.LayerRecord(torch.zeros(shape), torch.zeros(shape)) for kind, shape in shapes.items()}
    return capture.Recording(stacks.kinds(model), layers, torch.zeros((0, 2), dtype=torch.int64))


@pytest.mark.parametrize("make", [bart, t5], ids=lambda make: make.__name__)
def test_encoder_decoder_and_cross_attention_are_filed_apart(make):
    torch.manual_seed(3)
    model = make().eval()
    model.set_attn_implementation("eager")
    ids = torch.randint(3, 60, (N_ROWS, N_SOURCE))
    mask = torch.ones_like(ids)
    mask[1, 5:] = 0
    inputs = {"input_ids": ids, "attention_mask": mask, "decoder_input_ids": torch.randint(3, 60, (N_ROWS, N_TARGET))}
    with torch.no_grad():
        plain = model(**inputs, output_attentions=True, use_cache=False)
    model.set_attn_implementation(capture.IMPLEMENTATION)
    record = recording_of(model)
    with torch.no_grad(), capture.recording(record):
        ours = model(**inputs, use_cache=False)
    torch.testing.assert_close(ours.logits, plain.logits, rtol=0, atol=0)
    returned = {
        "encoder": plain.encoder_attentions,
        "decoder": plain.decoder_attentions,
        "cross": plain.cross_attentions,
    }
    for kind, attentions in returned.items():
        layers = record.layers[kind]
        assert layers.n_layers == len(attentions)
        torch.testing.assert_close(layers.attentions, torch.stack(attentions, dim=1), rtol=0, atol=0)
        for layer, (scores, added) in enumerate(zip(layers.scores.unbind(1), layers.added, strict=True)):
            total = scores if added is None else scores + added
            torch.testing.assert_close(total.softmax(dim=-1), attentions[layer], rtol=0, atol=1e-6)
    assert all((allowed == mask[:, None, None].bool()).all() for allowed in record.layers["cross"].allowed)
    causal = torch.ones((N_TARGET, N_TARGET), dtype=torch.bool).tril()
    assert all((allowed == causal).all() for allowed in record.layers["decoder"].allowed)


class _Twice(torch.nn.Module):
    """Attend once more beside a layer, as a head that pools would, with a module that is in no layer."""

    def __init__(self, embeddings: torch.nn.Module, attention: torch.nn.Module):
        super().__init__()
        self.embeddings, self.attention = embeddings, attention

    def forward(self, **inputs):
        states = self.embeddings(**inputs)
        self.attention(states)
        return states


def test_attention_outside_the_layers_moves_no_layer(tiny_bert):
    batch = encode(tiny_bert, ["the cat [MASK] on the mat", "the [MASK]"])
    expected = run(tiny_bert, batch)
    model = copy.deepcopy(tiny_bert.model)
    model.bert.embeddings = _Twice(model.bert.embeddings, copy.deepcopy(model.bert.encoder.layer[1].attention.self))
    assert model.bert.embeddings.attention not in stacks.kinds(model)
    other = replace(tiny_bert, model=model)
    np.testing.assert_array_equal(run(other, batch).attentions, expected.attentions)
    np.testing.assert_array_equal(run(other, batch).additive_mask, expected.additive_mask)


def test_a_layer_too_many_is_refused_and_not_written_over_another(tiny_bert):
    model = copy.deepcopy(tiny_bert.model)
    model.bert.encoder.layer.append(copy.deepcopy(model.bert.encoder.layer[0]))
    with pytest.raises(CaptureFailed, match="attention for 3 of 2 layers"):
        run(replace(tiny_bert, model=model), encode(tiny_bert, ["the [MASK]"]))


def test_layers_that_share_one_module_are_as_many_as_are_called():
    config = tf.AlbertConfig(
        vocab_size=60,
        embedding_size=12,
        hidden_size=24,
        num_hidden_layers=3,
        num_attention_heads=3,
        intermediate_size=48,
    )
    torch.manual_seed(3)
    model = tf.AlbertModel(config).eval()
    model.set_attn_implementation("eager")
    ids = torch.randint(3, 60, (N_ROWS, N_SOURCE))
    with torch.no_grad():
        plain = torch.stack(model(ids, output_attentions=True).attentions, dim=1)
    model.set_attn_implementation(capture.IMPLEMENTATION)
    layers = capture.LayerRecord(torch.zeros((N_ROWS, 3, N_HEADS, N_SOURCE, N_SOURCE)))
    readouts = torch.zeros((0, 2), dtype=torch.int64)
    with torch.no_grad(), capture.recording(capture.Recording(stacks.kinds(model), {"self": layers}, readouts)):
        model(ids)
    assert len(set(layers.modules)) == 1
    torch.testing.assert_close(layers.attentions, plain, rtol=0, atol=0)
