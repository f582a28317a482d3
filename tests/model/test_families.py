"""Models beyond BERT and GPT-2 show their own numbers too, or are refused with a reason; none is shown wrong."""

import numpy as np
import pytest
import torch
import transformers as tf

from tests import tiny
from tests.model import plain
from tests.model.families import (
    EAGER,
    N_WORDPIECES,
    RECORDED,
    SHAPE,
    deberta,
    distilbert,
    mistral,
    modernbert,
    roberta,
    with_mask,
    wordpiece,
    write,
)
from viz.engine import choose_class
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import load_model
from viz.errors import CaptureFailed, ModelRefused, NotRecorded

MASKS_KEYS_ONLY = {"deberta", "deberta-v2", "bloom"}


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """Give the folder of each family that can be shown."""
    folder = tmp_path_factory.mktemp("families")
    return {make: write(folder / make.__name__, make, tokenizer()) for make, tokenizer in (RECORDED | EAGER).items()}


@pytest.fixture(params=[*RECORDED, *EAGER], ids=lambda make: make.__name__)
def family(request, checkpoints):
    """Give our model, the plain one, and two texts of different length."""
    loaded = load_model(str(checkpoints[request.param]))
    second = plain.load(checkpoints[request.param], causal=loaded.info.causal)
    mask = loaded.info.mask_token
    causal_texts = ["The turtle moves slow across the river", "The cat"]
    return (
        loaded,
        second,
        causal_texts if loaded.info.causal else [f"The turtle {mask} slow on the mat.", f"{mask} the"],
    )


@pytest.mark.parametrize("side", ["left", "right"])
def test_each_text_of_a_batch_has_the_numbers_of_plain_transformers_alone(side, family):
    loaded, second, texts = family
    ours = run(loaded, encode(loaded, texts, padding_side=side))
    for row, text in enumerate(texts):
        attentions, logits = plain.output(second, dict(second.tokenizer([text], return_tensors="pt")))
        real = np.flatnonzero(ours.batch.attention_mask[row])
        np.testing.assert_allclose(ours.attentions[row][:, :, real[:, None], real], attentions[0], rtol=0, atol=1e-5)
        read = [(n, position) for n, (at, position) in enumerate(ours.readouts) if at == row]
        assert read
        for n, position in read:
            at = int(np.flatnonzero(real == position)[0])
            np.testing.assert_allclose(ours.readout_logits[n], logits[0, at], rtol=0, atol=1e-4)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_padded_batch_has_the_numbers_of_plain_transformers_in_every_layer(side, family):
    loaded, second, texts = family
    ours = run(loaded, encode(loaded, texts, padding_side=side))
    inputs = plain.tokenized(second, texts, side)
    if loaded.takes_positions:
        inputs["position_ids"] = inputs["position_ids"] + loaded.first_position
    else:
        del inputs["position_ids"]
    attentions, logits = plain.output(second, inputs)
    for row, real in enumerate(ours.batch.attention_mask):
        np.testing.assert_allclose(ours.attentions[row][:, :, real], attentions[row][:, :, real], rtol=0, atol=1e-6)
    rows, positions = ours.readouts.T
    size = max(1.0, float(np.abs(logits).max()))
    np.testing.assert_allclose(ours.readout_logits, logits[rows, positions], rtol=0, atol=1e-6 * size)


def test_a_cell_hidden_from_one_query_gets_nothing_and_rows_still_sum_to_one(family):
    loaded, _, texts = family
    batch = encode(loaded, texts)
    n = batch.n_tokens
    told = np.ones((2, n, n), dtype=bool)
    told[:, 2, 1] = False
    if loaded.info.family in MASKS_KEYS_ONLY:  # they take no mask per query, and say so
        with pytest.raises(NotRecorded):
            run(loaded, batch, given_mask=told)
        return
    ours = run(loaded, batch, given_mask=told)
    assert (ours.attentions[:, :, :, 2, 1] == 0).all()
    assert (ours.attentions[0, 0, :, 1, 1] > 0).all()
    if loaded.info.causal:
        assert (ours.attentions[..., np.arange(n)[:, None] < np.arange(n)] == 0).all()
    for row, real in enumerate(batch.attention_mask):
        np.testing.assert_allclose(ours.attentions[row][:, :, real].sum(axis=-1), 1, rtol=0, atol=1e-6)


