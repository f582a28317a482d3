"""Write a class's answers as plain tables, for the page and for a spreadsheet."""

from collections.abc import Iterable, Sequence

from viz.packs import claims
from viz.packs.class_claims import Retested
from viz.packs.classroom import Answered, Classroom
from viz.packs.grading import State

RIGHT, WRONG = "✓", "✗"


def answer_table(of: Classroom, retested: Iterable[Retested] = ()) -> dict[str, list]:
    """List a row for each student and question, as columns; a claim's verdict where it was tested again."""
    verdicts = verdict_of(retested)
    columns = {
        "student": lambda row: row.student.name,
        "file": lambda row: row.student.hand_in.file,
        "pack": lambda row: row.student.hand_in.progress.pack,
        "question": lambda row: row.question.id,
        "kind": lambda row: row.question.kind,
        "first_answer": lambda row: row.given.first,
        "last_answer": lambda row: row.given.last,
        "tries": lambda row: row.given.tries,
        "hint_read": lambda row: row.given.hinted,
        "first_is": lambda row: _stands(row, row.first.state),
        "last_is": lambda row: _stands(row, row.last.state),
        "model_says": lambda row: row.model_says,
        "verdict": lambda row: _verdict(verdicts.get(_key(row))),
        "sentences": lambda row: row.given.sentences,
        "words": lambda row: row.given.words,
    }
    return {name: [give(row) for row in of.rows] for name, give in columns.items()}


def student_table(of: Classroom, retested: Iterable[Retested] = ()) -> dict[str, list[str]]:
    """List a row for each student: how many are right at the first try, and each answer with its mark.

    The columns are called "student", "right" and as the questions are called in the pack.
    """
    verdicts = verdict_of(retested)
    found = {_key(row): row for row in of.rows}
    names = [student.name for student in of.students]
    table = {"student": names, "right": [_right(of.answers_of(student)) for student in of.students]}
    for question in of.pack.pack.questions:
        rows = [found.get((name, question.id)) for name in names]
        table[question.id] = ["" if row is None else marked(row, verdicts.get(_key(row))) for row in rows]
    return table


def verdict_of(retested: Iterable[Retested]) -> dict[tuple[str, str], Retested]:
    """Find the verdict of a claim by student and question."""
    return {_key(row): of for of in retested for row in of.claim.answers}


def marked(row: Answered, verdict: Retested | None = None) -> str:
    """Write an answer with a sign before it: the first one, which counts; of a claim the last, which was tested."""
    if claims.is_claim(row.question):
        holds, given = None if verdict is None else verdict.holds, row.given.last
    else:
        holds, given = {State.RIGHT: True, State.WRONG: False}.get(row.first.state), row.given.first
    sign = "" if holds is None else f"{RIGHT if holds else WRONG} "
    return f"{sign}{' '.join(given.split())}"


def _right(rows: Sequence[Answered]) -> str:
    states = [row.first.state for row in rows if not claims.is_claim(row.question)]
    decided = [state for state in states if state in (State.RIGHT, State.WRONG, State.UNREADABLE)]
    return f"{sum(state is State.RIGHT for state in decided)} / {len(decided)}"


def _stands(row: Answered, state: State) -> str:
    return "" if claims.is_claim(row.question) else state.value


def _verdict(of: Retested | None) -> str:
    if of is None:
        return ""
    return of.verdict.value if of.verdict is not None else of.said


def _key(row: Answered) -> tuple[str, str]:
    return row.student.name, row.question.id
