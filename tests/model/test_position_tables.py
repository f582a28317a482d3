"""Tables of positions are read as the running model uses them."""

import numpy as np
import pytest
import torch
import transformers as tf
from transformers.models.marian.modeling_marian import MarianSinusoidalPositionalEmbedding
from transformers.models.t5.modeling_t5 import T5Attention

from tests.model import families
from viz.analysis.positions.tables import sinusoidal
from viz.engine.models import load_model
from viz.engine.position_tables import MAX_ROWS, read, tables
from viz.engine.requests import Positions
from viz.engine.service import answer
from viz.shipped import MODELS_FOLDER

SMALL = {"hidden_size": 24, "num_attention_heads": 3, "intermediate_size": 32, "num_hidden_layers": 2}


def test_the_shipped_models_have_learned_tables():
    bert, gpt2 = (
        tf.AutoModel.from_pretrained(MODELS_FOLDER / name, dtype=torch.float32)
        for name in ("headlight-bert", "headlight-gpt2")
    )
    for name, weight in (
        ("headlight-bert", bert.embeddings.position_embeddings.weight),
        ("headlight-gpt2", gpt2.wpe.weight),
    ):
        (table,) = answer(Positions(name)).tables
        np.testing.assert_array_equal(table.values, weight.detach().numpy())
        assert (table.kind, table.n_positions, table.rows[-1]) == ("learned", 128, 127)


def test_a_roberta_counts_from_the_row_behind_padding(tmp_path):
    tokenizer = families.with_mask()
    loaded = load_model(str(families.write(tmp_path / "roberta", families.roberta, tokenizer)))
    (table,) = tables(loaded).tables
    weight = loaded.model.roberta.embeddings.position_embeddings.weight.detach().numpy()
    np.testing.assert_array_equal(table.values, weight[tokenizer.pad_token_id + 1 :])
    assert len(table.rows) == 32


def test_an_opt_begins_behind_two_rows_that_no_position_uses():
    config = tf.OPTConfig(
        vocab_size=50, hidden_size=24, num_hidden_layers=1, num_attention_heads=3, ffn_dim=32, word_embed_proj_dim=24,
        max_position_embeddings=16,
    )  # fmt: skip
    model = tf.OPTForCausalLM(config).eval()
    (table,) = read(model, 16)
    embed = model.model.decoder.embed_positions
    used = embed(torch.ones((1, 16), dtype=torch.int64), position_ids=torch.arange(16)[None])[0]
    np.testing.assert_array_equal(table.values, used.detach().numpy())
    assert table.stack == "self"


def test_a_marian_has_the_formula_in_another_order_of_columns():
    weight = MarianSinusoidalPositionalEmbedding(40, 24)
    weight.weight.data.copy_(weight.create_weight())
    ours = sinusoidal(40, 24)
    np.testing.assert_allclose(weight.weight.numpy(), np.concatenate([ours[:, 0::2], ours[:, 1::2]], axis=1), atol=1e-6)
    config = tf.MarianConfig(
        vocab_size=50, d_model=24, encoder_layers=1, decoder_layers=1, encoder_attention_heads=3,
        decoder_attention_heads=3, encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=40, pad_token_id=0,
        decoder_start_token_id=0,
    )  # fmt: skip
    encoder, decoder = read(tf.MarianMTModel(config), 40)
    assert [(t.kind, t.stack) for t in (encoder, decoder)] == [("sinusoidal", "encoder"), ("sinusoidal", "decoder")]
    np.testing.assert_allclose(encoder.values, weight.weight.numpy(), atol=1e-6)


@pytest.mark.parametrize("theta", [10_000.0, 500.0])
def test_the_angles_of_a_running_llama_are_those_it_turns_by(theta):
    config = tf.LlamaConfig(
        vocab_size=50, max_position_embeddings=20, rope_parameters={"rope_type": "default", "rope_theta": theta},
        **(SMALL | {"hidden_size": 48}),
    )  # fmt: skip
    model = tf.LlamaForCausalLM(config).eval()
    (table,) = read(model, 20)
    rotary = model.model.rotary_emb
    cosines, sines = rotary(torch.zeros(1, 20, 16), torch.arange(20)[None])
    np.testing.assert_allclose(np.cos(table.values), cosines[0, :, :8].numpy(), atol=1e-6)
    np.testing.assert_allclose(np.sin(table.values), sines[0, :, :8].numpy(), atol=1e-6)
    np.testing.assert_allclose(table.values[1], rotary.inv_freq.numpy(), atol=1e-7)
    np.testing.assert_allclose(table.values[3], [3 / theta ** (2 * i / 16) for i in range(8)], rtol=1e-5)


def test_a_model_of_two_kinds_of_layers_has_two_sets_of_angles():
    model = families.modernbert(families.wordpiece())
    found = read(model, 32)
    assert [table.kind for table in found] == ["rotary", "rotary"]
    assert {table.name.rsplit(".", maxsplit=1)[-1] for table in found} == {
        "full_attention_inv_freq",
        "sliding_attention_inv_freq",
    }


def test_the_bias_of_a_t5_is_its_buckets_weight_at_every_distance():
    config = tf.T5Config(vocab_size=50, d_model=24, d_kv=8, d_ff=32, num_layers=2, num_heads=3)
    model = tf.T5ForConditionalGeneration(config).eval()
    encoder, decoder = read(model, 512)
    for table, stack, both_ways in ((encoder, model.encoder, True), (decoder, model.decoder, False)):
        attention = stack.block[0].layer[0].SelfAttention
        buckets = T5Attention._relative_position_bucket(torch.tensor(table.rows), bidirectional=both_ways)
        expected = attention.relative_attention_bias.weight[buckets]
        np.testing.assert_array_equal(table.values, expected.detach().numpy())
    assert (encoder.rows[0], encoder.rows[-1]) == (-127, 127)
    assert (decoder.rows[0], decoder.rows[-1]) == (-127, 0)
    scores = model.encoder.block[0].layer[0].SelfAttention.compute_bias(9, 9)[0]
    assert encoder.values[encoder.rows == -3][0].tolist() == scores[:, 7, 4].tolist()


def test_the_slopes_of_a_bloom_are_those_of_the_paper():
    model = tf.BloomForCausalLM(tf.BloomConfig(vocab_size=50, hidden_size=32, n_layer=1, n_head=8))
    (table,) = read(model, 64)
    np.testing.assert_allclose(table.values[table.rows == -1][0], [-(2.0**-n) for n in range(1, 9)])
    np.testing.assert_allclose(table.values[table.rows == -5][0], [-5 * 2.0**-n for n in range(1, 9)])


def test_a_deberta_has_vectors_of_positions_and_of_distances():
    model = families.deberta(families.wordpiece())
    learned, distances = read(model, 32)
    assert (learned.kind, distances.kind) == ("learned", "distances")
    weight = model.deberta.encoder.rel_embeddings.weight.detach().numpy()
    span = len(weight) // 2
    # In its attention row span + (query - key) stands for a distance.
    np.testing.assert_array_equal(distances.values[distances.rows == -2][0], weight[span + 2])
    np.testing.assert_array_equal(distances.values[distances.rows == 5][0], weight[span - 5])


def test_of_a_long_table_the_first_positions_are_kept():
    config = tf.BertConfig(vocab_size=50, max_position_embeddings=3000, **SMALL)
    (table,) = read(tf.BertForMaskedLM(config), 3000)
    assert (len(table.rows), table.n_positions) == (MAX_ROWS, 3000)
