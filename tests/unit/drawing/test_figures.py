"""Plotly gets the model's weights and nothing else: states apart, tokens as plain text, the scale where it belongs."""

import re

import numpy as np
import plotly.graph_objects as go
import pytest

from tests import hand_made
from viz import theme
from viz.analysis.compare.comparison import edited
from viz.analysis.predictions import Shift
from viz.drawing import axes, bars, heatmap
from viz.records import Prediction

NASTY = [
    "<b>",
    "<a href='x'>y</a>",
    "$x$",
    "#000001",
    "%{x}",
    "&amp;",
    "{y}",
    "",
    "&",
    "<br>",
    "</extra>",
    "the",
    "the",
]
SHOWN = [
    "&lt;b&gt;",
    "&lt;a href='x'&gt;y&lt;/a&gt;",
    "&#36;x&#36;",
    "&#35;000001",
    "&#37;&#123;x&#125;",
    "&amp;amp;",
    "&#123;y&#125;",
    "",
    "&amp;",
    "&lt;br&gt;",
    "&lt;/extra&gt;",
    "the",
    "the",
]


def map_of(weights, *, attention_mask=None, tokens=None, own_scale=False, **fields) -> go.Figure:
    """Draw the only head of a run."""
    n_tokens = len(weights)
    names = {"tokens": (tuple(tokens),)} if tokens else None
    values = np.array([[[weights]]], dtype=np.float32)
    run = hand_made.run([attention_mask or [1] * n_tokens], attentions=values, batch_fields=names, **fields)
    return heatmap.head_map(run, 0, 0, 0, own_scale=own_scale)


def strings(value) -> list[str]:
    """Collect every string in a figure's dictionary, values and keys."""
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (key, *strings(item))]
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


def notes(figure: go.Figure) -> list[str]:
    return [annotation.text for annotation in figure.layout.annotations]


def test_a_map_shows_the_weights_to_four_decimals():
    weights = np.array([[0.123456, 0.876544], [0.99995, 0.00005]], dtype=np.float32)
    shown = map_of(weights).data[-1].z
    np.testing.assert_allclose(shown, [[0.1235, 0.8765], [1.0, 0.0]], atol=6e-5)
    np.testing.assert_allclose(shown, weights, atol=5.1e-5)


def test_the_query_is_the_row_and_the_key_the_column():
    figure = map_of([[0.25, 0.75], [0.5, 0.125]], tokens=["a", "b"])
    layer = figure.data[-1]
    assert layer.z[0][1] == 0.75
    assert list(layer.x) == list(layer.y) == ["1 a", "2 b"]
    assert figure.layout.yaxis.autorange == "reversed"  # the first query is on top
    assert figure.layout.xaxis.title.text == "key (at this token)"
    assert figure.layout.yaxis.title.text == "query (this token looks)"


@pytest.mark.parametrize(
    "attention_mask, told, causal, states",
    [
        ([1, 1, 1], [1, 1, 1], False, [[0, 0, 0], [0, 0, 0], [0, 0, 0]]),
        ([1, 1, 0], [1, 1, 0], False, [[0, 0, 2], [0, 0, 2], [2, 2, 2]]),
        ([0, 1, 1], [0, 1, 1], True, [[2, 2, 2], [2, 0, 1], [2, 0, 0]]),
        ([1, 1, 1], [1, 0, 1], False, [[0, 3, 0], [0, 3, 0], [0, 3, 0]]),
        ([1, 1, 1], [0, 1, 1], True, [[5, 5, 5], [3, 0, 1], [3, 0, 0]]),
    ],
)
def test_a_map_has_a_gap_where_there_is_no_weight_and_only_there(attention_mask, told, causal, states):
    figure = map_of(
        np.full((3, 3), 1 / 3),
        attention_mask=attention_mask,
        given_mask=np.array([told], dtype=bool),
        model=hand_made.model_info(causal=causal),
    )
    weight_layer, state_layers = figure.data[-1], figure.data[:-1][:1]
    assert [np.array(layer.z).tolist() for layer in state_layers] == ([states] if np.any(states) else [])
    assert np.isnan(weight_layer.z).tolist() == (np.array(states) != 0).tolist()
    assert weight_layer.hoverongaps is False
    hatched = {shape.path is not None for shape in figure.layout.shapes}
    assert (True in hatched) == bool({2, 3, 5} & set(np.ravel(states).tolist()))


