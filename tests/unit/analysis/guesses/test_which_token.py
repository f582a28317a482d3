"""A guess at a row of a map: which queries are asked about, which keys are offered, and what a guess is worth."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from tests import hand_made
from tests.conftest import REPOSITORY
from viz.analysis.guesses import order, score, which_token
from viz.analysis.guesses.order import queries_to_ask
from viz.analysis.guesses.score import Score
from viz.analysis.guesses.which_token import judge, question
from viz.analysis.views.viewed import viewed
from viz.view import View

# [CLS] a b a [SEP], queries down, keys across.
WEIGHTS = [
    [1.0, 0.0, 0.0, 0.0, 0.0],
    [0.1, 0.2, 0.4, 0.25, 0.05],
    [0.5, 0.125, 0.0, 0.25, 0.125],
    [0.3, 0.3, 0.2, 0.1, 0.1],
    [0.2, 0.2, 0.2, 0.2, 0.2],
]
TOKENS = ("[CLS]", "a", "b", "a", "[SEP]")
SPECIAL = [[True, False, False, False, True]]


def sentence(weights=WEIGHTS, *, causal: bool = False, real=(1, 1, 1, 1, 1), tokens=TOKENS, special=SPECIAL, **fields):
    """Build a run of one head over one text."""
    return hand_made.run(
        [list(real)],
        model=hand_made.model_info(causal=causal),
        batch_fields={"tokens": (tuple(tokens),), "special_tokens_mask": np.array(special)},
        attentions=np.array([[[weights]]], dtype=np.float32),
        **fields,
    )


def test_words_are_asked_about_and_special_tokens_only_where_there_is_nothing_else():
    assert sorted(queries_to_ask(sentence(), 0, 0, 0)) == [1, 2, 3]
    assert sorted(queries_to_ask(sentence(special=[[True] * 5]), 0, 0, 0)) == [0, 1, 2, 3, 4]


def test_padding_is_neither_asked_about_nor_offered():
    run = sentence(real=(0, 1, 1, 1, 1), special=[[True, False, False, False, True]])
    assert sorted(queries_to_ask(run, 0, 0, 0)) == [1, 2, 3]
    assert question(run, 0, 0, 0, 2).keys == (1, 2, 3, 4)


def test_padding_that_the_layer_let_through_is_offered_as_the_map_shows_it():
    run = sentence(real=(1, 1, 1, 1, 0), given_mask=np.ones((1, 5), dtype=bool))
    run.maps["self"] = replace(run.maps["self"], allowed=np.ones((1, 1, 5, 5), dtype=bool))
    assert question(run, 0, 0, 0, 1).keys == (0, 1, 2, 3, 4)
    assert 4 not in queries_to_ask(run, 0, 0, 0)


def test_a_causal_query_is_offered_earlier_keys_and_the_first_one_is_not_asked_about():
    run = sentence(np.tril(WEIGHTS), causal=True, tokens="abcde", special=[[False] * 5])
    assert sorted(queries_to_ask(run, 0, 0, 0)) == [1, 2, 3, 4]
    assert question(run, 0, 0, 0, 2).keys == (0, 1, 2)


def test_the_order_depends_on_text_and_head_and_not_on_the_weights():
    tokens, n = [f"t{at}" for at in range(40)], 40
    even = np.full((1, 1, 2, n, n), 1 / n, dtype=np.float32)
    fields = {"tokens": (tuple(tokens),)}
    run = hand_made.run([[1] * n], model=hand_made.model_info(1, 2), batch_fields=fields, attentions=even)
    other = hand_made.run([[1] * n], model=hand_made.model_info(1, 2), batch_fields=fields, attentions=even * 0.5)
    said = hand_made.run([[1] * n], model=hand_made.model_info(1, 2), batch_fields=fields | {"texts": ("another",)})
    found = queries_to_ask(run, 0, 0, 0)
    assert sorted(found) == list(range(n))
    assert found == queries_to_ask(other, 0, 0, 0)
    assert found != queries_to_ask(run, 0, 0, 1)
    assert found != queries_to_ask(said, 0, 0, 0)


def test_the_order_is_the_same_in_another_process():
    program = (
        "from tests.unit.analysis.guesses.test_which_token import sentence\n"
        "from viz.analysis.guesses.order import queries_to_ask\n"
        "print(queries_to_ask(sentence(), 0, 0, 0))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout.strip() == str(queries_to_ask(sentence(), 0, 0, 0))


def test_a_token_that_stands_twice_is_named_with_its_position():
    asked = question(sentence(), 0, 0, 0, 1)
    assert asked.tokens == TOKENS
    assert asked.names == ("[CLS]", "a (2)", "b", "a (4)", "[SEP]")
    assert which_token.asked_in_words(asked) == "Which token does 'a (2)' look at most?"


def test_a_miss_has_its_rank_among_the_keys_and_says_the_largest():
    judged = judge(question(sentence(), 0, 0, 0, 1), 1)  # 0.2, behind 0.4 and 0.25
    assert not judged.hit
    assert (judged.rank, judged.n, judged.best) == (3, 5, "b")
    assert which_token.said(judged) == "a (2) got 0.20; the largest is 0.40, at b. Rank 3 of 5."


def test_a_hit_is_said():
    judged = judge(question(sentence(), 0, 0, 0, 2), 0)
    assert judged.hit
    assert which_token.said(judged) == "Right: [CLS] got 0.50, the largest of 5."


def test_equal_keys_are_both_right_and_as_likely_by_luck():
    asked = question(sentence(), 0, 0, 0, 3)  # 0.3 at [CLS] and at the first a
    assert [judge(asked, key).rank for key in asked.keys] == [1, 1, 3, 4, 4]
    assert judge(asked, 4).luck == pytest.approx(2 / 5)
    assert judge(question(sentence(), 0, 0, 0, 2), 4).luck == pytest.approx(1 / 5)


def test_a_key_that_is_not_offered_is_refused():
    with pytest.raises(ValueError):
        judge(question(sentence(np.tril(WEIGHTS), causal=True), 0, 0, 0, 2), 4)


def test_numbers_that_would_look_alike_get_more_decimals():
    weights = [[0.3334, 0.3331, 0.3335]] * 3
    run = sentence(weights, real=(1, 1, 1), tokens=("x", "y", "z"), special=[[False] * 3])
    asked = question(run, 0, 0, 0, 0)
    assert which_token.said(judge(asked, 1)) == "y got 0.3331; the largest is 0.3335, at z. Rank 3 of 3."
    assert which_token.said(judge(asked, 0)) == "x got 0.3334; the largest is 0.3335, at z. Rank 2 of 3."


def test_the_score_is_held_against_the_sum_of_the_chances():
    first, second = question(sentence(), 0, 0, 0, 2), question(sentence(np.tril(WEIGHTS), causal=True), 0, 0, 0, 2)
    scored = Score().counting(judge(first, 0)).counting(judge(second, 1))
    assert (scored.hits, scored.n) == (1, 2)
    assert scored.luck == pytest.approx(1 / 5 + 1 / 3)
    assert score.score_said(scored) == "This visit: 1 of 2 right; by luck 0.53."


@pytest.mark.parametrize("none", [np.nan, np.inf])
def test_a_row_without_numbers_is_not_asked_about(none):
    weights = np.array(WEIGHTS)
    weights[1, 4] = none
    assert sorted(queries_to_ask(sentence(weights), 0, 0, 0)) == [2, 3]


def test_it_is_said_why_nothing_is_asked():
    lost = sentence(np.full((5, 5), np.nan))
    assert queries_to_ask(lost, 0, 0, 0) == []
    assert "no numbers (NaN" in order.nothing_to_ask(lost, 0, 0, 0)
    alone = sentence([[1.0]], real=(1,), tokens=("a",), special=[[False]])
    assert queries_to_ask(alone, 0, 0, 0) == []
    assert order.nothing_to_ask(alone, 0, 0, 0).startswith("No token of this text may look at two")


def test_a_number_at_a_hidden_key_does_not_count():
    weights = np.array(WEIGHTS)
    weights[:, 0] = np.nan
    run = sentence(weights, given_mask=np.array([[False, True, True, True, True]]))
    assert sorted(queries_to_ask(run, 0, 0, 0)) == [1, 2, 3]


def test_merged_words_are_asked_about_with_the_sums_that_the_map_shows():
    run = sentence(tokens=("[CLS]", "un", "##happy", "dog", "[SEP]"))
    seen, at = viewed(run, 0, View(words=True))
    assert sorted(queries_to_ask(seen, at, 0, 0)) == [1, 2]
    asked = question(seen, at, 0, 0, 1)
    assert asked.tokens == ("[CLS]", "unhappy", "dog", "[SEP]")
    # Mean over the rows of "un" and "##happy", sum over their columns.
    assert asked.weights == pytest.approx(((0.1 + 0.5) / 2, (0.6 + 0.125) / 2, 0.25, (0.05 + 0.125) / 2))


def test_contributions_are_asked_about_where_the_map_shows_them():
    norms = np.array([[[[1, 1, 1, 4, 1]]]], dtype=np.float32)
    run = sentence()
    run.maps["self"] = replace(run.maps["self"], value_norms=norms)
    seen, at = viewed(run, 0, View(contribution=True))
    asked = question(seen, at, 0, 0, 1)
    assert asked.weights == pytest.approx((0.1, 0.2, 0.4, 1.0, 0.05))
    assert judge(asked, 3).hit and not judge(question(run, 0, 0, 0, 1), 3).hit
    assert which_token.asked_in_words(asked) == "Which token contributes most to 'a (2)'?"


def test_of_two_stacks_the_targets_words_are_asked_about_the_sources():
    cross = np.array([[[[[0.2, 0.8], [0.7, 0.3], [0.5, 0.5]]] * 2]], dtype=np.float32)
    run = hand_made.translation([[1, 1]], [[1, 1, 1]], cross=cross)
    assert sorted(queries_to_ask(run, 0, 0, 1, kind="cross")) == [0, 1, 2]
    asked = question(run, 0, 0, 1, 1, kind="cross")
    assert (asked.query_name, asked.tokens, judge(asked, 0).hit) == ("w1", ("t0", "t1"), True)
    assert sorted(queries_to_ask(run, 0, 0, 1, kind="decoder")) == [1, 2]
    assert sorted(queries_to_ask(run, 0, 0, 1, kind="encoder")) == [0, 1]


def test_another_head_another_mask_and_other_weights_are_other_maps():
    run = sentence()
    hidden = sentence(given_mask=np.array([[True, True, True, True, False]]))
    others = [sentence(np.array(WEIGHTS) * 0.5), hidden, sentence(tokens=("[CLS]", "a", "c", "a", "[SEP]"))]
    keys = {order.map_key(of, 0, 0, 0) for of in (run, *others)}
    assert len(keys) == 4
    assert order.map_key(sentence(), 0, 0, 0) == order.map_key(run, 0, 0, 0)
