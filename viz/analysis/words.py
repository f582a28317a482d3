"""Find words among a row's tokens, from the token strings alone, so that any saved Run can be asked.

WordPiece marks what continues a word (``##ization``); byte-level and SentencePiece tokens mark what begins one
(``␣slow``, ``Ġslow``, ``▁slow``), and there a change between letters and other signs begins a word too. Punctuation
marks are words of their own.
"""

import re
import unicodedata
from dataclasses import dataclass

import numpy as np

from viz.errors import AmbiguousWord, WordNotInText
from viz.labels import piece_labels, visible
from viz.names import position_number
from viz.records import Batch, Run

# A file with only the four required entries does not say which tokens are special.
SPECIAL = frozenset(
    {"[CLS]", "[SEP]", "[PAD]", "<s>", "</s>", "<pad>", "<cls>", "<sep>", "<bos>", "<eos>", "<|endoftext|>"}
)
WORD_STARTS = ("␣", "Ġ", "▁")
_UNKNOWN = re.compile(r"(?:\[UNK\]|<unk>)(?:·(.*))?")
_PART = re.compile(r"(.+)·(\d+)/\d+")
MASKS = ("[mask]", "<mask>")  # either may be typed for either


@dataclass(frozen=True, slots=True)
class Piece:
    """Hold one real token: its position in the row, its characters (None where unknown), whether it begins a word."""

    position: int
    label: str
    characters: str | None
    begins: bool
    special: bool


@dataclass(frozen=True, slots=True)
class Word:
    """Hold a word of a row: its characters and the 0-based positions of its tokens."""

    text: str
    positions: tuple[int, ...]
    special: bool


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """Hold the tokens of all rows on one side of their maps, the queries or the keys."""

    tokens: tuple[tuple[str, ...], ...]  # [B][T] display strings
    real: np.ndarray  # bool[B, T], True = real token
    added: np.ndarray  # bool[B, T], True = known to be added by the tokenizer


def side_of(batch: Batch) -> Side:
    """Give the tokens of a batch, as they are queries and keys of its own attention."""
    return Side(batch.tokens, batch.attention_mask, batch.special_tokens_mask)


def sides(run: Run, kind: str = "self") -> tuple[Side, Side]:
    """Give the queries and the keys of one kind of maps.

    Of a file that does not hold what the decoder read, no token is known to be special but by its name.
    """
    source, maps = side_of(run.batch), run.maps[kind]
    if kind in ("self", "encoder"):
        return source, source
    unknown = Side(maps.queries, maps.query_mask, np.zeros_like(maps.query_mask))
    target = unknown if run.target is None else side_of(run.target)
    return target, source if kind == "cross" else target


def special_tokens(run: Run, row: int) -> np.ndarray:
    """Tell which real tokens are special, such as [CLS] and [SEP]; bool ``[T]``, padding is False."""
    return _special(side_of(run.batch), row)


def _special(side: Side, row: int) -> np.ndarray:
    named = np.array([token in SPECIAL for token in side.tokens[row]])
    return (named | side.added[row]) & side.real[row]


def pieces(run: Run, row: int) -> tuple[Piece, ...]:
    """Read the real tokens of a row."""
    return pieces_of(side_of(run.batch), row)


def pieces_of(side: Side, row: int) -> tuple[Piece, ...]:
    """Read the real tokens of a row on one side of its maps."""
    tokens = side.tokens
    if any(token.startswith("Ġ") for token in tokens[row]):  # a file made elsewhere keeps GPT-2's byte alphabet
        labels = piece_labels(list(tokens[row]), SPECIAL, byte_level=True)
    else:
        labels = list(tokens[row])
    marks_starts = any(_is_byte_level(token) for line in tokens for token in line)
    special = _special(side, row)
    found: list[Piece] = []
    for position in np.flatnonzero(side.real[row]).tolist():
        before = found[-1] if found else None
        found.append(_piece(labels[position], position, bool(special[position]), marks_starts, before))
    return tuple(found)


def words(run: Run, row: int) -> tuple[Word, ...]:
    """Join the pieces of a row to words; special tokens stand alone, padding is left out."""
    return words_of(side_of(run.batch), row)


def words_of(side: Side, row: int) -> tuple[Word, ...]:
    """Join the pieces of a row on one side of its maps to words, as ``words`` does."""
    groups: list[list[Piece]] = []
    for piece in pieces_of(side, row):
        if piece.begins:
            groups.append([])
        groups[-1].append(piece)
    return tuple(
        Word(
            text="".join(piece.label if piece.characters is None else piece.characters for piece in group),
            positions=tuple(piece.position for piece in group),
            special=group[0].special,
        )
        for group in groups
    )


