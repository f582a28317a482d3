"""Cut a row into units that no tokenizer knows of: words, single signs, single Chinese characters, special tokens.

Case and accents do not count. So rows that were cut into other pieces, by another tokenizer, have the same units.
"""

import unicodedata
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from viz.analysis.words import MASKS, Piece, plain

# A special token is told by where it stands, for [CLS] and <s> are one thing: before the words, or behind them.
_BEFORE, _BEHIND = ("special", "before the words"), ("special", "behind the words")


@dataclass(frozen=True, slots=True)
class Atom:
    """Hold a character of a block, or a whole token that is none, such as a special or an unknown one."""

    number: int  # in the row
    text: str
    block: int


@dataclass(frozen=True, slots=True)
class Unit:
    """Hold a stretch of atoms and what it must equal to be the same; a word is no sign, nor a special token."""

    key: Hashable
    atoms: tuple[Atom, ...]
    is_word: bool
    is_special: bool


@dataclass(frozen=True, slots=True)
class CutRow:
    """Hold the real tokens of a row. A block is a piece with those behind it that only end its last character."""

    blocks: tuple[tuple[Piece, ...], ...]
    units: tuple[Unit, ...]

    def labels(self, block: int) -> tuple[str, ...]:
        """Give the tokens of a block as they are shown."""
        return tuple(piece.label for piece in self.blocks[block])

    def positions(self, block: int) -> tuple[int, ...]:
        """Give the positions of a block's tokens in the row."""
        return tuple(piece.position for piece in self.blocks[block])


def cut(pieces: Sequence[Piece]) -> CutRow:
    """Cut the pieces of a row."""
    blocks = _blocks(pieces)
    units: list[Unit] = []
    numbers = count()
    for block, (first, *_rest) in enumerate(blocks):
        if first.special:
            is_behind = block == len(blocks) - 1 or not all(unit.is_special for unit in units)
            atom = Atom(next(numbers), first.label, block)
            units.append(Unit(_BEHIND if is_behind else _BEFORE, (atom,), is_word=False, is_special=True))
            continue
        may_go_on = not first.begins
        for stretch in _stretches(first):
            atoms = tuple(Atom(next(numbers), text, block) for text in stretch)
            if may_go_on and units and _is_in_word(stretch[0]) and _is_in_word(units[-1].atoms[-1].text):
                atoms = units.pop().atoms + atoms
            key = "".join(atom.text for atom in atoms)
            is_word = _is_in_word(atoms[0].text) or key == MASKS[0] or _is_chinese(key)
            units.append(Unit(key, atoms, is_word, is_special=False))
            may_go_on = False
    return CutRow(tuple(blocks), tuple(units))


def _blocks(pieces: Sequence[Piece]) -> list[tuple[Piece, ...]]:
    blocks: list[tuple[Piece, ...]] = []
    for piece in pieces:
        if piece.characters == "" and not piece.begins and blocks:
            blocks[-1] += (piece,)
        else:
            blocks.append((piece,))
    return blocks


def _stretches(piece: Piece) -> Iterator[list[str]]:
    """Part what a piece stands for into runs of letters and digits, and single signs."""
    stretch: list[str] = []
    for text in _texts(piece):
        if stretch and not (_is_in_word(text) and _is_in_word(stretch[-1])):
            yield stretch
            stretch = []
        stretch.append(text)
    yield stretch


def _texts(piece: Piece) -> Sequence[str]:
    """Give the characters of a piece that count; a token that has none, or is a mask, counts as a whole."""
    if piece.characters is None:
        return [piece.label]
    characters = plain(piece.characters)
    if characters in MASKS:
        return [MASKS[0]]
    return characters or [piece.label]


def _is_in_word(text: str) -> bool:
    return len(text) == 1 and text.isalnum() and not _is_chinese(text)


def _is_chinese(text: str) -> bool:
    """Tell whether a character is one of those that some tokenizers part and others join."""
    return len(text) == 1 and unicodedata.name(text, "").startswith("CJK UNIFIED")
