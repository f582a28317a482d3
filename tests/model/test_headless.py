"""Models without a layer over words, or without its weights, open for their attention; no word of theirs is read."""

import json
import shutil

import numpy as np
import pytest
import torch
import transformers as tf
from safetensors.torch import load_file, save_file

from tests.conftest import REPOSITORY
from tests.model.families import N_WORDPIECES, SHAPE, with_mask, wordpiece, write
from tests.tiny import byte_level_tokenizer
from viz.analysis.batches.generation import Sampling
from viz.analysis.batches.same_alone import Mistakes
from viz.analysis.claims.text import read_sentences
from viz.analysis.masks.choice import MaskChoice
from viz.engine import requests
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import load_model
from viz.engine.requests import Ask
from viz.engine.service import answer, stream
from viz.errors import NoWordHead, WordHeadMissing
from viz.files import saved

LOCAL_HUB = REPOSITORY.parent / "shared" / "tools" / "make_local_hub.py"

TEXTS = ["the turtle moves slow across the [MASK]", "the cat"]


@pytest.fixture
def copy(tiny_bert_folder, tmp_path):
    """Give a copy of the tiny BERT's folder that a test may spoil."""
    return shutil.copytree(tiny_bert_folder, tmp_path / "copy")


def rewrite(folder, keep=lambda name: True, rename=lambda name: name, **more):
    """Keep some weights of a checkpoint, under other names, and more of them."""
    tensors = load_file(folder / "model.safetensors")
    tensors = {rename(name): tensor for name, tensor in tensors.items() if keep(name)} | more
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def name_class(folder, *names):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"architectures": list(names)}))
    return folder


def is_body(name: str) -> bool:
    return not name.startswith("cls.")


def without_prefix(name: str) -> str:
    return name.removeprefix("bert.")


@pytest.fixture(params=[without_prefix, str], ids=["bare names", "names with bert."])
def encoder(request, copy):
    """Give the folder of the tiny BERT without its word head, in both ways in which such weights are named."""
    return name_class(rewrite(copy, is_body, request.param), "BertModel")


@pytest.fixture
def headless(copy):
    return load_model(str(name_class(rewrite(copy, is_body, without_prefix), "BertModel")))


@pytest.fixture
def beheaded(copy):
    return load_model(str(rewrite(copy, is_body)))


def test_an_encoder_shows_the_attention_of_the_masked_model_it_was(encoder, tiny_bert):
    loaded = load_model(str(encoder))
    ours, whole = (run(of, encode(of, TEXTS)) for of in (loaded, tiny_bert))
    assert (loaded.info.words, loaded.info.weights, loaded.recorded) == ("none", "pretrained", True)
    assert (loaded.missing, loaded.unexpected) == ((), ())
    np.testing.assert_array_equal(ours.attentions, whole.attentions)
    assert ours.readouts.shape == (0, 2)
    assert ours.batch.tokens == whole.batch.tokens


def test_an_encoder_has_the_numbers_of_plain_transformers(encoder):
    loaded = load_model(str(encoder))
    ours = run(loaded, encode(loaded, TEXTS))
    model = tf.AutoModel.from_pretrained(encoder, attn_implementation="eager").eval()
    inputs = tf.AutoTokenizer.from_pretrained(encoder)(TEXTS, padding=True, return_tensors="pt")
    with torch.no_grad():
        theirs = torch.stack(model(**inputs, output_attentions=True).attentions, dim=1).numpy()
    real = ours.batch.attention_mask
    np.testing.assert_allclose(ours.attentions[0], theirs[0], rtol=0, atol=1e-6)
    np.testing.assert_allclose(ours.attentions[1][:, :, real[1]], theirs[1][:, :, real[1]], rtol=0, atol=1e-6)


def test_a_folder_of_sentence_transformers_is_opened(encoder):
    pooling = {"word_embedding_dimension": 24, "pooling_mode_mean_tokens": True}
    (encoder / "1_Pooling").mkdir()
    (encoder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    (encoder / "modules.json").write_text(json.dumps([{"idx": 0, "name": "0", "path": "", "type": "Transformer"}]))
    assert load_model(str(encoder)).info.words == "none"


def test_a_masked_model_without_the_weights_of_its_head_has_maps_and_no_words(beheaded, tiny_bert):
    assert (beheaded.info.words, beheaded.info.weights, beheaded.info.vocabulary) == ("missing", "pretrained", ())
    assert all(name.startswith("cls.") for name in beheaded.missing) and beheaded.missing
    ours, whole = (run(of, encode(of, TEXTS)) for of in (beheaded, tiny_bert))
    np.testing.assert_array_equal(ours.attentions, whole.attentions)
    assert ours.readouts.shape == (0, 2)


def test_what_old_checkpoints_have_too_much_and_too_little_marks_nothing_as_random(copy):
    shape = {"bert.embeddings.position_ids": torch.arange(32)[None], "cls.seq_relationship.weight": torch.ones(2, 24)}
    rewrite(copy, **shape, **{"bert.pooler.dense.weight": torch.ones(24, 24), "bert.pooler.dense.bias": torch.ones(24)})
    for names in (["BertForMaskedLM"], ["BertForPreTraining"], ["BertModel"]):
        loaded = load_model(str(name_class(copy, *names)))
        assert (loaded.info.weights, loaded.missing, loaded.unexpected) == ("pretrained", (), ())


def test_layers_that_the_config_does_not_count_are_said(copy):
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 1}))
    unexpected = load_model(str(copy)).unexpected
    assert unexpected and all(name.startswith("bert.encoder.layer.1.") for name in unexpected)


