"""Pictures of contributions end at the largest one, say which it is, and keep every number."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests import hand_made
from tests.unit.drawing.test_overview import unpacked
from viz.analysis.views.viewed import viewed
from viz.drawing import diagrams, heatmap, lines, long_map, map_sheet, overview, poster, scale, shaded_map, svg
from viz.view import View

WEIGHTS = np.array([[[0.5, 0.5], [0.25, 0.75]], [[1.0, 0.0], [0.5, 0.5]]], dtype=np.float32)  # [H, Q, K]
NORMS = np.array([[4.0, 8.0], [1.0, 2.0]], dtype=np.float32)  # [H, K]
# So the first head brings [[2, 4], [1, 6]] and the second [[1, 0], [0.5, 1]].


def said_in(drawing: str) -> str:
    """Give the words of a drawing, lines joined."""
    return " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", drawing))


@pytest.fixture
def run():
    made = hand_made.run([[1, 1]], model=hand_made.model_info(1, 2), attentions=WEIGHTS[None, None])
    norms = NORMS[None, None]
    made = replace(made, maps={"self": replace(made.maps["self"], value_norms=norms)})
    return viewed(made, 0, View(contribution=True))[0]


def test_one_map_ends_at_its_own_largest_and_all_heads_at_theirs(run):
    assert [scale.top(run, 0, 0, head) for head in (0, 1)] == [6.0, 1.0]
    assert scale.top_of_all(run, 0) == 6.0
    assert scale.top_of_all(replace(run, view=View()), 0) == 1.0


def test_the_heat_map_is_called_contribution_and_ends_at_the_largest(run):
    weights: Any = heatmap.head_map(run, 0, 0, 0).data[-1]
    assert (weights.zmax, weights.colorbar.title.text) == (6.0, "contribution")
    np.testing.assert_array_equal(weights.z, [[2, 4], [1, 6]])


def test_the_overview_shows_shares_of_the_largest_of_all_heads(run):
    header, levels = unpacked(overview.payload(run, 0, "key"))
    np.testing.assert_array_equal(levels[0], np.rint(250 * np.sqrt(np.array([[2, 4], [1, 6]]) / 6)))
    assert "up to 6.00, the largest of all heads" in header["words"]["note"]


def test_vector_drawings_write_the_numbers_and_where_colours_end(run):
    drawn = svg.written(map_sheet.map_sheet(run, 0, 0, 0, numbers=True))
    assert "colour from 0 to 6.00" in said_in(drawn)
    assert ">4.00<" in drawn
    drawn = svg.written(lines.lines_sheet(run, 0, 0, 0))
    assert "as thick as the contribution; below 0.0600 none is drawn" in said_in(drawn)
    assert "4.000000" in drawn


def test_grey_diagrams_are_shares_of_the_largest(run):
    levels, n_pixels = np.unique(np.array(diagrams.draw(run, 0, 0, 0)), return_counts=True)
    of_level = dict(zip(levels.tolist(), n_pixels.tolist(), strict=True))
    for share in (2, 4, 1, 6):
        assert of_level[round(255 * share / 6)] >= diagrams.CELL**2, share


def test_other_pictures_are_told_the_scale(run):
    assert b'"top":6.0' in shaded_map.payload(run, 0, 0, 0, 0)
    header = long_map.payload(run, 0, 0, 0)
    assert b'"largest":6.0' in header
    assert b'"scale":"contribution"' in header
    assert poster.poster(run, 0).startswith(b"\x89PNG")
