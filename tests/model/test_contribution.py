"""What heads contribute is what plain transformers compute: value vectors, projection and weights read off a model."""

import copy
from typing import Any

import numpy as np
import pytest
import torch
from transformers.pytorch_utils import Conv1D

from tests.model import families, plain
from viz.analysis.reasons import contribution
from viz.engine import translating
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import load_model
from viz.engine.reasons import projections
from viz.errors import NoContributions

TEXTS = ["the cat [MASK] on the mat .", "the old dog", "a bird"]


class Heard:
    """Keep what a plain model gives its value layers and its output projections, by hooks of the test's own."""

    def __init__(self, values: list[torch.nn.Module], outputs: list[torch.nn.Module]):
        self.values: list[torch.Tensor] = []
        self.gathered: list[torch.Tensor] = []
        self._hooks = [layer.register_forward_hook(self._value) for layer in values]
        self._hooks += [layer.register_forward_pre_hook(self._gathered) for layer in outputs]

    def _value(self, _layer, _given, out: torch.Tensor) -> None:
        self.values.append(out)

    def _gathered(self, _layer, given: tuple[torch.Tensor]) -> None:
        self.gathered.append(given[0])

    def off(self) -> None:
        for hook in self._hooks:
            hook.remove()


def parts_of(model, causal: bool):
    """Name a plain model's value layers, its output projections, and W_O of each layer, ``[H·D, hidden]``."""
    if causal:
        blocks = [block.attn for block in model.transformer.h]
        return [b.c_attn for b in blocks], [b.c_proj for b in blocks], [b.c_proj.weight for b in blocks]
    blocks = [layer.attention for layer in model.bert.encoder.layer]
    outputs = [b.output.dense for b in blocks]
    return [b.self.value for b in blocks], outputs, [dense.weight.T for dense in outputs]


def by_hand(folder, texts: list[str], side: str, *, causal: bool):
    """Compute α·f(x) of every head, ``[B, L, H, Q, K, hidden]``, and what each head wrote, ``[B, L, H, Q, hidden]``."""
    of = plain.load(folder, causal=causal)
    values, outputs, weights = parts_of(of.model, causal)
    heard = Heard(values, outputs)
    attentions, _logits = plain.output(of, plain.tokenized(of, texts, side))
    heard.off()
    n_heads = attentions.shape[2]
    vectors, gathered = [], []
    for layer, (heard_value, weight) in enumerate(zip(heard.values, weights, strict=True)):
        value = heard_value[..., -weight.shape[0] :].double().numpy()  # GPT-2 computes queries, keys and values in one
        split = value.reshape(*value.shape[:2], n_heads, -1)  # [B, K, H, D]
        head_weights = weight.detach().double().numpy().reshape(n_heads, split.shape[-1], -1)  # [H, D, hidden]
        brought = np.einsum("bkhd,hdm->bhkm", split, head_weights)
        vectors.append(attentions[:, layer, :, :, :, None] * brought[:, :, None])
        given = heard.gathered[layer].double().numpy()
        split = given.reshape(*given.shape[:2], n_heads, -1)
        gathered.append(np.einsum("bqhd,hdm->bhqm", split, head_weights))
    return np.stack(vectors, axis=1), np.stack(gathered, axis=1)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", ["bert", "gpt2"])
