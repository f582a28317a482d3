"""A head that is off counts for nothing, as in a model edited by hand; every other number stays what it was."""

import copy
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
import transformers as tf

from tests import tiny
from tests.model import plain
from tests.model.families import roberta, with_mask
from viz.analysis.heads.switch_off import effect
from viz.engine import copies, restarting
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import load_model
from viz.engine.switch_off import cost, rank_all, word_id
from viz.errors import HeadOutOfRange, HeadsStayOn, NotOneToken
from viz.shipped import MODELS_FOLDER

MASKED = ["the turtle moves [MASK] across the river", "the [MASK] sat"]
BEGINNINGS = ["The turtle moves slow across the", "The old dog"]


@pytest.fixture(scope="module")
def models(tiny_bert, tiny_gpt2, tiny_bert_folder, tiny_gpt2_folder):
    """Give each model as the app loads it, its texts, and the same checkpoint in plain transformers."""
    return {
        "bert": (tiny_bert, MASKED, plain.load(tiny_bert_folder, causal=False)),
        "gpt2": (tiny_gpt2, BEGINNINGS, plain.load(tiny_gpt2_folder, causal=True)),
    }


def projections(family: str, model: torch.nn.Module) -> list[torch.nn.Module]:
    """List the output projections by hand, one a layer."""
    if family == "bert":
        return [layer.attention.output.dense for layer in model.bert.encoder.layer]
    return [block.attn.c_proj for block in model.transformer.h]


def part_of(family: str, projection: torch.nn.Module, head: int, n_heads: int) -> torch.Tensor:
    """Give the weights that read one head's output: columns of a Linear, rows of GPT-2's Conv1D."""
    weight = projection.weight
    width = (weight.shape[1] if family == "bert" else weight.shape[0]) // n_heads
    place = slice(head * width, (head + 1) * width)
    return weight[:, place] if family == "bert" else weight[place]


def logits_by_hand(
    family: str, model, texts: list[str], off: list[tuple[int, int]], n_heads: int, side: str
) -> np.ndarray:
    """Zero the weights of the heads in a copy of the plain model and run it."""
    edited = plain.Plain(copy.deepcopy(model.model), model.tokenizer)
    with torch.no_grad():
        for layer, head in off:
            part_of(family, projections(family, edited.model)[layer], head, n_heads).zero_()
    return plain.output(edited, plain.tokenized(edited, texts, side))[1]


def at_readouts(run_, logits: np.ndarray) -> np.ndarray:
    rows, positions = run_.readouts.T
    return logits[rows, positions]


