"""Say what an answer of the model can be: each a measure's name, and what it needs.

Texts, rows and positions count from 1, as on the screen. Which request takes a measure, and what is read off its
record, stands in ``measures``.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from viz.errors import Reason
from viz.packs.errors import WrongPart

MAX_TEXTS = 16

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
HeadName = Annotated[str, StringConstraints(pattern=r"^Layer[1-9]\d{0,3}_Head[1-9]\d{0,3}$")]
Row = Annotated[int, Field(ge=1, le=MAX_TEXTS)]
Mistake = Literal["no_attention_mask", "no_position_ids", "right_padding", "mask_from_ids", "mask_per_query"]
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
