"""A head whose output is taken from elsewhere: as a hook on a plain model gives it, in a pass and in the ranking."""

from dataclasses import replace

import numpy as np
import pytest

from tests.model import plain
from viz.analysis.heads.switch_off import Resample, effect
from viz.engine import resampling
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.requests import Ask, Estimate, Rank
from viz.engine.service import answer, stream
from viz.errors import NotSameLength

TEXTS = {
    "bert": ("the turtle moves [MASK] across the river", "the river moves [MASK] across the turtle"),
    "gpt2": ("The turtle moves slow across the", "The across moves slow turtle the"),
}
LAYER, HEAD = 0, 1


@pytest.fixture(scope="module", params=["bert", "gpt2"])
def family(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def folder(family, tiny_bert_folder, tiny_gpt2_folder) -> str:
    return str({"bert": tiny_bert_folder, "gpt2": tiny_gpt2_folder}[family])


@pytest.fixture
def by_hand(family, folder):
    """Give a function that runs the plain model with one head's output replaced by what a function makes of it."""
    model = plain.load(folder, causal=family == "gpt2")
    body = model.model
    projection = (
        body.transformer.h[LAYER].attn.c_proj
        if family == "gpt2"
        else body.bert.encoder.layer[LAYER].attention.output.dense
    )

    def logits(text: str, change) -> np.ndarray:
        def replaced(_module, given):
            states = given[0].clone()
            width = states.shape[-1] // body.config.num_attention_heads
            part = slice(HEAD * width, (HEAD + 1) * width)
            states[..., part] = change(states[..., part])
            return (states,)

        handle = projection.register_forward_pre_hook(replaced)
        made = plain.output(model, plain.tokenized(model, [text], "right"))[1][0]
        handle.remove()
        return made

    return logits


def ranked(request: Rank) -> list:
    return [one for part in stream(request) for one in part]


def check(asked: Ask, resample: Resample, expected: np.ndarray) -> None:
    """Compare a pass with logits ``[T, V]`` by hand, and the ranking's effect of that head with the pass."""
    before = answer(asked)
    off = {"off": frozenset({(LAYER, HEAD)}), "off_by": "resample", "resample": resample}
    after = answer(replace(asked, **off))
    position = before.readouts[0][1]
    np.testing.assert_allclose(after.readout_logits[0], expected[position], atol=2e-5)
    assert np.abs(after.readout_logits - before.readout_logits).max() > 1e-3
    got = {(of.layer, of.head): of for of in ranked(Rank(asked, 0, 5, "resample", resample=resample))}
    assert len(got) == before.model.n_layers * before.model.n_heads
    of = effect(before.readout_logits[0], after.readout_logits[0], 5, before.model.vocabulary)
    assert got[LAYER, HEAD].effect.probability_after == pytest.approx(of.probability_after, abs=1e-6)
    assert got[LAYER, HEAD].effect.kl == pytest.approx(of.kl, abs=1e-5)


def test_another_text_gives_its_own_outputs_at_the_same_tokens(family, folder, by_hand):
    first, second = TEXTS[family]
    others = []
    by_hand(second, lambda outputs: others.append(outputs.clone()) or outputs)
    expected = by_hand(first, lambda _outputs: others[0])
    check(Ask(folder, (first,)), Resample(second), expected)


def test_without_another_text_the_tokens_exchange_their_outputs_by_the_seed(family, folder, by_hand):
    first = TEXTS[family][0]
    n_tokens = answer(Ask(folder, (first,))).batch.n_tokens
    order = np.random.default_rng(3).permutation(n_tokens)
    assert (order != np.arange(n_tokens)).any()
    check(Ask(folder, (first,)), Resample(seed=3), by_hand(first, lambda outputs: outputs[:, order]))


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_keeps_its_place_in_a_shuffle(tiny_bert, side):
    """Two texts in a padded batch: each pass gives what the text alone gives under the same order."""
    texts = ["the turtle moves [MASK] across the river", "the [MASK] sat"]
    batch = encode(tiny_bert, texts, padding_side=side)
    shuffled = resampling.stand_in(tiny_bert, batch, Resample(seed=1))
    order = shuffled.order.numpy()
    real = batch.attention_mask
    for row in range(2):
        assert sorted(order[row]) == list(range(batch.n_tokens))
        assert (order[row][~real[row]] == np.flatnonzero(~real[row])).all()
    got = run(tiny_bert, batch, off=[(LAYER, HEAD)], off_by=shuffled)
    assert np.isfinite(got.readout_logits).all()


def test_a_text_of_another_length_is_refused(tiny_bert_folder):
    asked = Ask(str(tiny_bert_folder), (TEXTS["bert"][0],))
    resample = Resample("the [MASK] sat")
    for request in (
        replace(asked, off=frozenset({(0, 0)}), off_by="resample", resample=resample),
        Estimate(asked, 0, "resample", resample),
    ):
        with pytest.raises(NotSameLength, match="first sentence has 9 tokens and the second 5"):
            answer(request)
