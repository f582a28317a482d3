"""Say what can be asked of the engine: frozen, picklable requests, each the key of the record that answers it.

A request knows no torch and holds no arrays. Those about a model name its checkpoint and the revision of its weights;
an empty revision means the weights that are there when the engine is asked.
"""

from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from viz.analysis.batches.generation import Generation, Sampling
from viz.analysis.batches.same_alone import BatchCheck, BothWays, Mistakes, Speed
from viz.analysis.batches.training import Lesson
from viz.analysis.claims.readings import Evidence
from viz.analysis.claims.text import MarkedSentence
from viz.analysis.heads.boards import Board
from viz.analysis.heads.boards import Part as BoardPart
from viz.analysis.heads.switch_off import Cost, Head, HeadEffect, Resample
from viz.analysis.load_check import LoadCheck
from viz.analysis.masks.choice import MaskChoice
from viz.analysis.masks.hiding import FillResult, Hiding
from viz.analysis.masks.stations import MaskLife, StacksLife
from viz.analysis.positions.offsets import OffsetProfiles
from viz.analysis.positions.offsets import Part as OffsetsPart
from viz.analysis.positions.orders import Order
from viz.analysis.positions.place_word import PlaceWord
from viz.analysis.positions.tables import PositionTables
from viz.analysis.reasons.contribution import WEIGHT
from viz.listing import DownloadState, ListedModel, Weight
from viz.records import PadToken, Run

KEPT_TEXTS = 16  # so many texts are measured as one batch that is kept: opening another of them makes no pass
MAX_SEED = 99_999_999  # of what a person or an address names

Record = TypeVar("Record")


class Request(Generic[Record]):
    """Ask for one record; ``kept`` says whether the engine may answer the same request with the same record again."""

    __slots__ = ()
    kept: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Edit:
    """Describe an edit of one text: positions nobody may look at, and ``(position, word)`` to put in place."""

    hidden: tuple[int, ...] = ()
    replacement: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Ask(Request[Run]):
    """Ask for one pass over texts, with what a person changed about it.

    ``second`` makes a pair of the only text. ``edit`` is of the only text. ``mask`` None is the usual mask, ``hiding``
    None the model's own value. Heads that are ``off`` give way to zeros, to their mean, or to outputs of theirs
    elsewhere (``off_by`` "zero", "mean", "resample"). ``order`` None is the order of the text.
    """

    checkpoint: str
    texts: tuple[str, ...]
    revision: str = ""
    second: str = ""
    padding_side: str = "right"
    truncate: bool = False
    edit: Edit | None = None
    mask: MaskChoice | None = None
    hiding: Hiding | None = None
    off: frozenset[Head] = frozenset()
    off_by: str = "zero"
    resample: Resample = Resample()
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Translate(Request[Run]):
    """Ask for one pass of an encoder-decoder over sources and their targets: given ones, or greedy ones where none are.

    Cross-attention heads that are ``off`` give way to zeros, or to their mean (``off_by``); greedy targets are those
    of the whole model, so that a run with heads off stands beside the run without that.
    """

    checkpoint: str
    texts: tuple[str, ...]  # the sources
    targets: tuple[str, ...] = ()  # one a source, or none
    revision: str = ""
    padding_side: str = "right"
    max_new_tokens: int = 40
    off: frozenset[Head] = frozenset()
    off_by: str = "zero"


@dataclass(frozen=True, slots=True)
class Continue(Request[Generation]):
    """Ask how a padded batch of prompts goes on."""

    checkpoint: str
    texts: tuple[str, ...]
    sampling: Sampling
    padding_side: str = "left"
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Check(Request[BatchCheck]):
    """Ask whether each prompt of a padded batch, with a script's mistakes, answers as it does alone."""

    checkpoint: str
    texts: tuple[str, ...]
    padding_side: str = "left"
    mistakes: Mistakes = Mistakes()
    revision: str = ""


@dataclass(frozen=True, slots=True)
class ContinueBothWays(Request[BothWays]):
    """Ask how each prompt goes on alone, and in the batch with the mistakes."""

    checkpoint: str
    texts: tuple[str, ...]
    padding_side: str = "left"
    mistakes: Mistakes = Mistakes()
    max_new_tokens: int = 10
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Time(Request[Speed]):
    """Ask how long prompts take one by one and as one batch, now: a measurement is nobody else's."""

    kept: ClassVar[bool] = False

    checkpoint: str
    texts: tuple[str, ...]
    padding_side: str = "left"
    rounds: int = 5
    revision: str = ""


@dataclass(frozen=True, slots=True)
class NamePadToken(Request[PadToken]):
    """Ask what a model's batches are filled up with."""

    checkpoint: str
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Trace(Request[MaskLife]):
    """Ask what becomes of the mask of a pass on its way to one layer."""

    ask: Ask
    layer: int


@dataclass(frozen=True, slots=True)
class TraceStacks(Request[StacksLife]):
    """Ask what becomes of the three masks of an encoder-decoder on their way to one layer."""

    ask: Translate
    layer: int


