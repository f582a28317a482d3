"""Layers of masks multiply; ready-made masks, the classical forms and masks from files are what they say."""

from io import BytesIO

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.masks import layers
from viz.analysis.masks.by_hand import from_address, read_mask, to_address
from viz.analysis.masks.classical import (
    classical_additive,
    classical_forms,
    cross_attention_form,
    decoder_form,
    encoder_form,
    per_query_form,
)
from viz.errors import MaskDoesNotFit, MaskUnreadable, TokensDoNotFit

THREE = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 1]], dtype=bool)


def pair() -> hand_made.Batch:
    """Stand for [CLS] a b [SEP] c [SEP]."""
    types = np.array([[0, 0, 0, 0, 1, 1]])
    specials = np.array([[True, False, False, True, False, True]])
    return hand_made.batch([[1] * 6], token_type_ids=types, special_tokens_mask=specials)


def npy(array: np.ndarray) -> bytes:
    stream = BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def test_padding_is_always_a_layer_and_hides_its_keys_from_every_query():
    made = layers.layers(hand_made.batch([[1, 1, 1], [1, 1, 0]]), 1, causal=False)
    assert {name: layer.tolist() for name, layer in made.items()} == {"padding": [[True, True, False]] * 3}


def test_layers_come_by_name_in_the_order_they_are_laid():
    cells = np.ones((6, 6))
    made = layers.layers(
        pair(),
        0,
        causal=True,
        hidden=[1],
        blocks=[([0], [1])],
        segments=True,
        window=2,
        only_self=True,
        own_cells=cells,
    )
    names = ["padding", "causal", "hidden by you", "blocks", "segments", "window", "self", "your cells"]
    assert list(made) == names
    assert all(layer.shape == (6, 6) and layer.dtype == bool for layer in made.values())


def test_each_layer_hides_its_own_cells_and_their_product_hides_all_of_them():
    batch = hand_made.batch([[1, 1, 1, 0]])
    made = layers.layers(batch, 0, causal=True, hidden=[0], window=1)
    assert made["causal"].astype(int).tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]]
    assert made["hidden by you"].astype(int).tolist() == [[0, 1, 1, 1]] * 4
    assert made["window"].astype(int).tolist() == [[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1]]
    expected = [[0, 0, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0]]
    assert layers.product(made).astype(int).tolist() == expected


def test_a_window_of_nothing_is_only_itself():
    made = layers.layers(hand_made.batch([[1, 1, 1]]), 0, causal=False, only_self=True)
    assert made["self"].astype(int).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_segments_look_at_themselves_only_and_separators_belong_to_their_segment():
    made = layers.layers(pair(), 0, causal=False, segments=True)
    a, b = [1, 1, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1]
    assert made["segments"].astype(int).tolist() == [a, a, a, a, b, b]


def test_a_text_without_segments_is_one_segment():
    assert layers.segment_cells(hand_made.batch([[1, 1]]), 0).all()
    assert layers.question_hidden_from_context(hand_made.batch([[1, 1]]), 0).all()


def test_the_context_does_not_see_the_questions_words_and_nothing_else_changes():
    allowed = layers.question_hidden_from_context(pair(), 0)
    assert np.argwhere(~allowed).tolist() == [[4, 1], [4, 2]]  # c may not look at a and b


def test_blocks_hide_every_pair_of_their_queries_and_keys():
    made = layers.layers(pair(), 0, causal=False, blocks=[([0, 1], [2]), ([5], [0])])
    assert np.argwhere(~made["blocks"]).tolist() == [[0, 2], [1, 2], [5, 0]]


def test_cells_of_a_persons_own_are_a_layer():
    batch = hand_made.batch([[1, 1, 1]])
    made = layers.layers(batch, 0, causal=False, own_cells=THREE.astype(int))
    np.testing.assert_array_equal(layers.product(made), THREE)


@pytest.mark.parametrize("hidden, said", [([3], "4"), ([-1, 1], "0"), ([9, 1, 7], "8, 10")])
def test_a_hidden_position_the_row_does_not_have_is_refused_counted_from_one(hidden, said):
    with pytest.raises(TokensDoNotFit, match=f"at positions {said} do not exist: this text has positions 1 to 3"):
        layers.layers(hand_made.batch([[1, 1, 1]]), 0, causal=False, hidden=hidden)


@pytest.mark.parametrize("causal", [False, True])
def test_other_rows_of_a_batch_keep_their_padding_and_causality(causal):
    told = layers.in_batch(hand_made.batch([[1, 1, 1], [1, 1, 0]]), 0, THREE, causal=causal)
    np.testing.assert_array_equal(told[0], THREE)
    expected = [[1, 0, 0], [1, 1, 0], [1, 1, 0]] if causal else [[1, 1, 0]] * 3
    assert told[1].astype(int).tolist() == expected


def test_the_classical_forms_have_their_shapes_and_numbers():
    mask = np.array([[1, 1, 1], [1, 1, 0]])
    encoder = encoder_form(mask)
    assert encoder.shape == (2, 1, 1, 3)
    decoder = decoder_form(mask)
    assert decoder.shape == (2, 1, 3, 3)
    assert decoder[1, 0].tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 0]]
    assert per_query_form(THREE[None]).shape == (1, 1, 3, 3)
    added = classical_additive(encoder)
    assert added.dtype == np.float32
    assert added[:, 0, 0].tolist() == [[0, 0, 0], [0, 0, -10000]]
    cross = cross_attention_form(np.array([[1, 1, 1, 0]]))
    assert cross.shape == (1, 1, 1, 4)
    assert cross[0, 0, 0].tolist() == [0, 0, 0, -1e9]


