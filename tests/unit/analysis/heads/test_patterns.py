"""Measured jobs of heads, against sums written out over a map of five tokens."""

import itertools
import statistics
from math import log2

import numpy as np
import pytest

from tests import hand_made, known_heads
from tests.known_heads import SHORT, TURTLE, write_known_heads
from viz.analysis.heads import patterns
from viz.analysis.heads.measures import MEASURES
from viz.errors import AmbiguousWord, NothingToMeasure, TokensDoNotFit, WordNotInText
from viz.files import saved
from viz.names import head_label

TOKENS = ("[CLS]", "cat", ".", "cat", "[SEP]")
MAP = [
    [0.10, 0.20, 0.30, 0.30, 0.10],
    [0.50, 0.10, 0.20, 0.10, 0.10],
    [0.20, 0.40, 0.10, 0.20, 0.10],
    [0.00, 0.25, 0.25, 0.25, 0.25],
    [0.60, 0.10, 0.10, 0.10, 0.10],
]
CAUSAL_MAP = [
    [1.00, 0.00, 0.00, 0.00, 0.00],
    [0.50, 0.50, 0.00, 0.00, 0.00],
    [0.20, 0.40, 0.40, 0.00, 0.00],
    [0.10, 0.70, 0.10, 0.10, 0.00],
    [0.60, 0.10, 0.10, 0.10, 0.10],
]


def bits(*shares: float) -> float:
    return -sum(share * log2(share) for share in shares if share)


