"""A class is judged anew: counts and luck by hand, the class's guesses beside the row the model gives, claims once."""

import csv
import io

import numpy as np
import pytest

from tests.hand_ins import PACK, PACK_FILE, SENTENCES, progress
from viz.analysis import tables
from viz.engine.local import engine
from viz.engine.requests import Ask, Gather
from viz.packs import class_counts, class_table, classroom
from viz.packs.class_claims import claims_of, retest
from viz.packs.class_said import claims_said, heads_said, tally_said, tokens_said
from viz.packs.errors import PackNotOffered
from viz.packs.handed_in import HandIn
from viz.packs.shelf import opened

TEXTS = ("The turtle moved slowly across the [MASK].", "The [MASK] sat.")
QUESTIONS = {question.id: question for question in PACK.pack.questions}


def hand_in(student: str, **answers: str) -> HandIn:
    return HandIn(f"{student}.zip", student, "en", progress(**answers))


CLASS = [
    hand_in("Ann", padding="4", look="moved", who="Layer2_Head10", claim="Layer4_Head11", why="so"),
    hand_in("Bo", padding="3", look="turtle", who="Layer4_Head11", claim="L3H10", why="=1+1"),
    hand_in("Cy", padding="four", look="Moved", claim="Layer1_Head1"),
    hand_in("Di", padding="4,0", look="river"),
]


def of_class(hand_ins=CLASS) -> classroom.Classroom:
    packs = [classroom.pack_of(of, [PACK]) for of in hand_ins]
    return classroom.judged(classroom.students_of(hand_ins, packs), engine.ask)


@pytest.fixture(scope="module")
def judged() -> classroom.Classroom:
    return of_class()


def test_answers_are_judged_by_the_model_and_counted(judged):
    # Of 10 and 6 positions 4 are padding: "4" and "4,0" are right, "3" is not, "four" is no number.
    of = class_counts.tally(judged, QUESTIONS["padding"])
    assert (of.answered, of.first_right, of.last_right, of.is_open, of.luck) == (4, 2, 2, False, None)
    assert tally_said(of, 4, None) == (
        "Answered by 4 of 4. The model says 4. Right at the first try: 2 of 4; in the end: 2."
    )


def test_luck_is_one_over_the_tokens_for_each_answer(judged):
    # [CLS] The turtle moved slowly across the [MASK] . [SEP]: ten tokens, four answers.
    of = class_counts.tally(judged, QUESTIONS["look"])
    assert (of.first_right, of.luck) == (2, pytest.approx(4 / 10))


def test_guesses_stand_beside_the_row_that_the_model_gives(judged):
    of = class_counts.token_guesses(judged, QUESTIONS["look"], engine.ask)
    run = engine.ask(Ask("headlight-bert", TEXTS))
    query = run.batch.tokens[0].index("slowly")
    # "the" stands there twice, so that it is followed by its position.
    assert of.tokens[:3] == ("[CLS]", "the (2)", "turtle")
    assert of.tokens[2:6] == run.batch.tokens[0][2:6]
    np.testing.assert_array_equal(of.weights, run.attentions[0, 3, 10, query])
    assert {token: int(n) for token, n in zip(of.tokens, of.counts, strict=True) if n} == {"moved": 2, "turtle": 1}
    assert of.elsewhere == 1
    assert of.shares.sum() == pytest.approx(3 / 4)
    assert tokens_said(of).startswith("The class: moved 50%, turtle 25%. The model: most at moved, weight ")
    assert tokens_said(of).endswith("1 answer is none of these.")


def test_heads_are_counted_on_the_board_of_the_model(judged):
    of = class_counts.head_guesses(judged, QUESTIONS["who"], engine.ask)
    assert of.counts.shape == (6, 12)
    assert {tuple(at): int(of.counts[tuple(at)]) for at in np.argwhere(of.counts).tolist()} == {(1, 9): 1, (3, 10): 1}
    run = engine.ask(Ask("headlight-bert", TEXTS))
    query, key = run.batch.tokens[0].index("slowly"), run.batch.tokens[0].index("moved")
    np.testing.assert_array_equal(of.weights, run.attentions[0, :, :, query, key])
    assert of.luck == pytest.approx(2 / 72)
    assert "The model: Layer2_Head10 · L1H9, weight " in heads_said(of)


def test_claims_are_counted_on_the_board_too_and_none_is_right(judged):
    of = class_counts.head_guesses(judged, QUESTIONS["claim"], engine.ask)
    assert (int(of.counts[3, 10]), int(of.counts[0, 0]), of.weights, of.luck) == (2, 1, None, None)


