"""Models compute on the device that is set; every tensor of ours is made there, and records are numpy."""

import ast

import numpy as np
import pytest
import torch

from tests.conftest import REPOSITORY
from tests.model import translators
from tests.model.families import write
from viz.analysis.batches.generation import Sampling
from viz.analysis.masks.hiding import Hiding
from viz.engine import device, generation, mask_life, same_alone, switch_off, training, translating
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import load_model
from viz.engine.reasons.value_zeroing import value_zeroing
from viz.errors import DeviceMissing


def test_the_device_is_the_processor_where_there_is_no_other(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.delenv("HEADLIGHT_DEVICE", raising=False)
    assert device.choose().type == "cpu"


def test_cuda_is_taken_where_there_is_one_unless_the_processor_is_asked_for(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("HEADLIGHT_DEVICE", "auto")
    assert device.choose().type == "cuda"
    monkeypatch.setenv("HEADLIGHT_DEVICE", "CPU")
    assert device.choose().type == "cpu"


@pytest.mark.parametrize("named", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_said_and_no_model_is_loaded(named, untrained_bert_folder, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setenv("HEADLIGHT_DEVICE", named)
    with pytest.raises(DeviceMissing, match=f"HEADLIGHT_DEVICE is {named}"):
        device.choose()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_numbers_of_every_type_become_numpy(dtype):
    values = torch.tensor([0.5, -2.0], dtype=dtype, requires_grad=True)
    brought = device.to_numpy(values)
    assert brought.dtype == np.float32
    assert brought.tolist() == [0.5, -2.0]
    assert device.to_numpy(torch.tensor([True])).dtype == np.bool_


def test_a_tensor_becomes_numpy_in_one_place():
    """Elsewhere it would be forgotten that a tensor may lie on another device."""
    for file in (REPOSITORY / "viz" / "engine").glob("*.py"):
        calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
        named = [call.func.attr for call in calls if isinstance(call.func, ast.Attribute)]
        assert ("numpy" in named) == (file.name == "device.py"), file.name


def same_elsewhere(make):
    """Make numbers twice, the second time with a device without numbers for every tensor whose device is not named.

    Where one was not named the numbers would differ, or there would be none to bring to numpy.
    """
    expected = make()
    with torch.device("meta"):
        assert torch.tensor([1, 2]).device.type == "meta"
        found = make()
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("off_by", ["zero", "mean"])
def test_a_pass_names_the_device_of_every_tensor(off_by, tiny_bert):
    batch = encode(tiny_bert, ["the turtle moves [MASK]", "the cat"])
    told = np.tri(batch.n_tokens, dtype=bool)[None].repeat(2, axis=0)
    same_elsewhere(lambda: run(tiny_bert, batch, off=[(0, 1)], off_by=off_by).readout_logits)
    same_elsewhere(lambda: run(tiny_bert, batch, given_mask=told).attentions)
    same_elsewhere(lambda: run(tiny_bert, batch, hiding=Hiding(-1e4, "float16")).additive_mask)


def test_what_builds_on_passes_names_the_device_of_every_tensor(tiny_bert):
    batch = encode(tiny_bert, ["the turtle moves [MASK]"])
    before = run(tiny_bert, batch)
    rank = {"readout": 0, "word_id": 30}
    same_elsewhere(
        lambda: [one.effect.kl for part in switch_off.rank_all(tiny_bert, before, **rank) for one in part],
    )
    same_elsewhere(lambda: mask_life.trace(tiny_bert, batch, 1).scores)
    same_elsewhere(lambda: value_zeroing(tiny_bert, before, 0).distances)
    made = training.collate(tiny_bert, ["the cat sat on the mat", "the dog"], seed=0, mlm_probability=0.5)
    same_elsewhere(lambda: [way.loss for way in training.losses(tiny_bert, made).ways])
    texts = ["the [MASK] sat", "the cat sat on the [MASK]"]
    same_elsewhere(lambda: [prompt.max_difference for prompt in same_alone.check(tiny_bert, texts).prompts])


def test_an_encoder_decoder_names_the_device_of_every_tensor(tmp_path):
    loaded = load_model(str(write(tmp_path, translators.bart, translators.bart_tokenizer())))
    source = translating.encode(loaded, ["the turtle moves", "the cat"])
    target = translating.encode_targets(loaded, source, ["the dog", "a cat sat"])
    same_elsewhere(lambda: translating.run(loaded, source, target, off=[(0, 1)]).readout_logits)


def test_a_continuation_names_the_device_of_every_tensor(tiny_gpt2):
    """``generate`` itself makes tensors of the model's device where none is named, so that is the default here too."""
    batch = encode(tiny_gpt2, ["The turtle", "The cat sat on"], padding_side="left")
    made = generation.generate(tiny_gpt2, batch, Sampling(max_new_tokens=3, temperature=1.0, seed=1))
    assert made.run.attentions.dtype == np.float32
    assert load_model(tiny_gpt2.info.checkpoint).device == tiny_gpt2.device == device.choose()
