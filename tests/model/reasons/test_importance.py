"""Word importance: gradients as a loop written out gives them, occlusion as passes one by one, and no model changed."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from tests.model import plain
from tests.model.families import EAGER, RECORDED, write
from viz.analysis.predictions import top_k
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import load_model
from viz.engine.reasons import importance
from viz.engine.reasons.importance import weigh
from viz.errors import EmbeddingsOutOfReach, NoMaskToken, NothingToWeigh, TooLongForGradients
from viz.shipped import MODELS_FOLDER

SHIPPED = {"bert": "The unhappiest turtle moves slow across the [MASK].", "gpt2": "I want to eat a big bowl of"}


@pytest.fixture(scope="module", params=["bert", "gpt2"])
def shipped(request):
    """Give a shipped model, a run of its sentence, and the same checkpoint in plain transformers."""
    loaded = load_model(f"headlight-{request.param}")
    model = plain.load(MODELS_FOLDER / f"headlight-{request.param}", causal=request.param == "gpt2")
    return loaded, run(loaded, encode(loaded, [SHIPPED[request.param]])), model


def with_baseline(of, before, model) -> torch.Tensor:
    """Put the baseline's id where words are: [MASK] in a BERT, the end token in a GPT-2."""
    ids = torch.tensor(before.batch.input_ids)
    tokenizer = model.tokenizer
    special = set(tokenizer.all_special_ids)
    stands_in = tokenizer.eos_token_id if tokenizer.mask_token is None else tokenizer.mask_token_id
    return torch.tensor([[i if i in special else stands_in for i in ids[0].tolist()]])


def logit(model, before, word_id: int, rival_id: int | None = None, **words) -> torch.Tensor:
    """Give the logit at the read-out in plain transformers, minus a rival's."""
    at = model.model(**words, use_cache=False).logits[:, before.readouts[0, 1]]
    return at[:, word_id] - (0 if rival_id is None else at[:, rival_id])


def integrated_by_hand(model, before, of, word_id: int, rival_id: int | None = None) -> np.ndarray:
    """Walk from the baseline to the text point by point, with the weights of Gauss and Legendre, and sum by hand."""
    table = model.model.get_input_embeddings()
    with torch.no_grad():
        end, start = table(torch.tensor(before.batch.input_ids)), table(with_baseline(of, before, model))
    points, weights = np.polynomial.legendre.leggauss(of.n_steps)
    total = torch.zeros_like(end)
    for point, weight in zip((points + 1) / 2, weights / 2):
        here = (start + float(point) * (end - start)).requires_grad_()
        (gradient,) = torch.autograd.grad(logit(model, before, word_id, rival_id, inputs_embeds=here).sum(), here)
        total += float(weight) * gradient
    of_tokens = (total * (end - start)).sum(-1)[0].numpy()
    return np.array([sum(of_tokens[position] for position in word.positions) for word in of.words])


def test_integrated_gradients_are_those_of_a_loop_written_out(shipped):
    loaded, before, model = shipped
    best, rival = top_k(before, 0, 2)
    for rival_id in (None, rival.token_id):
        of = weigh(loaded, before, 0, best.token_id, rival_id)
        np.testing.assert_allclose(
            of.gradients, integrated_by_hand(model, before, of, best.token_id, rival_id), atol=2e-4
        )
        assert of.is_complete and of.completeness_error <= 0.01
        with torch.no_grad():
            whole = logit(model, before, best.token_id, rival_id, input_ids=torch.tensor(before.batch.input_ids))
            nothing = logit(model, before, best.token_id, rival_id, input_ids=with_baseline(of, before, model))
        assert of.score == pytest.approx(whole.item(), abs=1e-4)
        assert of.baseline_score == pytest.approx(nothing.item(), abs=1e-4)
        assert abs(of.gradients.sum() - (whole - nothing).item()) <= 0.0101 * abs((whole - nothing).item())


def test_occlusion_is_what_a_pass_without_each_word_loses(shipped):
    loaded, before, model = shipped
    (best,) = top_k(before, 0, 1)
    of = weigh(loaded, before, 0, best.token_id)
    ids, baseline = torch.tensor(before.batch.input_ids), with_baseline(of, before, model)
    for word, lost in zip(of.words, of.occlusion):
        without = ids.clone()
        for position in word.positions:
            without[0, position] = baseline[0, position]
        with torch.no_grad():
            expected = logit(model, before, best.token_id, input_ids=ids) - logit(
                model, before, best.token_id, input_ids=without
            )
        assert lost == pytest.approx(expected.item(), abs=1e-4), word
    spelled = [word.text for word in of.words]
    assert of.answer == best.token and "[MASK]" not in spelled and "[CLS]" not in spelled
    assert any(len(word.positions) > 1 for word in of.words) == (of.baseline == "[MASK]")  # "unhappiest" is in pieces