def test_each_state_has_the_colour_of_its_own():
    layer = map_of([[1.0, 0.0], [1.0, 0.0]], attention_mask=[1, 0]).data[0]
    # The scale runs from -0.5 to 5.5 in six steps: state n lies in the middle of step n.
    steps = dict(enumerate((theme.CLEAR, theme.CAUSAL, theme.PADDING, theme.HIDDEN, theme.CAUSAL, theme.NOTHING)))
    assert (layer.zmin, layer.zmax, layer.showscale) == (-0.5, 5.5, False)
    for state, colour in steps.items():
        at = (state + 0.5) / 6
        below = [c for edge, c in layer.colorscale if edge <= at][-1]
        above = [c for edge, c in layer.colorscale if edge >= at][0]
        assert below == above == colour


def test_padding_is_hatched_and_hidden_cells_are_crossed_where_they_are():
    figure = map_of(np.full((3, 3), 1 / 3), attention_mask=[1, 1, 0], given_mask=np.array([[True, False, False]]))
    padding, hidden = [shape.path for shape in figure.layout.shapes]
    # Diagonals through the padded cells (key, query), from the upper right down: alone through (2,0), (0,2) and (2,2),
    # one through (2,1) and (1,2), which touch.
    assert padding == "M2.5,-0.5L1.5,0.5M0.5,1.5L-0.5,2.5M2.5,0.5L0.5,2.5M2.5,1.5L1.5,2.5"
    # Two strokes in each hidden cell: key 1 of queries 0 and 1.
    assert hidden == "M0.5,-0.5L1.5,0.5M0.5,0.5L1.5,-0.5M0.5,0.5L1.5,1.5M0.5,1.5L1.5,0.5"


def test_a_row_that_may_look_at_nothing_is_struck_and_says_so_and_never_enters_the_scale():
    weights = [[0.9, 0.05, 0.05], [0, 1, 0], [0, 0.25, 0.75]]
    told = np.array([[False, True, True]])
    figure = map_of(weights, given_mask=told, model=hand_made.model_info(causal=True), own_scale=True)
    painted, spoken, shown = figure.data
    assert np.array(painted.z)[0].tolist() == [5, 5, 5]
    assert np.isnan(shown.z[0]).all()
    assert shown.zmax == 1  # not the 0.9 of the row that may look at nothing, and not 0.75 of the last one
    assert spoken.hovertemplate == "%{y}: may look at nothing<extra></extra>"
    assert np.isnan(spoken.z).tolist() == [[False] * 3, [True] * 3, [True] * 3]
    assert "M-0.5,0L2.5,0" in [shape.path for shape in figure.layout.shapes]


def test_a_head_whose_rows_all_may_look_at_nothing_has_no_weight_and_a_scale_of_its_own():
    figure = map_of([[0.5, 0.5], [0.5, 0.5]], given_mask=np.zeros((1, 2), dtype=bool), own_scale=True)
    assert np.isnan(figure.data[-1].z).all()
    assert (figure.data[-1].zmin, figure.data[-1].zmax) == (0, 1)


def test_what_the_open_layers_window_leaves_out_is_empty_and_says_so():
    every, near = np.tri(3, dtype=bool), np.tri(3, dtype=bool) & ~np.tri(3, k=-2, dtype=bool)
    run = hand_made.run([[1] * 3], model=hand_made.model_info(2, causal=True), allowed=np.stack([every, near])[None])
    assert [len(heatmap.head_map(run, 0, layer, 0).data) for layer in (0, 1)] == [2, 3]
    painted, spoken, shown = heatmap.head_map(run, 0, 1, 0).data
    assert np.array(painted.z).tolist() == [[0, 1, 1], [0, 0, 1], [4, 0, 0]]
    assert np.isnan(shown.z[2]).tolist() == [True, False, False]
    assert spoken.hovertemplate == "%{y} → %{x}: outside this layer's window<extra></extra>"


def strokes(path: str) -> list[tuple[float, ...]]:
    """Read a path of straight lines as (x0, y0, x1, y1)."""
    return [tuple(map(float, re.split("[,L]", line))) for line in path.split("M")[1:]]


