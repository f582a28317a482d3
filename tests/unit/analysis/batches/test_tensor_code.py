"""The code of a batch is what a tokenizer's answer looks like when it is printed."""

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.batches.tensor_code import as_code, lengths, padding_share

IDS = np.array([[50256, 50256, 7, 42], [1, 22, 333, 4]])


@pytest.fixture
def padded():
    return hand_made.batch([[0, 0, 1, 1], [1, 1, 1, 1]], input_ids=IDS.copy())


def test_numbers_are_aligned_and_rows_stand_below_each_other(padded):
    assert as_code(padded) == (
        "{'input_ids': tensor([[50256, 50256,     7,    42],\n"
        "        [    1,    22,   333,     4]]), "
        "'attention_mask': tensor([[0, 0, 1, 1],\n"
        "        [1, 1, 1, 1]]), "
        "'position_ids': tensor([[0, 0, 0, 1],\n"
        "        [0, 1, 2, 3]])}"
    )


def test_the_code_can_be_run_and_gives_the_batch_back(padded):
    arrays = eval(as_code(padded), {"tensor": np.array})
    np.testing.assert_array_equal(arrays["input_ids"], IDS)
    np.testing.assert_array_equal(arrays["attention_mask"], [[0, 0, 1, 1], [1, 1, 1, 1]])


def test_segments_are_written_where_the_model_has_them():
    batch = hand_made.batch([[1, 1]], token_type_ids=np.array([[0, 1]]))
    assert "'token_type_ids': tensor([[0, 1]])" in as_code(batch)
    assert "token_type_ids" not in as_code(hand_made.batch([[1, 1]]))


def test_a_long_row_is_written_to_its_end():
    batch = hand_made.batch([[1] * 2000])
    assert "1999]" in as_code(batch) and "..." not in as_code(batch)


def test_lengths_and_the_share_of_padding(padded):
    assert lengths(padded) == [2, 4]
    assert padding_share(padded) == pytest.approx(2 / 8)