@dataclass(frozen=True, slots=True)
class TryValues(Request[tuple[FillResult, ...]]):
    """Ask what each value that hides, in each number type, does to one row of scores; needs no model."""

    scores: tuple[float, ...]
    hidden: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Train(Request[Lesson]):
    """Ask for a training batch of sentences, its loss in every way, and its heads; options as in ``collate``."""

    checkpoint: str
    texts: tuple[str, ...]
    seed: int
    mlm_probability: float
    padding_side: str = "right"
    append_end: bool = True
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Positions(Request[PositionTables]):
    """Ask for a model's tables of positions; no text is run."""

    checkpoint: str
    revision: str = ""


@dataclass(frozen=True, slots=True)
class FollowWords(Request[PlaceWord]):
    """Ask of every head whether it follows the place or the word, by shuffling a text's words again and again."""

    checkpoint: str
    text: str
    seed: int = 0
    n_shuffles: int = 16
    revision: str = ""


@dataclass(frozen=True, slots=True)
class MeasureOffsets(Request[OffsetProfiles]):
    """Ask what every head gives to each offset, key - query, over texts."""

    checkpoint: str
    texts: tuple[str, ...]
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Measure(Request[Board]):
    """Ask for every measured job of every head over texts, by weight or by contribution."""

    checkpoint: str
    texts: tuple[str, ...]
    revision: str = ""
    by: str = WEIGHT


@dataclass(frozen=True, slots=True)
class ShareOut(Request[tuple[tuple[str, ...], ...]]):
    """Ask which of many texts run as one batch, as ``many_texts`` has it.

    ``at_once`` refuses texts whose maps together are more than one batch may have.
    """

    checkpoint: str
    texts: tuple[str, ...]
    at_once: bool = False
    revision: str = ""


@dataclass(frozen=True, slots=True)
class MeasurePart(Request[BoardPart]):
    """Ask for what one batch of many texts has to say to a board."""

    kept: ClassVar[bool] = False

    checkpoint: str
    texts: tuple[str, ...]
    revision: str = ""
    by: str = WEIGHT


@dataclass(frozen=True, slots=True)
class MeasureOffsetsPart(Request[OffsetsPart]):
    """Ask for what one batch of many texts has to say to the profiles of offsets."""

    kept: ClassVar[bool] = False

    checkpoint: str
    texts: tuple[str, ...]
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Gather(Request[Evidence]):
    """Ask what every head gives to the words of marked sentences."""

    checkpoint: str
    sentences: tuple[MarkedSentence, ...]
    revision: str = ""


@dataclass(frozen=True, slots=True)
class FindWord(Request[int]):
    """Ask for the id of a word that is one token; ``example`` is one that is, for the refusal."""

    checkpoint: str
    word: str
    example: str
    revision: str = ""


@dataclass(frozen=True, slots=True)
class RepeatWords(Request[tuple[str, ...]]):
    """Ask for texts of random words of the model's vocabulary that stand there twice; the same for the same seed."""

    checkpoint: str
    seed: int = 0
    n_texts: int = 8
    n_words: int = 20
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Estimate(Request[Cost]):
    """Ask what ranking all heads would take; one pass is timed for it."""

    ask: Ask
    readout: int
    off_by: str = "zero"
    resample: Resample = Resample()


@dataclass(frozen=True, slots=True)
class Rank(Request[list[HeadEffect]]):
    """Ask for the effect of every head switched off alone; streamed, from ``n_done`` on, up to ``n_until``."""

    kept: ClassVar[bool] = False

    ask: Ask
    readout: int
    word_id: int
    off_by: str = "zero"
    n_done: int = 0
    n_until: int | None = None  # the first head of a layer; None where all are ranked
    resample: Resample = Resample()


@dataclass(frozen=True, slots=True)
class Inspect(Request[LoadCheck]):
    """Ask whether a model loaded as it should; it is loaded for that."""

    checkpoint: str
    revision: str = ""


@dataclass(frozen=True, slots=True)
class ListModels(Request[tuple[ListedModel, ...]]):
    """Ask which models are on this computer; nobody outside of it is asked."""

    kept: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Weigh(Request[Weight]):
    """Ask how large a model is before it is fetched; ``endpoint`` is a mirror, empty for the Hub that is set."""

    kept: ClassVar[bool] = False

    checkpoint: str
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Download(Request[DownloadState]):
    """Ask to fetch a model in the background; answered at once, and one download a checkpoint whoever asks."""

    kept: ClassVar[bool] = False

    checkpoint: str
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Watch(Request[DownloadState]):
    """Ask how far a download is; answered with the error that ended it, where one did."""

    kept: ClassVar[bool] = False

    checkpoint: str


@dataclass(frozen=True, slots=True)
class StopDownload(Request[DownloadState]):
    """Ask to break a download off; what has come stays, and the next download goes on from there."""

    kept: ClassVar[bool] = False

    checkpoint: str