@pytest.mark.parametrize(
    "n_tokens, padded", [(12, slice(8, 12)), (12, slice(0, 5)), (50, slice(10, 50)), (512, slice(0, 400))]
)
def test_lines_over_padding_stay_inside_it_and_are_few(n_tokens, padded):
    real = np.ones(n_tokens, dtype=bool)
    real[padded] = False
    figure = map_of(np.full((n_tokens, n_tokens), 1 / n_tokens), attention_mask=real.astype(int).tolist())
    lines = strokes(figure.layout.shapes[0].path)
    for x0, y0, x1, y1 in lines:
        assert x0 + y0 == x1 + y1  # a diagonal
        keys, queries = np.arange(x1 + 0.5, x0 + 0.5).astype(int), np.arange(y0 + 0.5, y1 + 0.5).astype(int)[::-1]
        assert len(keys) == len(queries) > 0
        assert not (real[keys] & real[queries]).any()
    sums = {x0 + y0 for x0, y0, *_ in lines}
    assert len(sums) <= 2 * 60  # the whole map has twice the diagonals of a side
    assert len(lines) <= 3 * 60
    if n_tokens == 12:  # then every padded cell has its stroke
        assert sum(x0 - x1 for x0, _, x1, _ in lines) == (~(real[:, None] & real)).sum()


def test_a_map_of_512_tokens_with_400_padded_is_small():
    weights = np.random.default_rng(0).dirichlet(np.ones(512), size=512)
    figure = map_of(weights, attention_mask=[1] * 112 + [0] * 400)
    assert len(figure.to_json()) < 2_200_000
    assert 0 < len(str(figure.layout.shapes)) < 50_000


def test_weights_on_padding_of_a_model_that_was_not_told_are_shown_and_hatched():
    figure = map_of([[0.25, 0.75], [0.5, 0.5]], attention_mask=[1, 0], given_mask=np.ones((1, 2), dtype=bool))
    assert figure.data[-1].z[0].tolist() == [0.25, 0.75]
    assert np.isnan(figure.data[-1].z[1]).all()
    # Cells (key 1, query 0) and (key 0, query 1) lie on one diagonal, (1, 1) on the next.
    assert figure.layout.shapes[0].path == "M1.5,-0.5L-0.5,1.5M1.5,0.5L0.5,1.5"


def test_the_scale_is_0_to_1_unless_another_is_asked_for():
    fixed = map_of([[0.2, 0.1], [0.1, 0.2]]).data[-1]
    own = map_of([[0.2, 0.1], [0.1, 0.2]], own_scale=True).data[-1]
    assert (fixed.zmin, fixed.zmax) == (0, 1)
    assert (own.zmin, own.zmax) == pytest.approx((0, 0.2))
    assert fixed.showscale is not False


def test_a_map_is_of_the_asked_text_layer_and_head():
    values = np.arange(8, dtype=np.float32).reshape(2, 2, 2, 1, 1) / 8
    run = hand_made.run([[1], [1]], model=hand_made.model_info(2, 2), attentions=values)
    for n, (row, layer, head) in enumerate(np.ndindex(2, 2, 2)):
        figure = heatmap.head_map(run, row, layer, head)
        assert figure.data[-1].z.tolist() == [[n / 8]]
        assert figure.layout.title.text == f"Layer{layer + 1}_Head{head + 1} · L{layer}H{head}"


def test_the_same_token_twice_is_two_categories():
    names = axes.categories(["the", "cat", "the"])
    assert names == ["1 the", "2 cat", "3 the"]
    assert axes.categories(["a", "b"], [3, 5]) == ["4 a", "6 b"]


def test_ticks_are_thinned_to_at_most_36():
    for n_tokens, n_ticks in [(1, 1), (35, 35), (36, 36), (37, 19), (72, 36), (73, 25), (512, 35)]:
        tokens = [f"t{i}" for i in range(n_tokens)]
        settings = axes.ticks(tokens, axes.categories(tokens))
        step = {37: 2, 72: 2, 73: 3, 512: 15}.get(n_tokens, 1)
        assert settings["ticktext"] == tokens[::step], n_tokens
        assert settings["tickvals"] == [f"{i + 1} t{i}" for i in range(0, n_tokens, step)], n_tokens
        assert len(settings["ticktext"]) == n_ticks, n_tokens


