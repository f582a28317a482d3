"""The score counts first answers only; luck is what guessing among the offered words would hit."""

import pytest

from tests.packs import PADDING, pack, question
from viz.packs.errors import NotMeasurable
from viz.packs.measures import Truth
from viz.packs.progress import Progress
from viz.packs.reading import read
from viz.packs.score import Score, said, score

LOOKS = question("word", "{of: looked at, query: slowly, head: Layer4_Head11}")
PACK = read(pack(PADDING, LOOKS, question("word", "{of: open}").replace("id: q", "id: free")), "x.yaml")
TRUTHS = {"padding": Truth(4.0), "q": Truth("moved", choices=("moved", "the", "turtle", "across")), "free": None}
BEGUN = Progress(PACK.pack, "d")


def counted(progress: Progress) -> Score:
    return score(PACK, progress, lambda of: TRUTHS[of.id])


def test_nothing_is_answered_at_the_beginning():
    assert said(counted(BEGUN)) == "Answered: 0 of 3."


def test_the_first_try_counts_and_open_answers_are_neither_right_nor_wrong():
    progress = BEGUN.answering("padding", "3").answering("padding", "4").answering("q", "moved").answering("free", "x")
    of = counted(progress)
    assert (of.answered, of.judged, of.first_right) == (3, 2, 1)
    assert (of.chosen, of.chosen_right, of.luck) == (1, 1, pytest.approx(1 / 4))
    assert said(of) == (
        "Answered: 3 of 3. Right at the first try: 1 of 2 that the model decides. "
        "Of those with words to choose from: 1 of 1; by luck 0.2."
    )


def test_what_the_model_has_no_answer_to_is_not_counted_as_wrong():
    def refuse(_question):
        raise NotMeasurable(reason="x")

    of = score(PACK, BEGUN.answering("padding", "3"), refuse)
    assert (of.answered, of.judged, of.first_right) == (1, 0, 0)
