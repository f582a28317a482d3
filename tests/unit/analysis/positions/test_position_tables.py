"""Tables of positions against arithmetic written out."""

import math

import numpy as np
import pytest

from tests.hand_made import model_info
from viz.analysis.positions import sentences
from viz.analysis.positions.tables import (
    KINDS,
    PositionTable,
    PositionTables,
    columns,
    computed,
    shorter_from,
    similarity,
    sinusoidal,
    vectors,
)
from viz.errors import WrongShape


def made(values, kind: str = "learned", rows=None, n_positions: int | None = None) -> PositionTable:
    array = np.array(values, dtype=np.float32)
    numbered = np.arange(len(array)) if rows is None else np.array(rows)
    return PositionTable(kind, "embeddings", "self", array, numbered, n_positions or len(array))


def test_the_sinusoidal_table_is_the_formula_written_out():
    table = sinusoidal(4, 6)
    expected = [
        [(math.cos if column % 2 else math.sin)(position / 10_000 ** (2 * (column // 2) / 6)) for column in range(6)]
        for position in range(4)
    ]
    np.testing.assert_allclose(table, expected, atol=1e-6)
    assert table[0].tolist() == [0, 1, 0, 1, 0, 1]
    assert table[1, 0] == pytest.approx(0.841471, abs=1e-6)


def test_an_odd_number_of_columns_ends_with_a_sine():
    assert sinusoidal(3, 5)[2, 4] == pytest.approx(math.sin(2 / 10_000 ** (4 / 5)), abs=1e-6)


def test_similarity_is_the_mean_of_cosines_at_each_distance():
    alike = similarity(made([[1, 0], [0, 2], [3, 3]]))
    half = math.sqrt(0.5)
    assert alike.distances.tolist() == [0, 1, 2] and alike.n_pairs.tolist() == [3, 2, 1]
    np.testing.assert_allclose(alike.mean, [1, (0 + half) / 2, half], atol=1e-12)
    np.testing.assert_allclose(alike.spread, [0, half / 2, 0], atol=1e-8)


def test_in_a_computed_table_only_the_distance_counts():
    table = made(sinusoidal(40, 16), "sinusoidal")
    alike = similarity(table)
    expected = [np.mean([math.cos(d / 10_000 ** (i / 8)) for i in range(8)]) for d in range(40)]
    np.testing.assert_allclose(alike.mean, expected, atol=1e-6)
    assert alike.spread.max() < 1e-6


def test_a_vector_of_zeros_is_like_none():
    assert similarity(made([[0, 0], [1, 1]])).mean.tolist() == pytest.approx([0.5, 0])


def test_angles_are_compared_by_their_cosines_and_sines():
    table = made([[0, 0], [1, 0.1], [2, 0.2]], "rotary")
    assert vectors(table)[1].tolist() == pytest.approx([math.cos(1), math.cos(0.1), math.sin(1), math.sin(0.1)])
    np.testing.assert_allclose(
        similarity(table).mean, [1, (math.cos(1) + math.cos(0.1)) / 2, (math.cos(2) + math.cos(0.2)) / 2], atol=1e-6
    )
    assert computed(table).values.shape == (3, 4)


def test_it_is_seen_where_training_ended():
    assert shorter_from(made([[3, 4], [5, 0], [0, 6], [1, 1], [2, 0]])) == 3
    assert shorter_from(made([[3, 4], [5, 0], [1, 0], [4, 4]])) is None
    assert "From position 3 on" in sentences.table_size(made([[3, 4], [5, 0], [0, 6], [1, 1], [2, 0]]))


def test_a_table_refuses_writing_and_rows_that_do_not_fit():
    with pytest.raises(ValueError, match="read-only"):
        made([[1, 2]]).values[0, 0] = 3
    with pytest.raises(WrongShape):
        made([[1, 2], [3, 4]], rows=[0])


def test_every_kind_is_named_and_a_model_without_a_table_is_told():
    tables = tuple(made([[1, 2]], kind) for kind in ("rotary", "learned"))
    assert sentences.which_tables(PositionTables(model_info(), tables)) == (
        "hand-made knows positions in this way: learned, rotary."
    )
    assert "No table of positions was found in hand-made (family bert)" in sentences.which_tables(
        PositionTables(model_info(), ())
    )
    assert len({sentences.kind_name(kind) for kind in KINDS}) == len({sentences.kind_meaning(k) for k in KINDS}) == 6


@pytest.mark.parametrize(
    "table, said",
    [
        (made([[1, 2, 3]] * 2), "2 positions of 3 numbers each."),
        (made([[1, 2, 3]] * 2, n_positions=4096), "2 positions of 3 numbers each. These are the first of 4,096."),
        (made([[0.0, 0.0]] * 2, "rotary"), "2 positions; 2 pairs of numbers of each head are turned."),
        (
            made([[1, 2]] * 3, "bias", rows=[-2, -1, 0]),
            "2 heads; distances from -2 to 0 (key − query), further ones are not shown.",
        ),
        (made([[1, 2]] * 3, "distances", rows=[-1, 0, 1]), "3 distances of 2 numbers each."),
    ],
)
def test_the_size_of_a_table_is_said(table, said):
    assert sentences.table_size(table) == said


def test_similarity_is_said_in_numbers():
    said = sentences.similarity_said(similarity(made([[1, 0], [0, 2], [3, 3]])))
    assert said == "Cosine of two positions, mean over all pairs: 1 apart: 0.35; 2 apart: 0.71."


def test_a_table_becomes_columns():
    assert columns(made([[1, 2], [3, 4]])) == {"position": [0, 1], "0": [1, 3], "1": [2, 4]}
    assert list(columns(made([[1], [2]], "bias", rows=[-1, 0]))) == ["distance", "0"]
