"""Predictions are read off logits: the best words, the text with them in it, and what moved between two runs."""

import math

import numpy as np
import pytest

from tests import hand_made
from viz.analysis import predictions
from viz.errors import NoMaskToken

VOCABULARY = ("cat", "dog", "##s", "river", ".")


def bert_run(text: str, logits: list[list[float]], rows: list[int] | None = None, texts: tuple[str, ...] = ()):
    """Build a run of a BERT whose n-th read-out stands at position n of its row."""
    rows = rows or [0] * len(logits)
    texts = texts or (text,)
    return hand_made.run(
        [[1, 1, 1, 1]] * len(texts),
        model=hand_made.model_info(vocabulary=VOCABULARY),
        batch_fields={"texts": texts},
        readouts=np.array([[row, n] for n, row in enumerate(rows)], dtype=np.int64).reshape(-1, 2),
        readout_logits=np.array(logits, dtype=np.float32).reshape(len(logits), len(VOCABULARY)),
    )


def gpt2_run(text: str, vocabulary: tuple[str, ...], logits: list[float]):
    """Build a run of a GPT-2 that reads at its last token."""
    return hand_made.run(
        [[1, 1]],
        model=hand_made.model_info(causal=True, mask_token=None, family="gpt2", vocabulary=vocabulary),
        batch_fields={"texts": (text,)},
        readouts=np.array([[0, 1]]),
        readout_logits=np.array([logits], dtype=np.float32),
    )


def test_probabilities_are_over_the_whole_vocabulary():
    run = bert_run("[MASK]", [[0, math.log(2), math.log(3), math.log(4), 0]])
    np.testing.assert_allclose(predictions.probabilities(run, 0), [1 / 11, 2 / 11, 3 / 11, 4 / 11, 1 / 11], rtol=1e-6)


def test_huge_logits_do_not_overflow():
    run = bert_run("[MASK]", [[1e4, 1e4, -1e4, -1e4, -1e4]])
    np.testing.assert_allclose(predictions.probabilities(run, 0), [0.5, 0.5, 0, 0, 0])


def test_the_best_words_come_first_with_rank_id_logit_and_probability():
    run = bert_run("[MASK]", [[0, math.log(2), math.log(3), math.log(4), 0]])
    best, second = predictions.top_k(run, 0, 2)
    assert (best.rank, best.token_id, best.token) == (1, 3, "river")
    assert (second.rank, second.token_id, second.token) == (2, 2, "##s")
    assert best.logit == pytest.approx(math.log(4), rel=1e-6)
    assert best.probability == pytest.approx(4 / 11, rel=1e-6)
    assert second.probability == pytest.approx(3 / 11, rel=1e-6)


def test_equal_logits_come_in_the_order_of_their_ids():
    run = bert_run("[MASK]", [[1, 5, 1, 5, 5]])
    assert [p.token_id for p in predictions.top_k(run, 0, 5)] == [1, 3, 4, 0, 2]


def test_equal_logits_keep_the_order_of_their_ids_in_a_large_vocabulary():
    run = gpt2_run("The", tuple(f"w{i}" for i in range(1000)), [i % 3 for i in range(1000)])
    assert [p.token_id for p in predictions.top_k(run, 0, 333)] == list(range(2, 1000, 3))
    shift = predictions.compare(run, run, (0, 0), k=333)[-1]
    assert (shift.token_id, shift.rank_before) == (998, 333)


def test_asking_for_more_words_than_there_are_gives_all_of_them():
    assert len(predictions.top_k(bert_run("[MASK]", [[0, 1, 2, 3, 4]]), 0, 100)) == 5


def test_each_readout_has_its_own_words():
    run = bert_run("[MASK] [MASK]", [[9, 0, 0, 0, 0], [0, 9, 0, 0, 0]])
    assert predictions.top_k(run, 0, 1)[0].token == "cat"
    assert predictions.top_k(run, 1, 1)[0].token == "dog"


class Counting(np.ndarray):
    """Count the numbers that numpy's functions read from it and from what is computed of it."""

    n_read = 0

    def __array_ufunc__(self, function, method, *inputs, **options):
        plain = [of.view(np.ndarray) if isinstance(of, Counting) else of for of in inputs]
        Counting.n_read += sum(np.size(of) for of in plain)
        result = getattr(function, method)(*plain, **options)
        return result.view(Counting) if isinstance(result, np.ndarray) else result


@pytest.fixture
def wide():
    """Give a run of 20 read-outs over 1,000 words, whose logits count what is read of them."""
    Counting.n_read = 0
    logits = np.random.default_rng(0).normal(size=(20, 1000)).astype(np.float32)
    return hand_made.run(
        [[1] * 20],
        model=hand_made.model_info(vocabulary=tuple(f"w{i}" for i in range(1000))),
        batch_fields={"texts": (" ".join(["[MASK]"] * 20),)},
        readouts=np.array([[0, n] for n in range(20)]),
        readout_logits=logits.view(Counting),
    )


def test_one_readouts_words_and_comparison_read_its_logits_only(wide):
    predictions.top_k(wide, 7, 10)
    assert 1000 <= Counting.n_read < 20 * 1000
    Counting.n_read = 0
    predictions.compare(wide, wide, (7, 7), 10)
    assert 1000 <= Counting.n_read < 20 * 1000


def test_completing_a_text_reads_each_readout_once_however_many_ranks_are_asked_for(wide):
    assert len(predictions.completions(wide, 0, 50)) == 50
    assert 20 * 1000 <= Counting.n_read < 2 * 20 * 1000


def test_a_run_without_a_mask_says_so_and_one_with_a_mask_passes():
    with pytest.raises(NoMaskToken, match=r"There is no \[MASK\] in the text"):
        predictions.require_readouts(bert_run("no mask", []))
    predictions.require_readouts(bert_run("[MASK]", [[0, 1, 2, 3, 4]]))


