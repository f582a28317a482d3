"""What is on this computer is listed from folders and small files alone, whole or half, and fast."""

import json
import shutil
import time
from pathlib import Path

import pytest
from huggingface_hub import constants

from tests.model.small_hub import COMMIT
from viz.engine import inventory
from viz.shipped import ALL_SHIPPED, MODELS_FOLDER, SHIPPED

NOT_ALL_HERE = "not all of it is on this computer. Fetch it: what is here is not fetched again."


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """Give an empty cache of the Hub's, and no folders."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.delenv("HEADLIGHT_MODELS", raising=False)
    monkeypatch.delenv("HEADLIGHT_ALLOW", raising=False)
    (tmp_path / "hub").mkdir()
    return tmp_path / "hub"


def cached(cache: Path, name: str, source: Path) -> Path:
    """Put a model's files into the cache; give the folder of its commit."""
    repository = cache / f"models--{name.replace('/', '--')}"
    folder = repository / "snapshots" / COMMIT
    shutil.copytree(source, folder)
    (repository / "blobs").mkdir()
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    return folder


def names(place: str) -> list[str]:
    return [model.checkpoint for model in inventory.models() if model.place == place]


def only(place: str):
    (model,) = [model for model in inventory.models() if model.place == place]
    return model


def test_the_shipped_models_are_listed(cache):
    listed = inventory.models()
    families, kinds = ("bert", "gpt2", "marian"), ("masked", "causal", "two stacks")
    assert [(model.checkpoint, model.place, model.family, model.kind, model.problem) for model in listed] == [
        (name, "shipped", family, kind, None) for name, family, kind in zip(ALL_SHIPPED, families, kinds, strict=True)
    ]
    weights = (MODELS_FOLDER / SHIPPED[0] / "model.safetensors").stat().st_size
    assert weights < listed[0].n_bytes < weights + 5_000_000


def test_the_hubs_cache_is_listed_by_the_names_people_ask_for(cache, tiny_bert_folder, tiny_gpt2_folder):
    cached(cache, "some/tiny-bert", tiny_bert_folder)
    cached(cache, "gpt2", tiny_gpt2_folder)
    (cache / "datasets--some--data").mkdir()
    (cache / "version.txt").write_text("1")
    found = [model for model in inventory.models() if model.place == "hub"]
    assert [(model.checkpoint, model.family, model.kind, model.problem) for model in found] == [
        ("gpt2", "gpt2", "causal", None),
        ("some/tiny-bert", "bert", "masked", None),
    ]
    assert found[1].n_bytes == sum(file.stat().st_size for file in tiny_bert_folder.iterdir())


def test_half_a_download_is_listed_as_such(cache, tiny_bert_folder):
    cached(cache, "some/tiny", tiny_bert_folder).joinpath("model.safetensors").unlink()
    assert str(only("hub").problem) == NOT_ALL_HERE


def test_a_download_that_only_began_is_listed_as_such(cache):
    blobs = cache / "models--some--tiny" / "blobs"
    blobs.mkdir(parents=True)
    assert names("hub") == []
    (blobs / "0123.incomplete").write_bytes(b"half")
    assert str(only("hub").problem) == NOT_ALL_HERE


