"""Hold two runs side by side: which of their rows, kinds and tokens are the same."""

from dataclasses import dataclass

import numpy as np

from viz.analysis.compare.alignment import Alignment, Pair, align
from viz.analysis.masks.cells import is_causal
from viz.analysis.words import pieces_of, sides
from viz.errors import NoKindInCommon
from viz.records import Run, Stack

KINDS = ("self", "encoder", "decoder", "cross")


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Hold a row of each of two runs, one kind of their maps, and how its queries and its keys are paired."""

    before: Run
    after: Run
    kind: str
    queries: Alignment
    keys: Alignment
    rows: tuple[int, int] = (0, 0)

    @property
    def shared(self) -> Stack:
        """Give the layers and heads that both models have: a head is compared with that of its own name only."""
        a, b = self.before.stack(self.kind), self.after.stack(self.kind)
        return Stack(self.kind, min(a.n_layers, b.n_layers), min(a.n_heads, b.n_heads))

    @property
    def reads_both_ways(self) -> bool:
        """Tell whether one run reads from left to right and the other does not."""
        return is_causal(self.before, self.kind) != is_causal(self.after, self.kind)


def kinds_of_both(before: Run, after: Run) -> tuple[str, ...]:
    """List the kinds of maps that both runs have. Raises ``NoKindInCommon`` where there is none."""
    found = tuple(kind for kind in KINDS if kind in before.maps and kind in after.maps)
    if not found:
        raise NoKindInCommon(kinds_a=", ".join(before.maps), kinds_b=", ".join(after.maps))
    return found


def compared(before: Run, after: Run, kind: str = "self", rows: tuple[int, int] = (0, 0)) -> Comparison:
    """Pair the tokens of a row of each run by what they say."""
    return Comparison(before, after, kind, *paired(before, after, kind, rows), rows)


def paired(before: Run, after: Run, kind: str, rows: tuple[int, int]) -> tuple[Alignment, Alignment]:
    """Say how the queries and how the keys of a row of each run are paired."""
    queries, keys = (
        align(*(pieces_of(side, row) for side, row in zip(both, rows, strict=True)))
        for both in zip(sides(before, kind), sides(after, kind), strict=True)
    )
    return queries, keys


def edited(before: Run, after: Run, row: int = 0) -> Comparison:
    """Pair the tokens of a text and of its edit, which differ in one stretch, by their places."""
    places = by_place(before, after, row)
    return Comparison(before, after, "self", places, places, (row, row))


def by_place(before: Run, after: Run, row: int = 0) -> Alignment:
    """Pair equal positions from the front and from the back; what lies between was replaced.

    Texts of the same length pair position by position, the replaced ones included: their place is the same.
    """
    real_a, real_b = (np.flatnonzero(run.batch.attention_mask[row]) for run in (before, after))
    a, b = before.batch.input_ids[row, real_a], after.batch.input_ids[row, real_b]
    shortest = min(len(a), len(b))
    front = shortest if len(a) == len(b) else _n_equal(a[:shortest], b[:shortest])
    back = _n_equal(a[::-1][: shortest - front], b[::-1][: shortest - front])
    places = [(n, n) for n in range(front)] + [(len(a) - n, len(b) - n) for n in range(back, 0, -1)]
    pairs = tuple(Pair((int(real_a[i]),), (int(real_b[j]),), "token" if a[i] == b[j] else "place") for i, j in places)
    alone = (real[front : len(real) - back].tolist() for real in (real_a, real_b))
    return Alignment(pairs, *(tuple(positions) for positions in alone))


def hidden_keys(run: Run, row: int, kind: str) -> np.ndarray:
    """Tell which real keys of a row no query may look at in any layer, bool ``[K]``."""
    maps = run.maps[kind]
    looked_at = maps.allowed[row] & maps.query_mask[row][:, None]
    return maps.key_mask[row] & ~looked_at.any(axis=(0, 1))


def shared_readouts(before: Run, after: Run, row: int = 0) -> list[tuple[int, int]]:
    """Pair the read-outs that stand at the same place of a text and of its edit, as indices into their ``readouts``."""
    place = {pair.before[0]: pair.after[0] for pair in by_place(before, after, row).pairs}
    later = {int(position): n for n, (at, position) in enumerate(after.readouts) if at == row}
    return [
        (n, later[place[int(position)]])
        for n, (at, position) in enumerate(before.readouts)
        if at == row and place.get(int(position)) in later
    ]


def _n_equal(a: np.ndarray, b: np.ndarray) -> int:
    """Count equal entries from the start."""
    unequal = np.flatnonzero(a != b)
    return int(unequal[0]) if len(unequal) else len(a)
