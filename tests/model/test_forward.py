"""Every number of a run is the model's own: what plain transformers computes, without our code."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.model import plain
from viz.analysis.masks import additive
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.errors import AllTokensHidden

BERT_TEXTS = ["The turtle moves slow across the [MASK].", "The [MASK] sat.", "the old dog ran under the green [MASK]"]
GPT2_TEXTS = ["The turtle moves slow across the", "The old dog ran", "She was happy today because they"]
LOWEST = float(np.finfo(np.float32).min)


@pytest.fixture(scope="module")
def plain_bert(tiny_bert_folder):
    return plain.load(tiny_bert_folder, causal=False)


@pytest.fixture(scope="module")
def plain_gpt2(tiny_gpt2_folder):
    return plain.load(tiny_gpt2_folder, causal=True)


@pytest.fixture(params=["bert", "gpt2"])
def family(request, tiny_bert, tiny_gpt2, plain_bert, plain_gpt2):
    """Give our model, the plain one and texts for it, of either family."""
    if request.param == "bert":
        return tiny_bert, plain_bert, BERT_TEXTS
    return tiny_gpt2, plain_gpt2, GPT2_TEXTS


def as_4d(allowed: np.ndarray) -> torch.Tensor:
    """Write by hand what transformers adds to scores: 0 where allowed, the smallest float32 elsewhere."""
    return torch.zeros(allowed.shape).masked_fill(~torch.tensor(allowed), LOWEST)[:, None]


def assert_equal_to_plain(ours, theirs: tuple[np.ndarray, np.ndarray]) -> None:
    attentions, logits = theirs
    np.testing.assert_allclose(ours.attentions, attentions, rtol=0, atol=1e-6)
    rows, positions = ours.readouts.T
    np.testing.assert_allclose(ours.readout_logits, logits[rows, positions], rtol=0, atol=1e-5)


def test_the_weights_differ_from_uniform_so_that_equality_means_something(family):
    loaded, _, texts = family
    attentions = run(loaded, encode(loaded, texts[:1])).attentions
    assert attentions.std() > 0.05
    assert np.abs(attentions[0, 0, 0] - attentions[0, 0, 1]).max() > 0.05
    assert np.abs(attentions[0, 0, 0] - attentions[0, 1, 0]).max() > 0.05


def test_one_text_has_the_attentions_and_logits_of_plain_transformers(family):
    loaded, second, texts = family
    for text in texts:
        ours = run(loaded, encode(loaded, [text]))
        assert_equal_to_plain(ours, plain.output(second, plain.tokenized(second, [text])))


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_padded_batch_has_the_attentions_and_logits_of_plain_transformers(side, family):
    loaded, second, texts = family
    ours = run(loaded, encode(loaded, texts, padding_side=side))
    assert_equal_to_plain(ours, plain.output(second, plain.tokenized(second, texts, side)))


@pytest.mark.parametrize("side", ["left", "right"])
def test_hidden_tokens_are_told_to_the_model_as_its_own_attention_mask(side, family):
    loaded, second, texts = family
    batch = encode(loaded, texts, padding_side=side)
    told = batch.attention_mask.copy()
    for row in range(len(texts)):
        told[row, np.flatnonzero(told[row])[[1, 2]]] = False
    inputs = plain.tokenized(second, texts, side) | {"attention_mask": torch.tensor(told.astype(int))}
    ours = run(loaded, batch, given_mask=told)
    assert_equal_to_plain(ours, plain.output(second, inputs))
    assert (ours.given_mask == told).all()


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_mask_per_query_has_the_attentions_of_the_same_mask_written_by_hand(side, family):
    loaded, second, texts = family
    batch = encode(loaded, texts, padding_side=side)
    n = batch.n_tokens
    told = np.random.default_rng(3).random((len(texts), n, n)) > 0.3
    told |= np.eye(n, dtype=bool)
    allowed = told & batch.attention_mask[:, None, :]
    if loaded.info.causal:
        allowed &= np.arange(n)[None, :] <= np.arange(n)[:, None]
    inputs = plain.tokenized(second, texts, side) | {"attention_mask": as_4d(allowed)}
    ours = run(loaded, batch, given_mask=told)
    assert_equal_to_plain(ours, plain.output(second, inputs))
    real = batch.attention_mask
    for row in range(len(texts)):
        cells = ours.attentions[row][:, :, real[row]]
        assert (cells[:, :, ~allowed[row, real[row]]] == 0).all()


def test_tokens_of_one_text_hidden_and_a_mask_per_query_that_says_the_same_agree(family):
    loaded, _, texts = family
    batch = encode(loaded, texts[:1])
    told = batch.attention_mask.copy()
    told[0, 2] = False
    per_query = np.repeat(told[:, None, :], batch.n_tokens, axis=1)
    np.testing.assert_array_equal(
        run(loaded, batch, given_mask=told).attentions, run(loaded, batch, given_mask=per_query).attentions
    )


def test_a_given_mask_of_numbers_is_read_as_true_and_false(family):
    loaded, _, texts = family
    batch = encode(loaded, texts)
    ours = run(loaded, batch, given_mask=batch.attention_mask.astype(int))
    np.testing.assert_array_equal(ours.attentions, run(loaded, batch).attentions)
    assert ours.given_mask.dtype == bool


@pytest.mark.parametrize("shape", ["per key", "per query"])
def test_padding_stays_hidden_when_a_given_mask_shows_it(shape, family):
    loaded, _, texts = family
    batch = encode(loaded, texts)
    n = batch.n_tokens
    ours = run(loaded, batch, given_mask=np.ones((3, n) if shape == "per key" else (3, n, n), dtype=bool))
    np.testing.assert_array_equal(ours.attentions, run(loaded, batch).attentions)


@pytest.mark.parametrize("side", ["left", "right"])
def test_scores_and_the_added_mask_give_the_attentions(side, family):
    loaded, _, texts = family
    batch = encode(loaded, texts, padding_side=side)
    told = np.repeat(batch.attention_mask[:, None, :], batch.n_tokens, axis=1)
    told[:, :, 3] = False
    for ours in (run(loaded, batch), run(loaded, batch, given_mask=told)):
        added = ours.additive_mask[:, :, None]  # [B, 1, 1, Q, K]: the same for every layer and head
        assert added.shape[1:3] == (1, 1)
        np.testing.assert_allclose(additive.softmax(ours.scores, added), ours.attentions, rtol=0, atol=1e-6)


def test_the_added_mask_is_what_masks_would_add(family):
    loaded, _, texts = family
    batch = encode(loaded, texts)
    expected = additive.additive_mask(batch.attention_mask, causal=loaded.info.causal)
    np.testing.assert_array_equal(run(loaded, batch).additive_mask, expected)


def test_scores_are_queries_times_keys_over_the_root_of_their_size(tiny_bert):
    batch = encode(tiny_bert, BERT_TEXTS[:1])
    first = tiny_bert.model.bert.encoder.layer[0].attention.self
    with torch.no_grad():
        x = tiny_bert.model.bert.embeddings(torch.tensor(batch.input_ids))
        q, k = (linear(x)[0].view(-1, 3, 8).transpose(0, 1) for linear in (first.query, first.key))
    expected = torch.einsum("hqd,hkd->hqk", q, k) / 8**0.5  # 24 numbers in 3 heads of 8
    np.testing.assert_allclose(run(tiny_bert, batch).scores[0, 0], expected.numpy(), rtol=0, atol=1e-5)


def test_without_a_recording_the_model_answers_as_eager_does_bit_for_bit(family):
    loaded, second, texts = family
    for side in ("left", "right"):
        inputs = plain.tokenized(second, texts, side)
        with torch.no_grad():
            assert torch.equal(loaded.model(**inputs).logits, second.model(**inputs).logits)


def test_a_mask_that_is_already_numbers_is_added_as_it_is(family):
    loaded, second, texts = family
    inputs = plain.tokenized(second, texts[:1])
    n = inputs["input_ids"].shape[1]
    inputs["attention_mask"] = as_4d(np.tri(n, dtype=bool)[None]) / LOWEST * -100  # 0 or -100
    with torch.no_grad():
        assert torch.equal(loaded.model(**inputs).logits, second.model(**inputs).logits)


def test_a_run_leaves_nothing_behind_in_the_model(family):
    loaded, second, texts = family
    inputs = plain.tokenized(second, texts)
    with torch.no_grad():
        before = loaded.model(**inputs).logits
        run(loaded, encode(loaded, texts))
        assert torch.equal(loaded.model(**inputs).logits, before)


@pytest.mark.parametrize("side", ["left", "right"])
def test_rows_of_real_queries_sum_to_one_and_padded_keys_get_nothing(side, family):
    loaded, _, texts = family
    ours = run(loaded, encode(loaded, texts, padding_side=side))
    for row, real in enumerate(ours.batch.attention_mask):
        queries = ours.attentions[row][:, :, real]
        np.testing.assert_allclose(queries.sum(axis=-1), 1, rtol=0, atol=1e-6)
        assert (queries[..., ~real] == 0).all()
    assert not ours.batch.attention_mask.all()


def test_a_causal_model_never_looks_ahead(tiny_gpt2):
    ours = run(tiny_gpt2, encode(tiny_gpt2, GPT2_TEXTS[:1]))
    n = ours.batch.n_tokens
    assert (ours.attentions[..., np.arange(n)[:, None] < np.arange(n)] == 0).all()
    told = np.ones((1, n, n), dtype=bool)
    np.testing.assert_array_equal(run(tiny_gpt2, ours.batch, given_mask=told).attentions, ours.attentions)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_text_in_a_padded_batch_is_the_text_alone(side, family):
    loaded, _, texts = family
    together = run(loaded, encode(loaded, texts, padding_side=side))
    for row, text in enumerate(texts):
        alone = run(loaded, encode(loaded, [text]))
        real = np.flatnonzero(together.batch.attention_mask[row])
        mine = together.attentions[row][:, :, real[:, None], real]
        np.testing.assert_allclose(mine, alone.attentions[0], rtol=0, atol=1e-5)
        of_row = together.readouts[:, 0] == row
        np.testing.assert_allclose(together.readout_logits[of_row], alone.readout_logits, rtol=0, atol=1e-4)


def test_left_and_right_padding_give_real_tokens_the_same_attentions(family):
    loaded, _, texts = family
    left, right = (run(loaded, encode(loaded, texts, padding_side=side)) for side in ("left", "right"))
    for row in range(len(texts)):
        a, b = (np.flatnonzero(r.batch.attention_mask[row]) for r in (left, right))
        np.testing.assert_allclose(
            left.attentions[row][:, :, a[:, None], a], right.attentions[row][:, :, b[:, None], b], rtol=0, atol=1e-5
        )


def test_eight_threads_on_one_model_get_what_one_thread_gets(family):
    loaded, _, texts = family
    jobs = [" ".join([text, *["the"] * n]) for n in range(8) for text in texts]
    sequential = [run(loaded, encode(loaded, [text])) for text in jobs]
    with ThreadPoolExecutor(8) as pool:
        parallel = list(pool.map(lambda text: run(loaded, encode(loaded, [text])), jobs))
    for one, other in zip(sequential, parallel):
        np.testing.assert_array_equal(one.attentions, other.attentions)
        np.testing.assert_array_equal(one.scores, other.scores)
        np.testing.assert_array_equal(one.readout_logits, other.readout_logits)


def test_predictions_are_read_at_every_mask_of_every_text(tiny_bert):
    texts = ["the [MASK] sat", "no word here", "[MASK] and [MASK]"]
    batch = encode(tiny_bert, texts)
    ours = run(tiny_bert, batch)
    # [CLS] the [MASK] sat [SEP] | ... | [CLS] [MASK] and [MASK] [SEP]
    assert ours.readouts.tolist() == [[0, 2], [2, 1], [2, 3]]
    assert ours.readout_logits.shape == (3, 116)


@pytest.mark.parametrize("side, expected", [("right", [[0, 1], [1, 3]]), ("left", [[0, 3], [1, 3]])])
def test_a_causal_model_is_read_at_each_texts_last_token(side, expected, tiny_gpt2):
    batch = encode(tiny_gpt2, ["The turtle", "The turtle and the"], padding_side=side)
    assert batch.attention_mask.sum(axis=1).tolist() == [2, 4]
    assert run(tiny_gpt2, batch).readouts.tolist() == expected


def test_padding_is_never_read_even_where_it_has_the_id_of_the_mask(tiny_bert):
    batch = encode(tiny_bert, ["the [MASK]", "the cat sat on the mat"])
    ids = np.where(batch.attention_mask, batch.input_ids, tiny_bert.tokenizer.mask_token_id)
    assert run(tiny_bert, replace(batch, input_ids=ids)).readouts.tolist() == [[0, 2]]


def test_a_second_sentence_is_told_to_the_model_by_its_token_types(tiny_bert, plain_bert):
    batch = encode(tiny_bert, ["the [MASK] sat"])
    types = np.array([[0, 0, 0, 1, 1]])
    inputs = plain.tokenized(plain_bert, ["the [MASK] sat"]) | {"token_type_ids": torch.tensor(types)}
    ours = run(tiny_bert, replace(batch, token_type_ids=types))
    assert_equal_to_plain(ours, plain.output(plain_bert, inputs))
    assert np.abs(ours.attentions - run(tiny_bert, batch).attentions).max() > 1e-3


def test_a_text_without_a_mask_runs_and_has_nothing_to_read(tiny_bert):
    ours = run(tiny_bert, encode(tiny_bert, ["The cat sat."]))
    assert ours.readouts.shape == (0, 2)
    assert ours.readout_logits.shape == (0, 116)


def test_hiding_every_token_of_a_text_is_refused_with_their_number(family):
    loaded, _, texts = family
    batch = encode(loaded, texts)
    told = batch.attention_mask.copy()
    told[1] = False
    n_tokens = int(batch.attention_mask[1].sum())
    with pytest.raises(AllTokensHidden, match=f"All {n_tokens} tokens are hidden"):
        run(loaded, batch, given_mask=told)


def test_showing_nothing_but_padding_is_hiding_every_token(tiny_bert):
    batch = encode(tiny_bert, ["cat", "the cat sat"])
    told = np.ones((2, 5), dtype=bool)
    told[0, :3] = False
    with pytest.raises(AllTokensHidden):
        run(tiny_bert, batch, given_mask=told)


def test_scores_that_would_take_too_much_memory_are_not_kept(monkeypatch, tiny_bert):
    batch = encode(tiny_bert, ["cat"])  # 3 tokens: 1 x 2 x 3 x 3 x 3 numbers of four bytes
    monkeypatch.setattr("viz.settings.Settings.max_scores_bytes", 4 * 54)
    assert run(tiny_bert, batch).scores.shape == (1, 2, 3, 3, 3)
    monkeypatch.setattr("viz.settings.Settings.max_scores_bytes", 4 * 54 - 1)
    without = run(tiny_bert, batch)
    assert without.scores is None
    assert without.additive_mask is None  # nothing is hidden, so nothing was added
    np.testing.assert_allclose(without.attentions.sum(axis=-1), 1, atol=1e-6)


def test_a_run_describes_its_model_and_carries_its_batch(tiny_bert):
    batch = encode(tiny_bert, ["cat"])
    ours = run(tiny_bert, batch)
    assert ours.model is tiny_bert.info
    assert ours.batch is batch
    assert ours.attentions.dtype == ours.scores.dtype == ours.readout_logits.dtype == np.float32
