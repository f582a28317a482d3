"""A claim is counted by hand on made-up heads: one that follows the word, one that follows the place, a lucky one."""

import itertools
import math

import numpy as np
import pytest

from tests import hand_made
from tests.known_heads import SHORT, TURTLE, write_known_heads
from viz.analysis.claims import verdict
from viz.analysis.claims.readings import gather
from viz.analysis.claims.text import READY, read_sentences
from viz.analysis.claims.verdict import Tally, Verdict
from viz.errors import MarksShareToken, NoKeyInSight, RunsDoNotMatch, SentenceNotFound
from viz.files import saved

PAIRS = read_sentences(READY[0].text)  # ten sentences of eight words, key before and behind the query in turn
KEY_BEFORE = PAIRS[::2]


def split(text: str) -> list[str]:
    return ["[CLS]", *text.lower().replace(".", " .").split(), "[SEP]"]


def marked_places(tokens: list[str], sentence) -> tuple[int, int]:
    return tokens.index(sentence.query_word.lower()), tokens.index(sentence.key_word.lower())


def looking_at(position: int, n: int, weight: float = 0.8) -> np.ndarray:
    """Give a row of attention with a weight at one place and the rest spread over the others."""
    row = np.full(n, (1 - weight) / (n - 1))
    row[position] = weight
    return row


def follows_word(n, query, key, _number):
    return looking_at(key, n)


def follows_place(n, query, key, _number):
    return looking_at(query - 1, n)


def looks_evenly(n, query, key, _number):
    return np.full(n, 1 / n)


def is_faint(n, query, key, _number):
    row = looking_at(0, n, 0.99)
    row[key] += 0.001
    row[0] -= 0.001
    return row


def lucky_in(*numbers):
    """Make a head that looks at the key in some sentences, at the final stop in the others."""

    def look(n, query, key, number):
        return looking_at(key if number in numbers else n - 2, n)

    return look


def run_of(sentences, heads, *, left: int = 2, causal: bool = False):
    """Put sentences into one left-padded batch; each head fills the row of the marked query, others look evenly."""
    rows = [split(sentence.text) for sentence in sentences]
    width = left + max(map(len, rows))
    real = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
    attentions = np.full((len(rows), 1, len(heads), width, width), 1 / width, dtype=np.float32)
    for number, (row, sentence) in enumerate(zip(rows, sentences)):
        query, key = marked_places(row, sentence)
        for head, look in enumerate(heads):
            attentions[number, 0, head, width - len(row) + query] = 0
            attentions[number, 0, head, width - len(row) + query, width - len(row) :] = look(
                len(row), query, key, number
            )
    fields = {"tokens": tuple(("[PAD]",) * (width - len(row)) + tuple(row) for row in rows)}
    model = hand_made.model_info(n_heads=len(heads), causal=causal)
    return hand_made.run(real, model=model, batch_fields=fields, attentions=attentions)


def judged(sentences, heads, head=None, **options):
    readings, left_out = gather([run_of(sentences, heads, **options)], sentences)
    return verdict.judge(readings, head, left_out)


def test_the_chance_of_so_many_hits_is_the_binomial_when_all_are_alike():
    for hits in range(11):
        written_out = sum(math.comb(10, k) * (1 / 7) ** k * (6 / 7) ** (10 - k) for k in range(hits, 11))
        assert verdict.upper_tail([1 / 7] * 10, hits) == pytest.approx(written_out, rel=1e-12)


def test_the_chance_of_so_many_hits_is_counted_over_all_outcomes():
    chances = [1 / 7, 1 / 2, 1 / 3, 1 / 9, 1, 1 / 7]
    for hits in range(7):
        total = 0.0
        for outcome in itertools.product([0, 1], repeat=len(chances)):
            if sum(outcome) >= hits:
                total += math.prod(chance if hit else 1 - chance for chance, hit in zip(chances, outcome))
        assert verdict.upper_tail(chances, hits) == pytest.approx(total, rel=1e-12), hits


def test_a_chance_is_corrected_for_the_heads_that_were_searched():
    assert verdict.corrected(0.01, 1) == pytest.approx(0.01)
    assert verdict.corrected(0.01, 144) == pytest.approx(1 - 0.99**144)
    assert verdict.corrected(1e-20, 144) == pytest.approx(144e-20)
    assert verdict.corrected(1.0, 144) == 1


