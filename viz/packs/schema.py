"""Say what a class pack may hold: prose, texts that are run, and questions whose answers the model gives.

A pack is written by a teacher, as YAML, so everything is checked here, and nothing of it is ever run as code: an answer
is one of ``answer_kinds``, each the name of a measure and what it needs.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from viz.errors import Reason
from viz.packs.answer_kinds import (
    MAX_TEXTS,
    AnswerInBatch,
    Cell,
    Checked,
    ClaimAnswer,
    Count,
    Fill,
    HeadName,
    HiddenRow,
    InBatch,
    InTraining,
    Line,
    LookedAt,
    LookingHead,
    OpenAnswer,
    Prediction,
    Rank,
    Row,
    Share,
    Softmax,
)
from viz.packs.errors import WrongPart

MAX_PARTS, MAX_QUESTIONS = 30, 12

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8_000)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Side = Literal["left", "right"]


class Ask(Checked):
    """What every question has: its name in the file, what is asked, a hint, and what is said once it was answered."""

    id: Slug
    ask: Prose
    hint: Prose | None = None
    because: Prose | None = None


class WordQuestion(Ask):
    """Ask for a word; ``is`` is what the author expects, which ``pack check`` holds against the model."""

    kind: Literal["word"]
    answer: Annotated[OpenAnswer | Prediction | AnswerInBatch | LookedAt | HiddenRow, Field(discriminator="of")]
    expected: Annotated[Line | None, Field(alias="is")] = None


class HeadQuestion(Ask):
    """Ask for a head by its name."""

    kind: Literal["head"]
    answer: Annotated[OpenAnswer | ClaimAnswer | LookingHead, Field(discriminator="of")]
    expected: Annotated[HeadName | None, Field(alias="is")] = None


class NumberQuestion(Ask):
    """Ask for a number; right if it is no farther from the model's than ``within``. ``percent`` asks for a share."""

    kind: Literal["number"]
    answer: Annotated[
        OpenAnswer | Count | Cell | Share | Rank | Softmax | Fill | InBatch | InTraining, Field(discriminator="of")
    ]
    expected: Annotated[float | None, Field(alias="is")] = None
    within: Annotated[float, Field(ge=0)] = 0.0
    percent: bool = False


AnyQuestion = WordQuestion | HeadQuestion | NumberQuestion
Question = Annotated[AnyQuestion, Field(discriminator="kind")]


class Show(Checked):
    """What is run for a part: a batch of texts; with a head, the map of one text is drawn.

    ``map`` "after" keeps the map until every question of the part was answered.
    """

    texts: Annotated[tuple[Text, ...], Field(min_length=1, max_length=MAX_TEXTS)]
    model: Line | None = None
    padding_side: Side = "right"
    head: HeadName | None = None
    text: Row = 1
    map: Literal["now", "after"] = "after"

    @model_validator(mode="after")
    def _row_is_there(self) -> "Show":
        if self.text > len(self.texts):
            raise WrongPart(
                Reason("'text' is {text}, but the number of texts is {n}.", text=self.text, n=len(self.texts))
            )
        return self


class Link(Checked):
    """A page of the app that opens with these values in its address."""

    page: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]
    label: Line
    values: dict[Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")], Text] = {}


class Part(Checked):
    """One step: prose, what is run, pages to look at, and questions."""

    title: Line
    prose: Prose
    show: Show | None = None
    links: Annotated[tuple[Link, ...], Field(max_length=6)] = ()
    questions: Annotated[tuple[Question, ...], Field(max_length=MAX_QUESTIONS)] = ()

    @model_validator(mode="after")
    def _questions_ask_about_what_is_shown(self) -> "Part":
        for question in self.questions:
            complaint = _unfit(question, self.show)
            if complaint is not None:
                raise complaint
        return self


class Pack(Checked):
    """A lesson."""

    pack: Slug
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
    title: Line
    minutes: Annotated[int, Field(ge=1, le=300)]
    model: Line = "headlight-bert"
    about: Prose
    parts: Annotated[tuple[Part, ...], Field(min_length=1, max_length=MAX_PARTS)]

    @model_validator(mode="after")
    def _ids_differ(self) -> "Pack":
        seen: set[str] = set()
        for question in self.questions:
            if question.id in seen:
                raise WrongPart(Reason("two questions have the id '{id}'.", id=question.id))
            seen.add(question.id)
        if not seen:
            raise WrongPart(Reason("there is no question in any part."))
        return self

    @property
    def questions(self) -> tuple[AnyQuestion, ...]:
        """Give the questions of all parts in their order."""
        return tuple(question for part in self.parts for question in part.questions)

    def part_of(self, question_id: str) -> Part:
        """Give the part in which a question stands. Raises ``KeyError``."""
        for part in self.parts:
            if any(question.id == question_id for question in part.questions):
                return part
        raise KeyError(question_id)


NEED_NO_TEXTS = (OpenAnswer, ClaimAnswer, Softmax, Fill, HiddenRow)


def _unfit(question: AnyQuestion, show: Show | None) -> WrongPart | None:
    """Say what a question asks about that its part does not show."""
    answer, id_ = question.answer, question.id
    if isinstance(answer, Softmax | Fill) and max(_named_scores(answer)) > len(answer.scores):
        return WrongPart(Reason("question '{id}' names a score that is not there.", id=id_))
    if isinstance(answer, NEED_NO_TEXTS):
        return None
    if show is None:
        return WrongPart(Reason("question '{id}' is about texts, but its part has no 'show'.", id=id_))
    text, n = getattr(answer, "text", 1), len(show.texts)
    if getattr(answer, "hide", ()) and n > 1:
        return WrongPart(
            Reason("question '{id}' hides words, which is asked of a single text; here are {n}.", id=id_, n=n)
        )
    if text > n:
        return WrongPart(
            Reason("question '{id}' is about text {text}, but the number of texts is {n}.", id=id_, text=text, n=n)
        )
    return None


def _named_scores(answer: Softmax | Fill) -> tuple[int, ...]:
    return (answer.key, *answer.hidden) if isinstance(answer, Softmax) else answer.hidden
