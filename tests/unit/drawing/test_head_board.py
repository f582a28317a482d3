"""The board of numbers that the browser draws: colours on one scale, both names, and nothing for heads left out."""

import json
import struct

import numpy as np
import pytest

from tests import hand_made
from viz import theme
from viz.drawing import head_board
from viz.drawing.overview import TOP_LEVEL
from viz.view import View

VALUES = np.array([[0.0, 0.125], [0.5, 1.0]], dtype=np.float32)


def unpacked(data: bytes) -> tuple[dict, list[int]]:
    """Read a board as the browser does."""
    (length,) = struct.unpack("<I", data[:4])
    return json.loads(data[4 : 4 + length]), list(data[4 + length :])


def drawn(values=VALUES, measure="previous", *, weights="pretrained", **options) -> tuple[dict, list[int]]:
    info = hand_made.model_info(*np.shape(values), weights=weights)
    return unpacked(head_board.board(np.array(values, dtype=np.float32), info, measure, **options))


def test_layers_go_down_and_heads_across_with_one_level_each():
    header, levels = drawn()
    assert (header["rows"], header["columns"], header["side"]) == (2, 2, 1)
    assert levels == [0, round(TOP_LEVEL / 8), TOP_LEVEL // 2, TOP_LEVEL]
    assert header["titles"][2] == "Layer2_Head1 · L1H0: 0.5000"
    assert (header["across"], header["down"]) == (["1", "2"], ["layer 1", "2"])
    assert header["board"] == "heads"  # so that the frame around the open head finds it


def test_shares_are_coloured_up_to_one_unless_asked():
    assert drawn([[0.25, 0.5]])[1] == [round(TOP_LEVEL / 4), TOP_LEVEL // 2]
    header, levels = drawn([[0.25, 0.5]], own_scale=True)
    assert levels == [TOP_LEVEL // 2, TOP_LEVEL]
    assert header["ends"] == ["0", ".50"]


@pytest.mark.parametrize("measure", ["entropy", "distance"])
def test_bits_and_tokens_are_coloured_up_to_their_largest(measure):
    header, levels = drawn([[1.0, 4.0]], measure)
    assert levels == [round(TOP_LEVEL / 4), TOP_LEVEL]
    assert header["ends"] == ["0", "4.00"]


def test_two_boards_can_share_a_scale():
    header, levels = drawn([[1.0, 2.0]], "entropy", largest=4.0)
    assert levels == [round(TOP_LEVEL / 4), TOP_LEVEL // 2]
    assert header["ends"] == ["0", "4.00"]


def test_a_board_of_zeros_is_drawn():
    assert drawn([[0.0, 0.0]], "padding", own_scale=True)[1] == [0, 0]


def test_heads_that_are_left_out_have_neither_number_nor_a_colour_of_the_scale():
    header, levels = drawn(kept=np.array([[False, True], [True, False]]))
    assert levels[0] == levels[3] > TOP_LEVEL
    assert header["names"] == ["", ".12", ".50", ""]
    assert header["titles"][3] == "Layer2_Head2 · L1H1: 1.0000"  # the pointer still says it


def test_the_spread_is_said_beside_the_value():
    assert drawn(spread=VALUES / 2)[0]["titles"][3] == "Layer2_Head2 · L1H1: 1.0000 ± 0.5000"


def test_figures_stand_out_from_the_colour_behind_them():
    header, _levels = drawn([[i / 10 for i in range(11)]])
    colours = theme.lookup_table(theme.WEIGHT_STOPS)
    for ink, at in zip(header["inks"], np.linspace(0, 255, 11).round().astype(int)):
        assert contrast(theme.rgba(ink)[:3], colours[at]) > 3


def contrast(ink, ground) -> float:
    """Give the contrast of WCAG 2, from relative luminance: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    lights = []
    for colour in (ink, ground):
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
        lights.append(0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2])
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_differences_lie_around_the_middle_of_their_scale():
    info = hand_made.model_info(1, 3)
    header, levels = unpacked(head_board.difference_board(np.array([[-0.25, 0.0, 0.5]], np.float32), info, "previous"))
    assert levels == [round(TOP_LEVEL / 4), TOP_LEVEL // 2, TOP_LEVEL]
    assert header["ends"] == ["-.50", "+.50"]
    assert header["titles"][0] == "Layer1_Head1 · L0H0: -0.2500"
    assert header["colours"][:3] == theme.rgba(theme.CHANGE_STOPS[0])[:3]


def test_equal_boards_have_one_name_and_others_another():
    assert drawn()[0]["key"] == drawn()[0]["key"]
    keys = {
        drawn()[0]["key"],
        drawn(VALUES / 2)[0]["key"],
        drawn(VALUES / 2, own_scale=True)[0]["key"],
        drawn(VALUES, "entropy")[0]["key"],
    }
    assert len(keys) == 4


def test_untrained_models_are_stamped():
    assert drawn(weights="random")[0]["words"]["stamp"] == "random weights"
    assert drawn()[0]["words"]["stamp"] == ""


def test_how_far_heads_moved_ends_at_the_largest_and_names_the_kind():
    moved = np.array([[0.125, 0.25], [np.nan, np.nan]], dtype=np.float32)
    header, levels = unpacked(head_board.moved_board(moved, "cross", is_random=True))
    assert (header["ends"], header["board"]) == (["0", "0.250"], "heads cross")
    assert header["titles"][:2] == ["Cross Layer1_Head1 · L0H0: 0.1250", "Cross Layer1_Head2 · L0H1: 0.2500"]
    assert levels[:2] == [TOP_LEVEL // 2, TOP_LEVEL]
    assert levels[2] > TOP_LEVEL and header["names"][2:] == ["", ""]  # nothing was compared there
    assert header["words"]["stamp"] == "random weights"


def test_joined_heads_are_named_by_what_was_joined_and_no_larger_than_a_map_of_them():
    moved = np.array([[0.125], [0.25]], dtype=np.float32)
    header, _levels = unpacked(head_board.moved_board(moved, "self", is_random=False, view=View(combined="heads")))
    assert header["titles"] == ["Layer1: mean over its heads: 0.1250", "Layer2: mean over its heads: 0.2500"]
    assert (header["across"], header["down"], header["widest"]) == (["mean"], ["layer 1", "2"], 120)


def test_heads_that_moved_nowhere_are_white():
    header, levels = unpacked(head_board.moved_board(np.zeros((1, 2), dtype=np.float32), "self", is_random=False))
    assert levels == [0, 0]
    assert header["names"] == [".00", ".00"]
    assert header["words"]["stamp"] == ""