def test_padding_beside_the_text_changes_nothing(shipped):
    loaded, before, _model = shipped
    longer = before.batch.texts[0] + " It was a dark and cold night in the small town by the sea."
    (best,) = top_k(before, 0, 1)
    alone = weigh(loaded, before, 0, best.token_id)
    for side in ("left", "right"):
        padded = weigh(
            loaded, run(loaded, encode(loaded, [before.batch.texts[0], longer], padding_side=side)), 0, best.token_id
        )
        assert [word.text for word in padded.words] == [word.text for word in alone.words]
        np.testing.assert_allclose(padded.gradients, alone.gradients, atol=2e-3)
        np.testing.assert_allclose(padded.occlusion, alone.occlusion, atol=1e-4)


def test_steps_are_doubled_until_the_sum_is_complete_and_no_further_than_the_limit(tiny_bert, monkeypatch):
    before = run(tiny_bert, encode(tiny_bert, ["the turtle moves [MASK] across the river"]))
    monkeypatch.setattr(importance, "FIRST_STEPS", 1)
    heard = []
    of = weigh(tiny_bert, before, 0, top_k(before, 0, 1)[0].token_id, progress=heard.append)
    assert of.n_steps > 1 and of.is_complete and heard[-1] == 1.0
    monkeypatch.setattr(importance, "MOST_STEPS", 1)
    of = weigh(tiny_bert, before, 0, top_k(before, 0, 1)[0].token_id)
    assert of.n_steps == 1 and not of.is_complete and of.completeness_error > 0.01


def test_no_weight_gets_a_gradient_and_many_at_once_get_what_one_gets(shipped):
    loaded, before, _model = shipped
    best, rival = top_k(before, 0, 2)
    alone = [weigh(loaded, before, 0, word.token_id).gradients for word in (best, rival)]
    gate = threading.Barrier(4)

    def together(number: int) -> np.ndarray:
        gate.wait()
        return weigh(loaded, before, 0, (best, rival)[number % 2].token_id).gradients

    with ThreadPoolExecutor(4) as pool:
        for number, found in enumerate(pool.map(together, range(4))):
            np.testing.assert_array_equal(found, alone[number % 2])
    assert all(weight.grad is None for weight in loaded.model.parameters())
    assert np.array_equal(run(loaded, before.batch).readout_logits, before.readout_logits)


@pytest.mark.parametrize("make", [*RECORDED, *EAGER], ids=lambda make: make.__name__)
def test_every_family_is_complete_or_says_that_it_is_not(make, tmp_path, monkeypatch):
    monkeypatch.setattr(importance, "MOST_STEPS", 64)
    loaded = load_model(str(write(tmp_path / make.__name__, make, (RECORDED | EAGER)[make]())))
    text = "the turtle moves slow" if loaded.info.causal else "the [MASK] moves slow"
    before = run(loaded, encode(loaded, [text]))
    of = weigh(loaded, before, 0, 7)
    assert of.is_complete or of.n_steps == importance.MOST_STEPS
    assert np.isfinite(of.gradients).all() and of.score == pytest.approx(float(before.readout_logits[0, 7]), abs=1e-3)


def test_what_cannot_be_weighed_is_refused_in_words(tiny_bert, tiny_bert_folder, monkeypatch):
    with pytest.raises(NoMaskToken):
        weigh(tiny_bert, run(tiny_bert, encode(tiny_bert, ["the turtle"])), 0, 7)
    with pytest.raises(NothingToWeigh, match=r"beside \[CLS\], \[MASK\], \[SEP\] nothing"):
        weigh(tiny_bert, run(tiny_bert, encode(tiny_bert, ["[MASK]"])), 0, 7)
    before = run(tiny_bert, encode(tiny_bert, ["the [MASK] sat"]))
    monkeypatch.setattr(importance, "_KEPT_STATES", 10**7)  # as if the layers were that much wider
    with pytest.raises(TooLongForGradients, match="gradients through 5 tokens"):
        weigh(tiny_bert, before, 0, 7)
    monkeypatch.undo()
    other = load_model(str(tiny_bert_folder))
    monkeypatch.setattr(
        type(other.model), "get_input_embeddings", lambda _model: lambda ids: torch.ones(*ids.shape, 24)
    )
    with pytest.raises(EmbeddingsOutOfReach):
        weigh(other, before, 0, 7)
