"""Other orders, heads that follow places and words, and offsets are what plain transformers gives for the same ids."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.model import families, plain
from viz.analysis.positions.orders import Order, places
from viz.engine import orders
from viz.engine.batching import encode
from viz.engine.models import load_model
from viz.engine.requests import Ask, FollowWords, MeasureOffsets
from viz.engine.service import answer
from viz.errors import NothingToShuffle, PositionsBeyondTable, TakesNoPositions
from viz.shipped import MODELS_FOLDER

BERT_TEXT, GPT2_TEXT = "The turtle moves slow across the [MASK] today.", "The turtle moves slow across the"
ORDERS = [Order("shuffled", 3), Order("equal"), Order("shifted", shift=4), Order("words", 3)]


@pytest.fixture(scope="module", params=["tiny-bert", "tiny-gpt2", "headlight-bert", "headlight-gpt2"])
def family(request, tiny_bert_folder, tiny_gpt2_folder):
    """Give a checkpoint, the plain model and a text for it."""
    causal = request.param.endswith("gpt2")
    folders = {"tiny-bert": tiny_bert_folder, "tiny-gpt2": tiny_gpt2_folder}
    folder = folders.get(request.param, MODELS_FOLDER / request.param)
    checkpoint = str(folder) if request.param in folders else request.param
    return checkpoint, plain.load(folder, causal=causal), GPT2_TEXT if causal else BERT_TEXT


def words_of(second: plain.Plain, text: str) -> np.ndarray:
    """Tell which tokens are words: neither special nor the mask."""
    encoding = second.tokenizer(text, return_special_tokens_mask=True)
    ids = np.array(encoding["input_ids"])
    return ~np.array(encoding["special_tokens_mask"], bool) & (ids != second.tokenizer.mask_token_id)


def plainly(second: plain.Plain, text: str, order: Order, first_position: int = 0):
    """Give plain transformers the ids and positions of another order, put together here."""
    inputs = plain.tokenized(second, [text])
    n_tokens = inputs["input_ids"].shape[1]
    goes = places(words_of(second, text), order.seed).tolist()
    positions = list(range(n_tokens))
    if order.change == "shuffled":
        positions = [goes[at] for at in range(n_tokens)]
    elif order.change == "equal":
        positions = [0] * n_tokens
    elif order.change == "shifted":
        positions = [at + order.shift for at in range(n_tokens)]
    elif order.change == "words":
        ids = inputs["input_ids"][0].tolist()
        for at, token_id in enumerate(ids):
            inputs["input_ids"][0, goes[at]] = token_id
    inputs["position_ids"] = torch.tensor([positions]) + first_position
    return plain.output(second, inputs)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.change)
def test_a_pass_with_another_order_is_that_of_plain_transformers(family, order):
    checkpoint, second, text = family
    run = answer(Ask(checkpoint, (text,), order=order))
    attentions, logits = plainly(second, text, order)
    np.testing.assert_allclose(run.attentions, attentions, atol=1e-6)
    ((_row, position),) = run.readouts.tolist()
    np.testing.assert_allclose(run.readout_logits[0], logits[0, position], atol=1e-5, rtol=1e-6)
    before = answer(Ask(checkpoint, (text,)))
    assert before.readouts.tolist() == run.readouts.tolist()
    assert np.abs(before.attentions - run.attentions).max() > 0.01


def test_a_roberta_is_told_positions_behind_its_padding(tmp_path):
    folder = families.write(tmp_path / "roberta", families.roberta, tokenizer := families.with_mask())
    second = plain.load(folder, causal=False)
    text, order = "the cat sat on the <mask> near the river", Order("shuffled", 1)
    run = answer(Ask(str(folder), (text,), order=order))
    attentions, _logits = plainly(second, text, order, tokenizer.pad_token_id + 1)
    np.testing.assert_allclose(run.attentions, attentions, atol=1e-6)


def test_to_a_bert_shuffled_ids_are_shuffled_words():
    """It knows places from position ids alone: the same tokens with the same ids, in whatever columns."""
    told = answer(Ask("headlight-bert", (BERT_TEXT,), order=Order("shuffled", 5)))
    moved = answer(Ask("headlight-bert", (BERT_TEXT,), order=Order("words", 5)))
    loaded = load_model("headlight-bert")
    (counted,) = orders.movable(loaded, encode(loaded, [BERT_TEXT]))
    goes = places(counted, 5)
    followed = moved.attentions[0][:, :, goes[:, None], goes]
    np.testing.assert_allclose(told.attentions[0], followed, atol=1e-5)
    np.testing.assert_allclose(told.readout_logits, moved.readout_logits, atol=1e-4)
    assert [moved.batch.tokens[0][at] for at in goes] == list(told.batch.tokens[0])


def test_a_gpt2_has_another_order_in_its_mask():
    told = answer(Ask("headlight-gpt2", (GPT2_TEXT,), order=Order("shuffled", 5)))
    moved = answer(Ask("headlight-gpt2", (GPT2_TEXT,), order=Order("words", 5)))
    assert np.abs(told.readout_logits - moved.readout_logits).max() > 0.1


def test_to_a_rotary_model_only_distances_count(tmp_path):
    folder = families.write(tmp_path / "qwen2", families.qwen2, families.tiny.byte_level_tokenizer())
    before = answer(Ask(str(folder), (GPT2_TEXT,)))
    for order in (Order("shifted", shift=5), Order("shuffled", 1)):
        after = answer(Ask(str(folder), (GPT2_TEXT,), order=order))
        same = np.abs(before.attentions - after.attentions).max() < 1e-5
        assert same == (order.change == "shifted")


def test_positions_beyond_the_table_are_refused():
    n_tokens = answer(Ask("headlight-bert", (BERT_TEXT,))).batch.n_tokens
    answer(Ask("headlight-bert", (BERT_TEXT,), order=Order("shifted", shift=128 - n_tokens)))
    with pytest.raises(PositionsBeyondTable, match=f"Move it by 0 to {128 - n_tokens}"):
        answer(Ask("headlight-bert", (BERT_TEXT,), order=Order("shifted", shift=129 - n_tokens)))


def test_padding_and_special_tokens_stay_where_they_are(tiny_bert):
    batch = encode(tiny_bert, ["the cat sat on the mat", "the [MASK] ran"], padding_side="left")
    for order in (Order("shuffled", 2), Order("words", 2)):
        changed = orders.apply(tiny_bert, batch, order)
        still = ~orders.movable(tiny_bert, batch)
        assert (changed.input_ids[still] == batch.input_ids[still]).all()
        assert (changed.position_ids[still] == batch.position_ids[still]).all()
        assert np.sort(changed.input_ids, axis=1).tolist() == np.sort(batch.input_ids, axis=1).tolist()
    assert [token for token, s in zip(batch.tokens[1], still[1], strict=True) if s][-2:] == ["[MASK]", "[SEP]"]


def test_a_text_of_one_word_cannot_be_shuffled(tiny_bert):
    batch = encode(tiny_bert, ["cat [MASK]"])
    with pytest.raises(NothingToShuffle):
        orders.apply(tiny_bert, batch, Order("words"))
    with pytest.raises(NothingToShuffle, match="4 are needed"):
        orders.follow(tiny_bert, "the cat sat", 0, 2)


def test_a_model_that_takes_no_positions_says_so(tiny_bert):
    batch = encode(tiny_bert, ["the cat sat"])
    deaf = replace(tiny_bert, takes_positions=False)
    with pytest.raises(TakesNoPositions, match=r"\(family bert\) takes no position_ids"):
        orders.apply(deaf, batch, Order("equal"))
    assert orders.apply(deaf, batch, Order("words")).input_ids.shape == batch.input_ids.shape


def test_place_and_word_are_correlations_of_plain_maps(family):
    checkpoint, second, text = family
    of = answer(FollowWords(checkpoint, text, seed=7, n_shuffles=3))
    counted = np.flatnonzero(words_of(second, text))
    before = plain.output(second, plain.tokenized(second, [text]))[0][0]
    causal = second.tokenizer.mask_token_id is None
    found = {"place": [], "word": []}
    for seed in (7, 8, 9):
        after = plainly(second, text, Order("words", seed))[0][0]
        goes = places(words_of(second, text), seed)
        for name, to in (("place", np.arange(len(goes))), ("word", goes)):
            cells = [(q, k) for q in counted for k in counted if q != k and not (causal and (k > q or to[k] > to[q]))]
            left = np.array([before[:, :, q, k] for q, k in cells])
            right = np.array([after[:, :, to[q], to[k]] for q, k in cells])
            found[name].append(
                [
                    [np.corrcoef(left[:, layer, head], right[:, layer, head])[0, 1] for head in range(left.shape[2])]
                    for layer in range(left.shape[1])
                ]
            )
    np.testing.assert_allclose(of.place, np.mean(found["place"], axis=0), atol=1e-4)
    np.testing.assert_allclose(of.word, np.mean(found["word"], axis=0), atol=1e-4)


def test_progress_of_shuffles_is_told(tiny_bert_folder):
    told: list[float] = []
    answer(FollowWords(str(tiny_bert_folder), "the cat sat on the mat", n_shuffles=4), hear=told.append)
    assert told == [0.25, 0.5, 0.75, 1.0]


def test_offsets_over_many_texts_are_those_of_plain_maps(family):
    checkpoint, second, text = family
    texts = [text, "The cat sat on the mat.", "She was happy today."] * 7
    of = answer(MeasureOffsets(checkpoint, tuple(texts))).profiles(count_special=True)
    cells: dict[int, list[float]] = {}
    layer, head = 1, 1
    for one in texts:
        weights = plain.output(second, plain.tokenized(second, [one]))[0][0, layer, head]
        for q in range(len(weights)):
            for k in range(q + 1 if second.tokenizer.mask_token_id is None else len(weights)):
                cells.setdefault(k - q, []).append(float(weights[q, k]))
    assert of.offsets.tolist() == sorted(cells)
    np.testing.assert_allclose(of.mean[layer, head], [np.mean(cells[o]) for o in sorted(cells)], atol=1e-5)
    np.testing.assert_allclose(of.spread[layer, head], [np.std(cells[o]) for o in sorted(cells)], atol=1e-5)
    every = np.concatenate([cells[o] for o in sorted(cells)])
    between = sum(len(cells[o]) * (np.mean(cells[o]) - every.mean()) ** 2 for o in cells)
    assert of.explained[layer, head] == pytest.approx(between / ((every - every.mean()) ** 2).sum(), abs=1e-4)