def find(run: Run, row: int, word: str) -> tuple[int, ...]:
    """Give the 0-based positions of the tokens of a word that stands once in a row; case and accents do not matter.

    Raises ``WordNotInText`` or ``AmbiguousWord``.
    """
    there = words(run, row)
    wanted = plain(word)
    hits = [found for start in range(len(there)) if (found := _spelled(there[start:], wanted))]
    if not hits:
        listed = ", ".join(dict.fromkeys(visible(word.text) for word in there))
        raise WordNotInText(word=word, number=position_number(row), words=listed)
    if len(hits) > 1:
        positions = ", ".join(str(position_number(found[0])) for found in hits)
        raise AmbiguousWord(word=word, number=position_number(row), positions=positions)
    return hits[0]


def align(row_pieces: tuple[Piece, ...], text: str) -> dict[int, tuple[int, int]] | None:
    """Lay a text over the tokens of a row: position → [start, end) in the text; None if it is another text.

    White space, case and accents do not matter; special tokens are passed over. An unknown token covers a stretch
    without white space and punctuation.
    """
    typed = [(c, at) for at, character in enumerate(text) for c in plain(character)]
    characters = "".join(c for c, _at in typed)
    spans, here = {}, 0
    for piece in row_pieces:
        if piece.special:
            continue
        length = _length(piece, characters, here, text, typed)
        if length is None:
            return None
        if length:
            spans[piece.position] = (typed[here][1], typed[here + length - 1][1] + 1)
        here += length
    return spans if here == len(characters) else None


def _length(piece: Piece, characters: str, here: int, text: str, typed: list[tuple[str, int]]) -> int | None:
    """Count the characters that a piece covers from ``here``; None if others stand there."""
    if piece.characters is None:
        if here == len(characters):
            return None
        start = typed[here][1]
        end = next(
            (at for at in range(start + 1, len(text)) if text[at].isspace() or is_punctuation(text[at])), len(text)
        )
        return sum(start <= at < end for _c, at in typed[here:])
    wanted = plain(piece.characters)
    spellings = MASKS if wanted in MASKS else (wanted,)
    return next((len(s) for s in spellings if characters.startswith(s, here)), None)


def is_punctuation(text: str) -> bool:
    """Tell whether a word consists of punctuation marks."""
    return bool(text) and all(unicodedata.category(c).startswith("P") for c in text)


def _piece(label: str, position: int, special: bool, marks_starts: bool, before: Piece | None) -> Piece:
    if special:
        return Piece(position, label, label, begins=True, special=True)
    characters = _characters(label, marks_starts)
    if before is None or before.special:
        begins = True
    elif marks_starts:
        part = _PART.fullmatch(label)
        goes_on = part is not None and part[2] != "1"  # the rest of a character's bytes, labelled like its first
        begins = not goes_on and (label.startswith(WORD_STARTS) or _changes(before.characters, characters))
    else:
        begins = not label.startswith("##")
    return Piece(position, label, characters, begins, special=False)


def _is_byte_level(label: str) -> bool:
    """Tell whether a label marks the start of a word, or a part of a character: a Chinese text may have no space."""
    return label.startswith(WORD_STARTS) or (_PART.fullmatch(label) is not None and not _UNKNOWN.fullmatch(label))


def _characters(label: str, marks_starts: bool) -> str | None:
    """Give the characters a label stands for; None where the file does not say."""
    if unknown := _UNKNOWN.fullmatch(label):
        return None if unknown[1] is None or unknown[1].endswith("…") else unknown[1]
    if not marks_starts:
        return label[2:] if label.startswith("##") and len(label) > 2 else label
    bare = label.lstrip("".join(WORD_STARTS))
    if part := _PART.fullmatch(bare):  # the character stands on its first part
        return part[1] if part[2] == "1" else ""
    return bare


def _changes(before: str | None, after: str | None) -> bool:
    """Tell whether letters and digits meet other signs, where byte-level tokenizers split."""
    if not before or not after:
        return False
    return before[-1].isalnum() != after[0].isalnum()


def _spelled(there: tuple[Word, ...], wanted: str) -> tuple[int, ...]:
    """Give the positions of the first words if together they spell what is wanted, else nothing."""
    spelled, positions = "", ()
    for word in there:
        spelled, positions = spelled + plain(word.text), positions + word.positions
        if spelled == wanted:
            return positions
        if not wanted.startswith(spelled):
            break
    return ()


def plain(text: str) -> str:
    """Drop what tokenizers may drop: white space, case, accents and control characters."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in apart if not c.isspace() and unicodedata.category(c)[0] not in "CM")
