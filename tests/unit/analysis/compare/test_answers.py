"""Answers of two runs are compared where both guess the same word, by ids or, of other vocabularies, as written."""

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.compare.answers import same_vocabulary, shared_guesses, shifts
from viz.analysis.compare.comparison import compared


def run_of(tokens: str, at: list[int], *, causal: bool = False, logits=None, vocabulary=("a", "b")):
    row = tuple(tokens.split())
    return hand_made.run(
        [[1] * len(row)],
        model=hand_made.model_info(causal=causal, vocabulary=vocabulary),
        batch_fields={"tokens": (row,), "special_tokens_mask": np.array([[t in ("[CLS]", "[SEP]") for t in row]])},
        readouts=np.array([[0, position] for position in at], dtype=np.int64).reshape(-1, 2),
        readout_logits=np.array(logits or [[0] * len(vocabulary)] * len(at), dtype=np.float32).reshape(
            len(at), len(vocabulary)
        ),
    )


def guesses(before, after) -> list[tuple[int, int]]:
    return shared_guesses(compared(before, after))


def test_masks_that_are_paired_are_one_question():
    before = run_of("[MASK] sat on [MASK]", [0, 3])
    assert guesses(before, run_of("the [MASK] sat on [MASK]", [1, 4])) == [(0, 0), (1, 1)]
    assert guesses(before, run_of("he sat on [MASK]", [3])) == [(1, 0)]


def test_the_words_behind_two_texts_are_one_question_whatever_they_end_with():
    assert guesses(run_of("the cat", [1], causal=True), run_of("my old dog", [2], causal=True)) == [(0, 0)]


@pytest.mark.parametrize("end, expected", [("the", [(0, 0)]), ("a", [])])
def test_a_mask_and_the_word_behind_what_stands_before_it_are_one_question(end, expected):
    masked = run_of("[CLS] across the [MASK] . [SEP]", [3])
    causal = run_of(f"␣across ␣{end}", [1], causal=True)
    assert guesses(masked, causal) == expected
    assert guesses(causal, masked) == expected


def test_two_masks_and_a_word_behind_pair_the_one_that_is_meant():
    masked, causal = run_of("[MASK] across the [MASK]", [0, 3]), run_of("across ␣the", [1], causal=True)
    assert guesses(masked, causal) == [(1, 0)]


@pytest.mark.parametrize("kind", ["encoder", "decoder", "cross"])
def test_read_outs_of_translations_pair_at_paired_tokens_of_the_target(kind):
    def translated(target: str):
        row = tuple(target.split())
        model = hand_made.model_info(1, 2, causal=False, vocabulary=("a",))
        return hand_made.translation(
            [[1]],
            [[1] * len(row)],
            model=model,
            target={"tokens": (row,)},
            readouts=np.array([[0, at] for at in range(len(row))]),
            readout_logits=np.zeros((len(row), 1), np.float32),
        )

    of = compared(translated("start le chat"), translated("start vieux chat"), kind)
    assert shared_guesses(of) == [(0, 0), (2, 2)]


def test_words_of_one_vocabulary_are_followed_by_their_ids():
    before, after = (run_of("[MASK]", [0], logits=[np.log(shares).tolist()]) for shares in ([0.75, 0.25], [0.5, 0.5]))
    of = compared(before, after)
    assert same_vocabulary(of)
    best = shifts(of, (0, 0), 1)[0]
    assert (best.token, best.rank_before, best.rank_after) == ("a", 1, 1)
    assert best.probability_before == pytest.approx(0.75)
    assert best.change == pytest.approx(-0.25)


def test_words_of_other_vocabularies_are_compared_as_they_are_written():
    masked = run_of(
        "[MASK]", [0], vocabulary=("##ing", ".", "river", "road"), logits=[np.log([0.1, 0.2, 0.4, 0.3]).tolist()]
    )
    behind = run_of(
        "[MASK]", [0], vocabulary=("ing", "river", "␣river", "."), logits=[np.log([0.05, 0.6, 0.15, 0.2]).tolist()]
    )
    of = compared(masked, behind)
    assert not same_vocabulary(of)
    found = {s.token: s for s in shifts(of, (0, 0), 4)}
    assert list(found) == ["river", "road", ".", "##ing", "##river"]
    river = found["river"]  # "␣river", not the piece "river"
    assert (river.rank_before, river.rank_after) == (1, 3)
    assert (river.probability_before, river.probability_after) == (pytest.approx(0.4), pytest.approx(0.15))
    assert river.change == pytest.approx(-0.25)
    road = found["road"]
    assert (road.probability_after, road.rank_after, road.change) == (None, None, None)
    assert (found["##river"].probability_before, found["##river"].rank_after) == (None, 1)
    assert (found["."].probability_before, found["."].probability_after) == (pytest.approx(0.2), pytest.approx(0.2))
    assert found["##ing"].probability_after == pytest.approx(0.05)