def test_the_lesson_lists_every_classical_form_with_its_shapes():
    forms = classical_forms(np.array([[True, True, False]]))
    assert [(form.before.shape, form.after.shape) for form in forms] == [
        ((1, 3), (1, 1, 1, 3)),
        ((1, 3), (1, 1, 3, 3)),
        ((1, 3, 3), (1, 1, 3, 3)),
        ((1, 1, 1, 3), (1, 1, 1, 3)),
        ((1, 3), (1, 1, 1, 3)),
    ]
    mask = forms[0].before
    for form in (forms[0], forms[1], forms[4]):
        scope = {"mask": mask, "encoder_mask": mask, "causal": np.tri(3)}
        np.testing.assert_array_equal(eval(form.formula, scope), form.after)  # the formula shown is the one computed


FILES = {
    "npy of booleans": npy(THREE),
    "npy of numbers": npy(THREE.astype(np.float32)),
    "npy of a batch of one": npy(THREE[None].astype(np.int64)),
    "JSON": b"[[1, 0, 0], [1, 1, 0], [0, 1, 1]]",
    "JSON of booleans": b" [[true,false,false],[true,true,false],[false,true,true]]\n",
    "digits": b"100\n110\n011\n",
    "digits from Windows": b"\xef\xbb\xbf100\r\n110\r\n\r\n011",
    "spaces": b"1 0 0\n1 1 0\n0 1 1",
    "commas": b"1,0,0,\n1, 1, 0,\n0, 1, 1,\n",
}


@pytest.mark.parametrize("data", FILES.values(), ids=FILES.keys())
def test_a_mask_is_read_from_a_file(data):
    read = read_mask(data, "m", 3)
    assert read.dtype == bool
    np.testing.assert_array_equal(read, THREE)


def lying_header() -> bytes:
    """Claim 10^14 cells and hold none."""
    return npy(np.zeros((1, 1), dtype=bool)).replace(b"(1, 1), }" + b" " * 14, b"(10000000, 10000000), }")


@pytest.mark.parametrize(
    "data, seen",
    [
        (b"10\n11", "2 x 2"),
        (npy(np.ones((3, 4))), "3 x 4"),
        (npy(np.ones((2, 3, 3))), "2 x 3 x 3"),
        (b"", "0"),
        (b"[1, 0, 1]", "3"),
        (lying_header(), "10000000 x 10000000"),
    ],
)
def test_a_mask_of_another_size_is_refused_with_the_size_seen_and_the_size_expected(data, seen):
    with pytest.raises(
        MaskDoesNotFit, match=f"'m.npy' has the size {seen}; this text has 3 tokens, so it must be 3 x 3"
    ):
        read_mask(data, "m.npy", 3)


@pytest.mark.parametrize(
    "data",
    [
        b"hello",
        b"1 0 0\n1 1\n0 1 1",
        b"[[1, 0",
        b'{"a": 1}',
        b"[" * 100_000,
        b"\xff\xfe1",
        b"[[1" + b"0" * 400 + b", 0, 0], [1, 1, 0], [0, 1, 1]]",
        b"1 0 0\n1 1 0\n0 1 2",
        b"1 0 0\n1 1 0\n0 1 nan",
        npy(np.full((3, 3), 0.5)),
        npy(np.array([["1"] * 3] * 3)),
        npy(THREE)[:-4],
        npy(THREE)[:20],
        b"\x93NUMPY\x09\x00garbage",
    ],
)
def test_what_is_no_mask_is_refused_with_what_is_allowed(data):
    with pytest.raises(MaskUnreadable, match="Cannot read the mask in 'm': .* Give one row of 0 and 1 for each query"):
        read_mask(data, "m", 3)


def test_nothing_in_a_file_is_unpickled():
    stream = BytesIO()
    np.save(stream, np.array([[None] * 3] * 3, dtype=object))
    with pytest.raises(MaskUnreadable, match="of the type object"):
        read_mask(stream.getvalue(), "m", 3)


@pytest.mark.parametrize("n", [1, 3, 7, 64])
def test_a_mask_travels_in_an_address(n):
    allowed = np.random.default_rng(n).random((n, n)) > 0.5
    text = to_address(allowed)
    assert text.isascii() and not set(text) & set("+/=&?# ")
    np.testing.assert_array_equal(from_address(text, n), allowed)


def test_a_regular_mask_of_64_tokens_takes_little_room_in_an_address():
    assert len(to_address(np.tri(64, dtype=bool))) < 150


def test_an_address_made_for_another_text_is_refused_with_both_sizes():
    with pytest.raises(MaskDoesNotFit, match="the size 3 x 3; this text has 4 tokens, so it must be 4 x 4"):
        from_address(to_address(THREE), 4)


@pytest.mark.parametrize("text", ["", "3", "3.", "x.abc", "3.***", "3.AAAA", "٣.abc", to_address(THREE)[:-4], "3.ü"])
def test_an_address_that_was_cut_or_changed_is_refused(text):
    with pytest.raises(MaskUnreadable):
        from_address(text, 3)


def test_an_address_never_unpacks_to_more_than_a_mask():
    large = to_address(np.ones((3000, 3000), dtype=bool)).partition(".")[2]
    with pytest.raises(MaskUnreadable):
        from_address(f"3.{large}", 3)
