"""What the browser gets to shade a sentence is the map's own numbers, and of a large map one row."""

import json
import struct

import numpy as np
import pytest

from tests import hand_made
from viz.drawing import shaded_map


def unpacked(data: bytes) -> tuple[dict, np.ndarray]:
    """Read a payload as the browser does; the numbers are float32, a row after the other."""
    (length,) = struct.unpack("<I", data[:4])
    assert (4 + length) % 4 == 0  # or the browser could not read the numbers where they lie
    header = json.loads(data[4 : 4 + length])
    return header, np.frombuffer(data[4 + length :], "<f4").reshape(-1, len(header["keys"] or header["queries"]))


def bert_run(n_tokens: int = 4, **fields):
    weights = np.random.default_rng(1).random((1, 2, 2, n_tokens, n_tokens), dtype=np.float32)
    model = hand_made.model_info(2, 2, vocabulary=("x",), causal=fields.pop("causal", False))
    mask = fields.pop("mask", [[1] * n_tokens])
    return hand_made.run(mask, model=model, attentions=weights, **fields)


def test_the_numbers_are_the_maps():
    run = bert_run()
    _header, numbers = unpacked(shaded_map.payload(run, 0, 1, 0, 2))
    np.testing.assert_array_equal(numbers, run.attentions[0, 1, 0])


def test_what_no_row_sees_is_no_number():
    _header, numbers = unpacked(shaded_map.payload(bert_run(mask=[[1, 1, 1, 0]]), 0, 0, 0, 0))
    assert np.isnan(numbers).tolist() == [[False] * 3 + [True]] * 3 + [[True] * 4]
    _header, numbers = unpacked(shaded_map.payload(bert_run(causal=True), 0, 0, 0, 0))
    assert (~np.isnan(numbers)).tolist() == np.tri(4, dtype=bool).tolist()


def test_tokens_say_where_words_begin_and_what_is_special_or_padding():
    tokens = (("[CLS]", "play", "##ing", "[PAD]"),)
    run = bert_run(mask=[[1, 1, 1, 0]], batch_fields={"tokens": tokens})
    header, _numbers = unpacked(shaded_map.payload(run, 0, 0, 0, 0))
    assert [(of["text"], of["begins"], of["kind"]) for of in header["queries"]] == [
        ("[CLS]", True, "special"),
        ("play", True, ""),
        ("ing", False, ""),
        ("[PAD]", True, "padding"),
    ]


def test_of_a_map_too_large_to_send_there_is_the_pinned_row():
    run = bert_run(161)
    header, numbers = unpacked(shaded_map.payload(run, 0, 1, 1, 7))
    assert (header["rows"], header["pinned"], header["words"]["column"]) == ([7], 7, "")
    np.testing.assert_array_equal(numbers[0], run.attentions[0, 1, 1, 7])
    assert len(shaded_map.payload(bert_run(160), 0, 0, 0, 0)) > 160 * 160 * 4


def test_cross_attention_has_words_on_both_sides():
    header, numbers = unpacked(shaded_map.payload(hand_made.translation([[1, 1, 1]], [[1, 1]]), 0, 0, 0, 0, "cross"))
    assert [[of["text"] for of in header[side]] for side in ("queries", "keys")] == [["w0", "w1"], ["t0", "t1", "t2"]]
    assert numbers.tolist() == pytest.approx(np.full((2, 3), 1 / 3))


def test_a_prediction_is_pinned_first_else_the_first_word():
    tokens = (("[CLS]", "a", "[MASK]", "[SEP]"),)
    read = {"readouts": np.array([[0, 2]]), "readout_logits": np.array([[1.0]], np.float32)}
    assert shaded_map.first_pinned(bert_run(batch_fields={"tokens": tokens}, **read), 0) == 2
    assert shaded_map.first_pinned(bert_run(batch_fields={"tokens": tokens}), 0) == 1
    assert shaded_map.first_pinned(bert_run(batch_fields={"tokens": (("[CLS]",) * 4,)}), 0) == 0
