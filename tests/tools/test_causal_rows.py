"""How GPT-2's training rows are packed: full rows that begin with a sentence, and copies that foretell themselves."""

import numpy as np
import pytest
from causal_rows import IGNORED, ROW_SHAPES, CausalRows, pack
from packing import encode


@pytest.fixture(scope="module")
def rows(gpt2_tokenizer, splits):
    first = {source: encode(gpt2_tokenizer, split.train) for source, split in splits.items()}
    inside = {source: encode(gpt2_tokenizer, split.train, prefix=" ") for source, split in splits.items()}
    return CausalRows(gpt2_tokenizer, first, inside, 0.3, seed=3)


@pytest.fixture(scope="module")
def epoch(rows):
    return rows.epoch(0)


def test_packing_cuts_full_rows_each_beginning_with_a_sentence():
    """Three pieces of 3 tokens into rows of 5: the third begins the second row, in its form for a beginning."""
    pieces = [(np.array([10 * n, 10 * n + 1, 10 * n + 2]), np.array([10 * n + 5, 10 * n + 6])) for n in (1, 2, 3, 4, 5)]
    assert pack(pieces, 5).tolist() == [[15, 16, 20, 21, 22], [35, 36, 40, 41, 42]]


def test_every_row_is_full_and_has_one_of_the_shapes(epoch):
    shapes = {(rows, length) for length, _share, rows in ROW_SHAPES}
    assert {ids.shape for ids, _labels in epoch} <= shapes
    assert all(ids.shape == labels.shape for ids, labels in epoch)


def test_rows_of_text_are_scored_everywhere_and_begin_with_a_sentence(rows, epoch):
    for ids, labels in epoch:
        for row, wanted in zip(ids, labels):
            if (wanted == IGNORED).any():
                continue
            assert (row == wanted).all()
            first = rows.tokenizer.decode(row[:1])
            assert row[0] != rows.end and not first.startswith((" ", "\n"))


def test_a_copy_is_scored_only_where_an_earlier_copy_foretells_it(epoch):
    """Every scored token is the one a block before it, and stands in the second copy or later."""
    n_copies = 0
    for ids, labels in epoch:
        for row, wanted in zip(ids, labels):
            ignored = int((wanted == IGNORED).sum())
            if not ignored:
                continue
            n_copies, period = n_copies + 1, ignored - 1
            assert (wanted[:ignored] == IGNORED).all() and (wanted[ignored:] == row[ignored:]).all()
            assert (row[period:] == row[:-period]).all()
    assert n_copies > 1


def test_documents_are_parted_by_the_end_token_and_paragraphs_by_a_line(rows, splits):
    (source,) = splits
    pieces = rows._pieces(source)
    starts = [int(piece[0]) for piece, _first in pieces]
    assert starts[0] == rows.end and starts[10] == rows.end
    assert starts[3] == rows.newline[0]
    assert rows.tokenizer.decode(pieces[1][0]).startswith(" ")


def test_the_same_epoch_gives_the_same_batches_and_another_epoch_others(rows, epoch):
    again, other = rows.epoch(0), rows.epoch(1)
    assert all(np.array_equal(one[0], two[0]) for one, two in zip(epoch, again))
    assert any(one[0].shape != two[0].shape or not np.array_equal(one[0], two[0]) for one, two in zip(epoch, other))
