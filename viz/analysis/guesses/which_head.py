"""Ask which of a few heads puts most from a query on a key, and judge the guess by the maps of these heads.

Offered are the open head and others that a hash of text and query draws among all heads of the model whose layers let
this query look at the same keys. Asked is about the key at which the best of them is furthest ahead of the second:
the numbers choose the key, and no head is favoured by it.
"""

from dataclasses import dataclass

import numpy as np

from viz.analysis.guesses.order import digest, identity
from viz.analysis.guesses.score import Choice, choose, written
from viz.analysis.masks.cells import VISIBLE, row_states
from viz.names import head_label, layer_label, named_tokens, position_number
from viz.records import Run
from viz.text import _, number
from viz.view import View

N_OFFERED = 4
_DIGITS = 3

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class HeadQuestion:
    """Hold one cell of several maps: its query and key, the heads that are offered, and what each shows there."""

    query: int
    query_name: str
    key: int
    key_name: str
    places: tuple[Place, ...]  # (layer, head) in the maps that are shown
    names: tuple[str, ...]
    weights: tuple[float, ...]
    of_contribution: bool


def question(run: Run, row: int, layer: int, head: int, query: int, *, kind: str = "self") -> HeadQuestion | None:
    """Give the question of one query, which must be one of ``queries_to_ask``; None where there is no other head."""
    maps = run.maps[kind]
    keys, places = _offered(run, row, (layer, head), query, kind)
    if len(places) < 2:
        return None
    shown = np.array([maps.attentions[row, *place, query, keys] for place in places])  # [places, keys]
    ordered = np.sort(shown, axis=0)
    at = int(np.argmax(ordered[-1] - ordered[-2]))
    return HeadQuestion(
        query=query,
        query_name=named_tokens(maps.queries[row])[query],
        key=int(keys[at]),
        key_name=named_tokens(maps.keys[row])[keys[at]],
        places=tuple(places),
        names=tuple(_name(run.view, *place, kind) for place in places),
        weights=tuple(shown[:, at].tolist()),
        of_contribution=run.view.contribution,
    )


def judge(asked: HeadQuestion, guess: Place) -> Choice:
    """Hold a guessed head against the others. Raises ``ValueError`` if it is none of those that were offered."""
    return choose(asked.names, asked.weights, asked.places.index(guess))


def asked_in_words(asked: HeadQuestion) -> str:
    """Ask the question."""
    if asked.of_contribution:
        message = _("Which of these {n} heads adds most of '{key}' to '{query}'?")
    else:
        message = _("Which of these {n} heads looks most from '{query}' at '{key}'?")
    return message.format(n=len(asked.places), query=asked.query_name, key=asked.key_name)


def said(asked: HeadQuestion, judged: Choice) -> str:
    """Say how the guess compares, and what each head that was offered has there."""
    weight, largest = written(judged)
    if judged.hit:
        message = _("Right: {guess} gives '{key}' {weight}, the most of {n}.")
        told = message.format(guess=judged.guess, key=asked.key_name, weight=weight, n=judged.n)
    else:
        message = _("{guess} gives '{key}' {weight}; the most is {largest}, by {best}. Rank {rank} of {n}.")
        told = message.format(
            guess=judged.guess,
            key=asked.key_name,
            weight=weight,
            largest=largest,
            best=judged.best,
            rank=judged.rank,
            n=judged.n,
        )
    each = [f"{name} {number(value, _DIGITS)}" for name, value in zip(asked.names, asked.weights, strict=True)]
    all_told = _("All of them: {heads}.").format(heads=", ".join(each))
    return f"{told} {all_told}"


def luck_said(asked: HeadQuestion) -> str:
    """Say how the key was chosen, and what luck would give."""
    message = _(
        "The key is the one where the best of the {n} is furthest ahead of the second. Drawn blindly a head is right "
        "once in {n}."
    )
    return message.format(n=len(asked.places))


def _offered(run: Run, row: int, open_head: Place, query: int, kind: str) -> tuple[np.ndarray, list[Place]]:
    """Give the keys of the query, and the heads to choose from, by layer and number."""
    maps = run.maps[kind]
    states = row_states(run, row, kind)[:, query] == VISIBLE  # [1 or L, K]
    of_layer = [states[layer if len(states) > 1 else 0] for layer in range(maps.attentions.shape[1])]
    keys = np.flatnonzero(of_layer[open_head[0]])
    others = [
        (layer, head)
        for layer, head in np.ndindex(maps.attentions.shape[1:3])
        if (layer, head) != open_head
        and np.array_equal(of_layer[layer], of_layer[open_head[0]])
        and np.isfinite(maps.attentions[row, layer, head, query, keys]).all()
    ]
    seed = identity(run, row, *open_head, kind)
    drawn = sorted(others, key=lambda place: digest(seed, query, place))[: N_OFFERED - 1]
    return keys, sorted([open_head, *drawn])


def _name(view: View, layer: int, head: int, kind: str) -> str:
    """Name a map among others of its view: a head, or what stands for joined ones."""
    joined = view.joins(kind)
    if joined in ("heads", "rollout"):
        return layer_label(layer)
    return f"Head{position_number(head)}" if joined == "layers" else head_label(layer, head)