def test_other_questions_have_no_map(judged):
    assert class_counts.token_guesses(judged, QUESTIONS["padding"], engine.ask) is None
    assert class_counts.head_guesses(judged, QUESTIONS["look"], engine.ask) is None


def test_equal_answers_are_one_line(judged):
    found = {(of.answer, of.n) for of in class_counts.answer_counts(judged, QUESTIONS["look"])}
    assert found == {("moved", 2), ("turtle", 1), ("river", 1)}
    assert {(of.answer, of.n, of.state.value) for of in class_counts.answer_counts(judged, QUESTIONS["padding"])} == {
        ("4", 2, "right"),
        ("3", 1, "wrong"),
        ("four", 1, "unreadable"),
    }


def test_the_same_head_on_the_same_sentences_is_tested_once(judged):
    asked = []

    def ask(request):
        asked.append(request)
        return engine.ask(request)

    found = claims_of(judged)
    assert [(of.head, of.students) for of in found] == [("Layer4_Head11", ["Ann", "Bo"]), ("Layer1_Head1", ["Cy"])]
    assert [len(of.sentences) for of in found] == [3, 3]
    retested = list(retest(found, ask))
    assert [type(request) for request in asked] == [Gather, Gather]
    hits = [int(reading.hits[3, 10]) for reading in engine.ask(asked[0]).readings]
    assert f"in {sum(hits)} of 3 sentences" in retested[0].said
    assert not retested[1].holds
    n = sum(of.holds for of in retested)
    assert claims_said(retested) == f"{n} of 2 claims hold when they are tested again."


def test_a_claim_that_cannot_be_tested_says_why():
    made = progress(claim="Layer4_Head11")
    few = HandIn("a.zip", "Ann", "en", made.answering("claim", "Layer4_Head11", sentences="The dog *quickly* _ran_."))
    wrong = HandIn("b.zip", "Bo", "en", made.answering("claim", "Layer99_Head1", sentences=SENTENCES))
    (first, second) = retest(claims_of(of_class([few, wrong])), engine.ask)
    assert (first.verdict, second.verdict) == (None, None)
    assert "The number of marked sentences is 1" in first.said
    assert "Layer99_Head1" in second.said


def test_the_table_has_a_row_for_each_student_with_signs(judged):
    table = class_table.student_table(judged, list(retest(claims_of(judged), engine.ask)))
    assert table["student"] == ["Ann", "Bo", "Cy", "Di"]
    assert table["right"] == ["3 / 3", "0 / 3", "1 / 2", "1 / 2"]
    assert table["padding"] == ["✓ 4", "✗ 3", "four", "✓ 4,0"]
    assert table["why"] == ["so", "=1+1", "", ""]
    assert [answer[1:] for answer in table["claim"]] == [" Layer4_Head11", " L3H10", " Layer1_Head1", ""]


def test_the_csv_has_a_row_a_student_and_question_and_no_formula(judged):
    data = tables.as_csv(class_table.answer_table(judged)).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(data)))
    assert len(rows) == 5 + 5 + 3 + 2
    assert [row["last_answer"] for row in rows if row["question"] == "why"] == ["so", "'=1+1"]
    assert {row["first_is"] for row in rows if row["question"] == "padding"} == {"right", "wrong", "unreadable"}
    assert rows[0]["model_says"] == "4"


def test_names_that_are_alike_are_numbered_and_named():
    found = of_class([hand_in("Ann", padding="4"), hand_in("ann", padding="3"), hand_in("", padding="1")])
    assert [student.name for student in found.students] == ["Ann (1)", "ann (2)", ".zip"]
    assert classroom.named_alike(found.students) == ["Ann"]


def test_what_a_hand_in_says_about_right_and_wrong_is_not_believed():
    # The digest of another file: the answers are judged by the pack that is here, and that is told.
    other = opened(PACK_FILE + b"# changed\n", "x.yaml")
    found = of_class([HandIn("a.zip", "Ann", "en", progress(other, padding="4"))])
    assert not found.students[0].played_this_file
    assert found.rows[0].first.state.value == "right"


def test_the_file_that_was_played_comes_before_one_of_its_name():
    other = opened(PACK_FILE + b"# changed\n", "x.yaml")
    assert classroom.pack_of(HandIn("a.zip", "Ann", "en", progress(other, padding="4")), [PACK, other]) is other
    with pytest.raises(PackNotOffered):
        classroom.pack_of(hand_in("Ann", padding="4"))


def test_packs_are_sorted_by_how_many_handed_them_in():
    other = HandIn("z.zip", "Z", "en", progress(padding="4").__class__("other", "d", {}))
    assert list(classroom.by_pack([other, *CLASS])) == ["try-it", "other"]
