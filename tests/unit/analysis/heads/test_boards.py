"""A board holds every job of every head over one text or many; the numbers are worked out by hand."""

import weakref

import numpy as np
import pytest

from tests import hand_made
from tests.known_heads import ADVERB_HEAD, NEXT_HEAD, SHORT, TURTLE, write_known_heads
from viz.analysis.heads import boards
from viz.analysis.heads.boards import Score
from viz.errors import NothingToMeasure, WordNotInText
from viz.files import saved

# Two heads over three tokens: the first looks at the token before (or at itself), the second evenly.
BEFORE = [[1, 0, 0], [1, 0, 0], [0, 1, 0]]
EVEN = [[1 / 3] * 3] * 3
THREE = {"tokens": (("the", "old", "dog"),)}


def two_heads(*maps, tokens=THREE["tokens"]):
    weights = np.array([[list(maps)]], dtype=np.float32)
    return hand_made.run(
        [[1, 1, 1]], model=hand_made.model_info(1, 2), attentions=weights, batch_fields={"tokens": tokens}
    )


def score(values, measure="previous", n_texts=1) -> Score:
    mean = np.array(values, dtype=np.float32)
    return Score(measure, mean, np.full_like(mean, 0.25), 0.1, n_texts)


@pytest.fixture
def known(tmp_path):
    write_known_heads(tmp_path / "run.npz", rows=(TURTLE, SHORT))
    return saved.read(tmp_path / "run.npz")


def test_mean_spread_and_uniform_head_over_two_texts():
    board = boards.measure([two_heads(BEFORE, EVEN), two_heads(EVEN, EVEN)])
    previous = board.score("previous", count_special=True)
    # The first head has 1 in one text and 1/3 in the other: mean 2/3, both 1/3 away from it.
    np.testing.assert_allclose(previous.mean, [[2 / 3, 1 / 3]], atol=1e-6)
    np.testing.assert_allclose(previous.spread, [[1 / 3, 0]], atol=1e-6)
    assert previous.uniform == pytest.approx(1 / 3)
    assert (board.n_texts, previous.n_texts) == (2, 2)


def test_special_tokens_are_counted_and_left_out_at_once():
    board = boards.measure([two_heads(BEFORE, EVEN, tokens=(("[CLS]", "old", "dog"),))])
    assert board.score("first", count_special=True).mean[0, 0] == pytest.approx(
        2 / 3
    )  # rows 1 and 2 of three look at [CLS]
    assert board.score("first", count_special=False).mean[0, 0] == pytest.approx(
        1 / 2
    )  # of old and dog, dog looks at old


def test_a_measure_that_finds_nothing_is_refused_in_words():
    board = boards.measure([two_heads(BEFORE, EVEN)])
    with pytest.raises(NothingToMeasure, match="'same word elsewhere'"):
        board.score("same", count_special=True)


def test_the_known_heads_come_out_on_top(known):
    board = boards.measure([known])
    following = board.score("next", count_special=True)
    assert boards.listed(following)[0] == NEXT_HEAD
    assert following.mean[NEXT_HEAD] == pytest.approx(0.99, abs=1e-6)
    pair = boards.pair_score(known, 0, "slow", "moves")
    assert boards.listed(pair)[0] == ADVERB_HEAD
    assert pair.mean[ADVERB_HEAD] == pytest.approx(0.87, abs=1e-6)
    assert pair.uniform == pytest.approx(1 / len(TURTLE))


def test_a_pair_is_measured_in_the_text_that_is_open(known):
    with pytest.raises(WordNotInText, match="'slow' is not in text 2"):
        boards.pair_score(known, 1, "slow", "moves")


def test_measuring_writes_into_no_run(known):
    before = known.attentions.copy()
    boards.measure([known])
    boards.pair_score(known, 0, "slow", "moves")
    np.testing.assert_array_equal(known.attentions, before)
    assert not known.attentions.flags.writeable


def test_a_run_is_gone_before_the_next_is_made():
    alive = []

    def runs():
        for _n in range(4):
            assert [ref for ref in alive if ref() is not None] == []
            run = two_heads(BEFORE, EVEN)
            alive.append(weakref.ref(run))
            yield run
            del run

    boards.measure(runs())
    assert len(alive) == 4


def test_heads_are_listed_best_first_best_last_or_by_place():
    of = score([[0.2, 0.9], [0.9, 0.4]])
    assert boards.listed(of) == [(0, 1), (1, 0), (1, 1), (0, 0)]
    assert boards.listed(of, order="last") == [(0, 0), (1, 1), (1, 0), (0, 1)]
    assert boards.listed(of, order="place") == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_a_bound_keeps_what_is_at_least_as_good_and_for_entropy_at_most_so_high():
    values = [[0.25, 0.5], [0.75, 0.5]]
    assert boards.listed(score(values), bound=0.5) == [(1, 0), (0, 1), (1, 1)]
    assert boards.listed(score(values, "entropy"), bound=0.5) == [(0, 0), (0, 1), (1, 1)]
    assert boards.within(score(values), None).all()


def test_the_table_has_both_names_and_over_many_texts_the_spread():
    table = boards.board_table([score([[0.5, 0.25]]), score([[1, 2]], "entropy", n_texts=3)], [(0, 1), (0, 0)])
    assert table == {
        "head": ["Layer1_Head2", "Layer1_Head1"],
        "index": ["L0H1", "L0H0"],
        "previous": [0.25, 0.5],
        "entropy": [2.0, 1.0],
        "entropy_spread": [0.25, 0.25],
    }


def test_the_difference_is_b_minus_a_and_there_is_none_between_shapes():
    np.testing.assert_allclose(boards.difference(score([[0.5, 0.25]]), score([[0.25, 1]])), [[-0.25, 0.75]])
    assert boards.difference(score([[0.5, 0.25]]), score([[0.5]])) is None


def test_words_are_named_by_themselves_or_with_their_position_where_they_stand_twice():
    run = two_heads(BEFORE, EVEN, tokens=(("The", "old", "the"),))
    assert list(boards.word_names(run, 0)) == ["The (1)", "old", "the (3)"]
    assert boards.word_named(run, 0, "OLD") == "old"
    assert boards.word_named(run, 0, "3") == "the (3)"
    assert boards.word_named(run, 0, "the (3)") == "the (3)"
    assert boards.word_named(run, 0, "the") == "The (1)"
    assert boards.word_named(run, 0, None) is None
    assert boards.word_named(run, 0, "cat") is None and boards.word_named(run, 0, "99") is None


def test_a_word_of_pieces_is_one_word_and_any_of_its_positions_names_it():
    run = two_heads(BEFORE, EVEN, tokens=(("snow", "##man", "runs"),))
    names = boards.word_names(run, 0)
    assert {name: word.positions for name, word in names.items()} == {"snowman": (0, 1), "runs": (2,)}
    assert boards.word_named(run, 0, "2") == "snowman"


def test_every_measure_has_a_name_for_the_screen():
    from viz.analysis.heads.measures import MEASURES

    labels = [boards.measure_label(name) for name in MEASURES]
    assert len(set(labels)) == len(labels)


def test_its_size_is_that_of_its_arrays():
    board = boards.measure([two_heads(BEFORE, EVEN)])
    n_scores = len(board.counted) + len(board.left_out)
    assert board.nbytes == n_scores * (
        2 * 2 * 4 + 8
    )  # mean and spread of two heads as float32, one uniform value as float64
