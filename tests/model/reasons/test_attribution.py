"""What every part writes into a logit is what hooks on plain transformers see, behind the frozen norm and the words."""

import numpy as np
import pytest
import torch

from tests.model import families, plain
from viz.analysis.reasons.attribution import parts
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import load_model
from viz.engine.reasons.attribution import attribute
from viz.engine.reasons.requests import Attribute
from viz.engine.requests import Ask
from viz.engine.service import answer
from viz.errors import NoMaskToken, NotShared, WordsNotLinear
from viz.shipped import MODELS_FOLDER

TEXT = "The old man walked slowly along the river, because the"


def by_hand(model: plain.Plain, inputs: dict[str, torch.Tensor], position: int, words: list[int]) -> dict[str, object]:
    """Hook a plain GPT-2 and multiply every whole vector that is written by the last norm, frozen, and the words."""
    of, kept = model.model.transformer, {"z": [], "mlp": [], "embedded": []}
    handles = [of.drop.register_forward_hook(lambda _m, _i, output: kept["embedded"].append(output[0, position]))]
    handles += [of.ln_f.register_forward_pre_hook(lambda _m, given: kept.update(last=given[0][0, position]))]
    for block in of.h:
        hear = block.attn.c_proj.register_forward_pre_hook
        handles.append(hear(lambda _m, given: kept["z"].append(given[0][0, position])))
        handles.append(block.mlp.register_forward_hook(lambda _m, _i, output: kept["mlp"].append(output[0, position])))
    with torch.no_grad():
        logits = model.model(**inputs, use_cache=False).logits[0, position].double()
    for handle in handles:
        handle.remove()
    last, embedded = kept["last"].double(), kept["embedded"][0].double()
    scale = (last.var(unbiased=False) + of.ln_f.eps).sqrt()
    rows = model.model.lm_head.weight.detach()[words].double()
    wanted = rows[0] - rows[1] if len(words) > 1 else rows[0]

    @torch.no_grad()
    def written(vector: torch.Tensor) -> float:
        vector = vector.double()
        return float(((vector - vector.mean()) / scale * of.ln_f.weight.double()) @ wanted)

    n_heads = of.config.n_head
    heads = [
        [written(z_h @ w_h) for z_h, w_h in zip(z.chunk(n_heads), block.attn.c_proj.weight.detach().chunk(n_heads))]
        for z, block in zip(kept["z"], of.h)
    ]
    token = of.wte.weight[inputs["input_ids"][0, position]].detach()
    return {
        "heads": heads,
        "attention_biases": [written(block.attn.c_proj.bias) for block in of.h],
        "mlps": [written(vector) for vector in kept["mlp"]],
        "token": written(token),
        "position": written(embedded - token),
        "norm_bias": float(of.ln_f.bias.detach().double() @ wanted),
        "logit": float(logits[words[0]] - (logits[words[1]] if len(words) > 1 else 0)),
    }


@pytest.fixture(params=["headlight-gpt2", "tiny"])
def both(request, tiny_gpt2_folder):
    """Give a GPT-2 as the app has it, and as a notebook does."""
    folder = tiny_gpt2_folder if request.param == "tiny" else MODELS_FOLDER / request.param
    name = str(folder) if request.param == "tiny" else request.param
    return load_model(name), plain.load(folder, causal=True)


@pytest.mark.parametrize("words", [[300], [300, 7]])
@pytest.mark.parametrize("side", ["left", "right"])
def test_every_part_is_what_hooks_on_plain_transformers_give(both, words, side):
    ours, theirs = both
    texts = ["The dog", "The old man saw the river and"]
    before = run(ours, encode(ours, texts, padding_side=side))
    position = int(before.readouts[0, 1])
    inputs = {name: values[:1] for name, values in plain.tokenized(theirs, texts, side).items()}
    expected = by_hand(theirs, inputs, position, words)
    of = attribute(ours, before, 0, *words)
    for name, value in expected.items():
        np.testing.assert_allclose(getattr(of, name), value, atol=1e-4, err_msg=name)
    assert of.total == pytest.approx(expected["logit"], abs=1e-4)
    assert of.total == pytest.approx(sum(part.value for part in parts(of)))
    n_layers, n_heads = of.heads.shape
    assert len(parts(of)) == n_layers * (n_heads + 2) + 4


