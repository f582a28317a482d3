"""Cells, ties, medians, sums and quantiles on records made by hand."""

import re

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.corpus.cells import row_shades, word_cells
from viz.analysis.corpus.links import Linking, choose_pairs, links_of
from viz.analysis.corpus.reading import Reader, Texts
from viz.analysis.corpus.spreads import BINS, Spreading, most_of
from viz.analysis.corpus.standings import GROUPS, links_table, spread_said, spreads_table, standings, texts_table
from viz.analysis.heads.patterns import Found

HEAD = (0, 0)


def a_run(tokens: list[str], weights: list[list[float]], **model):
    """Build a run of one text on one head."""
    n = len(tokens)
    return hand_made.run(
        [[1] * n],
        model=hand_made.model_info(**model),
        batch_fields={"tokens": (tuple(tokens),), "special_tokens_mask": np.array([[t[0] == "[" for t in tokens]])},
        attentions=np.array(weights, dtype=np.float32)[None, None, None],
    )


def a_reading(strengths: list[float]):
    """Build a reading of texts of three words each, by the weight of its second word at its third."""
    texts = Texts()
    reader = Reader(hand_made.model_info(), len(strengths), 3, [], count_special=False)
    for at, strength in enumerate(strengths):
        texts.add(2 * at, ("on", "cat", f"sat{at}"), 3)
        reader.add(a_run(["on", "cat", "sat"], [[1, 0, 0], [0, 1 - strength, strength], [0, 0, 1]]), [at])
    return reader.reading(2 * len(strengths), (), texts, 0, 3)


def test_equal_weights_stand_in_the_order_of_their_lines():
    of = a_reading([0.5, 0.25, 0.5, 0.75, 0.25, 0.5, 0.125])
    lines = {name: [one.line for one in group] for name, group in standings(of, HEAD, 2).items()}
    # 0.75 | 0.5 0.5 0.5 | 0.25 0.25 | 0.125: the middle of seven is the fourth, and two leave five
    assert lines == {"strongest": [6, 0], "median": [4, 10], "weakest": [8, 12]}
    assert texts_table(of, HEAD, tuple(f"line {n}" for n in range(14)))["line"] == [7, 1, 5, 11, 3, 9, 13]


def test_a_standing_says_rank_weight_and_words():
    (best,) = standings(a_reading([0.25, 0.75]), HEAD, 1)["strongest"]
    assert (best.rank, best.strength, best.query_word, best.key_word, best.query, best.key) == (
        1,
        0.75,
        "cat",
        "sat1",
        1,
        2,
    )


def test_fewer_texts_than_asked_stand_in_every_group():
    groups = standings(a_reading([0.5]), HEAD, 3)
    assert {name: len(group) for name, group in groups.items()} == dict.fromkeys(GROUPS, 1)


WEIGHTS = [
    [0.1, 0.2, 0.3, 0.1, 0.3],  # [CLS]
    [0.5, 0.1, 0.1, 0.2, 0.1],  # play
    [0.3, 0.1, 0.2, 0.3, 0.1],  # ##ing
    [0.2, 0.3, 0.1, 0.3, 0.1],  # cat
    [0.2, 0.2, 0.2, 0.2, 0.2],  # .
]
TOKENS = ["[CLS]", "play", "##ing", "cat", "."]


def test_pieces_give_on_average_and_get_together():
    cells = word_cells(a_run(TOKENS, WEIGHTS), 0, count_special=False)
    assert [word.text for word in cells.words] == ["[CLS]", "playing", "cat", "."]
    assert cells.weights[0, 0, 1, 2] == pytest.approx((0.2 + 0.3) / 2)
    assert cells.weights[0, 0, 2, 1] == pytest.approx(0.3 + 0.1)
    assert cells.even[0, 2, 1] == pytest.approx(2 / 5)
    assert np.argwhere(cells.counted[0]).tolist() == [[1, 2], [2, 1]]
    assert [(shade.text, round(shade.weight, 6)) for shade in row_shades(cells, 0, 0, 2)] == [
        ("[CLS]", 0.2),
        ("playing", 0.4),
        ("cat", 0.3),
        (".", 0.1),
    ]


def test_special_tokens_and_signs_count_where_asked():
    cells = word_cells(a_run(TOKENS, WEIGHTS), 0, count_special=True)
    assert cells.counted[0].sum() == 4 * 3


def test_a_model_that_reads_from_left_to_right_rests_on_its_first_word():
    cells = word_cells(a_run(["␣a", "␣b", "␣c"], np.eye(3).tolist(), causal=True), 0, count_special=False)
    assert np.argwhere(cells.counted[0]).tolist() == [[2, 1]]


def test_padding_on_the_left_is_cut_off():
    run = hand_made.run(
        [[0, 1, 1, 1]],
        model=hand_made.model_info(),
        batch_fields={"tokens": (("[PAD]", "a", "b", "c"),), "padding_side": "left"},
        attentions=np.arange(16, dtype=np.float32).reshape(1, 1, 1, 4, 4),
    )
    cells = word_cells(run, 0, count_special=False)
    assert cells.weights[0, 0].tolist() == [[5, 6, 7], [9, 10, 11], [13, 14, 15]]


