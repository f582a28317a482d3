"""A summary says what an eye takes in at once; its numbers are counted here another way."""

from dataclasses import replace

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.maps import summary
from viz.analysis.maps.cell_map import CellMap, of_head
from viz.analysis.masks.cells import VISIBLE


def cell_map(values, **fields) -> CellMap:
    values = np.array(values, dtype=np.float32)
    n_rows, n_columns = values.shape
    named = {
        "title": "a map",
        "row_name": "query",
        "column_name": "key",
        "rows": tuple(f"{at + 1} q{at}" for at in range(n_rows)),
        "columns": tuple(f"{at + 1} k{at}" for at in range(n_columns)),
        "states": np.full(values.shape, VISIBLE, np.uint8),
    }
    return CellMap(values=values, **(named | fields))


PREVIOUS = [[0.9, 0.1, 0.0], [0.8, 0.1, 0.1], [0.1, 0.7, 0.2]]


def test_the_strongest_diagonal_is_that_of_keys_before_or_behind_their_queries():
    assert summary.strongest_diagonal(np.array(PREVIOUS)) == (-1, pytest.approx(1.5))
    assert summary.strongest_diagonal(np.array(PREVIOUS).T) == (1, pytest.approx(1.5))
    assert summary.strongest_diagonal(np.eye(4)) == (0, 4.0)
    before, itself, behind = (
        list(summary.spread_said(cell_map(values, are_shares=True, on_itself=True)))[-1]
        for values in (PREVIOUS, np.eye(3), np.array(PREVIOUS).T)
    )
    assert before == "Strongest diagonal: keys before their queries, distance 1: 50% of all."
    assert itself == "Strongest diagonal: each query at itself: 100% of all."
    assert behind == "Strongest diagonal: keys behind their queries, distance 1: 50% of all."


def test_special_tokens_padding_and_the_strongest_column_are_shares_of_all():
    special, padding = np.array([True, False, False]), np.array([False, False, True])
    of = cell_map(PREVIOUS, are_shares=True, special=special, padding=(padding, padding))
    assert list(summary.spread_said(of)) == [
        "Special tokens get 60% of all.",
        "Padding gets 10% of all.",
        "Strongest column: 1 k0, 60% of all.",
    ]


def test_what_has_no_number_is_counted_by_its_reason():
    run = hand_made.run([[1, 1, 1, 0]], model=hand_made.model_info(1, 1, causal=True))
    said = summary.size_said(of_head(run, 0, 0, 0))
    # 6 visible, 3 later keys of real tokens; the column and the row of padding are 7
    assert said == (
        "4 rows (query), 4 columns (key); cells with a number: 6 of 16. Cells without one: a later key: 3, padding: 7."
    )


def test_of_numbers_with_a_sign_the_lowest_is_named_too():
    of = cell_map([[0.5, -0.25], [0.125, 0.0]], signed=True)
    assert summary.summary(of) == (
        "2 rows (query), 2 columns (key); cells with a number: 4 of 4. Largest: +0.5000 at query 1 q0, key 1 k0; "
        "+0.1250 at query 2 q1, key 1 k0; +0.0000 at query 2 q1, key 2 k1. Lowest: -0.2500 at query 1 q0, key 2 k1."
    )


def test_nothing_is_added_up_where_nothing_is_or_where_numbers_are_no_shares():
    assert list(summary.spread_said(cell_map(PREVIOUS))) == []
    empty = cell_map(np.full((2, 2), np.nan), are_shares=True, on_itself=True)
    assert list(summary.spread_said(empty)) == [] and "cells with a number: 0 of 4" in summary.summary(empty)
    odd = replace(cell_map([[np.inf, 0.5]]), are_shares=True)
    assert "cells with a number: 1 of 2" in summary.summary(odd) and "100% of all" in summary.summary(odd)


def test_a_map_of_more_than_200_cells_is_summed_up_first():
    assert [summary.is_large(cell_map(np.zeros(shape))) for shape in ((10, 20), (3, 67))] == [False, True]