def test_a_name_without_weights_or_with_others_says_what_is_wrong(cache, tiny_bert_folder):
    folder = cached(cache, "some/old", tiny_bert_folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert str(only("hub").problem).startswith("its weights are not in safetensors, the only format that is loaded.")


def test_folders_an_administrator_names_are_listed_and_what_lies_in_them(
    cache, tiny_bert_folder, tmp_path, monkeypatch
):
    models = tmp_path / "models"
    shutil.copytree(tiny_bert_folder, models / "b")
    shutil.copytree(tiny_bert_folder, models / "a")
    shutil.copytree(tiny_bert_folder, models / "deep" / "er")
    (models / "empty").mkdir()
    (models / "file").write_text("no folder")
    monkeypatch.setenv("HEADLIGHT_MODELS", f"{models}:{tiny_bert_folder}:{tmp_path / 'not there'}:{models}")
    assert names("folder") == [str(models / "a"), str(models / "b"), str(tiny_bert_folder)]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEADLIGHT_MODELS", "models")
    assert names("folder") == [str(models / "a"), str(models / "b")]


def test_only_what_may_be_opened_is_listed(cache, tiny_bert_folder, tmp_path, monkeypatch):
    shutil.copytree(tiny_bert_folder, tmp_path / "models" / "a")
    shutil.copytree(tiny_bert_folder, tmp_path / "models" / "b")
    cached(cache, "some/tiny", tiny_bert_folder)
    cached(cache, "other/tiny", tiny_bert_folder)
    monkeypatch.setenv("HEADLIGHT_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HEADLIGHT_ALLOW", f"some/tiny, {tmp_path}/models/b")
    assert names("shipped") == list(ALL_SHIPPED)
    assert names("folder") == [str(tmp_path / "models" / "b")]
    assert names("hub") == ["some/tiny"]


@pytest.mark.parametrize(
    "config, family, kind",
    [
        ({"model_type": "bert", "architectures": ["BertModel"]}, "bert", "encoder"),
        ({"model_type": "bert", "architectures": ["BertLMHeadModel"]}, "bert", "masked"),
        ({"model_type": "bert", "architectures": ["BertLMHeadModel"], "is_decoder": True}, "bert", "causal"),
        ({"model_type": "gpt2", "architectures": ["GPT2Model"]}, "gpt2", "causal"),
        ({"model_type": "gpt2"}, "gpt2", "causal"),
        ({"model_type": "llama", "architectures": ["LlamaForCausalLM"]}, "llama", "causal"),
        ({"model_type": "t5", "is_encoder_decoder": True, "architectures": ["T5Model"]}, "t5", "two stacks"),
        (
            {"model_type": "distilbert", "architectures": ["DistilBertForSequenceClassification"]},
            "distilbert",
            "encoder",
        ),
        ({"model_type": "distilbert"}, "distilbert", "masked"),
    ],
)
def test_what_a_model_does_is_guessed_from_its_config(config, family, kind, cache, tiny_bert_folder):
    folder = cached(cache, "some/tiny", tiny_bert_folder)
    (folder / "config.json").write_text(json.dumps(config))
    assert (only("hub").family, only("hub").kind, only("hub").problem) == (family, kind, None)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "null",
        "{",
        "[" * 100_000,
        '{"model_type": ["bert"], "architectures": {"a": 1}}',
        "\xff",
        "{}" + " " * 10**7,
    ],
)
def test_a_config_that_is_none_is_listed_with_its_problem(content, cache, tiny_bert_folder):
    folder = cached(cache, "some/tiny", tiny_bert_folder)
    (folder / "config.json").write_bytes(content.encode("latin-1"))
    assert (only("hub").family, only("hub").kind) == ("", "")
    assert "code from a checkpoint is never run" in str(only("hub").problem)


def test_a_family_that_is_not_known_is_named(cache, tiny_bert_folder):
    folder = cached(cache, "some/tiny", tiny_bert_folder)
    (folder / "config.json").write_text(
        json.dumps({"model_type": "brand-new", "auto_map": {"AutoModel": "evil.Model"}})
    )
    assert str(only("hub").problem).startswith("its family 'brand-new' is not known to transformers")


def test_the_commit_a_name_means_stays_inside_the_cache(cache, tiny_bert_folder):
    folder = cached(cache, "some/tiny", tiny_bert_folder)
    for commit in ("../../..", "", "0" * 40, "/etc"):
        (folder.parent.parent / "refs" / "main").write_text(commit)
        assert names("hub") == []


def test_two_hundred_models_are_listed_in_a_moment(cache, tiny_bert_folder):
    for number in range(200):
        cached(cache, f"some/tiny-{number:03}", tiny_bert_folder)
    started = time.perf_counter()
    assert len(names("hub")) == 200
    assert time.perf_counter() - started < 1
