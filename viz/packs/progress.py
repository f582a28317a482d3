"""Hold what a student answered, in plain values that a browser or a hand-in keeps; what comes back is checked."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, astuple, dataclass, field, replace
from typing import Self, TypeGuard

from viz.packs.errors import AnswerTooLong
from viz.packs.schema import Part

MAX_GIVEN = 2_000  # characters of an answer
MAX_SENTENCES = 8_000  # of the marked sentences of a claim
MAX_ANSWERS = 400  # more than a pack can ask


@dataclass(frozen=True, slots=True)
class Given:
    """Hold one answer: what was given first and last, how often, and whether the hint was read before the first.

    ``sentences`` are the marked sentences of a claim, ``words`` what the student says about it.
    """

    last: str
    first: str
    tries: int = 1
    hinted: bool = False
    sentences: str = ""
    words: str = ""

    def again(self, given: str, *, sentences: str = "", words: str = "") -> Self:
        """Answer anew; the first answer stays."""
        return replace(self, last=given, tries=self.tries + 1, sentences=sentences, words=words)

    def after(self, before: Self) -> Self:
        """Stand as what was answered after an earlier answer, whose first try stays the first."""
        return replace(self, first=before.first, tries=before.tries + self.tries, hinted=before.hinted)


@dataclass(frozen=True, slots=True)
class Progress:
    """Hold the answers to one pack by the questions' ids; ``digest`` is that of the pack they were given to.

    ``begun_anew`` is how often all answers were let go: by it a tab that comes late does not bring them back.
    """

    pack: str
    digest: str
    answers: Mapping[str, Given] = field(default_factory=dict)
    part: int = 0  # the one that is open
    begun_anew: int = 0

    def answering(
        self, question: str, given: str, *, hinted: bool = False, sentences: str = "", words: str = ""
    ) -> Self:
        """Give the progress with one more answer. Raises ``AnswerTooLong``: what is kept must be read again."""
        for text, most in ((given, MAX_GIVEN), (sentences, MAX_SENTENCES), (words, MAX_GIVEN)):
            if len(text) > most:
                raise AnswerTooLong(n=len(text), most=most)
        before = self.answers.get(question)
        if before is None:
            new = Given(given, given, hinted=hinted, sentences=sentences, words=words)
        else:
            new = before.again(given, sentences=sentences, words=words)
        return replace(self, answers={**self.answers, question: new})

    def has_all(self, part: Part) -> bool:
        """Tell whether every question of a part was answered."""
        return all(question.id in self.answers for question in part.questions)

    def of_pack(self, digest: str, questions: Collection[str]) -> Self:
        """Go on with the pack as it is now: of its questions the answers are kept, the others are let go."""
        kept = {question: given for question, given in self.answers.items() if question in questions}
        return replace(self, digest=digest, answers=kept)

    def over(self, before: Self) -> Self:
        """Lay these answers over earlier ones, with which they go on."""
        on_top = {
            question: given if (earlier := before.answers.get(question)) is None else given.after(earlier)
            for question, given in self.answers.items()
        }
        return replace(before, answers={**before.answers, **on_top})

    def joined(self, other: Self) -> Self:
        """Take in what another tab answered, so that both hold the same in the end, in whatever order they hear it.

        Of two answers to one question that of more tries stays. Answers from before all were let go are none.
        """
        if self.begun_anew != other.begun_anew:
            newer = max(self, other, key=lambda progress: progress.begun_anew)
            return replace(self, answers=newer.answers, begun_anew=newer.begun_anew)
        answers = dict(self.answers)
        for question, given in other.answers.items():
            answers[question] = max(given, answers.get(question, given), key=lambda of: (of.tries, astuple(of)))
        return replace(self, answers=answers)

    def let_go(self) -> Self:
        """Begin anew, without an answer."""
        return replace(self, answers={}, part=0, begun_anew=self.begun_anew + 1)

    def as_plain(self) -> dict[str, object]:
        """Write it as JSON can hold it."""
        answers = {question: asdict(given) for question, given in self.answers.items()}
        return {
            "pack": self.pack,
            "digest": self.digest,
            "part": self.part,
            "begun_anew": self.begun_anew,
            "answers": answers,
        }

    @classmethod
    def from_plain(cls, told: object) -> Self | None:
        """Read what was kept elsewhere; None where it is nothing that was written here."""
        if not isinstance(told, Mapping) or not isinstance(told.get("answers"), Mapping):
            return None
        pack, digest, answers = told.get("pack"), told.get("digest"), told["answers"]
        part, begun_anew = told.get("part"), told.get("begun_anew", 0)  # which older versions did not write
        if not _is_text(pack, 60) or not _is_text(digest, 64) or not _is_count(part) or not _is_count(begun_anew):
            return None
        if len(answers) > MAX_ANSWERS:
            return None
        read = {question: given for question, of in answers.items() if _is_text(question, 60) and (given := _given(of))}
        if len(read) != len(answers):
            return None
        return cls(pack, digest, read, part, begun_anew)


def _given(told: object) -> Given | None:
    if not isinstance(told, Mapping):
        return None
    limits = {"last": MAX_GIVEN, "first": MAX_GIVEN, "sentences": MAX_SENTENCES, "words": MAX_GIVEN}
    if not all(_is_text(told.get(name), most) for name, most in limits.items()):
        return None
    if not _is_count(told.get("tries")) or type(told.get("hinted")) is not bool:
        return None
    return Given(**{name: told[name] for name in (*limits, "tries", "hinted")})


def _is_text(value: object, most: int) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) <= most


def _is_count(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value < 1_000_000