def test_a_mask_per_query_that_a_model_reads_the_other_way_round_is_refused(checkpoints):
    """DeBERTa takes one of as many tokens as its states are wide, and hides what it should show."""
    loaded = load_model(str(checkpoints[deberta]))
    batch = encode(loaded, ["the " * 21 + "[MASK]"])
    assert batch.n_tokens == SHAPE["hidden_size"]
    told = np.tri(batch.n_tokens, dtype=bool)[None]
    with pytest.raises(NotRecorded, match="can only be read"):
        run(loaded, batch, given_mask=told)


@pytest.mark.parametrize("make", RECORDED, ids=lambda make: make.__name__)
def test_a_model_our_attention_computes_exactly_is_recorded_with_its_scores(make, checkpoints):
    loaded = load_model(str(checkpoints[make]))
    assert loaded.recorded
    assert run(loaded, encode(loaded, [f"The {loaded.info.mask_token or 'cat'}"])).scores is not None


@pytest.mark.parametrize("make", EAGER, ids=lambda make: make.__name__)
def test_a_model_our_attention_cannot_compute_is_shown_by_its_own_without_scores(make, checkpoints):
    loaded = load_model(str(checkpoints[make]))
    assert not loaded.recorded
    ours = run(loaded, encode(loaded, ["The cat sat"]))
    assert ours.scores is None
    assert ours.additive_mask is None


def test_layers_with_different_windows_keep_a_mask_each(checkpoints):
    loaded = load_model(str(checkpoints[modernbert]))
    ours = run(loaded, encode(loaded, ["the turtle moves slow across the [MASK]", "the cat"]))
    n = ours.batch.n_tokens
    near = np.abs(np.arange(n)[:, None] - np.arange(n)) <= 2
    assert ours.additive_mask.shape == (2, 2, n, n)
    assert (ours.additive_mask[0, 0] == 0).all()
    assert ((ours.additive_mask[0, 1] == 0) == near).all()


def test_layers_with_the_same_window_keep_one_mask(checkpoints):
    loaded = load_model(str(checkpoints[mistral]))
    ours = run(loaded, encode(loaded, ["The turtle moves slow across"]))
    n = ours.batch.n_tokens
    distance = np.arange(n)[:, None] - np.arange(n)
    assert ours.additive_mask.shape[1] == 1
    assert ((ours.additive_mask[0, 0] == 0) == ((distance >= 0) & (distance < 3))).all()


def test_roberta_reads_as_many_tokens_as_its_table_has_behind_padding(checkpoints):
    loaded = load_model(str(checkpoints[roberta]))
    assert loaded.info.max_positions == 32
    assert run(loaded, encode(loaded, [" the" * 30])).batch.n_tokens == 32


def refused(folder, make, tokenizer) -> str:
    with pytest.raises(ModelRefused) as caught:
        load_model(str(write(folder, make, tokenizer)))
    return str(caught.value)


def test_a_model_that_returns_scores_instead_of_attention_is_refused(tmp_path):
    ones = ("q", "k", "v", "post_attention", "intermediate", "output")
    groups = {f"{name}_groups": 1 for name in ones}
    config = tf.SqueezeBertConfig(vocab_size=N_WORDPIECES, embedding_size=24, **groups, **SHAPE)
    says = refused(tmp_path, lambda _: tf.SqueezeBertForMaskedLM(config), wordpiece())
    assert "the rows of its attention do not sum to 1" in says


def test_a_model_that_returns_windows_instead_of_whole_maps_is_refused(tmp_path):
    tokenizer = with_mask()
    pad = {"pad_token_id": tokenizer.pad_token_id, "max_position_embeddings": 440}
    config = tf.LongformerConfig(vocab_size=len(tokenizer), attention_window=4, **(SHAPE | pad))
    assert "does not return one map for every head" in refused(
        tmp_path, lambda _: tf.LongformerForMaskedLM(config), tokenizer
    )


def test_a_model_that_counts_positions_in_its_own_way_is_refused(tmp_path):
    config = tf.Data2VecTextConfig(vocab_size=N_WORDPIECES, pad_token_id=1, type_vocab_size=1, **SHAPE)
    says = refused(tmp_path, lambda _: tf.Data2VecTextForMaskedLM(config), wordpiece())
    assert "counts positions in a way that is not known here" in says


