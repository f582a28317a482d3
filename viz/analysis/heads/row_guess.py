"""Ask which key a query looks at most before its map is seen, and judge the guess by the map's own numbers.

What is asked and judged is what the map shows: weights or contributions, of pieces or of words, of one head or of
joined ones. The keys to choose from are those whose cell shows a number, so a later key is none of them, and padding
is one only where the layer let the query look at it.
"""

from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from viz.analysis.masks.cells import VISIBLE, cell_states
from viz.analysis.words import pieces_of, sides
from viz.names import position_number
from viz.records import Run
from viz.text import _, number

FEWEST_KEYS = 2  # with one there is nothing to choose
_MOST_DIGITS = 6  # of a weight in a sentence; a float32 has no more


@dataclass(frozen=True, slots=True)
class RowQuestion:
    """Hold one row of a map: its query, the keys it may look at in their order, and what the map shows of each."""

    query: int
    query_name: str
    keys: tuple[int, ...]
    tokens: tuple[str, ...]
    names: tuple[str, ...]  # as sentences name them: with the position where a token stands twice
    weights: tuple[float, ...]
    of_contribution: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """Hold a guess beside the truth; keys with equal weights share the better rank, so several may be right.

    ``luck`` is the chance that a key drawn blindly is right: 1 / ``n_keys``, or more where several are largest.
    """

    guess: str
    weight: float
    best: str
    largest: float
    rank: int
    n_keys: int
    luck: float

    @property
    def hit(self) -> bool:
        """Tell whether the guessed key's weight is the largest."""
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


def queries_to_ask(run: Run, row: int, layer: int, head: int, *, kind: str = "self") -> list[int]:
    """List the queries that can be asked about, in an order that text and head alone decide.

    Each may look at two or more keys, all with numbers. Special tokens are asked about only where nothing else is.
    """
    askable = set(np.flatnonzero(_chooses(run, row, layer, kind) & _is_finite(run, row, layer, head, kind)).tolist())
    there = [piece for piece in pieces_of(sides(run, kind)[0], row) if piece.position in askable]
    typed = [piece.position for piece in there if not piece.special]
    seed = _identity(run, row, layer, head, kind)
    return sorted(typed or [piece.position for piece in there], key=lambda query: _digest(seed, query))


def nothing_to_ask(run: Run, row: int, layer: int, head: int, *, kind: str = "self") -> str:
    """Say why there is no query to ask about."""
    if (_chooses(run, row, layer, kind) & ~_is_finite(run, row, layer, head, kind)).any():
        return _("This map holds values that are no numbers (NaN or infinite), so there is nothing to guess.")
    return _("No token of this text may look at two or more keys, so there is nothing to guess.")


def question(run: Run, row: int, layer: int, head: int, query: int, *, kind: str = "self") -> RowQuestion:
    """Give the question of one query, which must be one of ``queries_to_ask``."""
    maps = run.maps[kind]
    keys = np.flatnonzero(cell_states(run, layer, kind)[row, query] == VISIBLE).tolist()
    tokens, names = maps.keys[row], _names(maps.keys[row])
    return RowQuestion(
        query=query,
        query_name=_names(maps.queries[row])[query],
        keys=tuple(keys),
        tokens=tuple(tokens[key] for key in keys),
        names=tuple(names[key] for key in keys),
        weights=tuple(maps.attentions[row, layer, head, query, keys].tolist()),
        of_contribution=run.view.contribution,
    )


def map_key(run: Run, row: int, layer: int, head: int, *, kind: str = "self") -> str:
    """Give a short name that differs where a map differs: another mask, another view, other weights of a model."""
    maps = run.maps[kind]
    shown = (maps.queries[row], maps.keys[row], run.view)
    numbers = blake2b(maps.attentions[row, layer, head].tobytes(), digest_size=16)
    numbers.update(cell_states(run, layer, kind)[row].tobytes())
    return _digest(_identity(run, row, layer, head, kind), shown, numbers.hexdigest())


def judge(asked: RowQuestion, guess: int) -> Judged:
    """Hold a guessed key against the row. Raises ``ValueError`` if it is none of the row's keys."""
    at, best = asked.keys.index(guess), int(np.argmax(asked.weights))
    weight, largest, n_keys = asked.weights[at], asked.weights[best], len(asked.keys)
    return Judged(
        guess=asked.names[at],
        weight=weight,
        best=asked.names[best],
        largest=largest,
        rank=1 + sum(other > weight for other in asked.weights),
        n_keys=n_keys,
        luck=asked.weights.count(largest) / n_keys,
    )


def asked_in_words(asked: RowQuestion) -> str:
    """Ask the question."""
    if asked.of_contribution:
        return _("Which token contributes most to '{query}'?").format(query=asked.query_name)
    return _("Which token does '{query}' look at most?").format(query=asked.query_name)


def said(judged: Judged) -> str:
    """Say how the guess compares: "slow got 0.12; the largest is 0.61, at moves. Rank 3 of 9."."""
    weight, largest = written(judged)
    if judged.hit:
        message = _("Right: {guess} got {weight}, the largest of {n}.")
        return message.format(guess=judged.guess, weight=weight, n=judged.n_keys)
    message = _("{guess} got {weight}; the largest is {largest}, at {best}. Rank {rank} of {n}.")
    return message.format(
        guess=judged.guess, weight=weight, largest=largest, best=judged.best, rank=judged.rank, n=judged.n_keys
    )


def written(judged: Judged) -> tuple[str, str]:
    """Write the guess's weight and the largest with two decimals, or as many as tell them apart."""
    values = judged.weight, judged.largest
    for digits in range(2, _MOST_DIGITS + 1):
        shown = number(values[0], digits), number(values[1], digits)
        if judged.hit or shown[0] != shown[1]:
            break
    return shown


def score_said(score: Score) -> str:
    """Say how many guesses were right, and how many would be by luck."""
    message = _("This visit: {hits} of {n} right; by luck {luck:.2f}.")
    return message.format(hits=score.hits, n=score.n, luck=score.luck)


def _chooses(run: Run, row: int, layer: int, kind: str) -> np.ndarray:
    """Tell which queries may look at two or more keys, bool ``[Q]``; padding and hidden rows may look at none."""
    return (cell_states(run, layer, kind)[row] == VISIBLE).sum(axis=-1) >= FEWEST_KEYS


def _is_finite(run: Run, row: int, layer: int, head: int, kind: str) -> np.ndarray:
    """Tell which queries have a number at every key they may look at, bool ``[Q]``."""
    visible = cell_states(run, layer, kind)[row] == VISIBLE
    return ~(visible & ~np.isfinite(run.maps[kind].attentions[row, layer, head])).any(axis=-1)


def _identity(run: Run, row: int, layer: int, head: int, kind: str) -> tuple[str, str, int, int]:
    return run.batch.texts[row], kind, layer, head


def _digest(*parts: object) -> str:
    """Mix parts into 32 characters that are the same in every process, as ``hash`` is not."""
    return blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def _names(tokens: tuple[str, ...]) -> list[str]:
    """Name tokens for a sentence: one that stands in the text more than once is followed by its position."""
    times = Counter(tokens)
    return [
        f"{token} ({position_number(position)})" if times[token] > 1 else token for position, token in enumerate(tokens)
    ]
