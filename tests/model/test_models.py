"""A checkpoint is loaded once, with its own class and all its weights, or refused with the reason."""

import gc
import json
import shutil
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForMaskedLM, BertForSequenceClassification, BertLMHeadModel

from tests.tiny import WORDPIECE_VOCABULARY
from viz.engine import hub, models
from viz.engine.loaded import BESIDE, LoadedModels
from viz.engine.models import load_model
from viz.errors import ModelNotFound, ModelRefused
from viz.shipped import MODELS_FOLDER, SHIPPED


@pytest.fixture
def copy(tiny_bert_folder, tmp_path):
    """Give a copy of the tiny BERT's folder that a test may spoil."""
    return shutil.copytree(tiny_bert_folder, tmp_path / "copy")


def edit_config(folder, **changed):
    config = json.loads((folder / "config.json").read_text())
    config = {name: value for name, value in (config | changed).items() if value is not None}
    (folder / "config.json").write_text(json.dumps(config))


def refusal(checkpoint) -> str:
    with pytest.raises(ModelRefused) as caught:
        load_model(str(checkpoint))
    assert str(caught.value).startswith(f"Cannot use '{checkpoint}': ")
    return str(caught.value)


def test_a_bert_is_described_as_its_config_says(tiny_bert_folder, tiny_bert):
    info = tiny_bert.info
    assert info.checkpoint == str(tiny_bert_folder)
    assert (info.family, info.causal, info.weights) == ("bert", False, "pretrained")
    assert (info.n_layers, info.n_heads, info.max_positions) == (2, 3, 32)
    assert info.mask_token == "[MASK]"
    assert tiny_bert.recorded
    assert not tiny_bert.byte_level


def test_a_gpt2_is_described_as_its_config_says(tiny_gpt2):
    info = tiny_gpt2.info
    assert (info.family, info.causal, info.weights) == ("gpt2", True, "pretrained")
    assert (info.n_layers, info.n_heads, info.max_positions) == (3, 2, 32)
    assert info.mask_token is None
    assert tiny_gpt2.recorded
    assert tiny_gpt2.byte_level


def test_a_vocabulary_has_one_label_for_each_logit(tiny_bert, tiny_gpt2):
    assert tiny_bert.info.vocabulary == tuple(WORDPIECE_VOCABULARY)
    assert len(tiny_gpt2.info.vocabulary) == 400
    assert tiny_gpt2.info.vocabulary[0] == "<|endoftext|>"
    assert "␣turtle" in tiny_gpt2.info.vocabulary
    assert "\ufffd" not in "".join(tiny_gpt2.info.vocabulary)
    assert len(set(tiny_gpt2.info.vocabulary)) == 400


def test_an_output_layer_wider_than_the_tokenizer_labels_the_rest_by_number(copy):
    torch.manual_seed(0)
    config = BertConfig.from_pretrained(copy)
    config.vocab_size = 120  # the tokenizer knows 116
    BertForMaskedLM(config).save_pretrained(copy)
    assert load_model(str(copy)).info.vocabulary[114:] == ("##я", "##и", "<116>", "<117>", "<118>", "<119>")


def test_weights_are_float32_and_the_model_does_not_train(tiny_bert, tiny_gpt2):
    for loaded in (tiny_bert, tiny_gpt2):
        assert {p.dtype for p in loaded.model.parameters()} == {torch.float32}
        assert not any(module.training for module in loaded.model.modules())


def test_half_precision_weights_are_read_as_float32(copy):
    half = {name: tensor.half() for name, tensor in load_file(copy / "model.safetensors").items()}
    save_file(half, copy / "model.safetensors", metadata={"format": "pt"})
    edit_config(copy, dtype="float16")
    assert {p.dtype for p in load_model(str(copy)).model.parameters()} == {torch.float32}


def test_the_same_name_gives_the_same_object(tiny_bert_folder):
    assert load_model(str(tiny_bert_folder)) is load_model(str(tiny_bert_folder))


def test_eight_threads_that_ask_at_once_get_one_object(copy):
    with ThreadPoolExecutor(8) as pool:
        loaded = list(pool.map(load_model, [str(copy)] * 8))
    assert len({id(one) for one in loaded}) == 1


def test_a_loaded_model_is_given_while_another_is_being_read(tiny_bert_folder):
    known = load_model(str(tiny_bert_folder))
    with ThreadPoolExecutor(1) as pool, models._reading:
        assert pool.submit(load_model, str(tiny_bert_folder)).result(timeout=10) is known