@pytest.mark.parametrize(
    "of_family, config, tokenizer",
    [(tf.BertLMHeadModel, tf.BertConfig, wordpiece), (tf.RobertaForCausalLM, tf.RobertaConfig, with_mask)],
)
def test_an_encoder_with_the_head_of_a_writer_is_read_as_the_masked_model_it_is(of_family, config, tokenizer, tmp_path):
    tokenizer = tokenizer()
    shape = SHAPE | {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id}
    shape |= {"max_position_embeddings": tokenizer.pad_token_id + 33, "is_decoder": False}
    folder = write(tmp_path, lambda _: of_family(config(**shape)), tokenizer)
    loaded = load_model(str(folder))
    assert (loaded.info.causal, loaded.info.mask_token) == (False, tokenizer.mask_token)
    assert type(loaded.model).__name__.endswith("ForMaskedLM")
    ours = run(loaded, encode(loaded, ["the turtle moves [MASK] across"]))
    assert (ours.attentions > 0).all()
    theirs = of_family.from_pretrained(folder).eval()(torch.tensor(ours.batch.input_ids)).logits
    (position,) = ours.readouts[:, 1]
    np.testing.assert_allclose(ours.readout_logits[0], theirs[0, position].detach(), rtol=1e-4, atol=1e-4)


def test_a_masked_model_that_sees_nothing_later_is_refused(tmp_path):
    config = tf.BertConfig(vocab_size=N_WORDPIECES, is_decoder=True, **SHAPE)
    says = refused(tmp_path, lambda _: tf.BertForMaskedLM(config), wordpiece())
    assert "it is named a model of masked words, and none of its tokens looks at a later one" in says


def test_a_causal_model_that_sees_what_comes_later_is_refused(tmp_path):
    tokenizer = tiny.byte_level_tokenizer()
    ends = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": None, "head_dim": 8, "num_key_value_heads": 1}
    config = tf.Gemma3TextConfig(vocab_size=len(tokenizer), use_bidirectional_attention=True, **ends, **SHAPE)
    says = refused(tmp_path, lambda _: tf.Gemma3ForCausalLM(config), tokenizer)
    assert "it is named a model that continues a text, and its tokens look at later ones" in says


def mamba():
    return tf.MambaForCausalLM(tf.MambaConfig(vocab_size=400, hidden_size=24, num_hidden_layers=2, state_size=4))


def rwkv():
    return tf.RwkvForCausalLM(tf.RwkvConfig(vocab_size=400, hidden_size=24, num_hidden_layers=2))


def fnet():
    shape = {name: size for name, size in SHAPE.items() if name != "num_attention_heads"}
    return tf.FNetForMaskedLM(tf.FNetConfig(vocab_size=400, **shape))


@pytest.mark.parametrize("make", [mamba, rwkv, fnet])
def test_a_model_without_attention_is_refused(make, tmp_path):
    says = refused(tmp_path, lambda _: make(), tiny.byte_level_tokenizer())
    assert f"models of the family {make.__name__} have no attention, so there is no map to draw." in says


@pytest.mark.parametrize("make", [mamba, fnet])
def test_a_model_that_gives_no_attention_is_refused_though_its_family_is_not_known_for_it(make, tmp_path, monkeypatch):
    monkeypatch.setattr(choose_class, "_WITHOUT_ATTENTION", frozenset())
    says = refused(tmp_path, lambda _: make(), tiny.byte_level_tokenizer())
    assert f"models of the family {make.__name__} have no attention" in says


def test_a_model_that_does_not_say_how_much_it_reads_is_refused(tmp_path):
    config = tf.XLNetConfig(vocab_size=400, d_model=24, n_layer=2, n_head=3, d_inner=48)
    says = refused(tmp_path, lambda _: tf.XLNetLMHeadModel(config), tiny.byte_level_tokenizer())
    assert "does not say how many tokens it reads" in says


def test_a_pass_in_which_a_layer_gave_no_map_is_an_error_and_no_picture(checkpoints, monkeypatch):
    loaded = load_model(str(checkpoints[distilbert]))
    layers = loaded.model.distilbert.transformer.layer
    monkeypatch.setattr(loaded.model.distilbert.transformer, "layer", layers[:1])
    with pytest.raises(CaptureFailed, match="attention for 1 of 2 layers"):
        run(loaded, encode(loaded, ["the [MASK]"]))
