"""Parts are listed once, by what they wrote; the lens keeps the best words of every layer."""

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.reasons.attribution import Attribution, by_layer, lens_of, lens_table, parts, strongest, table
from viz.errors import WrongShape

LOGITS = np.array([[0, 3, 1, 3, -1], [2, 0, 1, -3, 5], [9, 1, 2, 3, 4]], dtype=np.float32)
VOCABULARY = ("a", "b", "c", "d", "e")


def attribution(**fields) -> Attribution:
    """Give a model of two layers of two heads whose parts sum to 9 - 3."""
    values = {
        "model": hand_made.model_info(2, 2, vocabulary=VOCABULARY, causal=True),
        "answer_id": 0,
        "rival_id": 3,
        "heads": np.array([[1.0, -2.0], [4.0, 0.5]]),
        "attention_biases": np.array([0.25, -0.25]),
        "mlps": np.array([3.0, -1.5]),
        "token": -0.5,
        "position": 1.0,
        "norm_bias": 0.25,
        "word_bias": 0.25,
        "scale": 2.0,
        "answer_logit": 9.0,
        "rival_logit": 3.0,
        "lens": lens_of(LOGITS, [0, 3]),
    }
    return Attribution(**(values | fields))


def test_every_part_stands_once_in_the_models_order_and_they_sum_to_the_difference():
    of = attribution()
    assert [(part.kind, part.layer, part.head) for part in parts(of)] == [
        ("token", None, None),
        ("position", None, None),
        ("head", 0, 0),
        ("head", 0, 1),
        ("attention_bias", 0, None),
        ("mlp", 0, None),
        ("head", 1, 0),
        ("head", 1, 1),
        ("attention_bias", 1, None),
        ("mlp", 1, None),
        ("norm_bias", None, None),
        ("word_bias", None, None),
    ]
    assert of.logit == 6.0
    assert of.total == pytest.approx(6.0)


def test_without_a_rival_it_is_the_logit_and_without_positions_they_are_no_part():
    of = attribution(rival_id=None, rival_logit=None, position=None)
    assert of.logit == 9.0
    assert "position" not in {part.kind for part in parts(of)}
    assert of.total == pytest.approx(5.0)


def test_the_largest_either_way_comes_first():
    assert [part.value for part in strongest(attribution())][:4] == [4.0, 3.0, -2.0, -1.5]


def test_a_layers_heads_count_with_the_bias_they_share():
    assert by_layer(attribution())["heads"].tolist() == [-0.75, 4.25]
    assert by_layer(attribution())["mlp"].tolist() == [3.0, -1.5]


def test_the_table_names_heads_both_ways_and_counts_layers_from_one():
    columns = table(attribution())
    rows = list(zip(*columns.values()))
    assert list(columns) == ["part", "index", "layer", "contribution"]
    assert rows[0] == ("Layer2_Head1", "L1H0", 2, 4.0)
    assert rows[1] == ("mlp", "", 1, 3.0)
    assert ("token", "", "", -0.5) in rows
    assert len(rows) == 12


def test_the_lens_keeps_the_best_words_and_the_rank_of_the_followed_ones():
    lens = lens_of(LOGITS, [0, 3])
    assert lens.top_ids[:, 0].tolist() == [1, 4, 0], "equal logits in the order of their ids"
    assert lens.top_logits[2].tolist() == [9, 4, 3, 2, 1]
    assert lens.logits.tolist() == [[0, 3], [2, -3], [9, 3]]
    assert lens.ranks.tolist() == [[4, 2], [2, 5], [1, 3]]


def test_the_table_of_the_lens_says_every_word_of_every_layer():
    rows = list(zip(*lens_table(attribution()).values()))
    assert len(rows) == 3 * 5
    assert rows[0] == (0, 4, 0.0, 2, 3.0, 1, "b", 3.0)
    assert rows[-5] == (2, 1, 9.0, 3, 3.0, 1, "a", 9.0)
    alone = attribution(rival_id=None, rival_logit=None, lens=lens_of(LOGITS, [0]))
    assert list(zip(*lens_table(alone).values()))[0] == (0, 4, 0.0, "", "", 1, "b", 3.0)


def test_heads_of_another_shape_are_refused_and_nothing_can_be_written():
    with pytest.raises(WrongShape):
        attribution(heads=np.zeros((2, 3)))
    with pytest.raises(ValueError):
        attribution().heads[0, 0] = 1.0
    assert attribution().nbytes == 8 * 4 + 8 * 2 * 2 + (8 + 4) * 15 + (4 + 8) * 6
