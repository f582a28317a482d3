"""A source is shaded by the numbers of one row of cross-attention, piece by piece."""

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.cross.shading import row_weights, shading, strongest

WEIGHTS = np.array([[[[[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]], [[0.0, 1.0, 0.0], [0.3, 0.6, 0.1]]]]], dtype=np.float32)


@pytest.fixture
def run():
    """Give a run of 2 target tokens over 3 pieces of a source: red, and car in two pieces; two heads."""
    tokens = {"tokens": (("▁red", "▁ca", "r"),)}
    return hand_made.translation([[1, 1, 1]], [[1, 1]], cross=WEIGHTS, source=tokens)


def test_the_weights_are_the_rows_own_numbers(run):
    assert row_weights(run, 0, 0, 0, query=1).tolist() == np.float32([0.1, 0.2, 0.7]).tolist()
    assert [shade.weight for shade in shading(run, 0, 0, 1, query=0)] == [0.0, 1.0, 0.0]


def test_without_a_head_it_is_the_mean_over_the_layers_heads(run):
    # (0.1 + 0.3) / 2, (0.2 + 0.6) / 2, (0.7 + 0.1) / 2
    np.testing.assert_allclose(row_weights(run, 0, 0, None, query=1), [0.2, 0.4, 0.4], atol=1e-7)


def test_the_pieces_of_a_word_stay_pieces(run):
    found = shading(run, 0, 0, 0, query=0)
    assert [(shade.text, shade.begins) for shade in found] == [("red", True), ("ca", True), ("r", False)]
    assert [shade.position for shade in found] == [0, 1, 2]


def test_padding_is_left_out_and_special_tokens_are_not():
    weights = np.array([[[[[0.0, 0.4, 0.6]], [[0.0, 0.5, 0.5]]]]], dtype=np.float32)
    source = {"tokens": (("<pad>", "▁red", "</s>"),)}
    run = hand_made.translation([[0, 1, 1]], [[1]], cross=weights, source=source)
    found = shading(run, 0, 0, 0, query=0)
    assert [(shade.text, shade.special) for shade in found] == [("red", False), ("</s>", True)]
    assert [shade.weight for shade in found] == np.float32([0.4, 0.6]).tolist()


def test_the_strongest_stand_first_and_equal_ones_in_the_order_of_the_source(run):
    assert [shade.text for shade in strongest(shading(run, 0, 0, 0, query=0))] == ["red", "ca", "r"]
    assert [shade.text for shade in strongest(shading(run, 0, 0, 0, query=1), n=2)] == ["r", "ca"]


def test_a_piece_without_a_character_of_its_own_keeps_its_label():
    source = {"tokens": (("▁", "北·1/2", "北·2/2"),)}
    run = hand_made.translation([[1, 1, 1]], [[1, 1]], cross=WEIGHTS, source=source)
    assert [shade.text for shade in shading(run, 0, 0, 0, query=0)] == ["▁", "北", "北·2/2"]
