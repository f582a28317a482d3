"""Plotly gets what changed and nothing else: differences of maps, how far heads moved, words before and after."""

import numpy as np

from tests import hand_made
from tests.unit.analysis.compare.test_comparison import run_of
from tests.unit.drawing.test_figures import notes
from viz.analysis.compare.answers import WordShift
from viz.analysis.compare.comparison import compared, edited
from viz.analysis.masks.cells import CAUSAL
from viz.analysis.predictions import Shift
from viz.drawing import bars, heatmap, movement_board
from viz.records import Prediction


def two_runs(before: list, after: list, ids_after=(0, 9)):
    return (
        hand_made.run([[1, 1]], attentions=np.array([[[before]]], np.float32)),
        hand_made.run(
            [[1, 1]], attentions=np.array([[[after]]], np.float32), batch_fields={"input_ids": np.array([ids_after])}
        ),
    )


def test_a_difference_is_after_minus_before_on_a_scale_that_is_symmetric():
    figure = heatmap.difference_map(edited(*two_runs([[0.75, 0.25], [0.5, 0.5]], [[0.25, 0.75], [0.625, 0.375]])), 0, 0)
    layer = figure.data[0]
    assert np.array(layer.z).tolist() == [[-0.5, 0.5], [0.125, -0.125]]
    assert (layer.zmin, layer.zmax) == (-0.5, 0.5)
    assert layer.colorscale[0][1] == "#b35806"  # orange: less
    assert layer.colorscale[3] == (0.5, "#ffffff")  # nothing changed
    assert layer.colorscale[-1][1] == "#2166ac"  # blue: more


def test_a_row_that_may_look_at_nothing_has_no_difference_and_is_struck():
    before, after = two_runs([[1, 0], [0.5, 0.5]], [[0.5, 0.5], [0, 1]])
    told = np.array([[False, True]])
    model = hand_made.model_info(causal=True)
    before, after = (
        hand_made.run([[1, 1]], model=model, attentions=of.attentions, given_mask=given)
        for of, given in ((before, np.ones((1, 2), dtype=bool)), (after, told))
    )
    painted, spoken, change = heatmap.difference_map(edited(before, after), 0, 0).data
    assert np.array(painted.z).tolist() == [[5, 5], [0, 0]]
    assert spoken.hovertemplate == "%{y}: may look at nothing<extra></extra>"
    assert np.isnan(change.z[0]).all()
    assert np.array(change.z)[1].tolist() == [-0.5, 0.5]
    assert (change.zmin, change.zmax) == (-0.5, 0.5)


def test_runs_that_are_equal_have_a_white_difference():
    layer = heatmap.difference_map(edited(*two_runs([[1, 0], [0, 1]], [[1, 0], [0, 1]])), 0, 0).data[0]
    assert np.array(layer.z).tolist() == [[0, 0], [0, 0]]
    assert layer.zmin == -layer.zmax < 0


def test_a_difference_of_a_model_with_random_weights_is_stamped():
    trained, random = (
        hand_made.run([[1]], model=hand_made.model_info(weights=weights)) for weights in ("pretrained", "random")
    )
    assert "random weights" in notes(heatmap.difference_map(edited(random, random), 0, 0))
    assert notes(heatmap.difference_map(edited(trained, trained), 0, 0)) == []


def test_a_difference_is_labelled_with_the_tokens_after_the_edit():
    before, _ = two_runs([[1, 0], [0, 1]], [[1, 0], [0, 1]])
    after = hand_made.run(
        [[1, 1, 1]], batch_fields={"input_ids": np.array([[0, 8, 1]]), "tokens": (("first", "new", "last"),)}
    )
    figure = heatmap.difference_map(edited(before, after), 0, 0)
    assert list(figure.data[0].x) == ["1 first", "3 last"]
    assert list(figure.layout.xaxis.ticktext) == ["first", "last"]


