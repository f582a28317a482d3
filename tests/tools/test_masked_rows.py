"""What BERT's training rows hold, and what is hidden in them: counted against the shares that are promised."""

import numpy as np
import pytest
from masked_rows import MAX_ROW, Batch, MaskedRows
from packing import encode

SPECIAL = 5  # ids below are [PAD], [UNK], [CLS], [SEP], [MASK]


@pytest.fixture(scope="module")
def rows(bert_tokenizer, splits):
    encoded = {source: encode(bert_tokenizer, split.train) for source, split in splits.items()}
    return MaskedRows(bert_tokenizer, encoded, 0.2, seed=3)


@pytest.fixture(scope="module")
def epoch(rows):
    return rows.epoch(0)


def long_batch(rows, words, *, generated):
    """Give 200 equal rows of the words; generated ones depend on the last word."""
    ids = [rows.tokenizer.cls_token_id, *rows.tokenizer.convert_tokens_to_ids(words), rows.tokenizer.sep_token_id]
    shape = np.tile(ids, (200, 1))
    dependents = np.zeros(shape.shape, bool)
    dependents[:, len(words)] = generated
    return Batch(shape, np.zeros_like(shape), dependents, generated)


def share(chosen) -> float:
    return float(np.mean(chosen))


def near(wanted: float, n: int):
    """Four standard errors around a share that is drawn n times."""
    return pytest.approx(wanted, abs=4 * (wanted * (1 - wanted) / n) ** 0.5)


def test_rows_are_full_of_tokens_and_framed(rows, epoch):
    for batch in epoch:
        assert batch.ids.shape[1] <= MAX_ROW and batch.ids.shape == batch.types.shape == batch.dependents.shape
        assert (batch.ids[:, 0] == rows.tokenizer.cls_token_id).all()
        assert (batch.ids[:, -1] == rows.tokenizer.sep_token_id).all()
        assert not (batch.ids == rows.tokenizer.pad_token_id).any()


def test_the_second_segment_begins_behind_the_first_separator(rows, epoch):
    n_pairs = 0
    for batch in epoch:
        for ids, types in zip(batch.ids, batch.types):
            ends = np.flatnonzero(ids == rows.tokenizer.sep_token_id)
            n_pairs += len(ends) == 2
            assert len(ends) in (1, 2)
            assert types.tolist() == [0] * (ends[0] + 1) + [1] * (len(ids) - ends[0] - 1)
    assert n_pairs > 10


def test_every_sentence_is_read_as_often_as_promised(rows, splits, epoch):
    """Each of the 120 sentences stands in the real rows twice (``repeats``), whole."""
    (split,) = splits.values()
    expected = 2 * sum(len(rows.tokenizer(s.text, add_special_tokens=False).input_ids) for s in split.train)
    assert sum((batch.ids >= SPECIAL).sum() for batch in epoch if not batch.generated) == expected


def test_generated_rows_take_their_share_of_the_tokens(epoch):
    tokens = {kind: sum(b.ids.size for b in epoch if b.generated is kind) for kind in (True, False)}
    assert tokens[True] / (tokens[True] + tokens[False]) == pytest.approx(0.2, abs=0.02)


def test_the_same_epoch_gives_the_same_batches_and_another_epoch_others(rows, epoch):
    again, other = rows.epoch(0), rows.epoch(1)
    assert all(np.array_equal(one.ids, two.ids) for one, two in zip(epoch, again))
    assert [b.ids.shape for b in epoch] != [b.ids.shape for b in other] or any(
        not np.array_equal(one.ids, two.ids) for one, two in zip(epoch, other)
    )


def test_labels_stand_where_something_is_hidden_and_nowhere_else(rows, epoch):
    for number, batch in enumerate(epoch):
        ids, labels = rows.hide(batch, number)
        chosen = labels != -100
        assert (labels[chosen] == batch.ids[chosen]).all()
        assert (ids[~chosen] == batch.ids[~chosen]).all()
        assert not chosen[batch.ids < SPECIAL].any()
        assert chosen.any(axis=1).all()


def test_hiding_is_repeatable_and_differs_by_step(rows, epoch):
    once, again, later = (rows.hide(epoch[0], step) for step in (7, 7, 8))
    assert np.array_equal(once[0], again[0]) and np.array_equal(once[1], again[1])
    assert not np.array_equal(once[1], later[1])


def test_a_fifth_of_real_words_is_chosen_and_80_10_10_of_them_masked_changed_kept(rows):
    words = ["house", "road", "dog", "turtle", "old", "red", "small", "near"]
    batch = long_batch(rows, words, generated=False)
    ids, labels = rows.hide(batch, 0)
    chosen = labels != -100
    n = int(chosen.sum())
    assert share(chosen[:, 1:-1]) == near(0.20, 200 * len(words))
    assert share(ids[chosen] == rows.tokenizer.mask_token_id) == near(0.80, n)
    assert share(ids[chosen] == labels[chosen]) == near(0.10, n)
    assert (ids[chosen] >= 4).all()  # what takes the place of a word is [MASK] or an ordinary piece


def test_a_dependent_word_is_hidden_in_three_of_four_rows_and_exchanged_inside_its_class(rows):
    adverb = "slowly"
    batch = long_batch(rows, ["the", "dog", "waits", adverb], generated=True)
    assert batch.ids[0, 4] not in rows.tokenizer.all_special_ids
    ids, labels = rows.hide(batch, 0)
    chosen = labels[:, 4] != -100
    seen = ids[chosen, 4]
    masked, kept = seen == rows.tokenizer.mask_token_id, seen == batch.ids[0, 4]
    assert share(chosen) == near(0.75, 200)
    assert share(masked) == near(0.50, len(seen))
    others = set(rows.tokenizer.convert_ids_to_tokens(seen[~masked & ~kept].tolist()))
    assert len(others) > 3
    assert all(word.endswith("ly") or word in ("fast", "hard", "well", "late", "early", "soon") for word in others)
