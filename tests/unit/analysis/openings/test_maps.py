"""What is said of a map: how many there are, what a row and a column is, and one cell's number."""

from dataclasses import replace

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.openings.maps import cell_said, heads_said, map_said, tokens_said
from viz.analysis.views.viewed import viewed
from viz.view import View

TOKENS = ("[CLS]", "slow", "moves", "[SEP]")
SPECIAL = np.array([[True, False, False, True]])
WEIGHTS = [[0.1, 0.2, 0.3, 0.4], [0.2, 0.1, 0.6, 0.1], [0.55, 0.25, 0.1, 0.1], [1.0, 0.0, 0.0, 0.0]]


def run(weights=None, *, causal=False, real=(1, 1, 1, 1), **fields):
    """Build a run of one head over one text of four tokens."""
    return hand_made.run(
        [list(real)],
        model=hand_made.model_info(causal=causal),
        batch_fields={"tokens": (TOKENS,), "special_tokens_mask": SPECIAL},
        attentions=np.array([[[weights or WEIGHTS]]], dtype=np.float32),
        **fields,
    )


def test_the_heads_are_counted():
    of = hand_made.run(
        [[1, 1]], model=hand_made.model_info(6, 12), attentions=np.full((1, 6, 12, 2, 2), 0.5, np.float32)
    )
    assert (
        heads_said(of) == "hand-made has 6 x 12 heads (layers x heads in each), and each draws a map: 72 of one text."
    )


def test_tokens_and_padding_are_counted_apart():
    padded = hand_made.run([[1, 1, 1, 1], [0, 0, 0, 1], [0, 1, 1, 1]])
    assert tokens_said(padded, 0) == "The model reads this text as 4 tokens."
    assert tokens_said(padded, 1) == (
        "The model reads this text as 1 token. 3 more places of its row are padding: filling, no text."
    )
    assert tokens_said(padded, 2).endswith("1 more place of its row is padding: filling, no text.")


def test_the_word_whose_largest_weight_is_the_largest_is_named():
    # Of the typed words: slow 0.6 at moves, moves 0.55 at [CLS]. [SEP] has more, and is not typed.
    said = "In the row of 'slow' the largest weight, 0.60, is on 'moves'; the whole row sums to 1.00."
    assert cell_said(run(), 0, 0, 0) == said
    other = [row[:] for row in WEIGHTS]
    other[2] = [0.7, 0.1, 0.1, 0.1]
    assert cell_said(run(other), 0, 0, 0).startswith("In the row of 'moves' the largest weight, 0.70, is on '[CLS]'")


def test_a_row_that_sums_to_less_is_said_to():
    seen, at = viewed(run(), 0, View(special="hidden"))
    # Without [CLS] and [SEP] slow keeps 0.1 and 0.6.
    assert cell_said(seen, at, 0, 0) == (
        "In the row of 'slow' the largest weight, 0.60, is on 'moves'; the whole row sums to 0.70."
    )


def test_a_map_is_a_table_of_queries_and_keys():
    shape, cell = map_said(run(), 0, 0, 0)
    assert shape == (
        "The open map, Layer1_Head1 · L0H0, is a table of 4 x 4 cells: a row is a token that looks (the query), a "
        "column a token that is looked at (the key)."
    )
    assert cell == cell_said(run(), 0, 0, 0)


def test_of_a_causal_map_the_empty_half_is_explained():
    of = run([[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0.2, 0.2, 0.6, 0], [0.25] * 4], causal=True)
    assert "above the diagonal it is empty" in map_said(of, 0, 0, 0)[0]
    assert "above the diagonal" not in map_said(run(), 0, 0, 0)[0]


def test_cross_attention_has_rows_of_the_target_and_columns_of_the_source():
    cross = np.array([[[[[0.2, 0.8], [0.7, 0.3], [0.5, 0.5]]] * 2]], dtype=np.float32)
    of = hand_made.translation([[1, 1]], [[1, 1, 1]], cross=cross)
    shape, cell = map_said(of, 0, 0, 1, kind="cross")
    assert "is a table of 3 x 2 cells: a row is a token of the target" in shape
    assert cell == "In the row of 'w0' the largest weight, 0.80, is on 't1'; the whole row sums to 1.00."


def test_of_a_hidden_map_no_number_is_said():
    said = map_said(run(), 0, 0, 0, hidden=True)
    assert said[1:] == ["Its numbers are hidden until you have guessed."]
    assert "0." not in said[0]


def test_contributions_and_words_are_called_so():
    of = run()
    of.maps["self"] = replace(of.maps["self"], value_norms=np.array([[[[4, 1, 1, 1]]]], dtype=np.float32))
    seen, at = viewed(of, 0, View(contribution=True))
    # moves: 0.55 x 4 from [CLS].
    assert cell_said(seen, at, 0, 0) == "In the row of 'moves' the largest contribution, 2.20, comes from '[CLS]'."
    seen, at = viewed(of, 0, View(words=True))
    assert "a row is a word that looks" in map_said(seen, at, 0, 0)[0]


@pytest.mark.parametrize("weights", [np.full((4, 4), np.nan).tolist()])
def test_a_map_without_numbers_has_no_cell_to_name(weights):
    assert cell_said(run(weights), 0, 0, 0) is None
    assert len(map_said(run(weights), 0, 0, 0)) == 1