SCORES = {
    "previous": (0.50 + 0.40 + 0.25 + 0.10) / 4,
    "next": (0.20 + 0.20 + 0.20 + 0.25) / 4,
    "self": (0.10 + 0.10 + 0.10 + 0.25 + 0.10) / 5,
    "first": (0.10 + 0.50 + 0.20 + 0.00 + 0.60) / 5,
    "sep": (0.30 + 0.10 + 0.20 + 0.10 + 0.10 + 0.10 + 0.25 + 0.25 + 0.10 + 0.10) / 5,
    "same": (0.10 + 0.25) / 2,
    "entropy": sum(bits(*row) for row in MAP) / 5,
    "distance": (
        (0.20 * 1 + 0.30 * 2 + 0.30 * 3 + 0.10 * 4)
        + (0.50 * 1 + 0.20 * 1 + 0.10 * 2 + 0.10 * 3)
        + (0.20 * 2 + 0.40 * 1 + 0.20 * 1 + 0.10 * 2)
        + (0.00 * 3 + 0.25 * 2 + 0.25 * 1 + 0.25 * 1)
        + (0.60 * 4 + 0.10 * 3 + 0.10 * 2 + 0.10 * 1)
    )
    / 5,
    "padding": 0,
    "sink": ((0.10 + 0.10) + (0.50 + 0.10) + (0.20 + 0.10) + (0.00 + 0.25) + (0.60 + 0.10)) / 5,
    "local": ((0.10 + 0.20 + 0.30) + (0.50 + 0.10 + 0.20 + 0.10) + 1.00 + (0.25 * 4) + (0.10 * 3)) / 5,
    "duplicate": 0.25,  # only the second cat has an earlier one
    "induction": 0.25,  # and looks at the point behind that
    "rank": 1,  # of one head
}
# [CLS] and [SEP] left out: three queries and three keys remain, their weights as they are.
SCORES_WITHOUT_SPECIAL = {
    "previous": (0.40 + 0.25) / 2,
    "next": (0.20 + 0.20) / 2,
    "self": (0.10 + 0.10 + 0.25) / 3,
    "first": (0.10 + 0.40 + 0.25) / 3,
    "sep": (0.20 + 0.10 + 0.25) / 3,
    "same": (0.10 + 0.25) / 2,
    "entropy": (bits(0.1, 0.2, 0.1) + bits(0.4, 0.1, 0.2) + bits(0.25, 0.25, 0.25)) / 3,
    "distance": ((0.20 * 1 + 0.10 * 2) + (0.40 * 1 + 0.20 * 1) + (0.25 * 2 + 0.25 * 1)) / 3,
    "padding": 0,
    "sink": (0.10 + 0.40 + 0.25) / 3,
    "local": ((0.10 + 0.20 + 0.10) + (0.40 + 0.10 + 0.20) + (0.25 * 3)) / 3,
    "duplicate": 0.25,
    "induction": 0.25,
    "rank": 1,
}
CAUSAL_SCORES = {
    "previous": (0.50 + 0.40 + 0.10 + 0.10) / 4,
    "next": 0,
    "self": (1.00 + 0.50 + 0.40 + 0.10 + 0.10) / 5,
    "first": (1.00 + 0.50 + 0.20 + 0.10 + 0.60) / 5,
    "sep": (0.40 + 0.10 + 0.10 + 0.10) / 5,
    "same": 0.70,  # only the second cat has an earlier one
    "entropy": sum(bits(*row) for row in CAUSAL_MAP) / 5,
    "distance": (0.5 + (0.4 + 0.4) + (0.3 + 1.4 + 0.1) + (2.4 + 0.3 + 0.2 + 0.1)) / 5,
    "padding": 0,
    "sink": (1.00 + 0.50 + 0.20 + 0.10 + (0.60 + 0.10)) / 5,
    "local": (1.00 + 1.00 + 1.00 + (0.70 + 0.10 + 0.10) + (0.10 * 3)) / 5,
    "duplicate": 0.70,
    "induction": 0.10,
    "rank": 1,
}
# Each of five queries looks at five keys with 1/5.
UNIFORM = {
    "previous": 1 / 5,
    "next": 1 / 5,
    "self": 1 / 5,
    "first": 1 / 5,
    "sep": 2 / 5,
    "same": 1 / 5,
    "entropy": log2(5),
    "distance": (10 + 7 + 6 + 7 + 10) / 5 / 5,
    "padding": 0,
    "sink": 2 / 5,
    "local": (3 + 4 + 5 + 4 + 3) / 5 / 5,
    "duplicate": 1 / 5,
    "induction": 1 / 5,
    "rank": 2,  # behind the one head there is, which looks less evenly
}
# Query number q looks at q keys with 1/q.
CAUSAL_UNIFORM = {
    "previous": (1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 4,
    "next": 0,
    "self": (1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5,
    "first": (1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5,
    "sep": (1 / 3 + 1 / 4 + 2 / 5) / 5,
    "same": 1 / 4,
    "entropy": (log2(2) + log2(3) + log2(4) + log2(5)) / 5,
    "distance": (1 / 2 + 3 / 3 + 6 / 4 + 10 / 5) / 5,
    "padding": 0,
    "sink": (1 + 1 / 2 + 1 / 3 + 1 / 4 + 2 / 5) / 5,
    "local": (1 + 1 + 1 + 3 / 4 + 3 / 5) / 5,
    "duplicate": 1 / 4,
    "induction": 1 / 4,
    "rank": 2,
}


def padded_run(maps, *, left: int = 0, right: int = 0, causal: bool = False, tokens=TOKENS, knows_special: bool = True):
    """Build a run of one text; padded queries hold junk that must never count."""
    n, width = len(tokens), left + len(tokens) + right
    at = slice(left, left + n)
    attentions = np.full((1, len(maps), 1, width, width), 0.9, dtype=np.float32)
    attentions[..., at, :] = 0
    attentions[0, :, 0, at, at] = maps
    real = [[int(left <= i < left + n) for i in range(width)]]
    labels = ("[PAD]",) * left + tuple(tokens) + ("[PAD]",) * right
    special = np.array([[token in ("[CLS]", "[SEP]", "[PAD]") for token in labels]])
    fields = {"tokens": (labels,)} | ({"special_tokens_mask": special} if knows_special else {})
    model = hand_made.model_info(n_layers=len(maps), causal=causal)
    return hand_made.run(real, model=model, batch_fields=fields, attentions=attentions)


def two_texts(first, second):
    """Put two one-text runs of one width into one batch."""
    together = np.concatenate([first.attentions, second.attentions])
    real = np.concatenate([first.batch.attention_mask, second.batch.attention_mask]).astype(int).tolist()
    fields = {"tokens": first.batch.tokens + second.batch.tokens}
    return hand_made.run(real, model=first.model, batch_fields=fields, attentions=together)


def test_a_measure_is_the_sum_written_out_wherever_the_padding_is():
    for left, right in ((0, 0), (2, 0), (0, 3), (1, 1)):
        run = padded_run([MAP], left=left, right=right)
        for measure, expected in SCORES.items():
            assert patterns.score(run, measure)[0, 0] == pytest.approx(expected, abs=1e-6), measure
            assert patterns.uniform(run, measure) == pytest.approx(UNIFORM[measure], abs=1e-6), measure


def test_special_tokens_are_left_out_as_queries_and_keys():
    for (left, right), knows_special in itertools.product(((0, 0), (2, 0), (0, 3)), (True, False)):
        run = padded_run([MAP], left=left, right=right, knows_special=knows_special)
        for measure, expected in SCORES_WITHOUT_SPECIAL.items():
            value = patterns.score(run, measure, count_special=False)[0, 0]
            assert value == pytest.approx(expected, abs=1e-6), measure


def test_a_model_that_reads_from_left_to_right_is_measured_on_what_it_may_see():
    for left, right in ((0, 0), (2, 0), (0, 3)):
        run = padded_run([CAUSAL_MAP], left=left, right=right, causal=True)
        for measure, expected in CAUSAL_SCORES.items():
            assert patterns.score(run, measure)[0, 0] == pytest.approx(expected, abs=1e-6), measure
            assert patterns.uniform(run, measure) == pytest.approx(CAUSAL_UNIFORM[measure], abs=1e-6), measure


def test_induction_follows_every_earlier_copy_and_duplicates_are_only_those_before():
    tokens = ("a", "b", "a", "a", "b")
    rows = [[0.1 * (query + 1) + 0.01 * key for key in range(5)] for query in range(5)]  # every cell its own number
    for left, right in ((0, 0), (2, 0), (0, 3)):
        run = padded_run([rows], left=left, right=right, tokens=tokens)
        # Behind its earlier copies: 2 (a) looks at 1; 3 (a) at 1 and, of the copy beside it, at itself; 4 (b) at 2.
        assert patterns.score(run, "induction")[0, 0] == pytest.approx((0.31 + (0.41 + 0.43) + 0.52) / 3)
        assert patterns.uniform(run, "induction") == pytest.approx((1 / 5 + 2 / 5 + 1 / 5) / 3)
        # The copies themselves: 2 looks at 0, 3 at 0 and 2, 4 at 1; the same word elsewhere is before and after.
        assert patterns.score(run, "duplicate")[0, 0] == pytest.approx((0.30 + (0.40 + 0.42) + 0.51) / 3)
        everywhere = (0.12 + 0.13) + 0.24 + (0.30 + 0.33) + (0.40 + 0.42) + 0.51
        assert patterns.score(run, "same")[0, 0] == pytest.approx(everywhere / 5)


def test_a_copy_that_is_hidden_is_no_copy_to_look_at():
    told = np.array([[False, True, True]])
    maps = np.full((1, 1, 1, 3, 3), 0.5, dtype=np.float32)
    run = hand_made.run([[1] * 3], batch_fields={"tokens": (("a", "b", "a"),)}, attentions=maps, given_mask=told)
    with pytest.raises(NothingToMeasure):
        patterns.score(run, "duplicate")
    assert patterns.score(run, "induction")[0, 0] == pytest.approx(0.5)  # what followed it is still there


def test_heads_are_ranked_by_their_entropy_and_those_alike_share_a_rank():
    sure, torn, even = ([[*shares]] * 3 for shares in ((1, 0, 0), (0.5, 0.5, 0), (1 / 3, 1 / 3, 1 / 3)))
    maps = np.array([[[even, torn], [sure, torn]]], dtype=np.float32)  # [B, L, H, Q, K]
    run = hand_made.run([[1, 1, 1]], model=hand_made.model_info(2, 2), attentions=maps)
    np.testing.assert_array_equal(patterns.score(run, "rank"), [[4, 2], [1, 2]])
    np.testing.assert_array_equal(patterns.uniform(run, "rank"), [4, 4])  # as broad as the broadest: three are narrower
    assert patterns.ranked(patterns.score(run, "rank"), "rank")[0] == (1, 0, 1.0)
    kept = patterns.Accumulator(["rank"])
    kept.add(run)
    kept.add(hand_made.run([[1, 1, 1]], model=hand_made.model_info(2, 2), attentions=maps[:, ::-1].copy()))
    np.testing.assert_array_equal(kept.mean("rank"), [[2.5, 2], [2.5, 2]])
    np.testing.assert_array_equal(kept.spread("rank"), [[1.5, 0], [1.5, 0]])


def test_neighbours_and_distances_are_counted_between_real_tokens():
    attentions = np.array([[0.2, 0.9, 0.8], [0.5, 0.5, 0.5], [0.7, 0.9, 0.3]], dtype=np.float32).reshape(1, 1, 1, 3, 3)
    gap = hand_made.run([[1, 0, 1]], attentions=attentions)
    assert patterns.score(gap, "previous")[0, 0] == pytest.approx(0.7)
    assert patterns.score(gap, "next")[0, 0] == pytest.approx(0.8)
    assert patterns.score(gap, "distance")[0, 0] == pytest.approx((0.8 + 0.7) / 2)


def test_every_measure_but_the_pair_was_written_out():
    assert set(SCORES) == set(SCORES_WITHOUT_SPECIAL) == set(CAUSAL_SCORES) == set(MEASURES) - {"pair"}


def test_a_uniform_head_leaves_hidden_tokens_out():
    run = padded_run([MAP])
    told = np.array([[True, True, False, True, True]])
    hidden = hand_made.run([[1] * 5], batch_fields={"tokens": (TOKENS,)}, attentions=run.attentions, given_mask=told)
    assert patterns.uniform(hidden, "self") == pytest.approx((4 * 1 / 4 + 0) / 5)


def test_attention_on_padding_is_found():
    run = padded_run([MAP], left=1, right=1)
    attentions = run.attentions.copy()
    attentions[0, 0, 0, 1, 0] = 0.3
    attentions[0, 0, 0, 5, 6] = 0.2
    leaking = hand_made.run([[0, 1, 1, 1, 1, 1, 0]], batch_fields={"tokens": run.batch.tokens}, attentions=attentions)
    assert patterns.score(leaking, "padding")[0, 0] == pytest.approx((0.3 + 0.2) / 5)
    assert patterns.uniform(leaking, "padding") == 0


def test_the_weight_of_a_pair_sums_the_pieces_of_the_key_and_averages_those_of_the_query():
    run = padded_run([MAP], left=1, tokens=("[CLS]", "slow", "##ly", "mo", "##ves"))
    written_out = ((0.10 + 0.10) + (0.20 + 0.10)) / 2  # queries 1 and 2, keys 3 and 4
    assert patterns.score(run, "pair", pair=("slowly", "Moves"))[0, 0] == pytest.approx(written_out)
    assert patterns.score(run, "pair", pair=([2, 3], [4, 5]))[0, 0] == pytest.approx(written_out)
    assert patterns.uniform(run, "pair", pair=("slowly", "moves")) == pytest.approx(2 / 5)


def test_a_pair_of_a_byte_level_model_is_found_by_its_words():
    run = padded_run([CAUSAL_MAP], causal=True, tokens=("The", "␣tur", "tle", "␣moves", "."))
    assert patterns.score(run, "pair", pair=("moves", "turtle"))[0, 0] == pytest.approx(0.70 + 0.10)


def test_a_special_token_can_be_one_of_a_pair():
    run = padded_run([MAP])
    assert patterns.score(run, "pair", pair=(".", "[CLS]"))[0, 0] == pytest.approx(0.20)


def test_a_word_that_is_not_there_is_answered_with_those_that_are():
    with pytest.raises(WordNotInText, match=r"'dog' is not in text 1. Its words are: \[CLS\], cat, ., \[SEP\]\."):
        patterns.score(padded_run([MAP]), "pair", pair=("dog", "cat"))


def test_a_word_that_stands_twice_is_asked_for_by_its_position():
    with pytest.raises(AmbiguousWord, match="at positions 4, 6"):
        patterns.score(padded_run([MAP], left=2), "pair", pair=("cat", "."))


def test_a_position_that_is_no_real_token_is_refused():
    for position in (-1, 0, 6, 99):
        with pytest.raises(TokensDoNotFit):
            patterns.score(padded_run([MAP], left=1), "pair", pair=([position], [2]))


def test_only_texts_that_hold_both_words_count_for_a_pair():
    other = padded_run([MAP], tokens=("[CLS]", "dog", "and", "cow", "[SEP]"))
    both = two_texts(other, padded_run([MAP], tokens=("[CLS]", "cow", "and", "pig", "[SEP]")))
    assert patterns.score(both, "pair", pair=("pig", "cow"))[0, 0] == pytest.approx(0.25)
    assert patterns.score(both, "pair", pair=("cow", "and"))[0, 0] == pytest.approx((0.25 + 0.20) / 2)
    with pytest.raises(WordNotInText, match="'pig' is not in text 1"):
        patterns.score(both, "pair", row=0, pair=("pig", "cow"))


def test_several_texts_give_the_mean_and_one_row_gives_its_own():
    other = padded_run([CAUSAL_MAP], tokens=("a", "b", "c", "d", "e"))
    both = two_texts(padded_run([MAP]), other)
    second = (0.50 + 0.40 + 0.10 + 0.10) / 4
    assert patterns.score(both, "previous")[0, 0] == pytest.approx((SCORES["previous"] + second) / 2)
    assert patterns.score(both, "previous", row=1)[0, 0] == pytest.approx(second)
    assert patterns.score(both, "same")[0, 0] == pytest.approx(SCORES["same"])  # the second text repeats nothing


def test_a_measure_that_finds_nothing_says_so():
    run = padded_run([MAP], tokens=("[CLS]", "a", "b", "c", "[SEP]"))
    with pytest.raises(NothingToMeasure, match="'same'"):
        patterns.score(run, "same")
    only_special = padded_run([[[0.5, 0.5], [0.5, 0.5]]], tokens=("[CLS]", "[SEP]"))
    with pytest.raises(NothingToMeasure):
        patterns.uniform(only_special, "self", count_special=False)


def test_heads_are_ranked_highest_first_but_entropy_lowest_first():
    values = np.array([[0.1, 0.9], [0.5, 0.5]], dtype=np.float32)
    assert [(layer, head) for layer, head, _ in patterns.ranked(values, "next")] == [(0, 1), (1, 0), (1, 1), (0, 0)]
    assert [(layer, head) for layer, head, _ in patterns.ranked(values, "entropy")] == [(0, 0), (1, 0), (1, 1), (0, 1)]


def test_mean_and_spread_are_kept_over_runs():
    previous = []
    kept = patterns.Accumulator(["previous", "same"])
    for share in (0.1, 0.4, 0.9):
        maps = [[[1, 0, 0], [share, 1 - share, 0], [0, share, 1 - share]]]
        previous.append((share + share) / 2)
        kept.add(padded_run(maps, left=1, tokens=("a", "b", "c")))
    kept.add(padded_run([MAP], right=2))
    previous.append(SCORES["previous"])
    assert kept.n_texts("previous") == 4
    assert kept.mean("previous")[0, 0] == pytest.approx(statistics.fmean(previous))
    assert kept.spread("previous")[0, 0] == pytest.approx(statistics.pstdev(previous))
    assert kept.uniform("previous") == pytest.approx((3 * 1 / 3 + 1 / 5) / 4)
    assert kept.n_texts("same") == 1
    assert kept.spread("same")[0, 0] == 0


def test_rows_of_a_batch_count_as_texts_of_their_own():
    other = padded_run([CAUSAL_MAP], tokens=("a", "b", "c", "d", "e"))
    kept = patterns.Accumulator(["self"])
    kept.add(two_texts(padded_run([MAP]), other))
    values = [SCORES["self"], (1 + 0.5 + 0.4 + 0.1 + 0.1) / 5]
    assert kept.mean("self")[0, 0] == pytest.approx(statistics.fmean(values))
    assert kept.spread("self")[0, 0] == pytest.approx(statistics.pstdev(values))


def test_an_accumulator_without_texts_says_so():
    with pytest.raises(NothingToMeasure):
        patterns.Accumulator(["self"]).mean("self")


def test_measuring_writes_nothing_into_a_run():
    run = padded_run([MAP], left=1)
    before = run.attentions.tobytes()
    for measure in SCORES:
        patterns.score(run, measure, count_special=False)
        patterns.uniform(run, measure)
    patterns.Accumulator(list(SCORES)).add(run)
    assert run.attentions.tobytes() == before


@pytest.mark.parametrize(
    "rows, padding_side", [((TURTLE,), "right"), ((SHORT, TURTLE), "left"), ((TURTLE, SHORT, SHORT), "right")]
)
def test_a_file_with_the_known_heads_of_bert_gives_them(rows, padding_side, tmp_path):
    write_known_heads(tmp_path / "known.npz", rows=rows, padding_side=padding_side)
    run = saved.read(tmp_path / "known.npz")
    layer, head, value = patterns.ranked(patterns.score(run, "next"), "next")[0]
    assert head_label(layer, head) == "Layer3_Head5"
    assert value == pytest.approx(0.99)
    pair = {"pair": ("slow", "moves")}
    layer, head, value = patterns.ranked(patterns.score(run, "pair", **pair), "pair")[0]
    assert head_label(layer, head) == "Layer4_Head11"
    assert value == pytest.approx(0.87)
    assert patterns.uniform(run, "pair", **pair) == pytest.approx(1 / 10)
    assert patterns.score(run, "padding").max() == 0


def test_the_heads_known_of_gpt2_come_first_in_maps_that_hold_them(tmp_path):
    known_heads.write_known_gpt2(tmp_path / "gpt2.npz")
    run = saved.read(tmp_path / "gpt2.npz")
    assert run.model.causal
    for measure, heads in {
        "previous": known_heads.PREVIOUS_HEADS,
        "induction": known_heads.INDUCTION_HEADS,
        "duplicate": known_heads.DUPLICATE_HEADS,
    }.items():
        values = patterns.score(run, measure)
        assert sorted(tuple(head) for *head, _value in patterns.ranked(values, measure)[: len(heads)]) == list(heads)
        lowest = 0.9 + 0.1 * np.mean(1 / np.arange({"previous": 2}.get(measure, 7), 13))
        assert [values[head] for head in heads] == pytest.approx([lowest] * len(heads))