@pytest.mark.parametrize("family", ["bert", "gpt2"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_with_no_head_off_every_bit_is_the_same(models, family, side):
    loaded, texts, _ = models[family]
    batch = encode(loaded, texts, padding_side=side)
    before = run(loaded, batch)
    for off_by in ("zero", "mean"):
        after = run(loaded, batch, off=frozenset(), off_by=off_by)
        assert np.array_equal(before.readout_logits, after.readout_logits)
        assert np.array_equal(before.attentions, after.attentions)
        assert np.array_equal(before.scores, after.scores)


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_a_head_that_is_off_leaves_the_bits_of_all_maps_up_to_its_layer(models, family):
    loaded, texts, _ = models[family]
    before = run(loaded, encode(loaded, texts))
    after = run(loaded, before.batch, off=[(1, 0)])
    assert np.array_equal(before.attentions[:, :2], after.attentions[:, :2])
    assert not np.array_equal(before.readout_logits, after.readout_logits)


@pytest.mark.parametrize("family", ["bert", "gpt2"])
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("off", [[(0, 1)], [(1, 0)], [(0, 0), (1, 1), (0, 1)]])
def test_zeros_are_what_zeroed_weights_of_the_projection_give(models, family, side, off):
    loaded, texts, model = models[family]
    after = run(loaded, encode(loaded, texts, padding_side=side), off=off)
    expected = logits_by_hand(family, model, texts, off, loaded.info.n_heads, side)
    np.testing.assert_allclose(after.readout_logits, at_readouts(after, expected), atol=2e-5)


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_zeros_are_what_zeroed_weights_give_in_the_shipped_models(family):
    loaded = load_model(f"headlight-{family}")
    text = "She is reading a [MASK]." if family == "bert" else "My dog is"
    model = plain.load(MODELS_FOLDER / f"headlight-{family}", causal=family == "gpt2")
    after = run(loaded, encode(loaded, [text]), off=[(1, 9), (4, 2)])
    expected = logits_by_hand(family, model, [text], [(1, 9), (4, 2)], loaded.info.n_heads, "right")
    np.testing.assert_allclose(after.readout_logits, at_readouts(after, expected), atol=5e-5)


@pytest.mark.parametrize("family", ["bert", "gpt2"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_mean_is_that_of_the_real_tokens_of_all_texts(models, family, side):
    """By hand: what enters the projection, in the head's part, becomes its mean over real tokens."""
    loaded, texts, model = models[family]
    layer, head, n_heads = 1, 1, loaded.info.n_heads
    inputs = plain.tokenized(model, texts, side)
    real = inputs["attention_mask"].bool()

    def averaged(_module, arguments):
        states = arguments[0].clone()
        width = states.shape[-1] // n_heads
        place = slice(head * width, (head + 1) * width)
        states[..., place] = states[..., place][real].mean(dim=0)
        return (states,)

    handle = projections(family, model.model)[layer].register_forward_pre_hook(averaged)
    expected = plain.output(model, inputs)[1]
    handle.remove()
    after = run(loaded, encode(loaded, texts, padding_side=side), off=[(layer, head)], off_by="mean")
    np.testing.assert_allclose(after.readout_logits, at_readouts(after, expected), atol=2e-5)


def test_a_head_that_does_not_exist_is_named(tiny_bert):
    batch = encode(tiny_bert, MASKED[:1])
    with pytest.raises(HeadOutOfRange, match="L2H0 does not exist: this model has 2 layers of 3 heads"):
        run(tiny_bert, batch, off=[(2, 0)])
    with pytest.raises(HeadOutOfRange):
        run(tiny_bert, batch, off=[(-1, 0)])


def test_a_model_whose_attention_is_its_own_keeps_its_heads(tiny_bert):
    other = replace(tiny_bert, recorded=False)
    before = run(tiny_bert, encode(tiny_bert, MASKED[:1]))
    with pytest.raises(HeadsStayOn):
        run(other, before.batch, off=[(0, 0)])
    with pytest.raises(HeadsStayOn):
        next(rank_all(other, before, 0, word_id=5))
    with pytest.raises(HeadsStayOn):
        cost(other, before, 0)


def ranked(loaded, before, readout: int, off_by: str) -> list:
    word = int(before.readout_logits[readout].argmax())
    return [one for part in rank_all(loaded, before, readout, word_id=word, off_by=off_by) for one in part]


def check_against_whole_runs(loaded, before, off_by: str) -> None:
    """Compare every head of every read-out with a run of its own in which that head alone is off."""
    n_layers, n_heads = loaded.info.n_layers, loaded.info.n_heads
    for readout in range(len(before.readouts)):
        got = ranked(loaded, before, readout, off_by)
        assert [(of.layer, of.head) for of in got] == [(at, head) for at in range(n_layers) for head in range(n_heads)]
        word = int(before.readout_logits[readout].argmax())
        for of in got:
            alone = run(loaded, before.batch, given_mask=before.given_mask, off=[(of.layer, of.head)], off_by=off_by)
            logits = before.readout_logits[readout], alone.readout_logits[readout]
            expected = effect(*logits, word, loaded.info.vocabulary)
            assert of.effect.kl == pytest.approx(expected.kl, abs=1e-5)
            assert of.effect.probability_after == pytest.approx(expected.probability_after, abs=1e-5)
            assert of.effect.probability_before == expected.probability_before
            assert of.effect.top_after == expected.top_after
        assert max(of.effect.kl for of in got) > 1e-3  # or nothing was compared


@pytest.mark.parametrize("family", ["bert", "gpt2"])
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("off_by", ["zero", "mean"])
def test_ranking_gives_what_each_head_alone_gives_at_every_readout_of_a_padded_batch(models, family, side, off_by):
    loaded, texts, _ = models[family]
    check_against_whole_runs(loaded, run(loaded, encode(loaded, texts, padding_side=side)), off_by)


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_ranking_keeps_to_the_mask_the_run_was_told(models, family):
    loaded, texts, _ = models[family]
    batch = encode(loaded, texts)
    told = batch.attention_mask.copy()
    told[:, 1] = False
    check_against_whole_runs(loaded, run(loaded, batch, given_mask=told), "zero")
    per_query = np.repeat(batch.attention_mask[:, None], batch.n_tokens, axis=1)
    per_query[:, 2, 0] = False
    check_against_whole_runs(loaded, run(loaded, batch, given_mask=per_query), "mean")


@pytest.mark.parametrize("off_by", ["zero", "mean"])
def test_a_long_text_is_split_into_more_passes_with_the_same_results(models, monkeypatch, off_by):
    loaded, texts, _ = models["bert"]
    before = run(loaded, encode(loaded, texts))
    at_once = ranked(loaded, before, 0, off_by)
    monkeypatch.setattr(copies, "MAX_MAP_BYTES", 1)
    word = int(before.readout_logits[0].argmax())
    parts = list(rank_all(loaded, before, 0, word_id=word, off_by=off_by))
    assert [len(part) for part in parts] == [1] * 6
    for one, other in zip(at_once, [of for part in parts for of in part]):
        assert one.effect.kl == pytest.approx(other.effect.kl, abs=1e-5)
    assert cost(loaded, before, 0, off_by=off_by).n_passes == 1 + 6


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """Give models of further families: two whose layers can be begun at, two that must run whole."""
    tokenizer = tf.BertTokenizer(vocab=dict(tiny.WORDPIECE_VOCABULARY))
    shape = {"num_attention_heads": 3, "max_position_embeddings": 32, "initializer_range": 0.3, "intermediate_size": 48}
    size = {"vocab_size": len(tiny.WORDPIECE_VOCABULARY), "hidden_size": 24, "num_hidden_layers": 2}
    narrow = {"dim": 24, "n_layers": 2, "n_heads": 3, "hidden_dim": 48, "max_position_embeddings": 32}
    torch.manual_seed(5)
    made = {
        "electra": tf.ElectraForMaskedLM(tf.ElectraConfig(embedding_size=24, **shape, **size)),
        "albert": tf.AlbertForMaskedLM(tf.AlbertConfig(embedding_size=12, **shape, **size)),
        "distilbert": tf.DistilBertForMaskedLM(
            tf.DistilBertConfig(vocab_size=size["vocab_size"], initializer_range=0.3, **narrow)
        ),
    }
    tokenizers = dict.fromkeys(made, tokenizer) | {"roberta": with_mask()}
    made["roberta"] = roberta(tokenizers["roberta"])
    root, loaded = tmp_path_factory.mktemp("others"), {}
    for name, model in made.items():
        model.save_pretrained(root / name)
        tokenizers[name].save_pretrained(root / name)
        loaded[name] = load_model(str(root / name))
    return loaded


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_ranking_gives_what_each_head_alone_gives_in_the_shipped_models(family):
    loaded = load_model(f"headlight-{family}")
    text = "The turtle moves slow across the [MASK]." if family == "bert" else "It will rain in the"
    check_against_whole_runs(loaded, run(loaded, encode(loaded, [text])), "zero")


@pytest.mark.parametrize("family", ["electra", "roberta", "albert", "distilbert"])
def test_other_recorded_families_are_ranked_too(others, family):
    loaded = others[family]
    assert loaded.recorded and loaded.info.family == family
    assert (family in restarting.RESTARTED) == (family in ("electra", "roberta"))
    check_against_whole_runs(loaded, run(loaded, encode(loaded, MASKED)), "zero")


def test_ranking_leaves_the_shared_model_as_it_was_while_others_use_it(tiny_bert):
    before = run(tiny_bert, encode(tiny_bert, MASKED))
    weights = {name: value.clone() for name, value in tiny_bert.model.state_dict().items()}
    modules = list(tiny_bert.model.modules())
    hooks = [(len(m._forward_hooks), len(m._forward_pre_hooks)) for m in modules]
    expected = ranked(tiny_bert, before, 0, "zero")
    done = threading.Event()

    def others_run() -> bool:
        same = True
        while not done.is_set():
            same &= np.array_equal(run(tiny_bert, before.batch).readout_logits, before.readout_logits)
        return same

    with ThreadPoolExecutor(4) as pool:
        visitors = [pool.submit(others_run) for _ in range(2)]
        rankings = [pool.submit(ranked, tiny_bert, before, 0, "zero") for _ in range(4)]
        try:
            assert all(ranking.result() == expected for ranking in rankings)
        finally:
            done.set()
        assert all(visitor.result() for visitor in visitors)
    assert list(tiny_bert.model.modules()) == modules
    assert [(len(m._forward_hooks), len(m._forward_pre_hooks)) for m in modules] == hooks
    assert all(torch.equal(value, weights[name]) for name, value in tiny_bert.model.state_dict().items())


def test_a_ranking_can_be_stopped_and_goes_on_where_it_was(tiny_gpt2):
    before = run(tiny_gpt2, encode(tiny_gpt2, BEGINNINGS))
    steps = rank_all(tiny_gpt2, before, 0, word_id=5)
    assert [(of.layer, of.head) for of in next(steps)] == [(0, 0), (0, 1)]
    steps.close()
    rest = [of for part in rank_all(tiny_gpt2, before, 0, word_id=5, n_done=2) for of in part]
    assert [(of.layer, of.head) for of in rest] == [(1, 0), (1, 1), (2, 0), (2, 1)]
    assert np.array_equal(run(tiny_gpt2, before.batch).readout_logits, before.readout_logits)


def test_the_cost_counts_one_pass_and_one_a_layer(tiny_bert, tiny_gpt2):
    for loaded, text, n_heads, n_passes in [(tiny_bert, MASKED[1], 6, 3), (tiny_gpt2, BEGINNINGS[0], 6, 4)]:
        said = cost(loaded, run(loaded, encode(loaded, [text])), 0)
        assert (said.n_heads, said.n_passes) == (n_heads, n_passes)
        assert 0 < said.seconds < 10


def test_an_expected_word_is_one_token(tiny_bert, tiny_gpt2):
    assert tiny_bert.info.vocabulary[word_id(tiny_bert, " River ", "cat")] == "river"
    assert tiny_gpt2.info.vocabulary[word_id(tiny_gpt2, "the", " a")] == "␣the"  # as it stands inside a text
    for word, tokens in [("turtles", "turtle ##s"), ("qqq", "[UNK]"), ("[SEP]", "[SEP]"), ("cat dog", "cat dog")]:
        with pytest.raises(NotOneToken, match="Type a word that is one token, for example: cat") as caught:
            word_id(tiny_bert, word, "cat")
        assert caught.value.values["tokens"] == tokens
    with pytest.raises(NotOneToken) as caught:
        word_id(tiny_bert, "cat " * 2000, "cat")
    assert len(str(caught.value)) < 300
    assert word_id(tiny_gpt2, "\ud800", "the") == word_id(tiny_gpt2, "?", "the")  # half a character stops nothing
