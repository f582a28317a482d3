"""Say what a class pack may hold: prose, texts that are run, and questions whose answers the model gives.

A pack is written by a teacher, as YAML, so everything is checked here, and nothing of it is ever run as code: an answer
is one of the measures below, each a name and what it needs. Texts, rows and positions count from 1, as on the screen.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from viz.errors import Reason
from viz.packs.errors import WrongPart

MAX_PARTS, MAX_QUESTIONS, MAX_TEXTS = 30, 12, 16

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8_000)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
HeadName = Annotated[str, StringConstraints(pattern=r"^Layer[1-9]\d{0,3}_Head[1-9]\d{0,3}$")]
Row = Annotated[int, Field(ge=1, le=MAX_TEXTS)]
Mistake = Literal["no_attention_mask", "no_position_ids", "right_padding", "mask_from_ids", "mask_per_query"]
Side = Literal["left", "right"]
Scores = Annotated[tuple[float, ...], Field(min_length=2, max_length=12)]
ScoreNumber = Annotated[int, Field(ge=1, le=12)]
Hidden = Annotated[tuple[Line, ...], Field(max_length=16)]
# Those that the page "Inside the mask" tries.
FillValue = Literal["-inf", "min", -1_000_000_000, -10_000, -100, -10, -1]
NumberType = Literal["float32", "float16", "bfloat16"]


class Checked(BaseModel):
    """Refuse what nobody reads, and values of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class OpenAnswer(Checked):
    """Say that no number of the model decides: what is given is kept, and the teacher reads it."""

    of: Literal["open"]


class ClaimAnswer(Checked):
    """Ask for a head and for marked sentences on which the claim about it is tested; its verdict is the answer."""

    of: Literal["claim"]
    at_least: Annotated[int, Field(ge=1, le=50)] = 4


class Prediction(Checked):
    """The word the model puts first, at the [MASK] of a text or behind its end."""

    of: Literal["prediction"]
    text: Row = 1


class AnswerInBatch(Checked):
    """The word a prompt gets in the padded batch, with a script's mistakes, or alone."""

    of: Literal["answer"]
    text: Row = 1
    alone: bool = False
    mistakes: tuple[Mistake, ...] = ()


class LookedAt(Checked):
    """The token that a query looks at most in a head; ``among`` "words" passes over special tokens."""

    of: Literal["looked at"]
    text: Row = 1
    query: Line
    head: HeadName
    among: Literal["tokens", "words"] = "tokens"


class LookingHead(Checked):
    """The head that puts most weight from a query on a key, of all heads or of one layer's.

    With ``mistakes`` the batch is run as a script that makes them does; ``[PAD]`` as the key is all padding of the row.
    """

    of: Literal["head"]
    text: Row = 1
    query: Line
    key: Line
    layer: Annotated[int, Field(ge=1, le=1_000)] | None = None
    mistakes: tuple[Mistake, ...] = ()


class Count(Checked):
    """How many positions a text has, or how many of them are padding."""

    of: Literal["tokens", "padding"]
    text: Row = 1


class Cell(Checked):
    """One cell of a head's map: its score q·k/√d before the mask, or its weight after softmax.

    Of a word of several tokens: the sum over a key's tokens, the mean over a query's. ``[PAD]`` as the key is all
    padding of the row. With ``mistakes`` the batch is run as a script that makes them does; words in ``hide`` may be
    looked at by nobody, which is asked of a single text.
    """

    of: Literal["weight", "score"]
    text: Row = 1
    query: Line
    key: Line
    head: HeadName
    mistakes: tuple[Mistake, ...] = ()
    hide: Hidden = ()

    @model_validator(mode="after")
    def _one_change(self) -> "Cell":
        if self.mistakes and self.hide:
            raise WrongPart(Reason("'mistakes' and 'hide' do not go together."))
        return self


class Share(Checked):
    """The probability of a word over the whole vocabulary; of the model's first one where none is named.

    Words in ``hide`` may be looked at by nobody, which is asked of a single text.
    """

    of: Literal["probability"]
    text: Row = 1
    word: Line | None = None
    hide: Hidden = ()


class Rank(Checked):
    """Where a word stands among all words of the vocabulary; 1 is the model's first one."""

    of: Literal["rank"]
    text: Row = 1
    word: Line
    hide: Hidden = ()


class Softmax(Checked):
    """The weight of one of a few scores once some are hidden; needs no model."""

    of: Literal["softmax"]
    scores: Scores
    hidden: tuple[ScoreNumber, ...] = ()
    key: ScoreNumber
    fill: float | Literal["-inf"] = "-inf"


class Fill(Checked):
    """What is left on hidden scores when a number hides them in a number type, or how the type holds that number.

    ``leak`` is the weight that all hidden ones get together. Needs no model.
    """

    of: Literal["leak", "held as"]
    scores: Scores
    hidden: Annotated[tuple[ScoreNumber, ...], Field(min_length=1)]
    fill: FillValue
    type: NumberType = "float32"


class HiddenRow(Checked):
    """What becomes of a row in which every score is hidden: ``NaN``, ``uniform``, ``unmasked`` or ``mixed``.

    ``unmasked``: as if nothing were hidden, since one number added to all scores changes no softmax. ``mixed``:
    rounding took part of the scores away. Needs no model.
    """

    of: Literal["hidden row"]
    scores: Scores
    fill: FillValue
    type: NumberType = "float32"


class InBatch(Checked):
    """What padding does to a prompt of a batch: the largest |Δ logit| against the prompt alone, or a share.

    ``padding mass`` is the share of its attention that the worst head puts on padding, a mean over real queries.
    """

    of: Literal["difference", "padding mass", "probability in batch", "probability alone"]
    text: Row = 1
    mistakes: tuple[Mistake, ...] = ()


class InTraining(Checked):
    """What a training batch counts: its positions that are seen, scored, masked or padding, or its loss.

    Of the scored ones ``masked`` show [MASK], ``kept`` the word itself, ``random`` another word. ``loss alone`` is that
    of the same sentences one at a time, without padding. ``ends`` are end tokens of texts that are the same as the
    padding, ``ends scored`` those of them that the collator's labels leave in the loss.
    """

    of: Literal[
        "seen",
        "scored",
        "masked",
        "kept",
        "random",
        "padding positions",
        "positions",
        "loss",
        "loss alone",
        "ends",
        "ends scored",
    ]
    seed: Annotated[int, Field(ge=0, le=99_999_999)] = 0
    masked_share: Annotated[float, Field(gt=0, lt=1)] = 0.15
    mask_given: bool = True
    padding_scored: bool = False


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
