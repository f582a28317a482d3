"""Whatever is typed: a model answers with attention that is one, or a sentence of ours says why not."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.properties.strange import answered, texts
from viz.engine.batching import encode, encode_pair, replace_token
from viz.engine.forward import run
from viz.labels import visible
from viz.names import folder_name
from viz.records import Run

families = st.sampled_from(["bert", "gpt2"])
sides = st.sampled_from(["left", "right"])
SAME = 1e-4  # weights of one text alone and in a batch differ by rounding


@pytest.fixture(scope="session")
def load(tiny_bert, tiny_gpt2):
    """Give a function that gives a tiny model by its family."""
    return {"bert": tiny_bert, "gpt2": tiny_gpt2}.__getitem__


def assert_attention(made: Run) -> None:
    """Fail where a real token's weights are no shares, where padding is looked at, or a label prints nothing."""
    real = made.batch.attention_mask
    assert np.isfinite(made.attentions).all()
    sums = made.attentions.sum(axis=-1).transpose(0, 3, 1, 2)[real]
    np.testing.assert_allclose(sums, 1, atol=1e-5)
    looked_at = made.attentions.transpose(0, 3, 4, 1, 2)[real[:, :, None] & ~real[:, None, :]]
    assert not looked_at.any()
    for label in (label for row in made.batch.tokens for label in row):
        assert label and all(part.strip() for part in label.split(" ")) and "\x00" not in label


@given(family=families, text=texts(), truncate=st.booleans())
def test_a_text_is_run_or_refused_in_a_sentence(load, family, text, truncate):
    loaded = load(family)
    batch = answered(lambda: encode(loaded, [text], truncate=truncate))
    if batch is not None:
        assert 1 <= batch.n_tokens <= loaded.info.max_positions
        assert_attention(run(loaded, batch))


@given(family=families, typed=st.lists(texts(3), max_size=4), padding_side=sides)
def test_a_text_has_the_same_attention_alone_and_in_a_padded_batch(load, family, typed, padding_side):
    loaded = load(family)
    batch = answered(lambda: encode(loaded, typed, padding_side=padding_side, truncate=True))
    if batch is None:
        return
    made = run(loaded, batch)
    assert_attention(made)
    for row, text in enumerate(typed):
        alone = run(loaded, encode(loaded, [text], truncate=True))
        real = batch.attention_mask[row]
        assert tuple(np.array(batch.tokens[row], dtype=object)[real]) == alone.batch.tokens[0]
        np.testing.assert_allclose(
            made.attentions[row][..., real, :][..., real], alone.attentions[0], atol=SAME, rtol=0
        )


@given(family=families, first=texts(4), second=texts(4), truncate=st.booleans())
def test_a_pair_is_run_or_refused_in_a_sentence(load, family, first, second, truncate):
    loaded = load(family)
    batch = answered(lambda: encode_pair(loaded, first, second, truncate=truncate))
    if batch is not None:
        assert_attention(run(loaded, batch))


@given(family=families, word=texts(3), at=st.integers(0, 4))
@example(family="gpt2", word="a\ud800", at=0)  # half a surrogate pair stopped the tokenizer
def test_any_word_in_place_of_a_token_leaves_the_others_or_is_refused(load, family, word, at):
    loaded = load(family)
    batch = encode(loaded, ["the cat sat on the mat"])
    edited = answered(lambda: replace_token(loaded, batch, 0, at, word))
    if edited is not None:
        before, after = batch.input_ids[0].tolist(), edited.input_ids[0].tolist()
        n_after = batch.n_tokens - at - 1
        assert after[:at] == before[:at]
        assert after[len(after) - n_after :] == before[at + 1 :]
        assert_attention(run(loaded, edited))


@given(family=families, hidden=st.sets(st.integers(0, 6)), padding_side=sides)
def test_what_is_hidden_gets_exactly_nothing(load, family, hidden, padding_side):
    loaded = load(family)
    batch = encode(loaded, ["the cat sat", "the old dog ran fast and was"], padding_side=padding_side)
    told = batch.attention_mask.copy()
    told[:, list(hidden)] = False
    made = answered(lambda: run(loaded, batch, given_mask=told))
    if made is None:
        assert not told.any(axis=1).all()
        return
    causal = np.tri(batch.n_tokens, dtype=bool) if loaded.info.causal else True
    may_see = told[:, None, :] & causal  # [B, Q, K]
    weights = made.attentions.transpose(0, 3, 4, 1, 2)  # [B, Q, K, L, H]
    sees = may_see.any(axis=-1) & batch.attention_mask
    assert not weights[sees[:, :, None] & ~may_see].any()
    np.testing.assert_allclose(weights.sum(axis=2)[sees], 1, atol=1e-5)


@given(text=texts())
def test_a_name_made_of_a_text_is_a_plain_name_and_a_label_shows_every_sign(text):
    name = folder_name(text)
    assert 1 <= len(name.encode(errors="surrogatepass")) <= 60
    assert not set(name) & set('/\\:.*?"<>|\x00 \n') and name.isprintable()
    shown = visible(text)
    assert shown.strip() and not set(shown) & set(" \n\r\t\x00\u202e\u200b")
