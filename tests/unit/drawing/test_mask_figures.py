"""The squares of a mask's layers and the maps before the softmax show what they are given."""

import numpy as np
import pytest

from viz.analysis.masks.stages import Stages
from viz.drawing.layer_product import layer_product
from viz.drawing.stage_maps import added_map, score_map

PADDING = np.array([[1, 1, 0]] * 3, dtype=bool)
CAUSAL = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 1]], dtype=bool)
LOWEST = np.finfo(np.float32).min


def test_the_last_square_is_the_product_of_the_others():
    figure = layer_product({"padding": PADDING, "causal": CAUSAL}, "the mask", ("a", "b", "c"))
    assert [trace.z.tolist() for trace in figure.data] == [
        [[1, 1, 0], [1, 1, 0], [1, 1, 0]],
        [[1, 0, 0], [1, 1, 0], [1, 1, 1]],
        [[1, 0, 0], [1, 1, 0], [1, 1, 0]],
    ]


def test_squares_are_named_and_joined_by_signs():
    figure = layer_product({"padding": PADDING, "causal": CAUSAL}, "the mask", ("a", "b", "c"))
    assert [note.text for note in figure.layout.annotations] == ["padding", "causal", "×", "the mask", "="]


def test_squares_stand_beside_each_other_within_the_figure():
    figure = layer_product({"one": PADDING, "two": CAUSAL, "three": PADDING}, "mask", ("a", "b", "c"))
    domains = [figure.layout[f"xaxis{n}"].domain for n in ("", 2, 3, 4)]
    edges = [edge for domain in domains for edge in domain]
    assert edges == sorted(edges) and edges[0] == 0 and edges[-1] == pytest.approx(1)


def test_a_token_is_never_markup():
    figure = layer_product({"padding": PADDING}, "mask", ("<b>x</b>", "$x$", "c"))
    assert "<b>" not in figure.to_json() and "$x$" not in figure.to_json()


@pytest.fixture
def maps():
    scores = np.array([[1.5, -3.0], [0.25, 2.0]], dtype=np.float32)
    added = np.array([[0, LOWEST], [0, 0]], dtype=np.float32)
    ones = np.ones((2, 2), dtype=np.float32)
    return Stages(("a", "b"), scores, added, scores + added, ones, ones, nothing_added=False)


def test_the_scale_of_scores_reaches_as_far_below_zero_as_above(maps):
    cells = score_map(maps, height=300).data[0]
    assert (cells.zmin, cells.zmax) == (-3, 3)
    assert cells.z.tolist() == [[1.5, -3.0], [0.25, 2.0]]


def test_what_is_added_is_drawn_as_nothing_or_hidden_and_named_with_its_value(maps):
    cells = added_map(maps, height=300).data[0]
    assert cells.z.tolist() == [[0, 1], [0, 0]]
    assert cells.customdata[0][1] == LOWEST
    assert added_map(maps, height=300).layout.annotations[0].text == "light: + 0; orange: + -3.403e+38"