def test_the_lens_is_the_output_layer_behind_the_last_norm_after_every_layer(both):
    ours, theirs = both
    of = attribute(ours, run(ours, encode(ours, [TEXT])), 0, 300, 7)
    inputs = {name: values[:, :32] for name, values in plain.tokenized(theirs, [TEXT]).items()}
    before_norm = []
    hook = theirs.model.transformer.ln_f.register_forward_pre_hook(lambda _m, given: before_norm.append(given[0]))
    with torch.no_grad():
        output = theirs.model(**inputs, use_cache=False, output_hidden_states=True)
        states = [*output.hidden_states[:-1], before_norm[0]]
        hook.remove()
        logits = [theirs.model.lm_head(theirs.model.transformer.ln_f(state[:, -1]))[0].numpy() for state in states]
    assert len(of.lens.ranks) == len(logits) == ours.info.n_layers + 1
    for layer, expected in enumerate(logits):
        np.testing.assert_allclose(of.lens.logits[layer], expected[[300, 7]], atol=1e-4)
        np.testing.assert_allclose(of.lens.top_logits[layer], np.sort(expected)[::-1][:10], atol=1e-4)
        np.testing.assert_allclose(expected[of.lens.top_ids[layer]], of.lens.top_logits[layer], atol=1e-4)
        assert of.lens.ranks[layer].tolist() == [int((expected > expected[word]).sum()) + 1 for word in (300, 7)]
    np.testing.assert_allclose(of.lens.logits[-1], output.logits[0, -1, [300, 7]].numpy(), atol=1e-4)


@pytest.mark.parametrize("make", [families.gpt_neox, families.llama, families.mistral, families.qwen2])
def test_families_whose_parts_are_found_sum_to_the_logit(make, tmp_path):
    families.write(tmp_path, make, families.RECORDED[make]())
    loaded = load_model(str(tmp_path))
    before = run(loaded, encode(loaded, ["the old man walked"]))
    of = attribute(loaded, before, 0, 30, 9)
    logits = before.readout_logits[0].astype(np.float64)
    assert of.position is None, "they turn queries and keys by position, and add nothing to the word"
    assert of.total == pytest.approx(logits[30] - logits[9], abs=1e-4)
    assert np.abs(of.heads).max() > 1e-3 and np.abs(of.mlps).max() > 1e-3


@pytest.mark.parametrize("make", [families.gemma2, families.opt, families.bloom, families.gpt_neo])
def test_a_family_that_cannot_be_shared_out_exactly_is_refused(make, tmp_path):
    families.write(tmp_path, make, (families.RECORDED | families.EAGER)[make]())
    loaded = load_model(str(tmp_path))
    with pytest.raises(NotShared, match=r"headlight-gpt2"):
        attribute(loaded, run(loaded, encode(loaded, ["the old man walked"])), 0, 30)


def test_a_masked_model_is_refused_and_so_is_a_text_with_nothing_to_guess(tiny_bert):
    with pytest.raises(WordsNotLinear):
        attribute(tiny_bert, run(tiny_bert, encode(tiny_bert, ["the [MASK] moves"])), 0, 7)
    with pytest.raises(NoMaskToken):
        attribute(tiny_bert, run(tiny_bert, encode(tiny_bert, ["the turtle moves"])), 0, 7)


def test_the_model_that_others_use_is_not_touched(tiny_gpt2):
    before = {path: (type(module), dict(module._forward_hooks)) for path, module in tiny_gpt2.model.named_modules()}
    attribute(tiny_gpt2, run(tiny_gpt2, encode(tiny_gpt2, [TEXT], truncate=True)), 0, 30)
    after = {path: (type(module), dict(module._forward_hooks)) for path, module in tiny_gpt2.model.named_modules()}
    assert before == after


def test_the_engine_answers_the_request():
    asked = Ask("headlight-gpt2", (TEXT,))
    of, before = answer(Attribute(asked, 0, 300, 7)), answer(asked)
    assert of.logit == pytest.approx(float(before.readout_logits[0, 300] - before.readout_logits[0, 7]), abs=1e-4)
