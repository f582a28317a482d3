"""Judge what a class handed in, anew, against the model's own numbers: a row for each student and question.

Nothing that stands in a hand-in is believed but what was answered. A class may use one pack in several languages, or in
several versions: each student is judged by the file that was played, where it is here.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from viz.errors import VizError
from viz.labels import typed
from viz.packs import schema, shelf
from viz.packs.grading import Judged, State, judge, truth_said
from viz.packs.handed_in import HandIn
from viz.packs.measures import Asking, Truth, truth
from viz.packs.progress import Given
from viz.packs.shelf import OpenPack
from viz.text import language, sentence

Hear = Callable[[float], object]


@dataclass(frozen=True, slots=True)
class Student:
    """Hold one of the class: a name that nobody else has, what was handed in, and the pack it is judged by."""

    name: str
    hand_in: HandIn
    pack: OpenPack

    @property
    def played_this_file(self) -> bool:
        """Tell whether the answers were given to the very file they are judged by."""
        return self.hand_in.progress.digest == self.pack.digest


@dataclass(frozen=True, slots=True)
class Answered:
    """Hold one answer of one student, how its first and its last try stand, and the model's answer in words."""

    student: Student
    question: schema.AnyQuestion
    given: Given
    first: Judged
    last: Judged
    truth: Truth | None
    model_says: str


@dataclass(frozen=True)
class Classroom:
    """Hold the students and all their answers; ``pack`` is the one whose questions are listed."""

    pack: OpenPack
    students: tuple[Student, ...]
    rows: tuple[Answered, ...]

    def answers_to(self, question: schema.AnyQuestion) -> list[Answered]:
        """Give the answers to a question, in the order of the students."""
        return self._by_question.get(question.id, [])

    def answers_of(self, student: Student) -> list[Answered]:
        """Give the answers of a student, in the order of the questions."""
        return self._by_student.get(student.name, [])

    @cached_property
    def _by_student(self) -> dict[str, list[Answered]]:
        found: dict[str, list[Answered]] = {}
        for row in self.rows:
            found.setdefault(row.student.name, []).append(row)
        return found

    @cached_property
    def _by_question(self) -> dict[str, list[Answered]]:
        found: dict[str, list[Answered]] = {}
        for row in self.rows:
            found.setdefault(row.question.id, []).append(row)
        return found


def by_pack(hand_ins: Iterable[HandIn]) -> dict[str, list[HandIn]]:
    """Sort hand-ins by the name of their pack, the one that most are about first."""
    found: dict[str, list[HandIn]] = {}
    for hand_in in hand_ins:
        found.setdefault(hand_in.progress.pack, []).append(hand_in)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def pack_of(hand_in: HandIn, own: Sequence[OpenPack] = ()) -> OpenPack:
    """Find the pack by which a hand-in is judged: the very file that was played, else one of its name.

    The teacher's ``own`` come before those of the shelf. Raises ``PackNotOffered``, ``PackWrong`` or
    ``OwnFileUnreadable``.
    """
    name, digest = hand_in.progress.pack, hand_in.progress.digest
    named = [pack for pack in own if pack.pack.pack == name]
    exact = next((pack for pack in named if pack.digest == digest), None) or shelf.of_digest(name, digest)
    return exact or next(iter(named), None) or shelf.find(name, hand_in.language)


def students_of(hand_ins: Sequence[HandIn], packs: Sequence[OpenPack]) -> tuple[Student, ...]:
    """Name the students: by the name they typed, else by the file; one that several have is numbered."""
    names = [hand_in.student or hand_in.file for hand_in in hand_ins]
    often = Counter(name.casefold() for name in names)
    taken: Counter[str] = Counter()
    made = []
    for name, hand_in, pack in zip(names, hand_ins, packs, strict=True):
        taken[name.casefold()] += 1
        label = f"{name} ({taken[name.casefold()]})" if often[name.casefold()] > 1 else name
        made.append(Student(typed(label), hand_in, pack))
    return tuple(made)


def named_alike(students: Sequence[Student]) -> list[str]:
    """List the names that several hand-ins bear."""
    found: dict[str, list[str]] = {}
    for of in students:
        found.setdefault(of.hand_in.student.casefold(), []).append(of.hand_in.student)
    return [names[0] for key, names in found.items() if key and len(names) > 1]


def judged(students: Sequence[Student], ask: Asking, hear: Hear = lambda share: None) -> Classroom:
    """Judge every answer of at least one student, asking the model for each question once.

    ``hear`` is told the share done.
    """
    give, rows = _Truths(ask), []
    for done, student in enumerate(students, start=1):
        for question in student.pack.pack.questions:
            given = student.hand_in.progress.answers.get(question.id)
            if given is not None:
                rows.append(_answered(student, question, given, give))
        hear(done / len(students))
    return Classroom(_listed(students), tuple(students), tuple(rows))


def _answered(student: Student, question: schema.AnyQuestion, given: Given, give: "_Truths") -> Answered:
    found = give(student.pack, question)
    if isinstance(found, VizError):
        unknown = Judged(State.OPEN, sentence(found))
        return Answered(student, question, given, unknown, unknown, None, "")
    first, last = (judge(question, of, found) for of in (given.first, given.last))
    says = "" if found is None else truth_said(question, found)
    return Answered(student, question, given, first, last, found, says)


class _Truths:
    """Ask the model for the answer to each question once; what it refuses is an answer too."""

    def __init__(self, ask: Asking):
        self._ask = ask
        self._found: dict[tuple[str, str], Truth | VizError | None] = {}

    def __call__(self, pack: OpenPack, question: schema.AnyQuestion) -> Truth | VizError | None:
        key = pack.digest, question.id
        if key not in self._found:
            try:
                self._found[key] = truth(pack.pack, question, self._ask)
            except VizError as error:
                self._found[key] = error.with_traceback(None)
        return self._found[key]


def _listed(students: Sequence[Student]) -> OpenPack:
    """Choose the file whose questions are listed: in the reader's language if one was, else the most played."""
    played = Counter(student.pack.digest for student in students)
    packs = {student.pack.digest: student.pack for student in students}
    return max(packs.values(), key=lambda pack: (pack.pack.language == language(), played[pack.digest]))
