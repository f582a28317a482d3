"""A head's table holds its visible weights, largest first, and is read back from CSV as it was."""

import csv
import io

import numpy as np
import pytest

from tests import hand_made
from viz.analysis import tables


def table_of(weights, *, attention_mask=None, limit=None, tokens=None, **fields) -> dict[str, list]:
    """Give the table of a run of one head."""
    n_tokens = len(weights)
    names = {"tokens": (tuple(tokens),)} if tokens else None
    run = hand_made.run(
        [attention_mask or [1] * n_tokens], attentions=np.array([[[weights]]], np.float32), batch_fields=names, **fields
    )
    return tables.head_table(run, 0, 0, 0, limit=limit)


def rows(table: dict[str, list]) -> list[tuple]:
    return list(zip(*table.values()))


def read_back(table: dict[str, list]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(tables.as_csv(table).decode("utf-8-sig"), newline="")))


def test_cells_come_largest_first_with_positions_counted_from_one():
    table = table_of([[0.25, 0.75], [0.5, 0.125]], tokens=["a", "b"])
    assert list(table) == ["query_position", "query", "key_position", "key", "attention"]
    assert rows(table) == [
        (1, "a", 2, "b", 0.75),
        (2, "b", 1, "a", 0.5),
        (1, "a", 1, "a", 0.25),
        (2, "b", 2, "b", 0.125),
    ]


def test_equal_weights_come_in_reading_order():
    table = table_of([[0.5, 0.5], [0.5, 0.5]])
    assert list(zip(table["query_position"], table["key_position"])) == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_a_limit_keeps_the_largest():
    assert table_of([[0.25, 0.75], [0.5, 0.125]], limit=2)["attention"] == [0.75, 0.5]
    assert table_of([[0.25, 0.75], [0.5, 0.125]], limit=9)["attention"] == [0.75, 0.5, 0.25, 0.125]


def test_a_weight_is_the_models_float32_and_not_rounded():
    weight = np.float32(0.1)
    assert table_of([[weight]])["attention"] == [0.10000000149011612]


@pytest.mark.parametrize(
    "attention_mask, told, causal, places",
    [
        ([1, 1, 0], None, False, {(1, 1), (1, 2), (2, 1), (2, 2)}),
        ([0, 1, 1], None, False, {(2, 2), (2, 3), (3, 2), (3, 3)}),
        ([1, 1, 1], [1, 0, 1], False, {(q, k) for q in (1, 2, 3) for k in (1, 3)}),
        ([1, 1, 1], None, True, {(1, 1), (2, 1), (2, 2), (3, 1), (3, 2), (3, 3)}),
        ([0, 1, 1], [0, 0, 1], True, {(3, 3)}),
    ],
)
def test_cells_without_a_weight_are_not_listed(attention_mask, told, causal, places):
    table = table_of(
        np.full((3, 3), 1 / 3),
        attention_mask=attention_mask,
        model=hand_made.model_info(causal=causal),
        given_mask=np.array([attention_mask if told is None else told], dtype=bool),
    )
    assert set(zip(table["query_position"], table["key_position"])) == places
    assert len(table["attention"]) == len(places)


def test_a_table_is_of_the_asked_text_layer_and_head():
    values = np.arange(8, dtype=np.float32).reshape(2, 2, 2, 1, 1) / 8
    run = hand_made.run([[1], [1]], model=hand_made.model_info(2, 2), attentions=values)
    for n, place in enumerate(np.ndindex(2, 2, 2)):
        assert tables.head_table(run, *place)["attention"] == [n / 8]


def test_csv_is_read_back_as_it_was():
    tokens = ["a,b", 'say "hi"', "two\nlines", "北京", "ползёт", "a;b", " ", "\r\n"]
    weights = np.random.default_rng(0).random((8, 8), dtype=np.float32)
    table = table_of(weights, tokens=tokens)
    header, *lines = read_back({**table, "key": ["x"] * 64})
    assert header == ["query_position", "query", "key_position", "key", "attention"]
    safe = {"\r\n": "'\r\n"}
    assert lines == [
        [str(q), safe.get(query, query), str(k), "x", repr(weight)]
        for q, query, k, weight in zip(
            table["query_position"], table["query"], table["key_position"], table["attention"]
        )
    ]
    assert [np.float32(line[4]) for line in lines] == sorted(weights.ravel().tolist(), reverse=True)


