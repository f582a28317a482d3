"""A checkpoint is read from its own folder: what its files name beside it, a password file say, is not opened."""

import json
import shutil
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from viz.engine import own_files
from viz.engine.models import load_model
from viz.errors import ModelRefused

WORDS = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nlocked\ndoor\npassword=hunter2\n"

NAMED = {  # the file that names it, and how; {secret} is a file outside
    "words": ("tokenizer_config.json", {"vocab": "{secret}"}),
    "arguments": ("tokenizer_config.json", {"init_inputs": ["{secret}"]}),
    "pairs": ("tokenizer_config.json", {"merges": "{secret}"}),
    "another format": ("tokenizer_config.json", {"gguf_file": "{secret}"}),
    "an object": ("tokenizer_config.json", {"tokenizer_object": "{secret}"}),
    "a file of words": ("tokenizer_config.json", {"vocab_file": "{secret}"}),
    "another file of words": ("tokenizer_config.json", {"word_shape_file": "..\\secret"}),
    "pieces": ("tokenizer_config.json", {"sp_model_kwargs": {"model_file": "{secret}"}}),
    "words beside tokens": ("special_tokens_map.json", {"vocab": "{secret}"}),
    "a file of words beside tokens": ("special_tokens_map.json", {"vocab_file": "{secret}"}),
    "weights": ("model.safetensors.index.json", {"metadata": {}, "weight_map": {"a": "../secret/model.safetensors"}}),
    "weights by an absolute path": ("model.safetensors.index.json", {"weight_map": {"a": "{secret}"}}),
}


@pytest.fixture
def folder(tiny_bert_folder, tmp_path) -> Path:
    """Give a model without a list of words of its own."""
    folder = shutil.copytree(tiny_bert_folder, tmp_path / "model")
    (tmp_path / "secret").write_text(WORDS)
    for name in ("tokenizer.json", "vocab.txt"):
        (folder / name).unlink(missing_ok=True)
    return folder


def name_it(folder: Path, file: str, entries: dict) -> None:
    secret = str(folder.with_name("secret"))
    changed = json.loads(json.dumps(entries).replace("{secret}", secret))
    known = json.loads((folder / file).read_text()) if (folder / file).is_file() else {}
    known.pop("added_tokens_decoder", None)  # with it no special_tokens_map.json is read
    (folder / file).write_text(json.dumps(known | changed))


@pytest.mark.parametrize("file, entries", NAMED.values(), ids=NAMED)
def test_what_a_checkpoint_names_outside_its_folder_is_not_read(file, entries, folder):
    name_it(folder, file, entries)
    with pytest.raises(ModelRefused, match=f"its {file} names something to read") as refused:
        load_model(str(folder))
    folder.with_name("secret").unlink()
    with pytest.raises(ModelRefused) as again:  # nor is it told whether it was there
        load_model(str(folder))
    assert str(again.value) == str(refused.value)


@pytest.mark.parametrize("name", ["words", "arguments", "words beside tokens", "a file of words beside tokens"])
def test_the_library_would_have_read_it(name, folder):
    """Hold what the refusal is for: the day this fails, the library looks itself."""
    name_it(folder, "tokenizer_config.json", {"tokenizer_class": "BertTokenizer"})
    name_it(folder, *NAMED[name])
    assert "password=hunter2" in AutoTokenizer.from_pretrained(folder, local_files_only=True).get_vocab()


@pytest.mark.parametrize("file", [own_files.TOKENIZER, own_files.SPECIAL_TOKENS])
def test_a_file_too_large_to_be_judged_is_refused(file, folder):
    (folder / file).write_text(json.dumps({"vocab": "x"}) + " " * own_files.MAX_JSON_BYTES)
    with pytest.raises(ModelRefused, match=f"its {file} is too large"):
        load_model(str(folder))


def test_what_saved_tokenizers_hold_is_taken(tiny_bert_folder, tmp_path):
    """Paths of whoever saved it, and words as a list or with their numbers, name nothing to read."""
    folder = shutil.copytree(tiny_bert_folder, tmp_path / "model")
    entries = {
        "special_tokens_map_file": "/elsewhere/x.json",
        "tokenizer_file": "/elsewhere/y.json",
        "vocab_file": "vocab.txt",
    }
    name_it(folder, own_files.TOKENIZER, entries | {"init_inputs": [], "sp_model_kwargs": {}, "merges": None})
    assert load_model(str(folder)).info.vocabulary == load_model(str(tiny_bert_folder)).info.vocabulary
