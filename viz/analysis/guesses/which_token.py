"""Ask which key a query looks at most, and judge the guess by the row of the map."""

from dataclasses import dataclass

from viz.analysis.guesses.order import visible_keys
from viz.analysis.guesses.score import Choice, choose, written
from viz.names import named_tokens
from viz.records import Run
from viz.text import _


@dataclass(frozen=True, slots=True)
class TokenQuestion:
    """Hold one row of a map: its query, the keys it may look at in their order, and what the map shows of each."""

    query: int
    query_name: str
    keys: tuple[int, ...]
    tokens: tuple[str, ...]
    names: tuple[str, ...]  # as sentences name them: with the position where a token stands twice
    weights: tuple[float, ...]
    of_contribution: bool


def question(run: Run, row: int, layer: int, head: int, query: int, *, kind: str = "self") -> TokenQuestion:
    """Give the question of one query, which must be one of ``queries_to_ask``."""
    maps = run.maps[kind]
    keys = visible_keys(run, row, layer, query, kind)
    tokens, named = maps.keys[row], named_tokens(maps.keys[row])
    return TokenQuestion(
        query=query,
        query_name=named_tokens(maps.queries[row])[query],
        keys=tuple(keys),
        tokens=tuple(tokens[key] for key in keys),
        names=tuple(named[key] for key in keys),
        weights=tuple(maps.attentions[row, layer, head, query, keys].tolist()),
        of_contribution=run.view.contribution,
    )


def judge(asked: TokenQuestion, guess: int) -> Choice:
    """Hold a guessed key against the row. Raises ``ValueError`` if it is none of the row's keys."""
    return choose(asked.names, asked.weights, asked.keys.index(guess))


def asked_in_words(asked: TokenQuestion) -> str:
    """Ask the question."""
    if asked.of_contribution:
        return _("Which token contributes most to '{query}'?").format(query=asked.query_name)
    return _("Which token does '{query}' look at most?").format(query=asked.query_name)


def said(judged: Choice) -> str:
    """Say how the guess compares: "slow got 0.12; the largest is 0.61, at moves. Rank 3 of 9."."""
    weight, largest = written(judged)
    if judged.hit:
        message = _("Right: {guess} got {weight}, the largest of {n}.")
        return message.format(guess=judged.guess, weight=weight, n=judged.n)
    message = _("{guess} got {weight}; the largest is {largest}, at {best}. Rank {rank} of {n}.")
    return message.format(
        guess=judged.guess, weight=weight, largest=largest, best=judged.best, rank=judged.rank, n=judged.n
    )