def test_the_word_takes_the_place_of_the_mask_however_it_was_typed():
    for typed in ("[MASK]", "[mask]", "<mask>", "<MASK>", "[Mask]"):
        run = bert_run(f"The {typed} sleeps.", [[9, 8, 0, 1, 0]])
        assert predictions.completions(run, 0, 1) == ["The cat sleeps."], typed


def test_each_rank_gives_the_text_with_its_word():
    run = bert_run("The [MASK] sleeps.", [[9, 8, 0, 7, 0]])
    assert predictions.completions(run, 0, 3) == ["The cat sleeps.", "The dog sleeps.", "The river sleeps."]


def test_a_text_is_completed_once_for_each_word_there_is():
    assert len(predictions.completions(bert_run("The [MASK] sleeps.", [[9, 8, 0, 7, 0]]), 0, 100)) == 5


def test_the_rest_of_the_text_stays_as_it_was_typed():
    run = bert_run("TWO  spaces, ÉLAN & \\1 [MASK]!", [[9, 0, 0, 0, 0]])
    assert predictions.completions(run, 0, 1) == ["TWO  spaces, ÉLAN & \\1 cat!"]


def test_a_piece_of_a_word_joins_the_word_before_it():
    assert predictions.completions(bert_run("The turtle [MASK] run.", [[0, 0, 9, 0, 0]]), 0, 1) == ["The turtles run."]
    assert predictions.completions(bert_run("The turtle[MASK] run.", [[0, 0, 9, 0, 0]]), 0, 1) == ["The turtles run."]


def test_a_piece_at_the_start_of_a_text_stands_alone():
    assert predictions.completions(bert_run("[MASK] run.", [[0, 0, 9, 0, 0]]), 0, 1) == ["s run."]


def test_several_masks_each_get_their_own_word_of_the_rank():
    run = bert_run("A [MASK] and a [MASK].", [[9, 8, 0, 0, 0], [0, 8, 0, 9, 0]])
    assert predictions.completions(run, 0, 2) == ["A cat and a river.", "A dog and a dog."]


def test_each_text_of_a_batch_gets_the_words_of_its_own_row():
    run = bert_run("", [[9, 0, 0, 0, 0], [0, 9, 0, 0, 0]], rows=[0, 1], texts=("One [MASK].", "Two [MASK]."))
    assert predictions.completions(run, 0, 1) == ["One cat."]
    assert predictions.completions(run, 1, 1) == ["Two dog."]


def test_a_mask_that_was_cut_off_stays_as_typed():
    assert predictions.completions(bert_run("A [MASK] and a [MASK].", [[9, 0, 0, 0, 0]]), 0, 1) == [
        "A cat and a [MASK]."
    ]


def test_a_causal_model_puts_its_word_behind_the_text():
    run = gpt2_run("The turtle moves", ("␣slow", "ly"), [0, 1])
    assert predictions.completions(run, 0, 2) == ["The turtle movesly", "The turtle moves slow"]


def test_a_byte_level_word_in_place_of_a_mask_brings_its_own_space():
    vocabulary = ("␣cat", "s", "x", "y", "z")
    for text, logits, expected in [
        ("The <mask> sleeps.", [9, 0, 0, 0, 0], "The cat sleeps."),
        ("The<mask> sleeps.", [9, 0, 0, 0, 0], "The cat sleeps."),
        ("<mask> sleeps.", [9, 0, 0, 0, 0], "cat sleeps."),
        ("The turtle<mask> sleep.", [0, 9, 0, 0, 0], "The turtles sleep."),
    ]:
        run = hand_made.run(
            [[1, 1]],
            model=hand_made.model_info(mask_token="<mask>", family="roberta", vocabulary=vocabulary),
            batch_fields={"texts": (text,)},
            readouts=np.array([[0, 0]]),
            readout_logits=np.array([logits], dtype=np.float32),
        )
        assert predictions.completions(run, 0, 1) == [expected], text


def test_comparing_follows_the_best_words_of_both_runs_and_those_of_before_come_first():
    before = bert_run("[MASK]", [[math.log(5), math.log(3), 0, 0, 0]])  # 5, 3, 1, 1, 1 of 11
    after = bert_run("[MASK]", [[0, 0, 0, math.log(4), math.log(3)]])  # 1, 1, 1, 4, 3 of 10
    shifts = predictions.compare(before, after, (0, 0), k=2)
    assert [shift.token for shift in shifts] == ["cat", "dog", "river", "."]
    cat, dog, river, _ = shifts
    assert (cat.rank_before, cat.rank_after) == (1, 3)
    assert (dog.rank_before, dog.rank_after) == (2, 4)
    assert (river.rank_before, river.rank_after) == (4, 1)
    assert cat.probability_before == pytest.approx(5 / 11, rel=1e-6)
    assert cat.probability_after == pytest.approx(1 / 10, rel=1e-6)
    assert cat.change == pytest.approx(1 / 10 - 5 / 11, rel=1e-6)


def test_a_word_best_in_both_runs_is_listed_once():
    run = bert_run("[MASK]", [[9, 8, 0, 0, 0]])
    assert [shift.token for shift in predictions.compare(run, run, (0, 0), k=2)] == ["cat", "dog"]


def test_comparing_reads_the_asked_readout_of_each_run():
    before = bert_run("[MASK] [MASK]", [[9, 0, 0, 0, 0], [0, 9, 0, 0, 0]])
    after = bert_run("[MASK] [MASK]", [[0, 0, 0, 9, 0], [0, 0, 0, 0, 9]])
    assert [shift.token for shift in predictions.compare(before, after, (1, 0), k=1)] == ["dog", "river"]
