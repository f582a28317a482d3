"""Pair the tokens of two rows: equal tokens, and the same characters where tokenizers cut them into other pieces.

The rules, in this order:

1. The longest common subsequence of the rows' units pairs them: of words, of signs, and of special tokens by their
   role. Where several are as long, ``subsequence`` says which is taken.
2. What lies between two paired units and is spelled alike pairs too: there words are parted in other places.
3. A word that is left over once on either side has moved; it pairs with itself at its other place.
4. Pieces whose characters are all paired make a pair, cut as finely as both tokenizers cut them: one to one, or
   "playing" to "play ##ing".
5. Of what is left between two paired units, equal tokens pair: "play" of "play ##ing" and of "play ##ed".

All else stands alone. Padding is none of the pieces, so it never pairs.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from viz.analysis.compare.subsequence import Matches, longest_common
from viz.analysis.compare.units import Atom, CutRow, Unit, cut
from viz.analysis.words import Piece

How = Literal["token", "word", "moved", "place"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Pair positions of two rows: of one token each, or of the pieces that spell the same.

    ``how`` says why: the same ``"token"``; the same ``"word"`` in other pieces or letters; either of them ``"moved"``
    to another place in the text; or only the same ``"place"``, as where one word was put in place of another.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    how: How


@dataclass(frozen=True, slots=True)
class Alignment:
    """Say which positions of two rows are paired, and which real tokens of either stand alone."""

    pairs: tuple[Pair, ...]  # in the order of ``after``
    alone_before: tuple[int, ...]
    alone_after: tuple[int, ...]


AtomPairs = list[tuple[Atom, Atom]]


def align(before: Sequence[Piece], after: Sequence[Piece]) -> Alignment:
    """Pair the real tokens of two rows by the rules above."""
    rows = cut(before), cut(after)
    anchors = longest_common(*_numbered([unit.key for unit in row.units] for row in rows))
    in_place = [pair for i, j in anchors for pair in zip(rows[0].units[i].atoms, rows[1].units[j].atoms, strict=True)]
    in_place += _spelled_alike(*rows, anchors)
    grouped = _grouped(*rows, in_place, _moved(*rows, in_place))
    grouped |= _equal_tokens(*rows, anchors, grouped)
    pairs = [pair for blocks, how in grouped.items() for pair in _pairs(*rows, *blocks, how)]
    alone = (_positions(row, set(range(len(row.blocks))) - _taken(grouped, side)) for side, row in enumerate(rows))
    return Alignment(tuple(sorted(pairs, key=lambda pair: pair.after)), *alone)


# Blocks of both rows that are one pair, and how.
Grouped = dict[tuple[tuple[int, ...], tuple[int, ...]], How]


def _numbered(sides: Iterable[Sequence[Hashable]]) -> list[np.ndarray]:
    """Give equal keys, of either side, equal numbers."""
    numbers: dict[Hashable, int] = {}
    return [np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64) for keys in sides]


def _spelled_alike(before: CutRow, after: CutRow, anchors: Matches) -> AtomPairs:
    """Pair all characters between two anchors where both sides have the same."""
    found: AtomPairs = []
    edges = [(-1, -1), *anchors, (len(before.units), len(after.units))]
    for (i, j), (next_i, next_j) in pairwise(edges):
        between = before.units[i + 1 : next_i], after.units[j + 1 : next_j]
        atoms_a, atoms_b = ([atom for unit in units if not unit.is_special for atom in unit.atoms] for units in between)
        if atoms_a and [atom.text for atom in atoms_a] == [atom.text for atom in atoms_b]:
            found += zip(atoms_a, atoms_b, strict=True)
    return found


def _moved(before: CutRow, after: CutRow, in_place: AtomPairs) -> AtomPairs:
    """Pair the words that are left over once on either side."""
    paired = [{pair[side].number for pair in in_place} for side in (0, 1)]
    left = [
        {unit.key: unit for unit, n in _counted(row, taken) if n == 1}
        for row, taken in zip((before, after), paired, strict=True)
    ]
    both = left[0].keys() & left[1].keys()
    return [pair for key in both for pair in zip(left[0][key].atoms, left[1][key].atoms, strict=True)]


def _counted(row: CutRow, paired: set[int]) -> list[tuple[Unit, int]]:
    """List the words of which nothing is paired, with how often each is left over."""
    words = [unit for unit in row.units if unit.is_word and not any(atom.number in paired for atom in unit.atoms)]
    counts = Counter(unit.key for unit in words)
    return [(unit, counts[unit.key]) for unit in words]


def _grouped(before: CutRow, after: CutRow, in_place: AtomPairs, moved: AtomPairs) -> Grouped:
    """Join blocks that share characters, as far as all of their characters are paired."""
    links: dict[tuple[int, int], set[tuple[int, int]]] = defaultdict(set)
    for a, b in (*in_place, *moved):
        links[0, a.block].add((1, b.block))
        links[1, b.block].add((0, a.block))
    paired = {(0, a.number) for a, _b in (*in_place, *moved)} | {(1, b.number) for _a, b in (*in_place, *moved)}
    torn = {
        (side, atom.block)
        for side, row in enumerate((before, after))
        for unit in row.units
        for atom in unit.atoms
        if (side, atom.number) not in paired
    }
    elsewhere = {(0, a.block) for a, _b in moved}
    grouped: Grouped = {}
    for joined in _joined(links):
        if not joined & torn:
            a, b = (tuple(sorted(block for at, block in joined if at == side)) for side in (0, 1))
            grouped[a, b] = "moved" if joined & elsewhere else _alike(before, after, a, b)
    return grouped


def _joined(links: dict[tuple[int, int], set[tuple[int, int]]]) -> Iterator[set[tuple[int, int]]]:
    """Give the sets of blocks that hang together."""
    seen: set[tuple[int, int]] = set()
    for start in links:
        if start in seen:
            continue
        joined, ahead = set(), [start]
        while ahead:
            if (block := ahead.pop()) not in joined:
                joined.add(block)
                ahead += links[block]
        seen |= joined
        yield joined


def _alike(before: CutRow, after: CutRow, blocks_a: tuple[int, ...], blocks_b: tuple[int, ...]) -> How:
    """Say whether blocks are the same tokens, or only spell the same."""
    labels = [
        [label for block in blocks for label in row.labels(block)]
        for row, blocks in ((before, blocks_a), (after, blocks_b))
    ]
    return "token" if labels[0] == labels[1] else "word"


def _equal_tokens(before: CutRow, after: CutRow, anchors: Matches, grouped: Grouped) -> Grouped:
    """Pair equal tokens that are left between two anchors."""
    left = [
        _left(row, [pair[side] for pair in anchors], _taken(grouped, side)) for side, row in enumerate((before, after))
    ]
    keys = [
        [(gap, row.labels(block)) for block, gap in blocks] for row, blocks in zip((before, after), left, strict=True)
    ]
    return {((left[0][i][0],), (left[1][j][0],)): "token" for i, j in longest_common(*_numbered(keys))}


def _left(row: CutRow, anchored: list[int], taken: set[int]) -> list[tuple[int, int]]:
    """List the blocks that are not taken, each with the number of anchors before it."""
    gaps: dict[int, int] = {}
    for at, unit in enumerate(row.units):
        for atom in unit.atoms:
            gaps.setdefault(atom.block, bisect_left(anchored, at))
    return [(block, gap) for block, gap in gaps.items() if block not in taken]


def _taken(grouped: Grouped, side: int) -> set[int]:
    return {block for blocks in grouped for block in blocks[side]}


def _pairs(before: CutRow, after: CutRow, blocks_a: tuple[int, ...], blocks_b: tuple[int, ...], how: How) -> list[Pair]:
    """Give what is one pair by its positions; the same tokens one by one."""
    at_a, at_b = _positions(before, blocks_a), _positions(after, blocks_b)
    if _alike(before, after, blocks_a, blocks_b) == "token":
        return [Pair((a,), (b,), how) for a, b in zip(at_a, at_b, strict=True)]
    return [Pair(at_a, at_b, how)]


def _positions(row: CutRow, blocks: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(position for block in blocks for position in row.positions(block)))