def test_csv_begins_with_the_mark_that_makes_spreadsheets_read_utf_8():
    assert tables.as_csv(table_of([[1.0]])).startswith(b"\xef\xbb\xbfquery_position,")


@pytest.mark.parametrize("token", ["=1+1", "@x", "+1", "-1+2", "--", '=HYPERLINK("x")', "\t=1", "\r=1", "＝1+1", "＠x"])
def test_a_token_that_a_spreadsheet_would_run_gets_an_apostrophe(token):
    line = read_back(table_of([[1.0]], tokens=[token]))[1]
    assert line == ["1", f"'{token}", "1", f"'{token}", "1.0"]


@pytest.mark.parametrize("token", ["=", "+", "-", "@", "", "a=1", "##ing", "'", "1", "[CLS]", "·-"])
def test_other_tokens_and_single_signs_are_written_as_they_are(token):
    line = read_back(table_of([[1.0]], tokens=[token]))[1]
    assert line == ["1", token, "1", token, "1.0"]


def test_numbers_get_no_apostrophe():
    assert read_back({"change": [-0.5, 1e-7]})[1:] == [["-0.5"], ["1e-07"]]


def test_the_strongest_links_are_said_with_two_decimals():
    weights = [[0.05, 0.875, 0.075], [0.3, 0.3, 0.4], [0.6, 0.2, 0.2]]
    run = hand_made.run(
        [[1, 1, 1]],
        attentions=np.array([[[weights]]], np.float32),
        batch_fields={"tokens": (("slow", "moves", "the"),)},
    )
    assert (
        tables.describe(run, 0, 0, 0) == "Strongest links: slow: 0.88 at moves; the: 0.60 at slow; moves: 0.40 at the."
    )
    assert tables.describe(run, 0, 0, 0, n_links=1) == "Strongest links: slow: 0.88 at moves."


def test_braces_in_a_token_are_no_placeholder():
    run = hand_made.run([[1]], batch_fields={"tokens": (("{weight}{0}",),)})
    assert tables.describe(run, 0, 0, 0) == "Strongest links: {weight}{0}: 1.00 at {weight}{0}."


def test_the_heads_that_changed_most_come_first_and_equal_ones_in_order():
    changes = np.array([[0.25, 0.5, 0.0], [0.5, 0.125, 0.75]])
    assert tables.most_changed(changes, 4) == [(1, 2, 0.75), (0, 1, 0.5), (1, 0, 0.5), (0, 0, 0.25)]
    assert tables.most_changed(changes, 0) == []
    assert len(tables.most_changed(changes, 99)) == 6


def test_many_heads_that_changed_alike_stay_in_order():
    changes = np.zeros((12, 12))
    changes[5, 5] = 1
    assert [place[:2] for place in tables.most_changed(changes, 4)] == [(5, 5), (0, 0), (0, 1), (0, 2)]


def test_the_tab_separated_map_has_every_number_to_the_last_bit_and_gaps_where_there_is_none():
    weights = np.random.default_rng(1).random((1, 1, 1, 3, 3), dtype=np.float32)
    run = hand_made.run([[1, 1, 1]], model=hand_made.model_info(causal=True), attentions=weights)
    lines = [line.split("\t") for line in tables.as_tsv(run, 0, 0, 0).splitlines()]
    assert lines[0] == ["", "t0", "t1", "t2"]
    assert [line[0] for line in lines[1:]] == ["t0", "t1", "t2"]
    for query in range(3):
        numbers = lines[1 + query][1:]
        assert [bool(text) for text in numbers] == [key <= query for key in range(3)]
        read = np.array([float(text) for text in numbers if text], dtype=np.float32)
        np.testing.assert_array_equal(read, weights[0, 0, 0, query, : query + 1])


def test_no_token_leaves_its_cell_or_becomes_a_formula():
    tokens = ("a\tb", "c\r\nd", "=1+1", "\u2028e", "")
    table = tables.as_tsv(hand_made.run([[1] * 5], batch_fields={"tokens": (tokens,)}), 0, 0, 0)
    lines = table.removesuffix("\n").split("\n")
    assert len(lines) == 6 and {line.count("\t") for line in lines} == {5}
    assert [line.split("\t")[0] for line in lines[1:]] == ["a b", "c d", "'=1+1", " e", ""]