def test_the_board_of_changes_holds_every_head_counted_from_one():
    changes = np.array([[0.12345, 0.5, 0.0], [0.25, 0.0, 0.75]])
    layer = movement_board.changes_board(changes).data[0]
    np.testing.assert_allclose(layer.z, [[0.1234, 0.5, 0.0], [0.25, 0.0, 0.75]], atol=6e-5)
    assert (list(layer.x), list(layer.y)) == (["1", "2", "3"], ["1", "2"])
    assert layer.customdata[1][2] == "Layer2_Head3 · L1H2"
    assert (layer.zmin, layer.zmax) == (0, 0.75)


def test_the_board_of_an_edit_that_moved_nothing_is_white():
    layer = movement_board.changes_board(np.zeros((2, 2))).data[0]
    assert layer.zmax > layer.zmin == 0


def test_prediction_bars_are_the_probabilities_best_on_top():
    figure = bars.prediction_bars([Prediction(1, 7, "river", 3.0, 0.625), Prediction(2, 9, "road", 1.0, 0.00025)])
    (series,) = figure.data
    assert list(series.x) == [0.625, 0.00025]
    assert list(series.y) == ["1 river", "2 road"]
    assert list(series.text) == ["62.5%", "2.5e-04"]
    assert figure.layout.yaxis.autorange == "reversed"
    assert figure.layout.xaxis.range[0] == 0  # bars begin at nothing
    assert figure.layout.xaxis.range[1] > 0.625


def test_shift_bars_show_before_and_after_of_each_word():
    figure = bars.shift_bars([Shift(3, "slow", 0.5, 0.125, 1, 4), Shift(5, "fast", 0.25, 0.75, 2, 1)])
    before, after = figure.data
    assert (before.name, list(before.x)) == ("before", [0.5, 0.25])
    assert (after.name, list(after.x)) == ("after", [0.125, 0.75])
    assert list(before.y) == list(after.y) == ["0 slow", "1 fast"]
    assert figure.layout.showlegend
    assert 0.75 < figure.layout.xaxis.range[1] < 1


def test_a_word_that_a_vocabulary_lacks_has_no_bar_there_and_says_why():
    before, after = bars.shift_bars([WordShift("road", 0.25, None, 1, None), WordShift("a", 0.125, 0.5, 2, 1)]).data
    assert list(after.x) == [0, 0.5]
    assert list(after.text) == ["not in its vocabulary", "50.0%"]
    assert after.hovertemplate[0] == "%{y}: not in its vocabulary<extra></extra>"
    assert list(before.text) == ["25.0%", "12.5%"]


def test_a_difference_of_other_pieces_is_labelled_by_the_words_after():
    before = run_of("the playing", [[[[1, 0], [0.5, 0.5]]]])
    after = run_of("the play ##ing", [[[[0.5, 0.25, 0.25], [0, 0.5, 0.5], [0, 0.5, 0.5]]]])
    figure = heatmap.difference_map(compared(before, after), 0, 0)
    assert list(figure.data[0].x) == ["1 the", "2 play &#35;&#35;ing"]  # signs that Plotly would read
    assert np.array(figure.data[0].z).tolist() == [[-0.5, 0.5], [-0.5, 0.5]]


def test_what_neither_run_sees_has_no_colour_of_the_difference():
    run = run_of("a b", [[[[1, 0], [0.5, 0.5]]]], causal=True)
    painted, change = heatmap.difference_map(compared(run, run), 0, 0).data
    assert np.array(painted.z).tolist() == [[0, CAUSAL], [0, 0]]
    assert np.isnan(np.array(change.z)).tolist() == [[False, True], [False, False]]


def test_a_difference_is_stamped_where_either_model_is_random():
    trained, random = (run_of("a", [[[[1]]]], weights=weights) for weights in ("pretrained", "random"))
    for of in (compared(trained, random), compared(random, trained)):
        assert "random weights" in notes(heatmap.difference_map(of, 0, 0))