def test_a_head_that_follows_the_word_holds_in_both_orders():
    result = judged(PAIRS, [looks_evenly, follows_word, follows_place], head=(0, 1))
    assert result.verdict is Verdict.HOLDS
    assert result.holds
    assert (result.standing.hits, result.standing.rank, result.standing.mean_weight) == (10, 1, pytest.approx(0.8))
    assert (result.same_order, result.swapped) == (Tally(5, 5), Tally(5, 5))
    assert result.luck == pytest.approx(10 / 7)  # seven other words in each, the stop among them
    assert result.p == pytest.approx((1 / 7) ** 10)
    assert result.p_corrected == pytest.approx(result.p)
    assert result.offsets == {-1: 5, 1: 5, -2: 0, 2: 0}
    assert result.even == pytest.approx(1 / 10)  # eight words, [CLS] and [SEP]


def test_a_head_that_follows_the_place_is_told_from_one_that_follows_the_word():
    result = judged(PAIRS, [follows_word, follows_place], head=(0, 1))
    assert result.verdict is Verdict.POSITION
    assert not result.holds
    assert result.best_offset == -1
    assert result.looks_there == {-1: 10, 1: 0, -2: 0, 2: 0}
    assert (result.same_order, result.swapped) == (Tally(5, 5), Tally(0, 5))


def test_without_a_swapped_order_a_place_explains_even_a_head_that_follows_the_word():
    assert judged(KEY_BEFORE, [follows_word], head=(0, 0)).verdict is Verdict.POSITION


def test_a_place_is_named_where_the_hits_alone_could_be_luck():
    result = judged(PAIRS[:4], [follows_place] * 20)
    assert result.standing.hits == 2
    assert result.p_corrected > verdict.SIGNIFICANT
    assert result.verdict is Verdict.POSITION


def test_a_place_that_hits_as_often_is_named_though_the_head_looks_there_less():
    result = judged(PAIRS, [lucky_in(0, 1, 2, 3, 4)], head=(0, 0))
    assert result.p < verdict.SIGNIFICANT
    assert (result.offsets[-1], result.looks_there[-1]) == (5, 3)
    assert result.verdict is Verdict.POSITION


def test_a_lucky_head_is_not_shown():
    three = judged(PAIRS, [lucky_in(0, 1, 2)], head=(0, 0))
    assert three.verdict is Verdict.NOT_SHOWN
    written_out = sum(math.comb(10, k) * (1 / 7) ** k * (6 / 7) ** (10 - k) for k in range(3, 11))
    assert three.p == pytest.approx(written_out)


def test_what_one_named_head_shows_is_luck_when_144_are_searched():
    heads = [lucky_in(0, 3, 4, 7)] + [looks_evenly] * 143
    named, searched = judged(PAIRS, heads, head=(0, 0)), judged(PAIRS, heads)
    assert named.p == searched.p < verdict.SIGNIFICANT
    assert (named.n_searched, searched.n_searched) == (1, 144)
    assert searched.p_corrected == pytest.approx(1 - (1 - named.p) ** 144)
    assert searched.verdict is Verdict.NOT_SHOWN


def test_a_head_that_follows_the_word_in_one_order_only_is_called_so():
    free = read_sentences(
        "\n".join(f"The a{i} *go{i}* the b{i} _is{i}_ so.\nThe a{i} _is{i}_ the b{i} *go{i}* so." for i in range(6))
    )
    result = judged(free, [lucky_in(*range(0, 12, 2))], head=(0, 0))
    assert (result.same_order, result.swapped) == (Tally(6, 6), Tally(0, 6))
    assert result.verdict is Verdict.ONE_ORDER


def test_a_head_that_hits_above_luck_but_seldom_is_weak():
    free = read_sentences("\n".join(f"The a{i} *go{i}* the b{i} _is{i}_ so." for i in range(20)))
    result = judged(free, [lucky_in(*range(8))], head=(0, 0))
    assert result.p < verdict.SIGNIFICANT
    assert result.verdict is Verdict.WEAK


def test_a_head_that_rests_on_a_special_token_is_faint_and_ranks_behind_all_others():
    heads = [is_faint, looks_evenly, lucky_in(0)]
    result = judged(PAIRS, heads, head=(0, 0))
    assert result.standing.hits == 10
    assert result.verdict is Verdict.FAINT
    assert [(standing.head, standing.faint) for standing in result.best] == [(2, False), (1, False), (0, True)]


def test_equal_weights_are_no_hit():
    assert judged(PAIRS, [looks_evenly], head=(0, 0)).standing.hits == 0


def test_heads_are_ranked_by_hits_and_then_by_weight_and_equals_share_a_rank():
    def strongly(n, query, key, _number):
        return looking_at(key, n, 0.9)

    result = judged(PAIRS, [follows_word, lucky_in(1), strongly, lucky_in(1), looks_evenly, lucky_in(0, 1)])
    assert [(standing.head, standing.rank) for standing in result.best] == [(2, 1), (0, 2), (5, 3), (1, 4), (3, 4)]
    assert result.standing.head == 2
    assert judged(PAIRS, [follows_word] * 9).standing.rank == 1