def test_only_the_models_used_last_are_kept_and_the_others_leave_memory(tiny_bert_folder, tmp_path, monkeypatch):
    size = load_model(str(tiny_bert_folder)).n_bytes + BESIDE
    monkeypatch.setattr(models, "_loaded", LoadedModels(3 * size + size // 2))
    names = [str(shutil.copytree(tiny_bert_folder, tmp_path / name)) for name in "abcd"]
    alive = {name: weakref.ref(load_model(name).model) for name in names[:3]}
    load_model(names[0])  # a is now used later than b
    load_model(names[3])
    assert [checkpoint for checkpoint, _revision in models._loaded.names] == [names[2], names[0], names[3]]
    assert models._loaded.n_bytes == 3 * size
    gc.collect()
    assert [alive[name]() is not None for name in names[:3]] == [True, False, True]


def test_a_model_that_is_let_go_of_while_it_is_in_use_is_not_loaded_twice(tiny_bert_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(models, "_loaded", LoadedModels(1))
    first, second = (str(shutil.copytree(tiny_bert_folder, tmp_path / name)) for name in "ab")
    in_use = load_model(first)
    load_model(second)
    assert [checkpoint for checkpoint, _revision in models._loaded.names] == [second]
    assert load_model(first) is in_use
    assert [checkpoint for checkpoint, _revision in models._loaded.names] == [first]


def test_a_models_bytes_are_those_of_its_file_as_float32(tiny_bert_folder):
    tensors = load_file(tiny_bert_folder / "model.safetensors").values()
    assert load_model(str(tiny_bert_folder)).n_bytes == sum(tensor.numel() * 4 for tensor in tensors)


def test_trained_weights_are_told_from_untrained_ones(untrained_bert_folder, tiny_bert):
    assert tiny_bert.info.weights == "pretrained"
    assert load_model(str(untrained_bert_folder)).info.weights == "random"


def test_one_moved_gain_is_enough_to_be_trained(untrained_bert_folder, tmp_path):
    copy = shutil.copytree(untrained_bert_folder, tmp_path / "copy")
    tensors = load_file(copy / "model.safetensors")
    tensors["bert.encoder.layer.1.output.LayerNorm.weight"][5] = 1.001
    save_file(tensors, copy / "model.safetensors", metadata={"format": "pt"})
    assert load_model(str(copy)).info.weights == "pretrained"


def without(folder, *prefixes: str):
    """Take weights out of a checkpoint."""
    tensors = load_file(folder / "model.safetensors")
    kept = {name: tensor for name, tensor in tensors.items() if not name.startswith(prefixes)}
    assert len(kept) < len(tensors)
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def test_a_checkpoint_without_a_part_of_its_word_head_keeps_its_maps_and_says_that_no_words_are_there(copy):
    loaded = load_model(str(without(copy, "cls.predictions.transform")))
    assert (loaded.info.weights, loaded.info.words, loaded.info.vocabulary) == ("pretrained", "missing", ())
    assert "cls.predictions.transform.dense.weight" in loaded.missing


def test_a_checkpoint_without_a_part_of_its_body_has_random_weights(copy):
    loaded = load_model(str(without(copy, "bert.encoder.layer.1.attention")))
    assert (loaded.info.weights, loaded.info.words) == ("random", "read")


def test_a_checkpoint_that_also_has_a_head_for_sentences_is_read_as_a_masked_model(copy):
    edit_config(copy, architectures=["BertForPreTraining"])
    loaded = load_model(str(copy))
    assert type(loaded.model).__name__ == "BertForMaskedLM"
    assert loaded.info.weights == "pretrained"


def test_a_bert_trained_to_write_is_causal_and_has_no_mask_though_its_tokenizer_has(copy):
    torch.manual_seed(0)
    BertLMHeadModel(BertConfig.from_pretrained(copy, is_decoder=True)).save_pretrained(copy)
    info = load_model(str(copy)).info
    assert (info.family, info.causal, info.mask_token) == ("bert", True, None)


def test_two_sets_of_weights_have_two_revisions_and_one_set_has_one(tiny_bert_folder, tiny_gpt2_folder):
    assert hub.revision(tiny_bert_folder) == hub.revision(tiny_bert_folder)
    assert hub.revision(tiny_bert_folder) != hub.revision(tiny_gpt2_folder)


def test_weights_in_a_bin_file_are_refused(copy):
    torch.save(load_file(copy / "model.safetensors"), copy / "pytorch_model.bin")
    (copy / "model.safetensors").unlink()
    assert "safetensors" in refusal(copy)


def test_a_model_that_sorts_sentences_is_opened_for_its_attention(copy):
    BertForSequenceClassification(BertConfig.from_pretrained(copy)).save_pretrained(copy)
    loaded = load_model(str(copy))
    assert (loaded.info.words, type(loaded.model).__name__) == ("none", "BertModel")


def test_a_config_that_names_no_class_is_read_by_its_family(copy):
    edit_config(copy, architectures=None)
    assert load_model(str(copy)).info.words == "read"


def test_a_model_that_reads_no_text_is_refused_with_its_class(copy):
    edit_config(copy, model_type="vit", architectures=["ViTModel"])
    assert refusal(copy).endswith(
        "it is a ViTModel, and only language models and encoders of text are read. Choose one of these."
    )


def test_a_folder_without_a_config_is_refused(copy):
    (copy / "config.json").unlink()
    assert "the folder has no config.json. Choose the folder that has it." in refusal(copy)


def test_a_config_that_is_no_json_is_refused(copy):
    (copy / "config.json").write_text("{")
    assert "JSON" in refusal(copy)


def test_a_config_of_an_unknown_family_is_refused(copy):
    edit_config(copy, model_type="brand-new")
    assert "brand-new" in refusal(copy)


def test_weights_that_do_not_fit_the_config_are_refused(copy):
    edit_config(copy, hidden_size=48)
    assert len(refusal(copy)) > len(f"Cannot use '{copy}': ")


@pytest.mark.parametrize("changed", [{"pad_token_id": 999}, {"num_attention_heads": 0}, {"num_attention_heads": 5}])
def test_a_config_no_model_can_be_built_from_is_refused(changed, copy):
    edit_config(copy, **changed)
    assert len(refusal(copy)) > len(f"Cannot use '{copy}': ")


@pytest.mark.parametrize("n_bytes", [0, 4, 100, 30_000])
def test_a_damaged_weights_file_is_refused(n_bytes, copy):
    whole = (copy / "model.safetensors").read_bytes()
    assert len(whole) > 30_000
    (copy / "model.safetensors").write_bytes(whole[:n_bytes])
    assert len(refusal(copy)) > len(f"Cannot use '{copy}': ")


def test_a_folder_without_its_tokenizer_is_refused(copy):
    for file in copy.glob("tokenizer*"):
        file.unlink()
    assert "tokenizer" in refusal(copy)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "no such model!",
        "a/b/c",
        "/nonexistent/folder",
        "~nobody-of-this-name/x",
        "x" * 5000,
        "a\0b",
        "../no-such-folder",
        "-",
    ],
)
def test_a_name_that_can_be_no_models_is_not_found(name):
    with pytest.raises(ModelNotFound, match="Choose headlight-bert or headlight-gpt2"):
        load_model(name)


def test_a_refused_model_is_not_remembered(copy):
    (copy / "config.json").rename(copy / "kept")
    refusal(copy)
    (copy / "kept").rename(copy / "config.json")
    assert load_model(str(copy)).info.weights == "pretrained"


def test_a_folder_named_like_a_model_on_the_hub_does_not_stand_in_its_way(tmp_path, monkeypatch):
    (tmp_path / "gpt2").mkdir()
    monkeypatch.chdir(tmp_path)
    assert hub._given_folder("gpt2") is None


def test_a_shipped_name_means_its_folder():
    assert [hub.find(name) for name in SHIPPED] == [MODELS_FOLDER / name for name in SHIPPED]


def test_code_that_comes_with_a_checkpoint_is_never_run(copy, tmp_path):
    marker = tmp_path / "was run"
    (copy / "trap.py").write_text(f"open({str(marker)!r}, 'w').close()\nclass Trap: pass\n")
    edit_config(
        copy,
        model_type="trap",
        auto_map={"AutoConfig": "trap.Trap", "AutoModelForMaskedLM": "trap.Trap", "AutoTokenizer": ["trap.Trap", None]},
    )
    refusal(copy)
    assert not marker.exists()
    assert "trap" not in sys.modules


def test_a_known_family_with_code_beside_it_is_loaded_by_our_class(copy, tmp_path):
    marker = tmp_path / "was run"
    (copy / "trap.py").write_text(f"open({str(marker)!r}, 'w').close()\nclass Trap: pass\n")
    edit_config(copy, auto_map={"AutoModelForMaskedLM": "trap.Trap"})
    assert type(load_model(str(copy)).model) is BertForMaskedLM
    assert not marker.exists()
