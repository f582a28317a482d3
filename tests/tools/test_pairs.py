"""How sentence pairs are read, parted and stacked for the translator."""

import numpy as np
import pytest
from corpus import sentence_key
from pairs import IGNORED, PairRows, read_pairs, references


@pytest.fixture(scope="module")
def tokenizer():
    from subword import train_shared_bpe

    return train_shared_bpe([f"A red car number {n} stopped. Une voiture rouge." for n in range(300)])


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("pairs") / "pairs.tsv"
    lines = [f"Car {n % 150} stopped here.\tVoiture {n} ici." for n in range(300)]
    path.write_text("\n".join([*lines, "car 7 stopped here.\tAutre."]) + "\n")
    return path


def test_all_translations_of_a_sentence_fall_on_one_side(file):
    train, held_out = read_pairs(file)
    assert held_out and len(train) + len(held_out) <= 301
    keys = [{sentence_key(pair.source) for pair in part} for part in (train, held_out)]
    assert not keys[0] & keys[1]


def test_references_gather_the_translations_of_short_sentences(file):
    pairs = [*read_pairs(file)[0], *read_pairs(file)[1]]
    found = references(pairs, 4)
    assert found["Car 3 stopped here."] == ["Voiture 3 ici.", "Voiture 153 ici."]
    assert references(pairs, 3) == {}


def test_the_decoder_reads_what_it_wrote_one_step_before(tokenizer, file):
    """Written: the pieces and the end; read: the start and the pieces; behind the end padding that counts nowhere."""
    train, _held_out = read_pairs(file)
    rows = PairRows(tokenizer, train, seed=1)
    batches = rows.epoch(0)
    assert sum(len(batch.source) for batch in batches) == len(train)
    for batch in batches:
        assert not (batch.source == rows.pad).any() and (batch.source[:, -1] == rows.end).all()
        for read, written in zip(batch.read, batch.written):
            n = int((written != IGNORED).sum())
            assert written[n - 1] == rows.end and (written[n:] == IGNORED).all()
            assert read[0] == rows.start and (read[1:n] == written[: n - 1]).all() and (read[n:] == rows.pad).all()


def test_the_same_epoch_gives_the_same_batches(tokenizer, file):
    train, _held_out = read_pairs(file)
    once, again = PairRows(tokenizer, train, seed=1).epoch(4), PairRows(tokenizer, train, seed=1).epoch(4)
    assert all(np.array_equal(one.read, two.read) for one, two in zip(once, again))


def test_a_text_written_by_the_tokenizer_reads_as_it_was(tokenizer):
    text = "A red car number 7 stopped."
    assert tokenizer.decode(tokenizer(text).input_ids, skip_special_tokens=True).strip() == text
