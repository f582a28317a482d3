"""A batch whose attention, scores and logits would not fit is refused before any pass, with what does fit."""

from dataclasses import replace

import numpy as np
import pytest

from viz.engine import forward, same_alone, training
from viz.engine.batching import encode
from viz.engine.forward import check_size
from viz.errors import BatchTooLarge


def of_size(loaded, *, n_layers: int = 12, n_heads: int = 12, n_words: int = 30_522):
    """Say of a tiny model that it is as large as another: only its record is read."""
    vocabulary = ("word",) * n_words
    return replace(loaded, info=replace(loaded.info, n_layers=n_layers, n_heads=n_heads, vocabulary=vocabulary))


def refusal(loaded, n_rows: int, n_tokens: int, **fields) -> str:
    with pytest.raises(BatchTooLarge) as caught:
        check_size(loaded, n_rows, n_tokens, **fields)
    return str(caught.value)


def test_what_is_read_off_every_token_of_a_large_vocabulary_is_counted(tiny_bert):
    """16 texts of 263 tokens of an XLM-R: 16·12·12·263²·4 = 637 MB of maps, 16·263·250002·4 = 4,208 MB of logits."""
    xlm_roberta = of_size(tiny_bert, n_words=250_002)
    check_size(xlm_roberta, 16, 256)  # one read-out a text: 604 MB and 16 MB
    said = refusal(xlm_roberta, 16, 263, n_readouts=16 * 263)
    assert (
        "16 x 263 tokens on 12 layers of 12 heads has 4,845 MB of attention and logits; at most 640 MB are kept."
        in said
    )
    # Two texts have 2·144·263²·4 = 80 MB of attention, as much of scores, and 526 MB of logits: 686 MB. 16 texts of 38
    # tokens have 13 MB, 13 MB and 608 MB: 635 MB; of 39 tokens 14 MB, 14 MB and 624 MB: 652 MB.
    assert "Of this length 1 texts fit; 16 texts fit with 38 tokens each." in said


def test_scores_are_counted_where_they_are_kept(tiny_bert, monkeypatch):
    bert = of_size(tiny_bert, n_words=0)
    maps = 4 * 144 * 10**2
    monkeypatch.setattr("viz.settings.Settings.max_pass_bytes", 2 * maps)
    check_size(bert, 1, 10)
    monkeypatch.setattr("viz.settings.Settings.max_pass_bytes", 2 * maps - 1)
    refusal(bert, 1, 10)
    monkeypatch.setattr("viz.settings.Settings.max_scores_bytes", maps - 1)
    check_size(bert, 1, 10)
    refusal(replace(bert, recorded=True), 2, 10)
    monkeypatch.setattr("viz.settings.Settings.max_scores_bytes", maps)
    check_size(replace(bert, recorded=False), 1, 10)


def test_what_is_said_to_fit_fits_and_one_more_does_not(tiny_bert):
    for n_words, n_rows, n_tokens, n_readouts in (
        (30_522, 16, 512, None),
        (250_002, 9, 300, 9 * 300),
        (50_257, 7, 900, 50),
    ):
        loaded = of_size(tiny_bert, n_words=n_words)
        with pytest.raises(BatchTooLarge) as caught:
            check_size(loaded, n_rows, n_tokens, n_readouts=n_readouts)
        of_text = 1 if n_readouts is None else -(-n_readouts // n_rows)
        rows, tokens = caught.value.values["fit_rows"], caught.value.values["fit_tokens"]
        check_size(loaded, rows, n_tokens, n_readouts=rows * of_text)
        check_size(loaded, n_rows, tokens, n_readouts=n_rows * min(of_text, tokens))
        refusal(loaded, rows + 1, n_tokens, n_readouts=(rows + 1) * of_text)
        refusal(loaded, n_rows, tokens + 1, n_readouts=n_rows * min(of_text, tokens + 1))


def no_pass(monkeypatch, loaded) -> None:
    def refuse(*_args, **_kwargs):
        raise AssertionError("the model ran")

    monkeypatch.setattr(loaded.model, "forward", refuse)


def test_every_way_in_is_refused_before_any_pass(tiny_bert, monkeypatch):
    large = of_size(tiny_bert, n_words=10 * 10**6)
    no_pass(monkeypatch, large)
    texts = ["the turtle moves slow across the river", "the cat sat on the mat", "a dog ran"]
    with pytest.raises(BatchTooLarge):  # no [MASK]: every token is read
        same_alone.check(large, texts)
    with pytest.raises(BatchTooLarge):
        training.collate(large, texts, seed=0, mlm_probability=0.9)
    with pytest.raises(BatchTooLarge):
        forward.run(large, encode(tiny_bert, texts), readouts=np.argwhere(np.ones((3, 9))))
