"""Pictures of heads that follow places or words, and of what heads give to offsets."""

import numpy as np
import pytest

from tests.hand_made import model_info, run
from viz.analysis.positions.offsets import measure
from viz.analysis.positions.place_word import PlaceWord
from viz.drawing.movement_board import changes_board, numbers_board
from viz.drawing.offset_profile import offset_profile, position_only_map
from viz.drawing.place_word_scatter import place_word_scatter


def test_each_head_is_one_point_of_its_group():
    place = np.array([[0.95, 0.1, 0.4, np.nan]], np.float32)
    word = np.array([[-0.2, 0.8, 0.3, 0.2]], np.float32)
    others, by_place, by_word = place_word_scatter(PlaceWord(model_info(1, 4), place, word, 16)).data
    assert [list(group.customdata) for group in (others, by_place, by_word)] == [[[0, 2]], [[0, 0]], [[0, 1]]]
    assert (by_place.x[0], by_place.y[0]) == pytest.approx((-0.2, 0.95))
    assert by_word.hovertext[0] == "Layer1_Head2 · L0H1: place 0.100, word 0.800"
    assert by_place.text[0] == "L0H0"


def test_the_scatter_reaches_to_the_lowest_correlation():
    place, word = np.array([[0.5]], np.float32), np.array([[-0.6]], np.float32)
    figure = place_word_scatter(PlaceWord(model_info(1, 1), place, word, 16))
    assert figure.layout.xaxis.range[0] < -0.6 and figure.layout.yaxis.range[1] > 1


def causal_run():
    weights = np.array([[1, 0, 0], [0.75, 0.25, 0], [0.5, 0.3, 0.2]], np.float32)
    return run([[1, 1, 1]], model=model_info(1, 1, causal=True), attentions=weights[None, None, None])


def test_a_profile_is_a_line_with_its_band():
    of = measure([causal_run()]).profiles(count_special=True)
    band, line = offset_profile(of, (0, 0)).data
    assert list(line.x) == [-2, -1, 0]
    assert list(line.y) == pytest.approx([0.5, (0.75 + 0.3) / 2, (1 + 0.25 + 0.2) / 3])
    assert line.customdata[:, 1].tolist() == [1, 2, 3]
    assert band.y[1] == pytest.approx(0.525 + 0.225)


def test_the_map_of_offsets_alone_leaves_later_keys_empty():
    made = causal_run()
    of = measure([made]).profiles(count_special=True)
    cells = position_only_map(of, made, 0, (0, 0)).data[-1]
    assert cells.z[2].tolist() == pytest.approx([0.5, 0.525, 0.4833], abs=1e-4)
    assert np.isnan(cells.z[0, 1]) and (cells.zmin, cells.zmax) == (0, 1)


def test_random_weights_are_stamped_on_it():
    made = run([[1, 1, 1]], model=model_info(1, 1, weights="random"))
    of = measure([made]).profiles(count_special=True)
    assert "random weights" in [a.text for a in position_only_map(of, made, 0, (0, 0)).layout.annotations]


def test_shares_are_coloured_from_0_to_1_and_changes_to_the_largest():
    values = np.array([[0.25, 0.5]])
    assert numbers_board(values, "R²").data[0].zmax == 1
    assert changes_board(values).data[0].zmax == 0.5
    assert numbers_board(values, "R²").data[0].colorbar.title.text == "R²"
