"""Say what can be asked about reasons, by the rules of ``viz.engine.requests``."""

from dataclasses import dataclass

from viz.analysis.corpus.reading import Reading
from viz.analysis.reasons.attribution import Attribution
from viz.analysis.reasons.importance import Importance
from viz.analysis.reasons.patching import Patched
from viz.analysis.reasons.value_zeroing import ValueZeroing
from viz.engine.requests import Ask, Request


@dataclass(frozen=True, slots=True)
class ReadCorpus(Request[Reading]):
    """Ask what every head does over the lines of a corpus, empty ones too, so that each keeps its number."""

    checkpoint: str
    lines: tuple[str, ...]
    count_special: bool = False
    revision: str = ""


@dataclass(frozen=True, slots=True)
class WeighWords(Request[Importance]):
    """Ask what each word did to the answer at one read-out, or to the answer and not to its rival."""

    ask: Ask
    readout: int
    word_id: int
    rival_id: int | None = None


@dataclass(frozen=True, slots=True)
class ZeroValues(Request[ValueZeroing]):
    """Ask how far each layer's output moves at every token of a text without the value of each other one."""

    ask: Ask
    row: int = 0


@dataclass(frozen=True, slots=True)
class Patch(Request[Patched]):
    """Ask what heads' outputs, or states, of ``other`` do to the answer of ``text``, at its first [MASK].

    Words that are empty are the texts' own best ones.
    """

    checkpoint: str
    text: str
    other: str
    answer: str = ""
    rival: str = ""
    what: str = "heads"
    position: int | None = None  # heads: of this token alone
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Attribute(Request[Attribution]):
    """Ask what every part of a decoder wrote into the answer's logit, or into that minus its rival's."""

    ask: Ask
    readout: int
    word_id: int
    rival_id: int | None = None