def test_the_names_of_weights_that_fit_nowhere_are_said_with_those_that_miss(copy):
    loaded = load_model(str(rewrite(copy, rename=lambda name: f"student_{name}")))
    assert loaded.info.weights == "random"
    assert "bert.encoder.layer.0.attention.self.query.weight" in loaded.missing
    assert "student_bert.encoder.layer.0.attention.self.query.weight" in loaded.unexpected


def of_words(checkpoint: str) -> list:
    ask = Ask(checkpoint, ("the cat",))
    return [
        requests.Continue(checkpoint, ("the cat",), Sampling(max_new_tokens=2)),
        requests.ContinueBothWays(checkpoint, ("the cat",)),
        requests.Train(checkpoint, ("the cat sat",), 0, 0.5),
        requests.FindWord(checkpoint, "cat", "dog"),
        requests.Estimate(ask, 0),
        requests.Rank(ask, 0, 7),
    ]


@pytest.mark.parametrize("which, error", [("headless", NoWordHead), ("beheaded", WordHeadMissing)])
def test_whatever_needs_words_is_refused_with_what_does_work(which, error, request):
    loaded = request.getfixturevalue(which)
    for asked in of_words(loaded.info.checkpoint):
        with pytest.raises(error, match="Its attention, boards, claims and masks can be looked at"):
            list(stream(asked)) if isinstance(asked, requests.Rank) else answer(asked)


def test_whatever_needs_maps_is_answered(headless):
    name = headless.info.checkpoint
    ask = Ask(name, ("the turtle moves slow",))
    assert answer(requests.Measure(name, ("the cat sat on the mat",))).model.words == "none"
    assert answer(requests.Gather(name, read_sentences("the _cat_ *sat* on the mat"))).runs
    assert answer(requests.Trace(ask, 1)).added is None
    hidden = answer(Ask(name, ("the turtle moves slow",), mask=MaskChoice(hidden=(2,))))
    assert (hidden.attentions[..., 2] == 0).all()
    off = answer(Ask(name, ("the turtle moves slow",), off=frozenset({(0, 0)})))
    assert np.abs(off.attentions[:, 1] - answer(ask).attentions[:, 1]).max() > 1e-3
    assert answer(requests.Time(name, ("the cat", "a dog"), rounds=1)).seconds_batch > 0


def test_a_batch_is_compared_by_its_attention_where_there_are_no_words(headless):
    texts = ("the cat", "the turtle moves slow across the river")
    right, wrong = (
        answer(requests.Check(headless.info.checkpoint, texts, "left", mistakes))
        for mistakes in (Mistakes(), Mistakes(no_attention_mask=True, no_position_ids=True))
    )
    assert right.compares_attention and right.same
    assert right.run.readouts.shape == (0, 2)
    assert [prompt.n_compared for prompt in right.prompts] == [4, 9]
    assert [prompt.same for prompt in wrong.prompts] == [False, True]
    alone = run(headless, encode(headless, [texts[0]])).attentions[0]
    moved = np.abs(wrong.run.attentions[0][:, :, -4:, -4:] - alone).max()
    assert wrong.largest_difference == pytest.approx(float(moved))


def test_an_encoder_from_disk_at_full_size_opens_in_both_spellings(tmp_path):
    """The real BERT-base's shape and tokenizer, saved as people save an encoder of sentences: without a word head."""
    if not LOCAL_HUB.exists():
        pytest.skip("needs ../shared")
    torch.manual_seed(0)
    tokenizer = LOCAL_HUB.parents[1] / "tokenizers" / "bert-base-uncased"
    tf.BertForMaskedLM(tf.BertConfig(num_hidden_layers=2)).save_pretrained(tmp_path)
    for file in tokenizer.iterdir():
        if not (tmp_path / file.name).exists():
            shutil.copy(file, tmp_path / file.name)
    rewrite(name_class(tmp_path, "BertModel"), is_body)
    attentions = []
    for rename in (str, without_prefix):
        loaded = load_model(str(rewrite(tmp_path, rename=rename)))
        assert (loaded.info.words, loaded.missing, loaded.unexpected) == ("none", (), ())
        attentions.append(run(loaded, encode(loaded, ["A sentence encoder has no word head."])).attentions)
    np.testing.assert_array_equal(*attentions)


