"""Count what a class answered to a question, and lay its guesses beside the model's own weights."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viz.engine.requests import Ask
from viz.errors import VizError
from viz.names import parse_head
from viz.packs import answer_kinds, claims, schema
from viz.packs.classroom import Answered, Classroom
from viz.packs.grading import State, canonical, same_word
from viz.packs.measures import Asking, Shown, looked_row, looking_heads
from viz.records import Run


@dataclass(frozen=True, slots=True)
class Tally:
    """Count the answers to a question; ``luck`` is how many blind guesses would have been right, None where unknown."""

    question: schema.AnyQuestion
    answered: int
    first_right: int
    last_right: int
    hinted: int
    luck: float | None
    is_open: bool  # no number of the model decides it
    model_says: str


@dataclass(frozen=True, slots=True)
class AnswerCount:
    """Hold one answer as it was first typed, how many gave it first, and how it stands."""

    answer: str
    n: int
    state: State


@dataclass(frozen=True, slots=True, eq=False)
class TokenGuesses:
    """Lay how many chose each token beside what the query gives to it."""

    tokens: tuple[str, ...]  # [K]
    weights: np.ndarray  # float32[K]
    counts: np.ndarray  # int[K]
    elsewhere: int  # answers that are none of the tokens

    @property
    def shares(self) -> np.ndarray:
        """Give the share of the class that chose each token, float64 ``[K]``."""
        return self.counts / max(int(self.counts.sum()) + self.elsewhere, 1)


@dataclass(frozen=True, slots=True, eq=False)
class HeadGuesses:
    """Count how many named each head; ``weights`` are what each gives from the query to the key, None for a claim."""

    counts: np.ndarray  # int[L, H]
    weights: np.ndarray | None  # float32[L, H], NaN in layers that are not asked about
    elsewhere: int  # names of no head of this model

    @property
    def luck(self) -> float | None:
        """Expect how many would be right if each named a head blindly; None of a claim, where none is right."""
        if self.weights is None:
            return None
        n_best = int((self.weights == np.nanmax(self.weights)).sum())
        return (int(self.counts.sum()) + self.elsewhere) * n_best / int(np.isfinite(self.weights).sum())


def tally(of: Classroom, question: schema.AnyQuestion) -> Tally:
    """Count the answers to a question."""
    rows = of.answers_to(question)
    states = [(row.first.state, row.last.state) for row in rows]
    return Tally(
        question,
        len(rows),
        sum(first is State.RIGHT for first, _last in states),
        sum(last is State.RIGHT for _first, last in states),
        sum(row.given.hinted for row in rows),
        _luck(rows),
        bool(rows) and all(row.truth is None for row in rows),
        next((row.model_says for row in rows if row.model_says), ""),
    )


def _luck(rows: Sequence[Answered]) -> float | None:
    """Expect how many would be right if each chose blindly among what could be chosen; None where that is not known."""
    if not rows or any(row.truth is None or not row.truth.choices for row in rows):
        return None
    return sum((1 + len(row.truth.also)) / len(row.truth.choices) for row in rows if row.truth is not None)


def answer_counts(of: Classroom, question: schema.AnyQuestion) -> list[AnswerCount]:
    """List the different first answers to a question, the most frequent first."""
    rows = of.answers_to(question)
    often = Counter(canonical(question, row.given.first) for row in rows)
    first_of = {canonical(question, row.given.first): row for row in reversed(rows)}
    return [AnswerCount(first_of[key].given.first, n, first_of[key].first.state) for key, n in often.most_common()]


def token_guesses(of: Classroom, question: schema.AnyQuestion, ask: Asking) -> TokenGuesses | None:
    """Count the first answers by token; None where the question has no row of a map.

    Raises ``NotMeasurable`` and what ``ask`` raises.
    """
    if not isinstance(question.answer, answer_kinds.LookedAt):
        return None
    tokens, weights = looked_row(question.answer, _shown(of, question, ask))
    counts, elsewhere = np.zeros(len(tokens), dtype=np.int64), 0
    for row in of.answers_to(question):
        at = next((at for at, token in enumerate(tokens) if same_word(row.given.first, token)), None)
        if at is None:
            elsewhere += 1
        else:
            counts[at] += 1
    return TokenGuesses(tuple(tokens), weights, counts, elsewhere)


def head_guesses(of: Classroom, question: schema.AnyQuestion, ask: Asking) -> HeadGuesses | None:
    """Count the first answers by head, of claims the last, which is tested; None where the question asks for none.

    Raises ``NotMeasurable`` and what ``ask`` raises.
    """
    if not isinstance(question, schema.HeadQuestion):
        return None
    weights = None
    if isinstance(question.answer, answer_kinds.LookingHead):
        weights = looking_heads(question.answer, _shown(of, question, ask))
    n_layers, n_heads = _size(of, question, ask) if weights is None else weights.shape
    is_claim = claims.is_claim(question)
    given = [row.given.last if is_claim else row.given.first for row in of.answers_to(question)]
    named = [_head(name, n_layers, n_heads) for name in given]
    counts, there = np.zeros((n_layers, n_heads), dtype=np.int64), [head for head in named if head is not None]
    for head in there:
        counts[head] += 1
    return HeadGuesses(counts, weights, len(named) - len(there))


def _shown(of: Classroom, question: schema.AnyQuestion, ask: Asking) -> Shown:
    show = of.pack.pack.part_of(question.id).show
    assert show is not None  # the schema refuses a question about texts that are not there
    return Shown(of.pack.pack, show, ask)


def _size(of: Classroom, question: schema.AnyQuestion, ask: Asking) -> tuple[int, int]:
    """Ask how many layers and heads the model of a question has, with a text that any model reads."""
    pack = of.pack.pack
    show = pack.part_of(question.id).show
    run: Run = ask(Ask((show.model if show else None) or pack.model, (pack.title,)))
    return run.model.n_layers, run.model.n_heads


def _head(name: str, n_layers: int, n_heads: int) -> tuple[int, int] | None:
    try:
        return parse_head(name, n_layers, n_heads)
    except VizError:
        return None
