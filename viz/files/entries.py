"""List what a saved run holds, and judge what a file claims to hold before any of it is unpacked.

``docs/run-format.md`` tells the same to people who write such a file.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from viz import settings
from viz.errors import NotARun, Reason, WrongShape
from viz.files.header import Header

MAX_LABEL = 200  # characters of a token; the longest of GPT-2's own has 128
KINDS = ("encoder", "decoder", "cross")  # of a model with two stacks; one stack's kind, "self", needs no prefix
TARGET = "target/"  # before the entries of what a decoder read

# In Python's own objects: a string and its place, one character made visible, one character of JSON once it is parsed.
_STRING_BYTES, _SHOWN_BYTES, _JSON_BYTES = 80, 12, 32
_DECODED_BYTES = 9  # of a byte of JSON: as it is in the file, as a text of wide characters, as part of such a text
_BATCH_BYTES = 64  # what is made up for a token where the file does not say: ids, positions, words, types


@dataclass(frozen=True, slots=True)
class Entry:
    """Describe one array: what it is in memory, and its axes, a letter each; ``|`` parts what is allowed."""

    dtype: type
    axes: str


_CELLS = "B1QK|BLQK"
_ONE_KIND = {
    "attentions": Entry(np.float32, "BLHTT"),
    "tokens": Entry(str, "BT"),
    "attention_mask": Entry(np.bool_, "BT"),
    "meta": Entry(str, ""),
    "input_ids": Entry(np.int64, "BT"),
    "special_tokens_mask": Entry(np.bool_, "BT"),
    "token_type_ids": Entry(np.int64, "BT"),
    "position_ids": Entry(np.int64, "BT"),
    "word_ids": Entry(np.int64, "BT"),
    "given_mask": Entry(np.bool_, "BT|BTT"),
    "scores": Entry(np.float32, "BLHTT"),
    "additive_mask": Entry(np.float32, "B1TT|BLTT"),
    "allowed": Entry(np.bool_, "B1TT|BLTT"),
    "value_norms": Entry(np.float32, "BLHT"),
    "readouts": Entry(np.int64, "N2"),
    "readout_logits": Entry(np.float32, "NV"),
    "vocabulary": Entry(np.uint8, "J"),  # JSON, in bytes
}
OF_A_KIND = {
    "attentions": Entry(np.float32, "BLHQK"),
    "queries": Entry(str, "BQ"),
    "keys": Entry(str, "BK"),
    "query_mask": Entry(np.bool_, "BQ"),
    "key_mask": Entry(np.bool_, "BK"),
    "allowed": Entry(np.bool_, _CELLS),
    "scores": Entry(np.float32, "BLHQK"),
    "added": Entry(np.float32, _CELLS),
    "value_norms": Entry(np.float32, "BLHK"),
}
_OPTIONAL_OF_A_KIND = ("scores", "added", "value_norms")
OF_TARGET = {
    name: _ONE_KIND[name]
    for name in ("tokens", "attention_mask", "input_ids", "special_tokens_mask", "position_ids", "word_ids")
}
_OF_KINDS = {f"{kind}/{name}": entry for kind in KINDS for name, entry in OF_A_KIND.items()}
ENTRIES = _ONE_KIND | {TARGET + name: entry for name, entry in OF_TARGET.items()} | _OF_KINDS


def check(headers: Mapping[str, Header]) -> None:
    """Refuse a file by its headers: ``NotARun`` or ``WrongShape`` where entries lack, do not fit or are too large."""
    _check_presence(headers)
    for name, header in headers.items():
        _check_type(name, header.dtype.kind)
    _check_shapes({name: header.shape for name, header in headers.items()})
    needed, limit = memory(headers), settings.current().max_opened_bytes
    if needed > limit:
        raise NotARun(
            name="",
            reason=Reason(
                "it takes {size:,} MB of memory, more than {limit:,}. Save fewer or shorter texts: of its {n_texts:,}, "
                "{fit:,} fit.",
                size=needed // 10**6,
                limit=limit // 10**6,
                n_texts=headers["tokens"].shape[0],
                fit=_texts_that_fit(headers, limit),
            ),
        )


def _texts_that_fit(headers: Mapping[str, Header], limit: int) -> int:
    """Say with how many of its texts a file would fit; halving, for a bad file may claim a million million of them."""
    numbers = range(headers["tokens"].shape[0])
    return max(0, bisect_right(numbers, limit, key=lambda n: memory(_first_texts(headers, n))) - 1)


def _first_texts(headers: Mapping[str, Header], n: int) -> dict[str, Header]:
    """Give the headers of a file with fewer texts; read-outs and vocabulary may then be fewer, and are left as many."""
    return {
        name: replace(header, shape=(n, *header.shape[1:])) if ENTRIES[name].axes.startswith("B") else header
        for name, header in headers.items()
    }


def dtype_of(header: Header) -> np.dtype:
    """Give the type in which an array is kept; text as wide as it is."""
    kept = ENTRIES[header.name].dtype
    return header.dtype.newbyteorder("=") if kept is str else np.dtype(kept)


def is_text(name: str) -> bool:
    """Tell whether an entry holds text, not numbers."""
    return ENTRIES[name].dtype is str


def numeric(entries: Mapping[str, Entry]) -> list[str]:
    """Name the entries that hold numbers."""
    return [name for name, entry in entries.items() if entry.dtype is not str]


def mask_of_text(name: str) -> str:
    """Name the mask that has a value for each token of a text; empty of a text that is one piece."""
    prefix, slash, last = name.rpartition("/")
    mask = {"tokens": "attention_mask", "queries": "query_mask", "keys": "key_mask"}.get(last)
    return "" if mask is None else prefix + slash + mask


def kinds_of(names: Mapping[str, object]) -> list[str]:
    """Name the kinds of attention that stand under a prefix of their own."""
    return [kind for kind in KINDS if any(f"{kind}/{name}" in names for name in OF_A_KIND)]


def has_target(names: Iterable[str]) -> bool:
    """Tell whether any entry is of what a decoder read."""
    return any(name.startswith(TARGET) for name in names)


def _check_presence(headers: Mapping[str, Header]) -> None:
    kinds = kinds_of(headers)
    required = ["tokens", "attention_mask", *([] if kinds else ["attentions"]), "meta"]
    required += [f"{kind}/{name}" for kind in kinds for name in OF_A_KIND if name not in _OPTIONAL_OF_A_KIND]
    if has_target(headers):  # then its maps are known by their names
        required += [f"{TARGET}tokens", f"{TARGET}attention_mask", "decoder/attentions", "cross/attentions"]
    require(required, headers)


def require(names: Iterable[str], headers: Mapping[str, Header]) -> None:
    """Raise ``NotARun`` with the entries that lack; one whose name is damaged looks like one that was left out."""
    if missing := [name for name in names if name not in headers]:
        raise NotARun(name="", reason=Reason("it has no {entries}.", entries=", ".join(missing)))


def _check_type(name: str, kind: str) -> None:
    if not is_text(name):
        if kind == "U":
            raise NotARun(name="", reason=Reason("{name} holds text; it must hold numbers.", name=name))
    elif kind not in ("U" if name == "meta" else "Uiu"):  # tokens may be plain ids
        raise NotARun(name="", reason=Reason("{name} holds no text.", name=name))


def _check_shapes(shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Let the first entry that has a letter say how long it is; B is one for all kinds, the others for one kind.

    Where a file has a target, queries and keys are as many as it and the source have tokens.
    """
    found = {"": _found_lengths("", _ONE_KIND, shapes, {})}
    n_rows = {letter: n for letter, n in found[""].items() if letter == "B"}
    found[TARGET] = _found_lengths(TARGET, OF_TARGET, shapes, n_rows)
    for kind, sides in {"encoder": ("", ""), "decoder": (TARGET, TARGET), "cross": (TARGET, "")}.items():
        tokens = [found[side].get("T") for side in sides] if has_target(shapes) else []
        known = {letter: n for letter, n in zip("QK", tokens) if n is not None}
        _found_lengths(f"{kind}/", OF_A_KIND, shapes, n_rows | known)


