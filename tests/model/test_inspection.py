"""What loading showed is told as it is: weights without a place, rows, numbers, evenness; and what is too large."""

import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.model import plain
from viz.engine.models import load_model
from viz.engine.prove import TRIAL
from viz.engine.requests import Inspect
from viz.engine.service import answer
from viz.errors import ModelRefused, ModelTooLarge
from viz.shipped import MODELS_FOLDER


@pytest.fixture
def copy(tiny_bert_folder, tmp_path):
    """Give a copy of the tiny BERT's folder that a test may spoil."""
    return shutil.copytree(tiny_bert_folder, tmp_path / "copy")


def spoil(folder, name: str, value: float):
    tensors = load_file(folder / "model.safetensors")
    tensors[name].fill_(value)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return str(folder)


@pytest.mark.parametrize("name, causal", [("headlight-bert", False), ("headlight-gpt2", True)])
def test_the_evenness_is_that_of_plain_transformers_attention(name, causal):
    model = plain.load(MODELS_FOLDER / name, causal=causal)
    (maps,), _logits = plain.output(model, plain.tokenized(model, [TRIAL]))
    shares = [
        -sum(weight * np.log(weight) for weight in row[: at + 1 if causal else None] if weight > 0)
        / np.log(at + 1 if causal else len(row))
        for head in maps.reshape(-1, *maps.shape[2:]).astype(float)
        for at, row in enumerate(head)
        if at or not causal
    ]
    check = answer(Inspect(name))
    assert check.evenness == pytest.approx(np.mean(shares), abs=1e-5)
    assert check.row_sum_error == pytest.approx(np.abs(maps.sum(-1) - 1).max(), abs=1e-6)
    assert (check.n_nan, check.missing, check.unexpected) == (0, (), ())
    assert (check.weights, check.words) == ("pretrained", "read")
    assert check.n_parameters == sum(values.numel() for values in model.model.parameters())
    assert check.n_bytes == 4 * check.n_parameters


def test_heads_that_look_evenly_have_an_evenness_of_one(copy):
    for layer in (0, 1):
        for part in ("weight", "bias"):
            name = spoil(copy, f"bert.encoder.layer.{layer}.attention.self.query.{part}", 0.0)
    assert answer(Inspect(name)).evenness == pytest.approx(1.0, abs=1e-6)


def test_what_misses_is_listed(copy):
    tensors = load_file(copy / "model.safetensors")
    del tensors["bert.encoder.layer.0.output.dense.weight"]
    save_file(tensors, copy / "model.safetensors", metadata={"format": "pt"})
    check = answer(Inspect(str(copy)))
    assert (check.missing, check.weights) == (("bert.encoder.layer.0.output.dense.weight",), "random")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_model_that_computes_nan_is_refused_with_the_weights_to_blame(value, copy):
    with pytest.raises(ModelRefused) as caught:
        load_model(spoil(copy, "bert.encoder.layer.1.attention.self.key.weight", value))
    assert "because its weights 'bert.encoder.layer.1.attention.self.key.weight' hold NaN or infinity" in str(
        caught.value
    )


def test_a_model_above_the_limit_is_refused_before_its_weights_are_read(copy, monkeypatch):
    monkeypatch.setenv("HEADLIGHT_MAX_MODEL_GB", "0.00001")
    whole = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(whole[: len(whole) // 2])  # reading it would be another error
    with pytest.raises(ModelTooLarge, match="at most 0.0 GB are loaded here"):
        load_model(str(copy))


def test_half_precision_counts_as_the_single_precision_it_becomes(copy, monkeypatch):
    tensors = load_file(copy / "model.safetensors")
    n_bytes = 4 * sum(tensor.numel() for tensor in tensors.values())
    half = {name: tensor.to(torch.float16) for name, tensor in tensors.items()}
    save_file(half, copy / "model.safetensors", metadata={"format": "pt"})
    monkeypatch.setenv("HEADLIGHT_MAX_MODEL_GB", repr((n_bytes - 1) / 1e9))
    with pytest.raises(ModelTooLarge):
        load_model(str(copy))
    monkeypatch.setenv("HEADLIGHT_MAX_MODEL_GB", repr((n_bytes + 1) / 1e9))
    assert load_model(str(copy)).info.words == "read"