def test_tokens_are_written_as_entities_wherever_plotly_or_streamlit_read_markup():
    assert [axes.plain(token) for token in NASTY] == SHOWN


def figures_of_nasty_tokens() -> dict[str, go.Figure]:
    n = len(NASTY)
    fields = {"tokens": (tuple(NASTY),), "input_ids": np.arange(n)[None]}
    run = hand_made.run(
        [[1] * n],
        batch_fields=fields,
        model=hand_made.model_info(causal=True),
        readouts=np.array([[0, n - 1]]),
        readout_logits=np.zeros((1, 0), np.float32),
    )
    return {
        "one head": heatmap.head_map(run, 0, 0, 0),
        "difference": heatmap.difference_map(edited(run, run), 0, 0),
        "predictions": bars.prediction_bars([Prediction(i + 1, i, token, 0.0, 0.01) for i, token in enumerate(NASTY)]),
        "shifts": bars.shift_bars([Shift(i, token, 0.1, 0.2, 1, 2) for i, token in enumerate(NASTY)]),
    }


def test_no_token_reaches_plotly_as_markup():
    for name in ["one head", "difference", "predictions", "shifts"]:
        figure = figures_of_nasty_tokens()[name]
        figure.layout.template = None  # Streamlit's own, where it was loaded, has placeholder colours such as #000001
        found = strings(figure.to_plotly_json())
        for axis in (
            (figure.layout.yaxis,) if name in ("predictions", "shifts") else (figure.layout.xaxis, figure.layout.yaxis)
        ):
            assert list(axis.ticktext) == SHOWN, name
            assert len(set(axis.tickvals)) == len(NASTY), name
        ours = {
            "%{y} → %{x}: %{z:.4f}<extra></extra>",
            "%{y} → %{x}: %{z:+.4f}<extra></extra>",
            "%{y}: %{x:.6f}<extra></extra>",
            "%{y} → %{x}: no weight (masked)<extra></extra>",
        }
        for text in set(found) - ours:
            assert not re.search(r"[<>${}]|&(?!amp;|lt;|gt;|#\d+;)", text), text
            assert not re.search(r"#[0-9a-f]{6}", text) or re.fullmatch(r"#[0-9a-f]{6}", text), text
            assert "%" not in text or re.fullmatch(r"[\d.]+%", text), text
        assert "#000001" not in found, name


def test_categories_of_one_figure_are_those_of_its_axes():
    figure = figures_of_nasty_tokens()["one head"]
    assert list(figure.data[0].x) == list(figure.data[-1].y) == list(figure.layout.xaxis.tickvals)


def test_room_for_labels_grows_with_the_widest_up_to_a_limit():
    assert axes.label_px(["ab", "abcd"]) == 12 + 4 * 8
    assert axes.label_px(["北京"]) == 12 + 4 * 8  # twice as wide as Latin letters
    assert axes.label_px(["x" * 500]) == 150
    assert axes.label_px([]) == 12


def test_a_model_with_random_weights_is_stamped_and_a_trained_one_is_not():
    assert "random weights" in notes(map_of([[1.0]], model=hand_made.model_info(weights="random")))
    assert notes(map_of([[1.0]])) == []


def test_the_row_that_predicts_the_next_token_is_framed_and_said():
    model = hand_made.model_info(causal=True)
    run = hand_made.run(
        [[1, 1, 0], [1, 1, 1]],
        model=model,
        readouts=np.array([[0, 1], [1, 2]]),
        readout_logits=np.zeros((2, 0), np.float32),
    )
    for row, position in ((0, 1), (1, 2)):
        figure = heatmap.head_map(run, row, 0, 0)
        frames = [shape for shape in figure.layout.shapes if shape.type == "rect"]
        assert [(f.x0, f.x1, f.y0, f.y1) for f in frames] == [(-0.5, position + 0.5, position - 0.5, position + 0.5)]
        assert "framed: this row predicts the next token" in notes(figure)


def frames(figure: go.Figure) -> list[tuple[float, ...]]:
    return [(f.x0, f.x1, f.y0, f.y1) for f in figure.layout.shapes if f.type == "rect"]