def test_a_run_without_words_is_saved_and_opened(headless, tmp_path):
    ours = run(headless, encode(headless, TEXTS))
    saved.write(ours, tmp_path / "run.npz")
    opened = saved.read(tmp_path / "run.npz")
    np.testing.assert_array_equal(opened.attentions, ours.attentions)
    assert (opened.model.words, opened.readouts.shape) == ("none", (0, 2))


def distilbert(_):
    shape = {"dim": 24, "n_layers": 2, "n_heads": 3, "hidden_dim": 48, "max_position_embeddings": 32}
    return tf.DistilBertModel(tf.DistilBertConfig(vocab_size=N_WORDPIECES, initializer_range=0.3, **shape))


def xlm_roberta(tokenizer):
    pad = tokenizer.pad_token_id
    shape = SHAPE | {"pad_token_id": pad, "max_position_embeddings": pad + 33, "type_vocab_size": 1}
    return tf.XLMRobertaModel(tf.XLMRobertaConfig(vocab_size=len(tokenizer), **shape))


def mpnet(_):
    """Give a model that takes 1 for the id of padding, whatever its config says, and counts from there."""
    shape = SHAPE | {"pad_token_id": 1, "max_position_embeddings": 34}
    return tf.MPNetModel(tf.MPNetConfig(vocab_size=N_WORDPIECES, **shape))


def classifier(_):
    return tf.ElectraForSequenceClassification(tf.ElectraConfig(vocab_size=N_WORDPIECES, embedding_size=12, **SHAPE))


def discriminator(_):
    return tf.ElectraForPreTraining(tf.ElectraConfig(vocab_size=N_WORDPIECES, embedding_size=12, **SHAPE))


@pytest.mark.parametrize(
    "make, tokenizer, words",
    [
        (distilbert, wordpiece, "none"),
        (xlm_roberta, with_mask, "none"),
        (mpnet, wordpiece, "none"),
        (classifier, wordpiece, "none"),
        (discriminator, wordpiece, "missing"),
    ],
)
def test_encoders_of_other_families_open_too(make, tokenizer, words, tmp_path):
    folder = write(tmp_path, make, tokenizer())
    loaded = load_model(str(folder))
    assert loaded.info.words == words
    assert (loaded.missing == ()) == (words == "none")
    ours = run(loaded, encode(loaded, ["the turtle moves slow", "the cat"]))
    model = tf.AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    for row, text in enumerate(ours.batch.texts):
        with torch.no_grad():
            ids = tf.AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")
            theirs = torch.stack(model(**ids, output_attentions=True).attentions, dim=1).numpy()[0]
        real = np.flatnonzero(ours.batch.attention_mask[row])
        np.testing.assert_allclose(ours.attentions[row][:, :, real[:, None], real], theirs, rtol=0, atol=1e-6)


def test_a_bare_gpt2_has_the_words_of_its_inputs_table(tiny_gpt2_folder, tiny_gpt2, tmp_path):
    folder = shutil.copytree(tiny_gpt2_folder, tmp_path / "bare")
    rewrite(folder, lambda name: name != "lm_head.weight", lambda name: name.removeprefix("transformer."))
    loaded = load_model(str(name_class(folder, "GPT2Model")))
    assert (loaded.info.causal, loaded.info.words, loaded.info.weights) == (True, "read", "pretrained")
    ours, whole = (run(of, encode(of, ["The turtle moves"])) for of in (loaded, tiny_gpt2))
    np.testing.assert_array_equal(ours.readout_logits, whole.readout_logits)


def test_a_bare_llama_without_an_output_layer_is_causal_and_has_no_words(tmp_path):
    shape = {"num_key_value_heads": 3, "bos_token_id": 0, "eos_token_id": 0, "tie_word_embeddings": False}
    config = tf.LlamaConfig(vocab_size=400, **SHAPE, **shape)
    loaded = load_model(str(write(tmp_path, lambda _: tf.LlamaModel(config), byte_level_tokenizer())))
    assert (loaded.info.causal, loaded.info.words, loaded.missing) == (True, "none", ())
    ours = run(loaded, encode(loaded, ["The turtle moves slow"]))
    assert (np.triu(ours.attentions, 1) == 0).all()