def test_a_link_is_set_against_an_even_look_and_against_luck():
    linking = Linking([("cat", "playing")], (1, 1))
    tokens = ["[CLS]", "playing", "the", "Cat"]
    for weight in (0.5, 0.7):
        linking.add(
            word_cells(a_run(tokens, [*[[0.25] * 4] * 3, [0.1, weight, 0.2, 0.7 - weight]]), 0, count_special=False)
        )
    (link,) = links_of(linking.links(1, 3), HEAD, least=2)
    assert (link.query, link.key, link.n) == ("cat", "playing", 2)
    assert link.weight == pytest.approx(0.6)
    assert link.ratio == pytest.approx(1.2 / 0.5)
    # means 0.35 and 0.45, deviations 0.15 and 0.25: (1.2 - 0.8) / sqrt(0.0225 + 0.0625)
    assert link.z == pytest.approx(0.4 / 0.085**0.5, rel=1e-5)
    assert links_of(linking.links(1, 3), HEAD, least=3) == []


def test_a_pair_that_stands_twice_in_a_text_counts_twice():
    linking = Linking([("a", "b"), ("b", "a")], (1, 1))
    linking.add(
        word_cells(a_run(["a", "b", "a"], [[0.2, 0.8, 0], [0.3, 0, 0.7], [0, 0.6, 0.4]]), 0, count_special=True)
    )
    found = {(link.query, link.key): link for link in links_of(linking.links(2, 2), HEAD, least=1)}
    assert found["a", "b"].n == found["b", "a"].n == 2
    assert found["a", "b"].weight == pytest.approx((0.8 + 0.6) / 2)
    assert found["b", "a"].weight == pytest.approx((0.3 + 0.7) / 2)


def test_pairs_that_are_followed_are_the_most_frequent(monkeypatch):
    texts = [["a", "b", "c"]] * 6 + [["b", "d"]] * 5 + [["e", "f"]] * 4
    pairs, n_pairs, n_words = choose_pairs(texts, causal=False)
    assert set(pairs) == {
        ("a", "b"),
        ("b", "a"),
        ("a", "c"),
        ("c", "a"),
        ("b", "c"),
        ("c", "b"),
        ("b", "d"),
        ("d", "b"),
    }
    assert (n_pairs, n_words) == (8, 6)
    assert set(choose_pairs(texts, causal=True)[0]) == {("b", "a"), ("c", "a"), ("c", "b"), ("d", "b")}
    monkeypatch.setattr("viz.analysis.corpus.links.MAX_PAIRS", 3)
    pairs, n_pairs, _n = choose_pairs(texts, causal=True)
    assert (set(pairs), n_pairs) == ({("b", "a"), ("c", "a"), ("c", "b")}, 4)
    monkeypatch.setattr("viz.analysis.corpus.links.MAX_WORDS", 2)
    assert set(choose_pairs(texts, causal=True)[0]) == {("b", "a")}
    assert choose_pairs([["x"], []], causal=False)[0] == []


def test_quantiles_are_those_of_the_values_to_half_a_bin():
    values = np.random.default_rng(3).beta(2, 5, size=(400, 2, 3))
    spreading = Spreading((2, 3), 20)
    spreading.take(
        Found("self", of.astype(np.float32), np.array([0.1, np.nan if n < 100 else 0.2])) for n, of in enumerate(values)
    )
    spread = spreading.spreads()["self"]
    assert spread.n_texts.tolist() == [400, 300]
    for share in (0.05, 0.25, 0.5, 0.95):
        for layer, head, there in ((0, 1, values[:, 0, 1]), (1, 2, values[100:, 1, 2])):
            exact = np.quantile(there, share, method="inverted_cdf")
            assert spread.quantile((layer, head), share) == pytest.approx(exact, abs=0.5 / BINS + 1e-6)
    assert spread.mean[1, 2] == pytest.approx(values[100:, 1, 2].mean(), abs=1e-6)
    assert spread.even.tolist() == pytest.approx([0.1, 0.2])
    edges, counts = spread.histogram((0, 1), 40)
    np.testing.assert_array_equal(counts, np.histogram(values[:, 0, 1].astype(np.float32), edges)[0])
    assert counts.sum() == 400 and len(counts) <= 40 and counts[-1] > 0


def test_a_value_at_either_end_has_a_bin():
    spreading = Spreading((1, 1), 9)
    spreading.take(Found("distance", np.array([[value]], np.float32), np.array([1.0])) for value in (0, 8, 8))
    spread = spreading.spreads()["distance"]
    assert spread.top == 8
    assert (spread.quantile((0, 0), 0.05), spread.quantile((0, 0), 0.5)) == (0.004, 7.996)
    assert spread.histogram((0, 0))[1].sum() == 3


@pytest.mark.parametrize("job, most", [("self", 1), ("entropy", np.log2(9)), ("distance", 8), ("rank", 6)])
def test_bins_reach_up_to_the_most_a_job_can_have(job, most):
    assert most_of(job, 9, (2, 3)) == pytest.approx(most)


def test_tables_hold_what_was_read():
    of = a_reading([0.5, 0.25, 0.75])
    table = spreads_table(of, HEAD)
    at = table["job"].index("next")
    assert table["n_texts"][at] == 3
    assert table["most"][at] == pytest.approx((0 + 0.75) / 2)
    assert table["mean"][at] == pytest.approx(0.25)
    assert links_table(of, HEAD) == {name: [] for name in ("query", "key", "n", "weight", "even", "ratio", "z")}


def test_a_spread_is_said_with_its_ends_its_middle_and_an_even_look():
    said = spread_said(a_reading([0.5, 0.25, 0.75]).spreads["next"], HEAD, "next token")
    beginning, _median, rest = re.split(r"median (0\.249|0\.25\d), ", said)
    assert beginning == "Layer1_Head1 · L0H0, next token: over 3 texts from 0.125 to 0.375, "
    assert rest == "mean 0.250; an even look has 0.333."