def causal_run(attention_mask: list[int]):
    last = max(np.flatnonzero(attention_mask))
    return hand_made.run(
        [attention_mask],
        model=hand_made.model_info(causal=True),
        readouts=np.array([[0, last]]),
        readout_logits=np.zeros((1, 0), np.float32),
    )


def test_the_frame_begins_behind_left_padding():
    assert frames(heatmap.head_map(causal_run([0, 0, 1, 1]), 0, 0, 0)) == [(1.5, 3.5, 2.5, 3.5)]


def test_an_asked_query_is_framed_instead_of_the_last_row():
    figure = heatmap.head_map(causal_run([0, 1, 1, 1]), 0, 0, 0, query=2)
    assert frames(figure) == [(0.5, 2.5, 1.5, 2.5)]
    assert notes(figure) == ["framed: this row predicts the next token"]
    assert frames(heatmap.head_map(causal_run([1, 1, 1]), 0, 0, 0, query=0)) == [(-0.5, 0.5, -0.5, 0.5)]


def test_an_asked_query_of_a_masked_model_is_framed_over_all_real_keys_and_predicts_nothing():
    figure = heatmap.head_map(hand_made.run([[1, 1, 1, 0]]), 0, 0, 0, query=1)
    assert frames(figure) == [(-0.5, 2.5, 0.5, 1.5)]
    assert notes(figure) == []


def test_a_masked_model_frames_no_row():
    run = hand_made.run([[1, 1]], readouts=np.array([[0, 1]]), readout_logits=np.zeros((1, 0), np.float32))
    assert len(heatmap.head_map(run, 0, 0, 0).layout.shapes) == 0


def test_no_state_has_a_colour_of_the_scale():
    weights = {tuple(colour) for colour in theme.lookup_table(theme.WEIGHT_STOPS).tolist()}
    states = [tuple(theme.rgba(colour)[:3]) for colour in (theme.CAUSAL, theme.PADDING, theme.HIDDEN)]
    assert len(set(states)) == 3
    for state in states:
        assert min(max(abs(a - b) for a, b in zip(state, weight)) for weight in weights) >= 14


def test_numbers_in_the_cells_are_the_weights_in_an_ink_that_can_be_read():
    weights = np.array([[[[[0.0, 0.9, 0.1], [0.2, 0.3, 0.5], [0.05, 0.25, 0.7]]]]], dtype=np.float32)
    run = hand_made.run([[1, 1, 1]], attentions=weights)
    (written,) = [trace for trace in heatmap.head_map(run, 0, 0, 0, numbers=True).data if trace.type == "scatter"]
    found = {(y, x): (text, ink) for y, x, text, ink in zip(written.y, written.x, written.text, written.textfont.color)}
    # 0.7 is near #2f7eba, of a light of 0.19: black has a contrast of 0.24 / 0.05 = 4.9, white of 1.05 / 0.24 = 4.3
    white = {(0, 1)}
    assert found == {
        (f"{q + 1} t{q}", f"{k + 1} t{k}"): (
            f"{weights[0, 0, 0, q, k]:.2f}",
            "#ffffff" if (q, k) in white else "#000000",
        )
        for q in range(3)
        for k in range(3)
    }
    assert [trace.type for trace in heatmap.head_map(run, 0, 0, 0).data] == ["heatmap"]


def test_cells_without_a_weight_hold_no_number_and_narrow_ones_leave_out_the_zero():
    run = hand_made.run([[1] * 12 + [0]], model=hand_made.model_info(causal=True))
    (written,) = [trace for trace in heatmap.head_map(run, 0, 0, 0, numbers=True).data if trace.type == "scatter"]
    assert len(written.text) == 12 * 13 // 2
    assert set(written.text) == {".08"}  # 1/13


def test_the_ink_follows_the_scale_that_is_shown():
    weights = np.full((1, 1, 1, 2, 2), 0.1, dtype=np.float32)
    run = hand_made.run([[1, 1]], attentions=weights)
    (written,) = [
        trace for trace in heatmap.head_map(run, 0, 0, 0, numbers=True, own_scale=True).data if trace.type == "scatter"
    ]
    assert set(written.textfont.color) == {"#ffffff"}  # the largest weight is darkest
