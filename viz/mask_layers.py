"""Build masks by hand: named boolean layers that multiply, ready-made masks, the classical forms, and files of 0 and 1.

True = may be looked at. A mask of one row is ``[Q, K]``; layers are combined as booleans, never by adding fills.
"""

import base64
import json
import re
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from io import BytesIO

import numpy as np

from viz.errors import MaskDoesNotFit, MaskUnreadable, TokensDoNotFit
from viz.names import position_number
from viz.records import Batch

ADDRESS = "mask"  # what an error calls a mask that came in an address
MAX_VALUES_SHOWN = 3


@dataclass(frozen=True, slots=True, eq=False)
class ClassicalForm:
    """Hold one step of how code before transformers 5 shaped a mask: the formula, the array before and after."""

    formula: str
    before: np.ndarray
    after: np.ndarray


def layers(
    batch: Batch,
    row: int,
    *,
    causal: bool,
    hidden: Collection[int] = (),
    blocks: Collection[tuple[Collection[int], Collection[int]]] = (),
    segments: bool = False,
    window: int | None = None,
    only_self: bool = False,
    own_cells: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Give the layers of one row's mask by name, each bool ``[Q, K]``, in the order they are laid.

    ``"padding"`` is always there; the others where asked for: ``"causal"``, ``"hidden by you"`` (key positions),
    ``"blocks"`` (pairs of query and key positions that may not meet), ``"segments"``, ``"window"``, ``"self"``, and
    ``"your cells"`` (bool ``[Q, K]``). Raises ``TokensDoNotFit`` for a hidden position the row does not have.
    """
    n_tokens = batch.n_tokens
    if outside := [position_number(at) for at in sorted(hidden) if not 0 <= at < n_tokens]:
        raise TokensDoNotFit(positions=", ".join(map(str, outside)), n_tokens=n_tokens)
    made = {"padding": np.tile(batch.attention_mask[row], (n_tokens, 1))}
    if causal:
        made["causal"] = causal_cells(n_tokens)
    if hidden:
        made["hidden by you"] = blocked_cells(n_tokens, range(n_tokens), hidden)
    if blocks:
        made["blocks"] = product({str(n): blocked_cells(n_tokens, *block) for n, block in enumerate(blocks)})
    if segments:
        made["segments"] = segment_cells(batch, row)
    if window is not None:
        made["window"] = window_cells(n_tokens, window)
    if only_self:
        made["self"] = window_cells(n_tokens, 0)
    if own_cells is not None:
        made["your cells"] = own_cells.astype(bool)
    return made


def product(made: Mapping[str, np.ndarray]) -> np.ndarray:
    """Multiply layers: a key may be looked at where every layer lets it, bool ``[Q, K]``."""
    return np.logical_and.reduce(list(made.values()))


def in_batch(batch: Batch, row: int, allowed: np.ndarray, *, causal: bool) -> np.ndarray:
    """Put one row's mask into a mask of the whole batch, bool ``[B, Q, K]``; other rows keep padding and causality."""
    n_tokens = batch.n_tokens
    told = batch.attention_mask[:, None].repeat(n_tokens, axis=1)
    if causal:
        told &= causal_cells(n_tokens)
    told[row] = allowed
    return told


def causal_cells(n_tokens: int) -> np.ndarray:
    """Let every query look at itself and before: bool ``[Q, K]``, lower triangle."""
    return np.tri(n_tokens, dtype=bool)


def window_cells(n_tokens: int, n: int) -> np.ndarray:
    """Let every query look at most ``n`` positions away, to either side; 0 is only itself. bool ``[Q, K]``"""
    positions = np.arange(n_tokens)
    return np.abs(positions[:, None] - positions) <= n


def segment_cells(batch: Batch, row: int) -> np.ndarray:
    """Let tokens look at their own segment only, by token_type_ids; a text without them is one segment. bool ``[Q, K]``

    BERT's [CLS] and the [SEP] behind A belong to A, the last [SEP] to B.
    """
    if batch.token_type_ids is None:
        return np.ones((batch.n_tokens, batch.n_tokens), dtype=bool)
    types = batch.token_type_ids[row]
    return types[:, None] == types


def blocked_cells(n_tokens: int, queries: Collection[int], keys: Collection[int]) -> np.ndarray:
    """Keep some queries from looking at some keys; all other cells stay open. bool ``[Q, K]``"""
    allowed = np.ones((n_tokens, n_tokens), dtype=bool)
    allowed[np.ix_(list(queries), list(keys))] = False
    return allowed


def question_hidden_from_context(batch: Batch, row: int) -> np.ndarray:
    """Keep the context (segment B) from looking at the words of the question (segment A). bool ``[Q, K]``

    The question goes on looking everywhere, and [CLS] and [SEP] stay open to all: a tokenizer leaves the whole mask of
    a pair at 1. A text without segments has nothing to keep apart.
    """
    if batch.token_type_ids is None:
        return np.ones((batch.n_tokens, batch.n_tokens), dtype=bool)
    types, words = batch.token_type_ids[row], ~batch.special_tokens_mask[row]
    context, question = np.flatnonzero((types == 1) & words), np.flatnonzero((types == 0) & words)
    return blocked_cells(batch.n_tokens, context, question)


def classical_forms(attention_mask: np.ndarray) -> tuple[ClassicalForm, ...]:
    """Give the forms a 0/1 mask ``[B, T]`` took in code of the years before transformers 5, encoder first."""
    mask = attention_mask.astype(np.float32)
    encoder, decoder = encoder_form(mask), decoder_form(mask)
    per_query = causal_cells(mask.shape[1]) * mask[:, None]
    return (
        ClassicalForm("mask[:, None, None, :]", mask, encoder),
        ClassicalForm("causal[None, None] * mask[:, None, None, :]", mask, decoder),
        ClassicalForm("mask[:, None, :, :]", per_query, per_query_form(per_query)),
        ClassicalForm("(1 - mask) * -10000.0", encoder, classical_additive(encoder)),
        ClassicalForm("(1 - encoder_mask[:, None, None, :]) * -1e9", mask, cross_attention_form(mask)),
    )


def encoder_form(attention_mask: np.ndarray) -> np.ndarray:
    """Shape ``[B, T]`` so that it broadcasts over heads and queries: ``[B, 1, 1, T]``."""
    return attention_mask[:, None, None, :]


def decoder_form(attention_mask: np.ndarray) -> np.ndarray:
    """Multiply causality and padding: ``[B, T]`` → ``[B, 1, T, T]``."""
    return np.tri(attention_mask.shape[1], dtype=attention_mask.dtype) * encoder_form(attention_mask)


def per_query_form(attention_mask: np.ndarray) -> np.ndarray:
    """Shape a mask given for each query so that it broadcasts over heads: ``[B, T, T]`` → ``[B, 1, T, T]``."""
    return attention_mask[:, None]


def classical_additive(mask: np.ndarray, fill: float = -10000.0) -> np.ndarray:
    """Turn 0/1 into what was added to the scores, ``(1 - mask) * -10000.0``: 0 where visible, the fill where not."""
    return (1 - mask.astype(np.float32)) * np.float32(fill)


def cross_attention_form(encoder_mask: np.ndarray, fill: float = -1e9) -> np.ndarray:
    """Invert an encoder's mask for a decoder that looks at it: ``[B, S]`` → ``[B, 1, 1, S]``.

    It broadcasts over the decoder's queries, whose scores are ``[B, H, T, S]``. The old code added -1e9 here (in
    float16, which cannot hold it, -1e4).
    """
    return classical_additive(encoder_form(encoder_mask), fill)


def read_mask(data: bytes, name: str, n_tokens: int) -> np.ndarray:
    """Read a mask of one row from a file, bool ``[Q, K]``: .npy, JSON rows, or text with a row of 0 and 1 a line.

    An array ``[1, T, T]`` is read as its only row. Nothing is unpickled.
    Raises ``MaskUnreadable``, or ``MaskDoesNotFit`` with the size seen and the size expected.
    """
    cells = _npy(data, name, n_tokens) if data.startswith(b"\x93NUMPY") else _rows(data, name)
    _check_size(cells.shape, name, n_tokens)
    if len(wrong := np.setdiff1d(cells, [0, 1])):
        seen = ", ".join(f"{value:g}" for value in wrong[:MAX_VALUES_SHOWN].tolist())
        raise MaskUnreadable(name=name, reason=f"it has other values than 0 and 1 ({seen}).")
    return cells.reshape(n_tokens, n_tokens).astype(bool)


def _check_size(shape: tuple[int, ...], name: str, n_tokens: int) -> None:
    if shape not in ((n_tokens, n_tokens), (1, n_tokens, n_tokens)):
        raise MaskDoesNotFit(name=name, seen=" x ".join(map(str, shape)), n_tokens=n_tokens)


def _npy(data: bytes, name: str, n_tokens: int) -> np.ndarray:
    """Read a .npy file; the size its header claims is checked first, or a lie in it would take all memory."""
    try:
        stream = BytesIO(data)
        version = np.lib.format.read_magic(stream)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(stream)
        if dtype.kind not in "biuf":
            raise MaskUnreadable(name=name, reason=f"its values are of the type {dtype}.")
        _check_size(shape, name, n_tokens)
        return np.load(BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, SyntaxError) as error:
        raise MaskUnreadable(name=name, reason="it is a damaged .npy file.") from error


def _rows(data: bytes, name: str) -> np.ndarray:
    """Read JSON, or lines of 0 and 1 with or without spaces, commas or semicolons between them."""
    try:
        text = data.decode("utf-8-sig").strip()
        if text.startswith("["):
            rows = json.loads(text)
        else:
            rows = [[float(digit) for digit in _cells_of_line(line)] for line in text.splitlines() if line.strip()]
        return np.array(rows, dtype=np.float64)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise MaskUnreadable(name=name, reason="it is no table of numbers with rows of one length.") from error


def _cells_of_line(line: str) -> list[str]:
    compact = line.strip(" \t,;")
    return list(compact) if re.fullmatch("[01]+", compact) else re.split(r"[\s,;]+", compact)


def to_address(allowed: np.ndarray) -> str:
    """Write a mask of one row, bool ``[Q, K]``, as a short text for an address; ``from_address`` reads it."""
    packed = zlib.compress(np.packbits(allowed).tobytes(), level=9)
    return f"{len(allowed)}.{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def from_address(text: str, n_tokens: int) -> np.ndarray:
    """Read a mask of one row from an address, bool ``[Q, K]``.

    Raises ``MaskUnreadable``, or ``MaskDoesNotFit`` if it was made for a text of another length.
    """
    size, _, packed = text.partition(".")
    if not re.fullmatch(r"[1-9]\d{0,5}", size, re.ASCII):
        raise MaskUnreadable(name=ADDRESS, reason="it does not begin with its size.")
    if int(size) != n_tokens:
        raise MaskDoesNotFit(name=ADDRESS, seen=f"{size} x {size}", n_tokens=n_tokens)
    n_bytes = -(-(n_tokens**2) // 8)
    try:
        raw = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        unpacking = zlib.decompressobj()
        bits = unpacking.decompress(raw, n_bytes + 1)  # never more than a mask of this size has
    except (ValueError, zlib.error) as error:
        raise MaskUnreadable(name=ADDRESS, reason="the address was cut or changed.") from error
    if len(bits) != n_bytes or not unpacking.eof:
        raise MaskUnreadable(name=ADDRESS, reason="the address was cut or changed.")
    return np.unpackbits(np.frombuffer(bits, np.uint8), count=n_tokens**2).reshape(n_tokens, n_tokens).astype(bool)
