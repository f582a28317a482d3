"""Show tokens as a person reads them: characters instead of bytes, white space made visible, nothing invisible.

Works from token strings alone, so it serves text that was typed and text that was generated.
"""

import codecs
import re
import unicodedata
from collections.abc import Sequence
from functools import cache

_VISIBLE = {" ": "␣", "\n": "⏎", "\t": "⇥", "\r": "␍", "": "∅"}
_PART = re.compile(r"^(.+)·(\d+)/\d+$", re.DOTALL)
_BYTE_SPACE = "Ġ"  # a space in GPT-2's byte alphabet
_JOINERS = "\u200d\ufe0e\ufe0f"  # they hold emoji together; shown they would take them apart
# Letters, marks and signs that print nothing, though their categories say otherwise.
_BLANKS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"


@cache
def byte_alphabet() -> dict[str, int]:
    """Map each character of GPT-2's byte alphabet to its byte.

    The alphabet keeps the printable Latin-1 bytes as themselves and moves the others, in order, to code points from
    256 on (Radford et al. 2019, the tokenizer's ``bytes_to_unicode``).
    """
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    moved = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(moved)}


def visible(text: str) -> str:
    """Make white space, control and format characters visible; other characters stay."""
    if text == "":
        return _VISIBLE[""]
    joins = bool(text.strip(_JOINERS))
    return "".join(_VISIBLE.get(c) or (c if _is_shown(c, joins) else f"⟨{ord(c):04X}⟩") for c in text)


def typed(text: str) -> str:
    """Make visible what prints nothing in what a person typed, and leave its spaces as they are."""
    return visible(text).replace(_VISIBLE[" "], " ") if text else ""


def written(label: str) -> str:
    """Give the characters a label stands for, white space as white space; the reverse of ``visible`` for words."""
    for character, sign in _VISIBLE.items():
        label = label.replace(sign, character)
    return label


def shortened(text: str, limit: int = 90) -> str:
    """Write a text in one line, cut where it is too long for it."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _is_shown(c: str, joins: bool) -> bool:
    if c in _JOINERS:
        return joins
    return c not in _BLANKS and not unicodedata.category(c).startswith(("C", "Z"))


def piece_labels(tokens: list[str], specials: frozenset[str], byte_level: bool) -> list[str]:
    """Label each token of one text.

    A character whose bytes fall on several tokens is shown on each of them with its part: ``北·1/2``, ``北·2/2``.
    Bytes that are no character are shown as ``<E4>``.
    """
    if not byte_level:
        return [visible(token) for token in tokens]
    raw = [None if token in specials else _token_bytes(token) for token in tokens]
    labels: list[str] = []
    while len(labels) < len(tokens):
        labels += _next_labels(tokens, raw, len(labels))
    return labels


def first_in_parts(labels: Sequence[str]) -> tuple[str, int] | None:
    """Find the first characters that lie in several tokens; gives them and in how many, None where there are none."""
    parts = filter(None, map(_PART.match, labels))
    for at, part in ((labels.index(part[0]), part) for part in parts if part[2] == "1"):
        n = int(part[0].rpartition("/")[2])
        if list(labels[at : at + n]) == [f"{part[1]}·{number}/{n}" for number in range(1, n + 1)]:
            return part[1], n
    return None


def joined(labels: Sequence[str], limit: int | None = None) -> str:
    """Write neighbouring labels as one: ``play ##ing``; a character in parts once: ``北·1/2``, ``北·2/2`` → ``北``.

    What is longer than ``limit`` ends in an ellipsis.
    """
    if len(labels) == 1:
        return labels[0]
    whole = (_PART.sub(lambda part: part[1] if part[2] == "1" else "", label) for label in labels)
    text = " ".join(label for label in whole if label)
    return text if limit is None or len(text) <= limit else f"{text[: limit - 1]}…"


def vocabulary_labels(tokens: list[str], specials: frozenset[str], byte_level: bool) -> list[str]:
    """Label each token as it stands alone.

    Most are plain letters and signs, with a space in front; they need no second look, which a large vocabulary feels.
    """
    return [_quick_label(token, byte_level) or piece_labels([token], specials, byte_level)[0] for token in tokens]


def _quick_label(token: str, byte_level: bool) -> str:
    """Label a token of plain characters; empty for any other. A special token is either plain or none of these."""
    spaced = byte_level and token.startswith(_BYTE_SPACE)
    rest = token[1:] if spaced else token
    return (_VISIBLE[" "] if spaced else "") + rest if _is_plain(rest) else ""


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text and text != ""


def byte_text(tokens: list[str]) -> str:
    """Write tokens of a byte-level model as text; bytes that are no character are written ``<E4><BB>``."""
    return b"".join(map(_token_bytes, tokens)).decode(errors=_HEX)


def _token_bytes(token: str) -> bytes:
    alphabet = byte_alphabet()
    return b"".join(bytes([alphabet[c]]) if c in alphabet else c.encode() for c in token)


def _next_labels(tokens: list[str], raw: list[bytes | None], start: int) -> list[str]:
    """Label the token at ``start`` and those that finish its last character."""
    first, collected = raw[start], b""
    if first is None:
        return [tokens[start]]
    for end in range(start, len(raw)):
        if (piece := raw[end]) is None:
            break
        collected += piece
        try:
            text = visible(collected.decode())
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data":
                break
            continue
        n = end - start + 1
        return [text] if n == 1 else [f"{text}·{part}/{n}" for part in range(1, n + 1)]
    return [_in_hex(first)]


def _in_hex(raw: bytes) -> str:
    return "".join(f"<{byte:02X}>" for byte in raw)


_HEX = "headlight_hex"


def _write_in_hex(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _in_hex(error.object[error.start : error.end]), error.end


codecs.register_error(_HEX, _write_in_hex)
