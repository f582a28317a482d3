"""Test a claim about a head, "the query word looks most at the key word", over many sentences.

A hit: of all candidates the key gets the largest attention from the query. Attention is summed over the pieces of a
key and averaged over the pieces of the query. Candidates are the words of the sentence (punctuation marks too) other
than the query; no special tokens, no padding, and in a model that reads from left to right only what stands before.
A head that rests on [CLS] or [SEP] has a largest candidate too, of next to nothing: see ``Standing``, faint.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from viz.analysis.claims.readings import Head, Reading
from viz.analysis.claims.text import MarkedSentence

SIGNIFICANT = 0.05  # a p above it is luck; the usual level
OFFSETS = (-1, 1, -2, 2)  # words from the query: the previous, the next, and one further
N_BEST = 5


class Verdict(Enum):
    """Say how a claim fared."""

    HOLDS = "holds"
    ONE_ORDER = "holds in one order only"
    POSITION = "follows position, not the word"
    FAINT = "more than luck, but with less attention than an even look"
    WEAK = "more than luck, but in less than half of the sentences"
    NOT_SHOWN = "not shown"


@dataclass(frozen=True, slots=True)
class Standing:
    """Hold how one head did; ``rank`` 1 is best, by hits and then by mean weight, faint heads last.

    Faint: the key gets on average less than from a query that looks evenly at all tokens.
    """

    layer: int
    head: int
    rank: int
    hits: int
    mean_weight: float
    faint: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """Count hits among some sentences."""

    hits: int
    total: int


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Hold a tested claim with everything its verdict rests on.

    ``p`` is the chance that a head without preference hits as often or more; ``p_corrected`` that at least one of the
    ``n_searched`` heads does. ``same_order`` and ``swapped`` count apart the sentences in which the key stands on the
    side of the query where it stands in the first sentence, and on the other.
    """

    readings: tuple[Reading, ...]
    left_out: tuple[MarkedSentence, ...]  # the key stands behind the query, and the model reads from left to right
    standing: Standing
    n_heads: int
    n_searched: int
    luck: float  # hits expected of a head without preference
    even: float  # mean weight at the key of a query that looks evenly at all tokens
    p: float
    p_corrected: float
    best: tuple[Standing, ...]
    offsets: dict[int, int]  # hits of the rule "looks at the word that many words away"
    looks_there: dict[int, int]  # in how many sentences the head itself looks most at that word
    same_order: Tally
    swapped: Tally

    @property
    def verdict(self) -> Verdict:
        """Weigh the numbers: position first, then luck, then how much and how often."""
        hits, orders = self.standing.hits, (self.same_order, self.swapped)
        often = [2 * order.hits >= order.total for order in orders if order.total]
        lucky = self.p_corrected > SIGNIFICANT
        if not self.standing.faint and self._position_explains(hits_may_be_luck=lucky):
            return Verdict.POSITION
        if lucky:
            return Verdict.NOT_SHOWN
        if self.standing.faint:
            return Verdict.FAINT
        if any(often) and not all(often):
            return Verdict.ONE_ORDER
        return Verdict.HOLDS if 2 * hits >= len(self.readings) else Verdict.WEAK

    def _position_explains(self, hits_may_be_luck: bool) -> bool:
        """Tell whether a fixed offset hits as often as the head.

        Where the hits themselves may be luck, the head must also be seen to look at that offset more than by luck.
        """
        offset, hits = self.best_offset, self.standing.hits
        if not self.offsets[offset] >= hits > 0:
            return False
        p = upper_tail([of.luck for of in self.readings], self.looks_there[offset])
        return not hits_may_be_luck or corrected(p, self.n_searched) <= SIGNIFICANT

    @property
    def holds(self) -> bool:
        """Tell whether the claim stands."""
        return self.verdict is Verdict.HOLDS

    @property
    def hits(self) -> list[bool]:
        """Tell for each reading whether the head hits."""
        return [bool(of.hits[self.standing.layer, self.standing.head]) for of in self.readings]

    @property
    def best_offset(self) -> int:
        """Give the offset whose rule hits most often, and among equals the one where the head itself looks."""
        return max(self.offsets, key=lambda offset: (self.offsets[offset], self.looks_there[offset]))


def judge(readings: Sequence[Reading], head: Head | None = None, left_out: Sequence[MarkedSentence] = ()) -> Result:
    """Test the claim for a head named beforehand, or with None for the best of all heads, corrected for the search."""
    hits = np.sum([of.hits for of in readings], axis=0)
    mean_weight = np.asarray(np.mean([of.key_weights for of in readings], axis=0, dtype=np.float64))
    even = float(np.mean([of.even for of in readings]))
    standings = _standings(hits, mean_weight, even)
    standing = standings[0] if head is None else next(s for s in standings if (s.layer, s.head) == head)
    n_searched = hits.size if head is None else 1
    chances = [of.luck for of in readings]
    p = upper_tail(chances, standing.hits)
    offsets = {offset: sum(of.offsets[of.key] == offset for of in readings) for offset in OFFSETS}
    chosen = [of.offsets[int(of.weights[standing.layer, standing.head].argmax())] for of in readings]
    looks_there = {offset: chosen.count(offset) for offset in OFFSETS}
    same_order, swapped = _orders(readings, standing)
    return Result(
        readings=tuple(readings),
        left_out=tuple(left_out),
        standing=standing,
        n_heads=hits.size,
        n_searched=n_searched,
        luck=sum(chances),
        even=even,
        p=p,
        p_corrected=corrected(p, n_searched),
        best=tuple(standings[:N_BEST]),
        offsets=offsets,
        looks_there=looks_there,
        same_order=same_order,
        swapped=swapped,
    )


def upper_tail(chances: Sequence[float], hits: int) -> float:
    """Give the chance of at least so many hits when each sentence is hit with its own chance, exactly.

    The Poisson binomial distribution, one sentence after the other; with equal chances it is the binomial.
    """
    counts = np.ones(1)
    for chance in chances:
        counts = np.convolve(counts, [1 - chance, chance])
    return float(min(1.0, counts[hits:].sum()))


def corrected(p: float, n_searched: int) -> float:
    """Give the chance that at least one of n heads does so by luck: 1 - (1 - p)^n (Šidák), exact for tiny p."""
    return 1.0 if p >= 1 else float(-np.expm1(n_searched * np.log1p(-p)))


def _standings(hits: np.ndarray, mean_weight: np.ndarray, even: float) -> list[Standing]:
    """Rank all heads; equal ones share the better rank."""
    faint = mean_weight < even
    order = np.lexsort((-mean_weight.ravel(), -hits.ravel(), faint.ravel()))
    standings: list[Standing] = []
    for place, flat in enumerate(order.tolist(), start=1):
        layer, head = divmod(flat, hits.shape[1])
        found = (int(hits[layer, head]), float(mean_weight[layer, head]))
        last = standings[-1] if standings else None
        rank = last.rank if last and (last.hits, last.mean_weight) == found else place
        standings.append(Standing(layer, head, rank, *found, faint=bool(faint[layer, head])))
    return standings


def _orders(readings: Sequence[Reading], standing: Standing) -> tuple[Tally, Tally]:
    """Count hits apart where the key stands on the first sentence's side of the query, and on the other."""
    first = readings[0].sentence.key_first
    hits: dict[bool, list[bool]] = {True: [], False: []}
    for of in readings:
        hits[of.sentence.key_first is first].append(bool(of.hits[standing.layer, standing.head]))
    same_order, swapped = (Tally(sum(found), len(found)) for found in (hits[True], hits[False]))
    return same_order, swapped
