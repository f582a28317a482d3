"""Count how a student fares in a pack: what is answered, what was right at the first try, what luck would give."""

from collections.abc import Callable
from dataclasses import dataclass

from viz.errors import VizError
from viz.packs import schema
from viz.packs.grading import State, judge
from viz.packs.measures import Truth
from viz.packs.progress import Progress
from viz.text import _

GiveTruth = Callable[[schema.AnyQuestion], Truth | None]


@dataclass(frozen=True, slots=True)
class Score:
    """Hold counts of questions; ``luck`` is how many of the ``chosen``, whose choices are known, guessing would hit."""

    asked: int
    answered: int = 0
    judged: int = 0  # of the answered ones those that the model decides
    first_right: int = 0
    chosen: int = 0
    chosen_right: int = 0
    luck: float = 0.0


def score(pack: schema.Pack, progress: Progress, give: GiveTruth) -> Score:
    """Count the answers; ``give`` asks the model. What it has no answer to is neither right nor wrong."""
    counted = [_counted(question, progress, give) for question in pack.questions if question.id in progress.answers]
    return Score(
        len(pack.questions),
        len(counted),
        sum(state is not State.OPEN for state, _n in counted),
        sum(state is State.RIGHT for state, _n in counted),
        sum(n > 0 for _state, n in counted),
        sum(n > 0 and state is State.RIGHT for state, n in counted),
        sum(1 / n for _state, n in counted if n),
    )


def _counted(question: schema.AnyQuestion, progress: Progress, give: GiveTruth) -> tuple[State, int]:
    """Give how the first answer stands, and from how many choices it came; 0 where there were none."""
    try:
        found = give(question)
    except VizError:
        return State.OPEN, 0
    first = judge(question, progress.answers[question.id].first, found).state
    return first, len(found.choices) if found else 0


def said(of: Score) -> str:
    """Say the score in one line."""
    sentences = [_("Answered: {answered} of {asked}.").format(answered=of.answered, asked=of.asked)]
    if of.judged:
        message = _("Right at the first try: {right} of {judged} that the model decides.")
        sentences.append(message.format(right=of.first_right, judged=of.judged))
    if of.chosen:
        message = _("Of those with words to choose from: {right} of {chosen}; by luck {luck:.1f}.")
        sentences.append(message.format(right=of.chosen_right, chosen=of.chosen, luck=of.luck))
    return " ".join(sentences)
