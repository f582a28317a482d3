"""What the browser gets to walk over a map, and what is read back off a Plotly figure."""

import numpy as np
import plotly.graph_objects as go

from tests import hand_made
from tests.unit.drawing.packed import some_run, unpacked
from viz.analysis.maps.cell_map import of_head
from viz.analysis.masks.cells import CAUSAL, PADDING, VISIBLE
from viz.analysis.masks.stages import matrix_stages
from viz.drawing import cell_walk, class_guesses, heatmap, layer_product, movement_board, stage_maps
from viz.drawing.figure_cells import read


def test_every_number_comes_bit_by_bit_and_every_other_cell_as_its_state():
    run = some_run(4, n_real=3, causal=True)
    header, cells = unpacked(cell_walk.payload(of_head(run, 0, 0, 1), "head_map", pins=True), (4, 4))
    weights, visible = cells.view("<f4"), np.tri(4, dtype=bool) & (np.arange(4)[:, None] < 3)
    np.testing.assert_array_equal(weights[visible], run.attentions[0, 0, 1][visible])
    assert np.isnan(weights[~visible]).all() and (cells[0] & 7).tolist()[1:] == [CAUSAL, CAUSAL, PADDING]
    assert (header["over"], header["pins"], header["padding"]) == ("head_map", True, ["0001", "0001"])
    assert header["rows"] == ["1 <t0>", "2 <t1>", "3 <t2>", "4 <t3>"]


def test_of_a_cell_is_said_where_it_lies_and_the_browser_fills_in_what():
    words = cell_walk.words(of_head(some_run(3), 0, 0, 0), pins=False)
    assert words["cell"] == "query {row}, key {column}: {value}"
    assert words["label"] == "Cells of the map Layer1_Head1 · L0H0: 3 rows, 3 columns"
    assert words["states"][CAUSAL] == "a later key" and "pins" not in words["help"]


def test_only_of_more_than_200_cells_the_summary_comes_first():
    first = [unpacked(cell_walk.payload(of_head(some_run(n), 0, 0, 0)), (n, n))[0]["summaryFirst"] for n in (14, 15)]
    assert first == [False, True]


def test_a_heads_figure_is_read_back_as_the_head_itself():
    run = some_run(4, n_real=3, causal=True)
    own, back = of_head(run, 0, 0, 1), read(heatmap.head_map(run, 0, 0, 1, numbers=True))
    assert back is not None
    assert (back.rows, back.columns, back.title, back.row_name) == (own.rows, own.columns, own.title, own.row_name)
    assert back.column_name == own.column_name and back.digits == 4 and not back.signed
    np.testing.assert_array_equal(back.states, own.states)
    np.testing.assert_allclose(back.values, own.values, atol=5.1e-5)


def test_a_board_is_read_by_layer_and_head_and_a_mask_by_what_is_added():
    board = read(movement_board.changes_board(np.array([[0.25, 0.5, 0.75]])))
    assert board is not None and (board.row_name, board.column_name) == ("layer", "head")
    assert (board.rows, board.columns, board.values.tolist()) == (("1",), ("1", "2", "3"), [[0.25, 0.5, 0.75]])
    assert set(board.states.ravel().tolist()) == {VISIBLE}
    scores = np.zeros((1, 1, 1, 2, 2), dtype=np.float32)
    added = np.array([0, -5], dtype=np.float32).reshape(1, 1, 1, 2).repeat(2, axis=2)
    run = hand_made.run([[1, 0]], scores=scores, additive_mask=added)
    mask = read(stage_maps.added_map(matrix_stages(run, 0, 0, 0), height=300))
    assert mask is not None and mask.values.tolist() == [[0, -5], [0, -5]] and mask.signed


def test_counts_have_no_decimals_and_of_several_squares_the_last_is_read():
    counts = read(class_guesses.head_counts(np.array([[0, 3]]), None))
    assert counts is not None and counts.digits == 0 and counts.values.tolist() == [[0, 3]]
    padding, causal = np.array([[True, False]] * 2), np.tri(2, dtype=bool)
    product = read(layer_product.layer_product({"padding": padding, "causal": causal}, "the mask", ("a", "b")))
    assert product is not None and product.values.tolist() == [[1, 0], [1, 0]]
    assert (product.row_name, product.column_name, product.digits) == ("query", "key", 0)


def test_what_is_no_map_has_no_cells():
    assert read(go.Figure(go.Scatter(x=[1], y=[2]))) is None
