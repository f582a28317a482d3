"""Judge a choice among several numbers, count right guesses, and say how many would be right by luck."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from viz.text import _, number

_MOST_DIGITS = 6  # of a weight in a sentence; a float32 has no more


class Judged(Protocol):
    """A guess that was held against the map; ``luck`` is the chance of being right without looking."""

    @property
    def hit(self) -> bool: ...
    @property
    def luck(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """Hold a choice beside the truth; equal weights share the better rank, so several may be right.

    ``luck`` is the chance that one drawn blindly is right: 1 / ``n``, or more where several are largest.
    """

    guess: str
    weight: float
    best: str
    largest: float
    rank: int
    n: int
    luck: float

    @property
    def hit(self) -> bool:
        """Tell whether what was chosen has the largest weight."""
        return self.rank == 1


@dataclass(frozen=True, slots=True)
class Score:
    """Count guesses: how many were right, of how many, and how many would be by luck."""

    hits: int = 0
    n: int = 0
    luck: float = 0.0

    def counting(self, judged: Judged) -> "Score":
        """Give the score with one more guess."""
        return Score(self.hits + judged.hit, self.n + 1, self.luck + judged.luck)


def choose(names: Sequence[str], weights: Sequence[float], at: int) -> Choice:
    """Hold the choice of one of several weights against the largest."""
    weight, best = weights[at], int(np.argmax(weights))
    largest, n = weights[best], len(weights)
    return Choice(
        guess=names[at],
        weight=weight,
        best=names[best],
        largest=largest,
        rank=1 + sum(other > weight for other in weights),
        n=n,
        luck=sum(other == largest for other in weights) / n,
    )


def written(choice: Choice) -> tuple[str, str]:
    """Write the weight of what was chosen and the largest: two decimals, or as many as tell them apart."""
    values = choice.weight, choice.largest
    for digits in range(2, _MOST_DIGITS + 1):
        shown = number(values[0], digits), number(values[1], digits)
        if choice.hit or shown[0] != shown[1]:
            break
    return shown


def score_said(score: Score) -> str:
    """Say how many guesses were right, and how many would be by luck."""
    message = _("This visit: {hits} of {n} right; by luck {luck:.2f}.")
    return message.format(hits=score.hits, n=score.n, luck=score.luck)
