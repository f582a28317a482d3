"""Bars of layers and the board of heads show the numbers as they are, zero in the middle."""

import numpy as np

from tests import hand_made
from viz import theme
from viz.drawing.head_board import attribution_board
from viz.drawing.layer_bars import layer_bars
from viz.drawing.overview import TOP_LEVEL


def test_each_layer_has_a_bar_for_its_heads_and_one_for_its_mlp():
    heads, mlp = layer_bars({"heads": np.array([0.5, -1.0]), "mlp": np.array([2.0, 0.0])}).data
    assert (list(heads.x), list(heads.y)) == (["1", "2"], [0.5, -1.0])
    assert (mlp.name, list(mlp.y)) == ("MLP", [2.0, 0.0])


def test_the_board_colours_for_and_against_the_answer_with_zero_in_the_middle():
    values = np.array([[2.0, -2.0], [0.0, 1.0]])
    model = hand_made.model_info(2, 2)
    packed, flipped = attribution_board(values, model), attribution_board(-values, model)
    levels = list(packed[-4:])
    assert levels == [TOP_LEVEL, 0, round(TOP_LEVEL / 2), round(TOP_LEVEL * 0.75)]
    assert list(flipped[-4:])[:2] == [0, TOP_LEVEL]
    assert theme.CHANGE_STOPS[len(theme.CHANGE_STOPS) // 2] == "#ffffff"
