"""Check a pack against its model: is every question answered by it, and as the author expects?"""

from collections.abc import Iterator
from dataclasses import dataclass

from viz.errors import Reason, VizError
from viz.packs import schema
from viz.packs.grading import hits_truth, truth_said
from viz.packs.measures import Asking, truth
from viz.text import sentence


@dataclass(frozen=True, slots=True)
class Checked:
    """Hold what the model says to a question, in words, and what is wrong with that; None where nothing is."""

    question: schema.AnyQuestion
    said: str
    problem: Reason | VizError | None = None


def check(pack: schema.Pack, ask: Asking) -> Iterator[Checked]:
    """Ask the model for the answer to each question, one after the other."""
    for question in pack.questions:
        try:
            found = truth(pack, question, ask)
        except VizError as error:
            yield Checked(question, "", error)
            continue
        if found is None:
            yield Checked(question, "")
        elif question.expected is None or hits_truth(question, question.expected, found):
            yield Checked(question, truth_said(question, found))
        else:
            said = truth_said(question, found)
            expected = f"{question.expected:g}" if isinstance(question.expected, float) else question.expected
            reason = Reason("the file expects {expected}, the model says {said}.", expected=expected, said=said)
            yield Checked(question, said, reason)


def problem_said(checked: Checked) -> str:
    """Say what is wrong in the reader's language."""
    assert checked.problem is not None
    return sentence(checked.problem)
