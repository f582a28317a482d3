"""Random words, written down twice, come back from the tokenizer as the same ids twice; induction shows in them."""

import numpy as np
import pytest

from tests.model import families, plain
from viz.analysis.heads import boards, patterns
from viz.analysis.heads.measures import MEASURES
from viz.engine import repeated_words
from viz.engine.batching import encode
from viz.engine.forward import run as run_model
from viz.engine.models import load_model
from viz.engine.requests import Measure, RepeatWords
from viz.engine.service import answer
from viz.errors import TooFewWholeWords
from viz.names import head_label
from viz.shipped import MODELS_FOLDER, SHIPPED

N_WORDS = 20
CAUSAL = {"headlight-bert": False, "headlight-gpt2": True}


def naive(name: str, attention: np.ndarray, ids: list[int], ends: set[int]) -> float | None:
    """Measure one head of one text as a reader of the definition would: loop over cells, then over queries."""
    sums = []
    for query, token in enumerate(ids):
        copies = [at for at in range(query) if ids[at] == token]
        keys = {
            "induction": [at + 1 for at in copies],
            "duplicate": copies,
            "sink": [at for at, key in enumerate(ids) if at == 0 or key in ends],
            "local": [at for at in range(len(ids)) if abs(at - query) <= 2],
        }[name]
        if copies or name in ("sink", "local"):
            sums.append(sum(float(attention[query, key]) for key in keys))
    return sum(sums) / len(sums) if sums else None


@pytest.mark.parametrize("checkpoint", SHIPPED)
@pytest.mark.parametrize("seed", [0, 7, 2**40])
def test_the_tokenizer_gives_the_same_ids_twice(checkpoint, seed):
    loaded, theirs = load_model(checkpoint), plain.load(MODELS_FOLDER / checkpoint, causal=CAUSAL[checkpoint])
    texts = repeated_words.make(loaded, seed, 3, N_WORDS)
    assert len(set(texts)) == 3
    for text in texts:
        ids = theirs.tokenizer(text, add_special_tokens=False)["input_ids"]
        assert ids[:N_WORDS] == ids[N_WORDS:]
        assert len(set(ids)) == N_WORDS
        assert all(word.isalpha() for word in text.split())
    assert texts == repeated_words.make(loaded, seed, 3, N_WORDS)
    assert texts != repeated_words.make(loaded, seed + 1, 3, N_WORDS)


@pytest.mark.parametrize("checkpoint", SHIPPED)
def test_new_jobs_are_those_of_a_loop_over_plain_transformers_attention(checkpoint):
    loaded, theirs = load_model(checkpoint), plain.load(MODELS_FOLDER / checkpoint, causal=CAUSAL[checkpoint])
    texts = [*repeated_words.make(loaded, 3, 1, 6), "The cat saw the dog, and the dog saw the cat.", "the the the"]
    run = run_model(loaded, encode(loaded, texts, padding_side="left"))
    ends = {theirs.tokenizer.sep_token_id} - {None}
    for row, text in enumerate(texts):
        inputs = plain.tokenized(theirs, [text])
        attentions, _logits = plain.output(theirs, inputs)
        ids = inputs["input_ids"][0].tolist()
        for name in ("induction", "duplicate", "sink", "local"):
            expected = [[naive(name, of, ids, ends) for of in layer] for layer in attentions[0]]
            np.testing.assert_allclose(
                patterns.score(run, name, row=row), expected, atol=1e-5, err_msg=f"{name} {text}"
            )
        entropies = -np.sum(attentions[0] * np.log2(np.maximum(attentions[0], 1e-38)), axis=-1).mean(axis=-1)
        ranks = entropies.ravel().argsort().argsort().reshape(entropies.shape) + 1
        close = np.abs(patterns.score(run, "rank", row=row) - ranks)
        assert close.max() <= 1 and (close == 0).mean() > 0.9  # heads that differ by rounding alone may change places


def test_the_known_head_of_the_shipped_gpt2_comes_first_for_induction():
    board = answer(Measure("headlight-gpt2", answer(RepeatWords("headlight-gpt2"))))
    found = board.score("induction", count_special=True)
    best = {head_label(*head): found.mean[head] for head in boards.listed(found)}
    # With other seeds Layer6_Head1, the best on the model's card, passes it; both stay above 0.9.
    assert next(iter(best)) == "Layer6_Head10" and best["Layer6_Head10"] > 0.9
    assert found.uniform.max() < 0.04  # 1 of 21 to 40 tokens


def test_a_vocabulary_with_too_few_words_says_so(tiny_bert):
    (text,) = repeated_words.make(tiny_bert, 0, 1, 3)
    assert len(text.split()) == 6
    for n_words in (30, 1_000):
        with pytest.raises(TooFewWholeWords, match=f"cannot be given {n_words:,} random words twice"):
            repeated_words.make(tiny_bert, 0, 1, n_words)


def test_a_tokenizer_of_another_family_gives_its_words_twice(tmp_path):
    loaded = load_model(str(families.write(tmp_path, families.roberta, families.with_mask())))
    (text,) = repeated_words.make(loaded, 0, 1, 2)
    ids = loaded.tokenize(text)["input_ids"]
    assert ids[1:3] == ids[3:5] and len(ids) == 6


def test_every_measure_finds_something_in_repeated_words(tiny_bert):
    run = run_model(tiny_bert, encode(tiny_bert, repeated_words.make(tiny_bert, 1, 2, 4)))
    for name in set(MEASURES) - {"pair"}:
        values, expected = patterns.by_row(run, name)
        assert np.isfinite(values).all() and np.isfinite(expected).all()
