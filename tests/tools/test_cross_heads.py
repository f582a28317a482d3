"""The word pairs that a translator's heads are held against, and how a head is counted right."""

import numpy as np
import pytest
import torch
from cross_heads import hits, pieces_of, read_aligned
from small_models import build_marian
from subword import train_shared_bpe


@pytest.fixture(scope="module")
def aligned():
    return read_aligned()


@pytest.fixture(scope="module")
def tokenizer(aligned):
    return train_shared_bpe([text for one in aligned for text in (one.source, one.target)] * 5)


def test_a_hundred_pairs_each_name_one_word_on_either_side(aligned, tokenizer):
    assert sum(len(one.pairs) for one in aligned) == 100
    for one in aligned:
        source, target = ([word for word, _at in pieces_of(tokenizer, text)[1]] for text in (one.source, one.target))
        for wanted, written in one.pairs:
            assert source.count(wanted) == target.count(written) == 1, (one, wanted, written)


def test_adjectives_that_change_sides_are_among_them(aligned):
    """A pair of pairs whose order is turned round in the translation: `a red car`, `une voiture rouge`."""
    n_turned = 0
    for one in aligned:
        at = [(one.source.index(s), one.target.index(t)) for s, t in one.pairs]
        n_turned += any((a[0] - b[0]) * (a[1] - b[1]) < 0 for a in at for b in at)
    assert n_turned >= 15


def test_the_pieces_of_a_word_are_the_word(aligned, tokenizer):
    for one in aligned:
        ids, words = pieces_of(tokenizer, one.target)
        assert words[-1] == ("", [len(ids) - 1]) and ids[-1] == tokenizer.eos_token_id
        for word, at in words[:-1]:
            assert tokenizer.decode([ids[i] for i in at]).strip() == word


def test_a_head_is_right_where_its_strongest_word_is(aligned, tokenizer, monkeypatch):
    """Asked by hand for one pair: the row before the word, its weights summed over the pieces of each source word."""
    torch.manual_seed(0)
    monkeypatch.setattr("small_models.HIDDEN", 48)
    model = build_marian(tokenizer).eval()
    right = hits(model, tokenizer, aligned[:1])
    assert right.shape == (2, 3, 3, 12)
    source = tokenizer(aligned[0].source)
    target_ids, target_words = pieces_of(tokenizer, aligned[0].target)
    read = torch.tensor([[tokenizer.bos_token_id, *target_ids]])
    with torch.no_grad():
        output = model(torch.tensor([source.input_ids]), decoder_input_ids=read, output_attentions=True)
    (first_piece, *_rest) = dict(target_words)["rouge"]
    for layer, maps in enumerate(output.cross_attentions):
        for head in range(12):
            row = maps[0, head, first_piece]
            sums = {word: float(row[at].sum()) for word, at in pieces_of(tokenizer, aligned[0].source)[1]}
            assert right[0, 0, layer, head] == (max(sums, key=sums.__getitem__) == "red")
    assert np.unique(right).tolist() == [False, True]
