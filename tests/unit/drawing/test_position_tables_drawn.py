"""Pictures of positions: every number under the pointer is the table's own."""

import numpy as np
import pytest

from viz.analysis.positions.tables import PositionTable, similarity
from viz.drawing.position_tables import steps, table_map, within
from viz.drawing.profiles import bias_lines, similarity_lines


def made(values, kind="learned", rows=None) -> PositionTable:
    array = np.array(values, dtype=np.float32)
    return PositionTable(kind, "x", "self", array, np.arange(len(array)) if rows is None else np.array(rows), 9)


def test_a_table_is_drawn_position_by_position():
    values = np.random.default_rng(0).normal(size=(20, 30))
    figure = table_map(made(values))
    np.testing.assert_array_equal(figure.data[0].z, values.astype(np.float32))
    assert figure.data[0].zmax == -figure.data[0].zmin == pytest.approx(np.quantile(np.abs(values), 0.99), rel=1e-6)
    assert figure.layout.yaxis.autorange == "reversed"


def test_a_large_table_is_thinned_and_not_averaged():
    values = np.random.default_rng(0).normal(size=(1024, 768)).astype(np.float32)
    table = made(values)
    assert steps(table) == (2, 2)
    drawn = table_map(table).data[0]
    np.testing.assert_array_equal(drawn.z, values[::2, ::2])
    assert list(drawn.x[:3]) == [0, 2, 4] and list(drawn.y[-2:]) == [1020, 1022]


def test_one_large_number_does_not_wash_out_the_others():
    values = np.ones((20, 20))
    values[3, 3] = 1000
    assert within(made(values)) == pytest.approx(1)


def test_of_angles_the_cosine_is_drawn_and_the_angle_told():
    drawn = table_map(made([[0, 1], [2, 3]], "rotary")).data[0]
    np.testing.assert_allclose(drawn.z, np.cos([[0, 1], [2, 3]]), atol=1e-6)
    np.testing.assert_array_equal(drawn.customdata, [[0, 1], [2, 3]])
    assert (drawn.zmin, drawn.zmax) == (-1, 1)


def test_a_bias_is_drawn_head_by_head():
    drawn = table_map(made([[1, -2], [3, 4], [5, 6]], "bias", rows=[-1, 0, 1])).data[0]
    assert drawn.z.tolist() == [[1, 3, 5], [-2, 4, 6]] and list(drawn.y) == ["1", "2"] and list(drawn.x) == [-1, 0, 1]
    lines = bias_lines(made([[1, -2], [3, 4], [5, 6]], "bias", rows=[-1, 0, 1])).data
    assert [list(line.y) for line in lines] == [[1, 3, 5], [-2, 4, 6]]


def test_similarities_are_lines_with_bands():
    alike = similarity(made([[1, 0], [0, 2], [3, 3]]))
    band, line, *_others = similarity_lines({"<b>": alike, "computed": alike}).data
    np.testing.assert_allclose(line.y, alike.mean)
    np.testing.assert_allclose(band.y[:3], alike.mean + alike.spread)
    np.testing.assert_allclose(band.y[3:][::-1], alike.mean - alike.spread)
    np.testing.assert_allclose(line.customdata[:, 1], [3, 2, 1])
    assert line.name == "&lt;b&gt;" and len(_others) == 2