def test_contributions_are_the_lengths_of_weighted_value_vectors(name, side, request):
    folder, loaded = (request.getfixturevalue(f"tiny_{name}{end}") for end in ("_folder", ""))
    causal = name == "gpt2"
    texts = [text.replace("[MASK]", "sat") for text in TEXTS] if causal else TEXTS
    vectors, gathered = by_hand(folder, texts, side, causal=causal)
    made = run(loaded, encode(loaded, texts, padding_side=side))
    expected = np.linalg.norm(vectors, axis=-1)
    for row in range(len(texts)):
        ours = contribution.row_contributions(made, row)
        np.testing.assert_allclose(ours, expected[row], rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(contribution.head_contribution(made, row, 1, 1), ours[1, 1])
    # Σ α·f(x) over the keys is what the head wrote: the very vectors whose lengths are shown.
    real = made.batch.attention_mask
    for row in range(len(texts)):
        np.testing.assert_allclose(
            vectors[row].sum(axis=-2)[:, :, real[row]], gathered[row][:, :, real[row]], atol=1e-5
        )
    assert expected.max() > 0.1


@pytest.mark.parametrize("make", families.RECORDED, ids=lambda make: make.__name__)
def test_every_recorded_family_has_its_projections(make, tmp_path):
    loaded = load_model(str(families.write(tmp_path / make.__name__, make, families.RECORDED[make]())))
    found = projections.of_model(loaded.model)
    made = run(loaded, encode(loaded, ["the cat sat on the mat"]))
    assert contribution.are_known(made)
    # What a projection writes of one head alone is that head's part of it; the lengths are those of plain products.
    given: dict[torch.nn.Module, tuple[torch.Tensor, torch.Tensor]] = {}

    def keep(layer, inputs, written) -> None:
        given[layer] = (inputs[0], written)

    hooks = [of.layer.register_forward_hook(keep) for of in found.values()]
    run(loaded, encode(loaded, ["the cat sat on the mat"]))
    for hook in hooks:
        hook.remove()
    for of in found.values():
        inputs, written = given[of.layer]
        parts = torch.einsum("bthd,hdm->btm", inputs.unflatten(-1, (of.n_heads, -1)), of.weight)
        if isinstance(of.layer.bias, torch.Tensor):
            parts = parts + of.layer.bias
        torch.testing.assert_close(parts, written, rtol=1e-4, atol=1e-5)
        values = torch.randn(2, of.n_heads, 5, of.weight.shape[1], generator=torch.Generator().manual_seed(1))
        plainly = torch.einsum("bhkd,hdm->bhkm", values.double(), of.weight.detach().double()).norm(dim=-1)
        torch.testing.assert_close(of.norms(values).double(), plainly, rtol=1e-5, atol=0)


def test_lengths_hold_their_digits_where_a_head_nearly_forgets_a_direction():
    torch.manual_seed(4)
    layer = Conv1D(32, 16)
    with torch.no_grad():
        layer.weight[3] = layer.weight[2] + 1e-5 * torch.randn(32)  # so what both bring nearly cancels
    of = projections.Projection(layer, 2)
    values = torch.zeros(1, 2, 1, 8)
    values[0, 0, 0, 2], values[0, 0, 0, 3] = -1, 1
    expected = (layer.weight[3].double() - layer.weight[2].double()).norm().item()
    assert of.norms(values)[0, 0, 0].item() == pytest.approx(expected, rel=1e-3)
    head = layer.weight[:8].detach()
    gram = values[0, 0] @ (head @ head.T) @ values[0, 0].T  # the short way that was not taken
    assert gram.item() != pytest.approx(expected**2, rel=1e-2)


@pytest.mark.parametrize("make", list(families.EAGER)[:1], ids=lambda make: make.__name__)
def test_a_family_whose_attention_is_its_own_says_so(make, tmp_path):
    loaded = load_model(str(families.write(tmp_path / make.__name__, make, families.EAGER[make]())))
    made = run(loaded, encode(loaded, ["the cat sat"]))
    assert not contribution.are_known(made)
    with pytest.raises(NoContributions, match="contribute is not known, only their weights"):
        contribution.row_contributions(made, 0)


class _Gated(torch.nn.Module):
    """Halve what the heads bring before it is projected, as a gate would."""

    def __init__(self, dense: torch.nn.Linear):
        super().__init__()
        self.dense = dense

    def forward(self, gathered, *others):
        return self.dense(gathered * 0.5)


def test_what_is_changed_before_the_projection_is_never_measured(tiny_bert_folder):
    loaded = load_model(str(tiny_bert_folder))
    trial = {"input_ids": torch.tensor([[2, 30, 40, 3]])}
    same: Any = copy.deepcopy(loaded.model)
    projections.find(same, trial, ["self"])
    assert len(projections.of_model(same)) == 2
    gated: Any = copy.deepcopy(loaded.model)
    gated.bert.encoder.layer[1].attention.output.dense = _Gated(gated.bert.encoder.layer[1].attention.output.dense)
    projections.find(gated, trial, ["self"])
    assert projections.of_model(gated) == {}


def test_a_translators_three_kinds_have_their_own_norms(tiny_translator_folder):
    loaded = load_model(str(tiny_translator_folder))
    source = translating.encode(loaded, ["the cat", "the old dog sat"])
    target = translating.encode_targets(loaded, source, ["a cat", "a dog"])
    made = translating.run(loaded, source, target)
    model: Any = loaded.model
    attention = model.model.decoder.layers[1].encoder_attn
    with torch.no_grad():
        states = model.model.encoder(
            input_ids=torch.tensor(source.input_ids), attention_mask=torch.tensor(source.attention_mask.astype(int))
        ).last_hidden_state
        values = attention.v_proj(states).unflatten(-1, (attention.num_heads, -1))
        weight = attention.out_proj.weight.T.unflatten(0, (attention.num_heads, -1))
        norms = torch.einsum("bkhd,hdm->bhkm", values, weight).norm(dim=-1)
    ours = made.maps["cross"].value_norms
    assert ours is not None
    np.testing.assert_allclose(ours[:, 1], norms.numpy(), rtol=1e-5)
    for kind in ("encoder", "decoder", "cross"):
        ours = contribution.row_contributions(made, 1, kind=kind)
        assert ours.shape == made.maps[kind].attentions[1].shape


def test_norms_change_nothing_else_of_a_pass(tiny_bert):
    batch = encode(tiny_bert, TEXTS)
    with_norms = run(tiny_bert, batch)
    known = projections._known.pop(tiny_bert.model)
    try:
        without = run(tiny_bert, batch)
    finally:
        projections._known[tiny_bert.model] = known
    assert without.maps["self"].value_norms is None
    np.testing.assert_array_equal(with_norms.attentions, without.attentions)
    np.testing.assert_array_equal(with_norms.readout_logits, without.readout_logits)
