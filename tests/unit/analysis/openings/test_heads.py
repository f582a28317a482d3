"""Sentences about heads, held against numbers written out here."""

import numpy as np

from tests import hand_made
from tests.unit.analysis.claims.test_verdict import PAIRS, follows_word, judged, looks_evenly
from tests.unit.analysis.corpus.test_standings import a_reading
from tests.unit.analysis.heads.test_boards import BEFORE, EVEN, two_heads
from tests.unit.analysis.reasons.test_attribution import attribution
from tests.unit.analysis.reasons.test_patching import made
from viz.analysis.heads import boards
from viz.analysis.openings import heads


def test_a_board_is_counted_and_its_best_head_named():
    one = boards.measure([two_heads(EVEN, BEFORE)])
    said = heads.board(one, "previous", count_special=True)
    assert said[0].startswith(
        "The rows of the board are the layers of hand-made (1), the columns its heads (2): 2 squares"
    )
    assert said[0].endswith("by what one head does in 1 text.")
    assert said[1] == "By the job “previous token” the first of them is Layer1_Head2 · L0H1, with 1.000."
    two = boards.measure([two_heads(EVEN, BEFORE), two_heads(EVEN, EVEN)])
    said = heads.board(two, "previous", count_special=True)
    assert said[0].endswith("on average in 2 texts.")
    assert said[1].endswith("with 0.667.")  # the mean of 1 and 1/3


def test_a_job_that_was_not_measured_is_not_said():
    board = boards.measure([two_heads(EVEN, BEFORE)])
    assert len(heads.board(board, "pair", count_special=True)) == 1


def test_the_strongest_and_the_middle_line_are_said():
    said = heads.corpus(a_reading([0.25, 0.75, 0.5]), (0, 0))
    assert said == [
        "Read with hand-made: lines of text, 3 in all. A line counts by the largest weight between two words.",
        "Of all 3 that have one, Layer1_Head1 · L0H0 has its largest in line 3: 'cat' gives 'sat1' 0.75. In the middle "
        "of the ranking it is 0.50.",
    ]


def test_a_claim_is_said_with_hits_luck_and_means():
    first, second = heads.claim(judged(PAIRS, [looks_evenly, follows_word], (0, 1)))
    # Ten sentences of eight words, the stop among them: seven candidates each.
    assert "In 10 of 10 sentences Layer1_Head2 · L0H1 gives the key more" in first
    assert first.endswith(f"luck would give {10 / 7:.1f}.")
    assert second.startswith("On average the key gets 0.800 of the query's attention")


def test_a_head_is_one_of_all():
    run = hand_made.run(
        [[1, 1]], model=hand_made.model_info(2, 3), attentions=np.full((1, 2, 3, 2, 2), 0.5, np.float32)
    )
    assert heads.head(run, 1, 2)[0] == "This is Layer2_Head3 · L1H2, one of the 6 heads of hand-made."


def answering(shares):
    """Build a run whose one answer has these probabilities."""
    return hand_made.run(
        [[1, 1]],
        model=hand_made.model_info(1, 2, vocabulary=("a", "b")),
        attentions=np.full((1, 1, 2, 2, 2), 0.5, np.float32),
        readouts=np.array([[0, 1]]),
        readout_logits=np.log(np.array([shares], dtype=np.float32)),
    )


def test_a_word_is_followed_through_switched_heads():
    before, after = answering([0.75, 0.25]), answering([0.5, 0.5])
    assert heads.switch_off(before, after, 1, 0, 1) == [
        "1 of the 2 heads of hand-made is switched off.",
        "The word 'b' had 25.0% with all heads on, and has 50.0% now.",
    ]
    assert heads.switch_off(before, before, 0, 0, 0) == [
        "0 of the 2 heads of hand-made are switched off.",
        "The word 'a' has 75.0%: that is the number to watch while heads are switched off.",
    ]


def test_the_largest_part_is_named_either_way():
    assert heads.attribution(attribution()) == [
        "The logit of 'a' minus that of 'd' is +6.00.",
        "It is the sum of 12 parts; the largest either way is Layer2_Head1 · L1H0, with +4.00.",
        "A part above 0 speaks for 'a', one below 0 against it.",
    ]
    of = attribution(mlps=np.array([3.0, -9.0]), rival_id=None, rival_logit=None)
    assert heads.attribution(of)[0] == "The logit of 'a' is +9.00."
    assert "the largest either way is the MLP of Layer2, with -9.00" in heads.attribution(of)[1]


def test_the_furthest_patch_is_set_between_both_answers():
    assert heads.patching(made())[1] == (
        "What moves it furthest alone is Layer1_Head2 · L0H1: to -1.00, which is 100% of the way to B."
    )
    assert "+3.00 in sentence A, -1.00 in sentence B" in heads.patching(made())[0]
    assert "is the state of 'b' that enters Layer1: to -1.00" in heads.patching(made("states"))[1]
    same = made(end_logits=np.array([[4.0, 1.0], [5.0, 2.0]]))
    assert heads.patching(same)[1].startswith("The two are the same")
