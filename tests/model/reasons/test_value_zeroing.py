"""Without a token's value a layer moves as plain transformers moves when that row of the value projection is zero."""

import numpy as np
import pytest
import torch

from tests.model import plain
from tests.model.families import EAGER, RECORDED, write
from viz.analysis.reasons.value_zeroing import table
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import load_model
from viz.engine.reasons import value_zeroing as engine
from viz.engine.reasons.value_zeroing import value_zeroing
from viz.errors import LayersOutOfReach
from viz.shipped import MODELS_FOLDER

MASKED = "the turtle moves [MASK] across the river"
BEGINNING = "The turtle moves slow across the"


def values_of(family: str, model: torch.nn.Module, layer: int) -> torch.nn.Module:
    """Give what makes the values of a layer; GPT-2 makes them in the last third of a wider projection."""
    return (
        model.bert.encoder.layer[layer].attention.self.value
        if family == "bert"
        else model.transformer.h[layer].attn.c_attn
    )


def by_hand(family: str, model: plain.Plain, text: str, side: str = "right", others=()) -> np.ndarray:
    """Zero a row of one layer's values by a hook, run the whole plain model, and compare that layer's output."""
    inputs = plain.tokenized(model, [text, *others], side)
    inputs = {name: values[:1] for name, values in inputs.items()}
    layers = model.model.bert.encoder.layer if family == "bert" else model.model.transformer.h

    def outputs(layer: int, key: int | None) -> torch.Tensor:
        def zero(_module, _inputs, output):
            output = output.clone()
            if key is not None:
                output[:, key, 0 if family == "bert" else 2 * output.shape[-1] // 3 :] = 0
            return output

        kept = []
        handles = [
            values_of(family, model.model, layer).register_forward_hook(zero),
            layers[layer].register_forward_hook(lambda _m, _i, output: kept.append(output)),
        ]
        with torch.no_grad():
            model.model(**inputs, use_cache=False)
        for handle in handles:
            handle.remove()
        return (kept[0] if torch.is_tensor(kept[0]) else kept[0][0])[0].double()

    real = np.flatnonzero(inputs["attention_mask"][0].numpy())
    n_tokens = inputs["input_ids"].shape[1]
    found = np.zeros((len(layers), n_tokens, n_tokens))
    for layer in range(len(layers)):
        whole = outputs(layer, None)
        for key in real:
            without = outputs(layer, int(key))
            cosine = (whole * without).sum(-1) / (whole.norm(dim=-1) * without.norm(dim=-1))
            found[layer][real, key] = (1 - cosine).numpy()[real]
    return found


def rows_to_one(distances: np.ndarray) -> np.ndarray:
    return distances / distances.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("family, text", [("bert", MASKED), ("gpt2", BEGINNING)])
@pytest.mark.parametrize("side", ["left", "right"])
def test_it_is_what_plain_transformers_does(
    family, text, side, tiny_bert, tiny_gpt2, tiny_bert_folder, tiny_gpt2_folder
):
    loaded, folder = {"bert": (tiny_bert, tiny_bert_folder), "gpt2": (tiny_gpt2, tiny_gpt2_folder)}[family]
    others = [text + " and the cat sat on the mat"]  # longer, so that the text is padded
    of = value_zeroing(loaded, run(loaded, encode(loaded, [text, *others], padding_side=side)), 0)
    expected = by_hand(family, plain.load(folder, causal=family == "gpt2"), text, side, others)
    np.testing.assert_allclose(of.distances, expected, atol=1e-6)
    real = of.real
    assert not real.all() and not of.distances[:, ~real].any() and not of.distances[:, :, ~real].any()
    for layer in range(loaded.info.n_layers):
        at = np.ix_(real, real)
        np.testing.assert_allclose(of.shares(layer)[at], rows_to_one(expected[layer][at]), atol=1e-4)


@pytest.mark.parametrize("family, text", [("bert", "She is reading a [MASK]."), ("gpt2", "My dog is")])
def test_it_is_what_plain_transformers_does_in_the_shipped_models(family, text):
    loaded = load_model(f"headlight-{family}")
    of = value_zeroing(loaded, run(loaded, encode(loaded, [text])), 0)
    expected = by_hand(family, plain.load(MODELS_FOLDER / f"headlight-{family}", causal=family == "gpt2"), text)
    np.testing.assert_allclose(of.distances, expected, atol=1e-6)
    assert of.distances.max() > 0.05


def test_many_calls_give_what_one_call_gives(tiny_bert, monkeypatch):
    before = run(tiny_bert, encode(tiny_bert, [MASKED]))
    heard = []
    at_once = value_zeroing(tiny_bert, before, 0, heard.append)
    assert heard == [0.5, 1.0]
    monkeypatch.setattr(engine, "BYTES_AT_ONCE", 1)
    np.testing.assert_allclose(value_zeroing(tiny_bert, before, 0).distances, at_once.distances, atol=1e-6)


def test_the_model_is_not_changed(tiny_bert):
    before = run(tiny_bert, encode(tiny_bert, [MASKED]))
    value_zeroing(tiny_bert, before, 0)
    after = run(tiny_bert, before.batch)
    assert np.array_equal(before.readout_logits, after.readout_logits)
    assert np.array_equal(before.attentions, after.attentions)


def test_a_causal_model_is_not_moved_by_later_tokens(tiny_gpt2):
    of = value_zeroing(tiny_gpt2, run(tiny_gpt2, encode(tiny_gpt2, [BEGINNING])), 0)
    assert not np.triu(of.distances, k=1).any()
    assert set(table(of, 0)["layer"]) == {"Layer1"}
    assert all(q >= k for q, k in zip(table(of, 0)["query_position"], table(of, 0)["key_position"]))


@pytest.mark.parametrize("make", RECORDED, ids=lambda make: make.__name__)
def test_every_recorded_family_has_it_or_says_so(make, tmp_path):
    loaded = load_model(str(write(tmp_path / make.__name__, make, RECORDED[make]())))
    text = "the turtle moves slow" if loaded.info.causal else "the [MASK] moves slow"
    of = value_zeroing(loaded, run(loaded, encode(loaded, [text])), 0)
    assert of.distances.shape[0] == loaded.info.n_layers
    assert all((layer[of.real].sum(axis=-1) > 0).all() for layer in of.distances)  # something moves every token


def test_a_model_whose_attention_is_its_own_is_refused(tmp_path):
    make = next(iter(EAGER))
    loaded = load_model(str(write(tmp_path / "eager", make, EAGER[make]())))
    with pytest.raises(LayersOutOfReach, match="gpt_neo"):
        value_zeroing(loaded, run(loaded, encode(loaded, ["the turtle moves slow"])), 0)
