"""A pass that hides with another value, in another number type, is the pass a plain model makes with that mask."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.model import plain
from viz.analysis.masks.cells import CAUSAL, HIDDEN, PADDING, VISIBLE, cell_states
from viz.analysis.masks.hiding import Hiding
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import load_model
from viz.errors import AllTokensHidden, NotRecorded

BERT_TEXTS = ["The turtle moves slow across the [MASK].", "The [MASK] sat."]
GPT2_TEXTS = ["The turtle moves slow across the", "The old dog ran"]


@pytest.fixture(scope="module", params=["bert", "gpt2"])
def family(request, tiny_bert, tiny_gpt2, tiny_bert_folder, tiny_gpt2_folder):
    """Give our model, the plain one and texts for it, of either family."""
    if request.param == "bert":
        return tiny_bert, plain.load(tiny_bert_folder, causal=False), BERT_TEXTS
    return tiny_gpt2, plain.load(tiny_gpt2_folder, causal=True), GPT2_TEXTS


def allowed_cells(loaded, batch, told: np.ndarray) -> np.ndarray:
    """Say by hand who may look at whom, ``[B, Q, K]``."""
    n = batch.n_tokens
    per_query = told if told.ndim == 3 else np.repeat(told[:, None], n, axis=1)
    later = np.arange(n)[None, :] > np.arange(n)[:, None]
    return per_query & ~later if loaded.info.causal else per_query


def hide_two(batch) -> np.ndarray:
    told = batch.attention_mask.copy()
    told[:, [1, 2]] = False
    return told


def plain_logits(ours, theirs) -> None:
    attentions, logits = theirs
    np.testing.assert_allclose(ours.attentions, attentions, rtol=0, atol=1e-5)
    rows, positions = ours.readouts.T
    np.testing.assert_allclose(ours.readout_logits, logits[rows, positions], rtol=0, atol=1e-5)


@pytest.mark.parametrize("side", ["left", "right"])
def test_to_hide_as_the_model_does_changes_no_bit(side, family):
    loaded, _, texts = family
    batch = encode(loaded, texts, padding_side=side)
    ours, same = run(loaded, batch), run(loaded, batch, hiding=Hiding())
    for name in ("attentions", "scores", "additive_mask", "readout_logits", "given_mask"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(same, name))


@pytest.mark.parametrize("fill", [-1.0, -10.0, -100.0, -1e4, -1e9, "-inf"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_another_value_is_the_plain_model_with_that_value_in_its_mask(side, fill, family):
    loaded, second, texts = family
    batch = encode(loaded, texts, padding_side=side)
    if loaded.info.causal and side == "left" and fill == "-inf":
        batch = encode(loaded, texts)  # padding in front may look at nothing: all would be NaN
    told = hide_two(batch) if fill != "-inf" or not loaded.info.causal else batch.attention_mask
    allowed = allowed_cells(loaded, batch, told)
    added = np.where(allowed, 0.0, float(fill)).astype(np.float32)[:, None]
    inputs = plain.tokenized(second, texts, batch.padding_side) | {"attention_mask": torch.tensor(added)}
    ours = run(loaded, batch, given_mask=told, hiding=Hiding(fill))
    np.testing.assert_array_equal(ours.additive_mask, added)
    assert not np.isnan(ours.readout_logits).any()
    plain_logits(ours, plain.output(second, inputs))


def test_a_weak_value_leaks_and_moves_the_predictions(family):
    loaded, _, texts = family
    batch = encode(loaded, texts[:1])
    told = hide_two(batch)
    strong, weak = run(loaded, batch, given_mask=told), run(loaded, batch, given_mask=told, hiding=Hiding(-1.0))
    assert (strong.attentions[..., 3, 1:3] == 0).all()
    assert (weak.attentions[..., 3, 1:3] > 0).all()
    assert np.abs(strong.readout_logits - weak.readout_logits).max() > 0.01


@pytest.mark.parametrize(
    "fill, float16, bfloat16",
    [
        ("min", -65504.0, -(2.0**128 - 2.0**120)),
        (-1e4, -10_000.0, -9984.0),
        (-1e9, -np.inf, -998_244_352.0),
        ("-inf", -np.inf, -np.inf),
    ],
)
def test_the_kept_mask_is_the_value_as_the_number_type_holds_it(fill, float16, bfloat16, tiny_bert):
    batch = encode(tiny_bert, ["the cat sat"])
    told = batch.attention_mask.copy()
    told[0, 1] = False
    for dtype, expected in (("float16", float16), ("bfloat16", bfloat16)):
        added = run(tiny_bert, batch, given_mask=told, hiding=Hiding(fill, dtype)).additive_mask
        assert added.dtype == np.float32
        assert set(added[0, 0, :, 1].tolist()) == {expected}
        assert (added[0, 0][:, told[0]] == 0).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("fill", ["min", -1e4, -10.0])
def test_scores_and_value_are_added_and_softmaxed_in_the_asked_type(fill, dtype, family):
    loaded, _, texts = family
    batch = encode(loaded, texts)
    ours = run(loaded, batch, given_mask=hide_two(batch), hiding=Hiding(fill, dtype))
    allowed = torch.tensor(allowed_cells(loaded, batch, hide_two(batch)))[:, None, None]
    kind = getattr(torch, dtype)
    value = torch.finfo(kind).min if fill == "min" else fill
    added = torch.where(allowed, 0.0, value).to(kind)
    by_hand = torch.softmax(torch.tensor(ours.scores).to(kind) + added, dim=-1)
    assert by_hand.dtype == kind
    np.testing.assert_array_equal(ours.attentions, by_hand.float().numpy())
    assert ours.attentions.dtype == np.float32
    assert np.abs(ours.attentions - run(loaded, batch, given_mask=hide_two(batch)).attentions).max() > 1e-5


def test_without_a_mask_the_number_type_alone_changes_the_attention(tiny_bert):
    batch = encode(tiny_bert, ["the cat sat"])
    ours = run(tiny_bert, batch, hiding=Hiding("min", "bfloat16"))
    assert ours.additive_mask is None
    difference = np.abs(ours.attentions[0, 0] - run(tiny_bert, batch).attentions[0, 0]).max()
    assert 1e-5 < difference < 2**-7  # bfloat16 keeps 8 bits


def test_a_text_with_everything_hidden_runs_only_where_a_value_is_asked_for(tiny_bert):
    batch = encode(tiny_bert, ["the cat [MASK]"])
    nothing = np.zeros((1, 5), dtype=bool)
    with pytest.raises(AllTokensHidden):
        run(tiny_bert, batch, given_mask=nothing)
    uniform = run(tiny_bert, batch, given_mask=nothing, hiding=Hiding("min"))
    np.testing.assert_allclose(uniform.attentions, 0.2, rtol=0, atol=1e-7)
    no_number = run(tiny_bert, batch, given_mask=nothing, hiding=Hiding("-inf"))
    assert np.isnan(no_number.attentions).all()
    assert np.isnan(no_number.readout_logits).all()
    as_unmasked = run(tiny_bert, batch, given_mask=nothing, hiding=Hiding(-1e4))
    np.testing.assert_allclose(as_unmasked.attentions[:, 0], run(tiny_bert, batch).attentions[:, 0], rtol=0, atol=1e-3)


def test_one_query_without_keys_is_no_number_and_spreads_in_the_next_layer(tiny_bert):
    batch = encode(tiny_bert, ["the cat [MASK]"])
    told = np.ones((1, 5, 5), dtype=bool)
    told[0, 2] = False
    ours = run(tiny_bert, batch, given_mask=told, hiding=Hiding("-inf"))
    first, second = np.isnan(ours.attentions[0]).all(axis=(1, 3)).any(axis=0), np.isnan(ours.attentions[0, 1]).all()
    assert np.isnan(ours.attentions[0, 0, :, 2]).all()
    assert np.isfinite(ours.attentions[0, 0][:, [0, 1, 3, 4]]).all()
    assert first.any() and second


def test_a_value_leaves_nothing_behind_in_the_model(family):
    loaded, _, texts = family
    batch = encode(loaded, texts)
    before = run(loaded, batch)
    run(loaded, batch, hiding=Hiding(-1.0, "float16"))
    after = run(loaded, batch)
    np.testing.assert_array_equal(before.attentions, after.attentions)
    np.testing.assert_array_equal(before.readout_logits, after.readout_logits)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_causal_model_that_may_see_later_is_the_plain_model_without_its_triangle(side, tiny_gpt2, tiny_gpt2_folder):
    second = plain.load(tiny_gpt2_folder, causal=True)
    batch = encode(tiny_gpt2, GPT2_TEXTS, padding_side=side)
    n = batch.n_tokens
    real = np.repeat(batch.attention_mask[:, None], n, axis=1)
    added = np.where(real, 0.0, np.finfo(np.float32).min).astype(np.float32)[:, None]
    inputs = plain.tokenized(second, GPT2_TEXTS, side) | {"attention_mask": torch.tensor(added)}
    ours = run(tiny_gpt2, batch, see_later=True)
    plain_logits(ours, plain.output(second, inputs))
    np.testing.assert_array_equal(ours.given_mask, real)
    np.testing.assert_array_equal(ours.additive_mask, added)
    assert ours.attentions[0, 0, 0, 0, 3] > 0  # the first token looks at the fourth


def test_cells_a_causal_model_was_let_see_are_visible_and_those_hidden_by_hand_are_hidden(tiny_gpt2):
    batch = encode(tiny_gpt2, ["The old dog ran", "The old dog"])
    told = np.ones((2, 4, 4), dtype=bool)
    told[0, 0, 3] = False
    states = cell_states(run(tiny_gpt2, batch, given_mask=told, see_later=True), 0)
    assert states[0].tolist() == [[VISIBLE] * 3 + [HIDDEN]] + [[VISIBLE] * 4] * 3
    assert states[1].tolist() == [[VISIBLE] * 3 + [PADDING]] * 3 + [[PADDING] * 4]
    assert cell_states(run(tiny_gpt2, batch, given_mask=told), 0)[0, 0].tolist() == [VISIBLE] + [CAUSAL] * 3


def test_an_encoder_sees_later_in_any_case(tiny_bert):
    batch = encode(tiny_bert, BERT_TEXTS)
    np.testing.assert_array_equal(run(tiny_bert, batch, see_later=True).attentions, run(tiny_bert, batch).attentions)


def test_later_keys_hidden_with_a_weak_value_are_still_causal_cells(tiny_gpt2):
    ours = run(tiny_gpt2, encode(tiny_gpt2, ["The old dog"]), hiding=Hiding(-1.0))
    assert ours.attentions[0, 0, 0, 0, 1] > 0
    assert cell_states(ours, 0)[0].tolist() == [[VISIBLE, CAUSAL, CAUSAL], [VISIBLE, VISIBLE, CAUSAL], [VISIBLE] * 3]


@pytest.mark.parametrize("asked", [{"hiding": Hiding()}, {"see_later": True}])
def test_a_model_whose_attention_is_its_own_is_refused_by_name(asked, tiny_bert):
    foreign = replace(tiny_bert, recorded=False)
    with pytest.raises(NotRecorded, match="Choose headlight-bert or headlight-gpt2"):
        run(foreign, encode(tiny_bert, ["the cat"]), **asked)


def test_the_shipped_model_answers_otherwise_when_hidden_words_leak():
    loaded = load_model("headlight-bert")
    batch = encode(loaded, ["The turtle moves slow across the [MASK]."])
    told = batch.attention_mask.copy()
    told[0, [2, 3]] = False
    answers = {
        fill: run(loaded, batch, given_mask=told, hiding=Hiding(fill)) for fill in ("min", "-inf", -1e4, -100.0, -1.0)
    }
    for fill in ("-inf", -1e4, -100.0):
        np.testing.assert_array_equal(answers[fill].readout_logits, answers["min"].readout_logits)
    assert np.abs(answers[-1.0].readout_logits - answers["min"].readout_logits).max() > 0.1
