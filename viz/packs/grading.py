"""Hold a given answer against the model's, and say how it compares."""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum

from viz.errors import VizError
from viz.labels import visible, written
from viz.names import head_label, parse_head
from viz.packs import answer_kinds, schema
from viz.packs.measures import Truth
from viz.text import _, number, percent

ANY_LAYERS = 10_000  # a head's name is read here before its model is known
MAX_DIGITS = 6


class State(Enum):
    """Say how an answer stands; what is open is right or wrong for the teacher alone."""

    RIGHT = "right"
    WRONG = "wrong"
    OPEN = "open"
    UNREADABLE = "unreadable"  # no number, or no name of a head: not counted as an answer


@dataclass(frozen=True, slots=True)
class Judged:
    """Hold how an answer stands, and the sentence about it."""

    state: State
    said: str

    @property
    def counts(self) -> bool:
        """Tell whether it is an answer at all."""
        return self.state is not State.UNREADABLE


def judge(question: schema.AnyQuestion, given: str, truth: Truth | None, *, tells: bool = True) -> Judged:
    """Judge what was given; ``truth`` None is an open question.

    Without ``tells`` a wrong answer is called wrong and the right one is not told: it may be tried again.
    """
    readable = _readable(question, given)
    if readable is None:
        return Judged(State.UNREADABLE, _wanted(question))
    if truth is None:
        return Judged(State.OPEN, _("Kept. No number of the model decides this one: your teacher reads it."))
    if isinstance(question, schema.NumberQuestion):
        return _judged_number(question, float(readable), float(truth.value), tells=tells)
    right = same_word(readable, str(truth.value)) or any(same_word(readable, other) for other in truth.also)
    values = {"given": visible(readable), "truth": visible(str(truth.value))}
    if right:
        return Judged(State.RIGHT, _("Right: {given}.").format(**values))
    if not tells:
        return Judged(State.WRONG, _("{given} is not what the model says.").format(**values))
    return Judged(State.WRONG, _("{given} is not it: the model says {truth}.").format(**values))


def hits_truth(question: schema.AnyQuestion, value: str | float, truth: Truth) -> bool:
    """Tell whether what an author expects is what the model says."""
    if isinstance(question, schema.NumberQuestion):
        return _is_within(question, float(value), _in_unit(question, float(truth.value)))
    return any(same_word(str(value), other) for other in (str(truth.value), *truth.also))


def truth_said(question: schema.AnyQuestion, truth: Truth) -> str:
    """Write the model's answer as the question's unit has it."""
    if not isinstance(question, schema.NumberQuestion):
        return visible(str(truth.value))
    return _written(question, float(truth.value))


def _readable(question: schema.AnyQuestion, given: str) -> str | None:
    """Read what was typed: a number as Python writes it, a head by its one name, a word; None where it is none."""
    given = unicodedata.normalize("NFKC", given).strip() if not isinstance(question, schema.WordQuestion) else given
    if not given.strip():
        return None
    if isinstance(question.answer, answer_kinds.OpenAnswer):
        return given.strip()
    if isinstance(question, schema.NumberQuestion):
        typed = read_number(given)
        return None if typed is None else repr(typed)
    if isinstance(question, schema.HeadQuestion):
        try:
            return head_label(*parse_head(given, ANY_LAYERS, ANY_LAYERS))
        except VizError:
            return None
    return given


def read_number(typed: str) -> float | None:
    """Read a number as people type it: ``0.42``, ``0,42``, ``42 %``, ``−1``, ``1 234``; None where it is none."""
    bare = re.sub(r"[\s%\u00a0\u202f_]", "", typed).replace("−", "-")
    if "," in bare and "." not in bare and bare.count(",") == 1:
        bare = bare.replace(",", ".")
    bare = bare.replace(",", "")
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", bare, re.IGNORECASE):
        return None
    value = float(bare)
    return value if abs(value) < float("inf") else None


def same_word(given: str, truth: str) -> bool:
    """Tell whether two words are the same: case, white space and the marks of pieces (``##``, ``␣``) do not matter."""
    return _bare(given) == _bare(truth)


def canonical(question: schema.AnyQuestion, given: str) -> str:
    """Write an answer so that equal ones are one: a head by its name, a number as one, a word without its marks."""
    readable = _readable(question, given)
    if readable is None:
        return " ".join(given.split())
    return _bare(readable) if isinstance(question, schema.WordQuestion) else readable


def _bare(word: str) -> str:
    folded = unicodedata.normalize("NFKC", written(word)).casefold().strip()
    return folded.removeprefix("##") or folded


def _wanted(question: schema.AnyQuestion) -> str:
    if isinstance(question, schema.NumberQuestion):
        return _("This is no number. Type one, such as 0.42.")
    if isinstance(question, schema.HeadQuestion):
        return _("This is no head. Type its name, such as Layer4_Head11.")
    return _("There is no word. Choose or type one.")


def _judged_number(question: schema.NumberQuestion, given: float, truth: float, *, tells: bool) -> Judged:
    values = {"truth": _written(question, truth), "within": _unit(question, question.within)}
    if not tells and not _is_within(question, given, _in_unit(question, truth)):
        if question.within:
            return Judged(State.WRONG, _("That is not within {within} of the model's number.").format(**values))
        return Judged(State.WRONG, _("That is not the model's number."))
    if not _is_within(question, given, _in_unit(question, truth)):
        return Judged(State.WRONG, _("The model says {truth}; right is within {within} of that.").format(**values))
    if question.within:
        return Judged(State.RIGHT, _("Right: the model says {truth}, within {within}.").format(**values))
    return Judged(State.RIGHT, _("Right: the model says {truth}.").format(**values))


def _is_within(question: schema.NumberQuestion, given: float, truth: float) -> bool:
    """Compare in the question's unit; the last bits of a decimal that was typed are forgiven."""
    return abs(given - truth) <= question.within + 1e-9 * max(1.0, abs(truth))


def _in_unit(question: schema.NumberQuestion, value: float) -> float:
    return 100 * value if question.percent else value


def _written(question: schema.NumberQuestion, value: float) -> str:
    """Write the model's number with as many digits as the tolerance needs, and no zeros behind them."""
    if question.percent:
        return percent(value, 1)
    if value == int(value):
        return number(value)
    digits = next((n for n in range(2, MAX_DIGITS) if 10.0**-n <= question.within or round(value, n) == value), 4)
    return number(value, digits)


def _unit(question: schema.NumberQuestion, within: float) -> str:
    if question.percent:
        return percent(within / 100, 1 if within != int(within) else 0)
    return number(within, 0 if within == int(within) else len(f"{within:.10f}".rstrip("0").partition(".")[2]))
