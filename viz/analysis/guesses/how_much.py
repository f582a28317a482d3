"""Ask how much one cell of a map holds, in percent of its row, and judge the guess by a tolerance that is said.

Asked is about one of the three keys that get most, which a hash of text, head and query draws: of any cell "nearly
nothing" would nearly always be right. Luck is that of one who answers with another cell of this map, drawn blindly.
"""

from dataclasses import dataclass

import numpy as np

from viz.analysis.guesses.order import digest, identity, visible_keys
from viz.analysis.masks.cells import VISIBLE, cell_states
from viz.names import named_tokens
from viz.records import Run
from viz.text import _, percent

TOLERANCE = 0.05  # of a row: what is further away is wrong
_TOP = 3
_ROUNDING = 1e-6  # a guess of 25 percent at a float32 of 0.3 is 5 points away, not a hair more


@dataclass(frozen=True, slots=True)
class AmountQuestion:
    """Hold one cell of a map as a share of its row, 0..1; ``luck`` is the share of all cells within the tolerance."""

    query: int
    query_name: str
    key: int
    key_name: str
    share: float
    luck: float
    n_top: int  # keys that this one was drawn from
    of_contribution: bool


@dataclass(frozen=True, slots=True)
class Amount:
    """Hold a guessed share beside the true one."""

    guess: float
    share: float
    luck: float

    @property
    def hit(self) -> bool:
        """Tell whether the guess lies within the tolerance."""
        return abs(self.guess - self.share) <= TOLERANCE + _ROUNDING


def question(run: Run, row: int, layer: int, head: int, query: int, *, kind: str = "self") -> AmountQuestion:
    """Give the question of one query, which must be one of ``queries_to_ask``."""
    maps = run.maps[kind]
    keys = visible_keys(run, row, layer, query, kind)
    shares = _shares(run, row, layer, head, kind)
    largest = sorted(keys, key=lambda key: -shares[query, key])[:_TOP]
    seed = identity(run, row, layer, head, kind)
    key = min(largest, key=lambda key: digest(seed, query, key))
    share = float(shares[query, key])
    cells = shares[np.isfinite(shares)]
    return AmountQuestion(
        query=query,
        query_name=named_tokens(maps.queries[row])[query],
        key=key,
        key_name=named_tokens(maps.keys[row])[key],
        share=share,
        luck=float((np.abs(cells - share) <= TOLERANCE + _ROUNDING).mean()),
        n_top=len(largest),
        of_contribution=run.view.contribution,
    )


def judge(asked: AmountQuestion, guess: int) -> Amount:
    """Hold a guess in percent against the cell."""
    return Amount(guess / 100, asked.share, asked.luck)


def asked_in_words(asked: AmountQuestion) -> str:
    """Ask the question, and say when an answer is right."""
    if asked.of_contribution:
        message = _("How many percent of all that this head adds to '{query}' does it take from '{key}'?")
    else:
        message = _("How many percent of its attention does '{query}' give to '{key}'?")
    return message.format(query=asked.query_name, key=asked.key_name)


def rule_said(asked: AmountQuestion) -> str:
    """Say what counts as right, and how the key was chosen."""
    message = _("Right within {points} points. The key is one of the {n} that get most of this row.")
    return message.format(points=round(100 * TOLERANCE), n=asked.n_top)


def said(asked: AmountQuestion, judged: Amount) -> str:
    """Say how the guess compares: "'slow' gives 'moves' 36.2%; you said 12%."."""
    values = {
        "guess": percent(judged.guess),
        "share": percent(judged.share, 1),
        "key": asked.key_name,
        "query": asked.query_name,
    }
    if judged.hit:
        message = _("Right: '{query}' gives '{key}' {share}; you said {guess}.")
    else:
        message = _("'{query}' gives '{key}' {share}; you said {guess}.")
    return message.format(**values)


def luck_said(asked: AmountQuestion) -> str:
    """Say what luck would give, and how that was counted."""
    message = _("Of all cells of this map {luck} lie within {points} points of this one: that is what luck would give.")
    return message.format(luck=percent(asked.luck), points=round(100 * TOLERANCE))


def _shares(run: Run, row: int, layer: int, head: int, kind: str) -> np.ndarray:
    """Give the visible cells of a map, ``[Q, K]``, NaN elsewhere: weights; contributions as shares of their row."""
    visible = cell_states(run, layer, kind)[row] == VISIBLE
    cells = np.where(visible, run.maps[kind].attentions[row, layer, head].astype(np.float64), np.nan)
    if not run.view.contribution:
        return cells
    sums = np.nansum(cells, axis=-1, keepdims=True)
    return cells / np.where(sums > 0, sums, np.nan)