def test_pieces_of_the_key_are_summed_and_those_of_the_query_averaged():
    tokens = ("[CLS]", "it", "mo", "##ves", "slow", "##ly", "now", "[SEP]")
    attentions = np.zeros((1, 1, 1, 8, 8), dtype=np.float32)
    attentions[0, 0, 0, 4] = [0.1, 0.0, 0.3, 0.2, 0.0, 0.0, 0.4, 0.0]
    attentions[0, 0, 0, 5] = [0.0, 0.0, 0.1, 0.3, 0.2, 0.0, 0.4, 0.0]
    run = hand_made.run([[1] * 8], batch_fields={"tokens": (tokens,)}, attentions=attentions)
    ((reading,), _left_out) = gather([run], read_sentences("It _moves_ *slowly* now"))
    assert reading.words == ("it", "moves", "now")
    np.testing.assert_allclose(reading.weights[0, 0], [0, (0.3 + 0.2 + 0.1 + 0.3) / 2, 0.4], atol=1e-7)
    assert reading.hits.tolist() == [[True]]
    assert reading.luck == pytest.approx(1 / 3)
    assert reading.even == pytest.approx(2 / 8)
    assert reading.offsets == (-2, -1, 1)


def test_two_words_can_be_one_key():
    ((reading,), _left_out) = gather(
        [run_of(PAIRS[:1], [looks_evenly])], read_sentences("The turtle moves *slow* _across the_ road.")
    )
    assert reading.words == ("the", "turtle", "moves", "across the", "road", ".")
    assert reading.key == 3


def test_in_a_model_that_reads_from_left_to_right_only_words_before_the_query_are_candidates():
    result = judged(PAIRS, [follows_word], head=(0, 0), causal=True)
    assert [of.words[-1] for of in result.readings] == ["moves", "runs", "sleeps", "sings", "speaks"]
    assert [len(of.words) for of in result.readings] == [3] * 5
    assert [sentence.text for sentence in result.left_out] == [sentence.text for sentence in PAIRS[1::2]]
    assert result.luck == pytest.approx(5 / 3)
    assert result.even == pytest.approx(1 / 5)  # [CLS], three words, and itself


def test_a_model_that_never_sees_the_key_says_so():
    with pytest.raises(NoKeyInSight, match="none of the 5 sentences"):
        judged(PAIRS[1::2], [follows_word], causal=True)


def test_sentences_are_found_among_the_rows_of_several_runs():
    first, second = run_of(PAIRS[:3], [follows_word]), run_of(PAIRS[3:], [follows_word], left=0)
    readings, _left_out = gather([first, second], PAIRS)
    assert [(of.source, of.row) for of in readings] == [(0, 0), (0, 1), (0, 2), *((1, row) for row in range(7))]
    assert verdict.judge(readings).standing.hits == 10


def test_a_sentence_that_was_not_run_is_named():
    with pytest.raises(SentenceNotFound, match="None of the 10 texts .*: Another one."):
        gather([run_of(PAIRS, [follows_word])], read_sentences("*Another* _one_."))


def test_runs_of_different_models_are_refused():
    with pytest.raises(RunsDoNotMatch, match="1 x 1, 1 x 2"):
        gather([run_of(PAIRS, [follows_word] * 2), run_of(PAIRS, [follows_word])], PAIRS)


def test_marks_on_one_token_are_refused():
    with pytest.raises(MarksShareToken):
        gather([run_of(PAIRS, [follows_word])], read_sentences("The turtle moves *sl*_ow_ across the road."))


def test_testing_writes_nothing_into_a_run():
    run = run_of(PAIRS, [follows_word, follows_place])
    before = run.attentions.tobytes()
    readings, left_out = gather([run], PAIRS)
    verdict.judge(readings, None, left_out)
    assert run.attentions.tobytes() == before


@pytest.mark.parametrize(
    "rows, padding_side", [((TURTLE,), "right"), ((SHORT, TURTLE), "left"), ((TURTLE, SHORT), "right")]
)
def test_a_file_with_the_known_head_of_bert_gives_its_weight(rows, padding_side, tmp_path):
    write_known_heads(tmp_path / "known.npz", rows=rows, padding_side=padding_side)
    run = saved.read(tmp_path / "known.npz")
    readings, left_out = gather([run], read_sentences("The turtle _moves_ *slow* across the [MASK]."))
    result = verdict.judge(readings, (3, 10), left_out)
    assert (result.standing.hits, result.standing.rank) == (1, 1)
    assert result.standing.mean_weight == pytest.approx(0.87)
    assert result.p == pytest.approx(1 / 7)
    assert result.verdict is Verdict.NOT_SHOWN  # one sentence shows nothing