def _found_lengths(
    prefix: str, entries: Mapping[str, Entry], shapes: Mapping[str, tuple[int, ...]], known: dict[str, int]
) -> dict[str, int]:
    """Give the letters of the entries under a prefix, beside those that are known before; ``WrongShape``."""
    lengths = {"1": 1, "2": 2} | known
    for name in entries:
        if (whole := prefix + name) in shapes:
            lengths |= _bound(whole, shapes[whole], lengths)
    return lengths


def _bound(name: str, shape: tuple[int, ...], lengths: dict[str, int]) -> dict[str, int]:
    """Give the letters of the axes that fit; raises ``WrongShape`` where none do."""
    allowed = ENTRIES[name].axes.split("|")
    for axes in allowed:
        found = lengths.copy()
        if len(axes) == len(shape) and all(found.setdefault(axis, n) == n for axis, n in zip(axes, shape, strict=True)):
            if 0 in shape and not set(axes) & set("NJ"):  # nothing is read out: fine
                raise NotARun(name="", reason=Reason("{name} is empty.", name=name))
            return found
    expected = [f"[{', '.join(str(lengths.get(axis, axis)) for axis in axes)}]" for axes in allowed]
    raise WrongShape(name=name, seen=list(shape), expected=" or ".join(expected))


def memory(headers: Mapping[str, Header]) -> int:
    """Count the bytes a run takes once it is open, what is made up for missing entries included."""
    needed = sum(_bytes_of(header) for header in headers.values())
    needed += sum(headers[name].size * _BATCH_BYTES for name in ("tokens", f"{TARGET}tokens") if name in headers)
    if "attentions" in headers and "allowed" not in headers:
        n_rows, _n_layers, _n_heads, n_queries, n_keys = headers["attentions"].shape
        needed += 2 * (n_rows + 1) * n_queries * n_keys
    return needed


def _bytes_of(header: Header) -> int:
    entry = ENTRIES[header.name]
    if header.json_bytes:
        labels = 2 * (header.size * _STRING_BYTES + min(header.json_bytes, header.size * MAX_LABEL) * _SHOWN_BYTES)
        return header.json_bytes * (_DECODED_BYTES + _JSON_BYTES) + (0 if header.name == "meta" else labels)
    if header.name == "meta":  # one piece while it is unpacked
        return 2 * header.nbytes + header.nbytes // 4 * _JSON_BYTES
    if header.name == "vocabulary":
        return header.size * (1 + _JSON_BYTES)
    if entry.dtype is str:  # in the file, as labels, and joined to a text
        n_characters = min(header.dtype.itemsize // 4, MAX_LABEL) if header.dtype.kind == "U" else 20
        return header.nbytes + 2 * header.size * (_STRING_BYTES + n_characters * _SHOWN_BYTES)
    return header.size * np.dtype(entry.dtype).itemsize
