"""What is set as the most is taken, and one more is refused with both numbers."""

import pytest

from viz.engine import targets
from viz.engine.batching import encode, encode_pair, replace_token
from viz.engine.forward import run
from viz.errors import TextOverLimit, TextTooLarge, TextTooLong


def text_of(tiny, n_tokens: int) -> str:
    """Give a text of so many tokens, special ones included."""
    n_special = len(tiny.tokenizer("the")["input_ids"]) - 1
    text = " ".join(["the"] * (n_tokens - n_special))
    assert len(tiny.tokenizer(text)["input_ids"]) == n_tokens
    return text


def test_as_many_characters_as_are_set_are_read(tiny_bert, monkeypatch):
    monkeypatch.setenv("HEADLIGHT_MAX_CHARACTERS", "100")
    text = ("cat " * 25)[:-1] + "s"
    assert len(text) == 100
    encode(tiny_bert, [text])
    with pytest.raises(TextTooLarge, match="has 102 characters; at most 100 are read. Shorten it by 2."):
        encode(tiny_bert, [text + "ss"])


def test_as_many_tokens_as_are_set_are_read(tiny_bert, monkeypatch):
    monkeypatch.setenv("HEADLIGHT_MAX_TOKENS", "12")
    batch = encode(tiny_bert, [text_of(tiny_bert, 12)])
    assert run(tiny_bert, batch).attentions.shape[-1] == 12
    longer = text_of(tiny_bert, 13)
    with pytest.raises(TextOverLimit, match="Text 2 has 13 tokens; of a text at most 12 are read on this server"):
        encode(tiny_bert, ["the", longer])
    with pytest.raises(TextOverLimit):
        encode_pair(tiny_bert, "the cat", text_of(tiny_bert, 12))
    with pytest.raises(TextOverLimit):
        replace_token(tiny_bert, batch, 0, 1, "the cat")
    cut = encode(tiny_bert, [longer], truncate=True)
    assert (cut.n_tokens, cut.truncated) == (12, (True,))


def test_a_target_has_as_many_tokens_as_are_set(tiny_translator_folder, monkeypatch):
    from viz.engine.models import load_model

    loaded = load_model(str(tiny_translator_folder))
    monkeypatch.setenv("HEADLIGHT_MAX_TOKENS", "8")
    n_tokens = targets.encode(loaded, ["the cat"]).n_tokens
    fits = "the cat" + " the" * (8 - n_tokens)
    assert targets.encode(loaded, [fits]).n_tokens == 8
    with pytest.raises(TextOverLimit, match="has 9 tokens; of a text at most 8"):
        targets.encode(loaded, [f"{fits} the"])


def test_a_model_that_reads_less_than_is_set_says_its_own_number(tiny_bert):
    with pytest.raises(TextTooLong, match="this model reads 32") as refused:
        encode(tiny_bert, [text_of(tiny_bert, 33)])
    assert type(refused.value) is TextTooLong
