"""Turn texts into a Batch: ids, masks and positions as the tokenizer makes them, with labels a person can read."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from viz import settings
from viz.analysis.predictions import TYPED_MASK
from viz.engine.models import LoadedModel
from viz.engine.tokenizing import whole_characters
from viz.errors import EmptyReplacement, EmptyText, MaskTokenInCausalModel, TextOverLimit, TextTooLarge, TextTooLong
from viz.labels import piece_labels, visible
from viz.names import position_number
from viz.records import Batch, PadToken

UNKNOWN_CHARACTERS = 12  # of a word the vocabulary does not know, as many are shown
_EXAMPLE = "The turtle moves slow across the {word}."


def encode(loaded: LoadedModel, texts: Sequence[str], *, padding_side: str = "right", truncate: bool = False) -> Batch:
    """Tokenize texts into one padded batch, ``[B, T]``.

    ``[MASK]`` may be typed in any case, or as ``<mask>``. Positions count real tokens only, so that a text has the
    same positions alone and behind left padding.
    Raises ``EmptyText``, ``TextTooLarge``, ``MaskTokenInCausalModel``, or ``TextTooLong`` unless ``truncate``.
    """
    if not texts:
        raise EmptyText(example=example(loaded))
    texts = [whole_characters(text) for text in texts]
    for text in texts:
        check_text(loaded, text)
    rows = [_row(loaded, text, number, truncate) for number, text in enumerate(texts, start=1)]
    return pad(loaded, tuple(texts), rows, padding_side)


def encode_pair(loaded: LoadedModel, first: str, second: str, truncate: bool = False) -> Batch:
    """Tokenize two texts as one row, ``[1, T]``, as its tokenizer joins a pair.

    For BERT: ``[CLS] A [SEP] B [SEP]`` with token_type_ids 0 and 1, all of it visible. GPT-2's tokenizer knows no pairs
    and puts B's tokens straight behind A's. Word ids go on counting in B.
    Raises ``EmptyText``, ``TextTooLarge``, ``MaskTokenInCausalModel``, or ``TextTooLong`` unless ``truncate``, which
    cuts the longer text first.
    """
    first, second = whole_characters(first), whole_characters(second)
    check_text(loaded, first)
    check_text(loaded, second)
    text = f"{first}{second}" if loaded.info.causal else f"{first} {second}"
    return pad(loaded, (text,), [_row(loaded, first, position_number(0), truncate, second)], "right")


def replace_token(loaded: LoadedModel, batch: Batch, row: int, position: int, word: str) -> Batch:
    """Put a word (or ``[MASK]``) in place of one token of a text; other tokens stay what they were.

    The word may become several tokens. In a byte-level model it keeps the leading space of the token it replaces.
    Returns a batch of that one text. Raises ``EmptyReplacement``, ``TextTooLong``, ``TextTooLarge`` or
    ``MaskTokenInCausalModel``.
    """
    real = np.flatnonzero(batch.attention_mask[row])
    ids = batch.input_ids[row, real].tolist()
    special = batch.special_tokens_mask[row, real].tolist()
    types = None if batch.token_type_ids is None else batch.token_type_ids[row, real].tolist()
    at = int(np.flatnonzero(real == position)[0])
    (replaced,) = loaded.tokenizer.convert_ids_to_tokens(ids[at : at + 1])
    new_ids = _replacement_ids(loaded, word, replaced)
    tokens = list(np.array(batch.tokens[row], dtype=object)[real])
    ids[at : at + 1] = new_ids
    tokens[at : at + 1] = token_labels(loaded, new_ids)
    special[at : at + 1] = [False] * len(new_ids)
    if types is not None:
        types[at : at + 1] = [types[at]] * len(new_ids)
    check_length(loaded, position_number(row), len(ids))
    text = loaded.tokenizer.decode(
        [i for i, s in zip(ids, special, strict=True) if not s], clean_up_tokenization_spaces=True
    )
    encoding = {
        "input_ids": ids,
        "tokens": token_labels(loaded, ids) if loaded.byte_level else tokens,
        "token_type_ids": types,
        "special_tokens_mask": special,
        "word_ids": [-1] * len(ids),
        "truncated": batch.truncated[row],
    }
    return pad(loaded, (text.strip(),), [encoding], batch.padding_side)


def _replacement_ids(loaded: LoadedModel, word: str, replaced: str) -> list[int]:
    """Tokenize a word that takes the place of a token."""
    if not word.strip():
        raise EmptyReplacement(word=word)
    check_text(loaded, word)
    typed = _normalise(loaded, word.strip())
    spaced = f" {typed}" if loaded.byte_level and replaced.startswith("Ġ") else typed
    new_ids = loaded.tokenize(spaced, add_special_tokens=False, verbose=False)["input_ids"]
    if not new_ids:
        raise EmptyReplacement(word=word)
    return new_ids


def example(loaded: LoadedModel) -> str:
    """Give a text that this model can be asked."""
    return _EXAMPLE.format(word="[MASK]" if loaded.info.mask_token else "river")


def check_text(loaded: LoadedModel, text: str) -> None:
    """Refuse a text before it is tokenized: ``EmptyText``, ``TextTooLarge``, ``MaskTokenInCausalModel``."""
    if not text.strip():
        raise EmptyText(example=example(loaded))
    if len(text) > (limit := settings.current().max_characters):
        raise TextTooLarge(n_characters=len(text), limit=limit, over=len(text) - limit)
    if loaded.info.causal and TYPED_MASK.search(text):
        raise MaskTokenInCausalModel(checkpoint=loaded.info.checkpoint)


def most_tokens(loaded: LoadedModel) -> int:
    """Say how many tokens of a text are read: as many as the model has positions for, within the server's setting."""
    return min(loaded.info.max_positions, settings.current().max_tokens)


def check_length(loaded: LoadedModel, number: int, n_tokens: int) -> None:
    """Refuse a text of too many tokens: ``TextTooLong``, or ``TextOverLimit`` where the model would read more."""
    limit = most_tokens(loaded)
    if n_tokens > limit:
        kind = TextTooLong if limit == loaded.info.max_positions else TextOverLimit
        raise kind(number=number, n_tokens=n_tokens, max_positions=limit)


def _normalise(loaded: LoadedModel, text: str) -> str:
    mask_token = loaded.info.mask_token
    return text if mask_token is None else TYPED_MASK.sub(mask_token, text)


def _row(loaded: LoadedModel, text: str, number: int, truncate: bool, second: str | None = None) -> dict:
    """Tokenize one text, or a pair, without padding."""
    limit = most_tokens(loaded)
    normal = [_normalise(loaded, part) for part in (text, second) if part is not None]
    wanted = {"return_special_tokens_mask": True, "return_offsets_mapping": True, "verbose": False}
    encoding = loaded.tokenize(*normal, **wanted)
    n_tokens = len(encoding["input_ids"])
    if not set(range(len(normal))) <= set(encoding.sequence_ids()) or all(encoding["special_tokens_mask"]):
        raise EmptyText(example=example(loaded))
    if not truncate:
        check_length(loaded, number, n_tokens)
    if n_tokens > limit:
        encoding = loaded.tokenize(*normal, truncation=True, max_length=limit, **wanted)
    return described(loaded, normal, encoding) | {"truncated": n_tokens > limit}


def described(loaded: LoadedModel, texts: list[str], encoding: Any) -> dict:
    """Give a row for ``pad`` of what the tokenizer, asked for special tokens and offsets, made of a text or a pair."""
    return {
        "input_ids": encoding["input_ids"],
        "tokens": _with_unknown(loaded, texts, encoding),
        "token_type_ids": encoding.get("token_type_ids"),
        "special_tokens_mask": encoding["special_tokens_mask"],
        "word_ids": _word_ids(encoding),
        "truncated": False,
    }


def _word_ids(encoding) -> list[int]:
    """Number the words, -1 where a token belongs to none; a second text's words go on where the first one's end."""
    parts, words = encoding.sequence_ids(), encoding.word_ids()
    n_first = 1 + max(
        (word for part, word in zip(parts, words, strict=True) if part == 0 and word is not None), default=-1
    )
    return [-1 if word is None else word + (n_first if part else 0) for part, word in zip(parts, words, strict=True)]


def pad(loaded: LoadedModel, texts: tuple[str, ...], rows: list[dict], padding_side: str) -> Batch:
    """Put rows of different length into one rectangle; a row says what a ``Batch`` holds of one text."""
    width = max(len(row["input_ids"]) for row in rows)

    def rectangle(name: str, filler: int | bool, dtype: type) -> np.ndarray:
        padded = np.full((len(rows), width), filler, dtype=dtype)
        for out, row in zip(padded, rows, strict=True):
            n = len(row["input_ids"])
            values = row.get(name)
            out[slice(0, n) if padding_side == "right" else slice(width - n, width)] = (
                True if values is None else values
            )
        return padded

    def padded_tokens(row: dict) -> tuple[str, ...]:
        padding = token_labels(loaded, [pad_token_id(loaded)]) * (width - len(row["tokens"]))
        return tuple(row["tokens"] + padding if padding_side == "right" else padding + row["tokens"])

    attention_mask = rectangle("attention_mask", False, bool)
    input_ids = rectangle("input_ids", pad_token_id(loaded), np.int64)
    has_types = any(row.get("token_type_ids") for row in rows)
    return Batch(
        texts=texts,
        tokens=tuple(padded_tokens(row) for row in rows),
        input_ids=input_ids,
        attention_mask=attention_mask,
        special_tokens_mask=rectangle("special_tokens_mask", True, bool),
        token_type_ids=rectangle("token_type_ids", 0, np.int64) if has_types else None,
        position_ids=_position_ids(attention_mask),
        word_ids=rectangle("word_ids", -1, np.int64),
        padding_side=padding_side,
        truncated=tuple(row["truncated"] for row in rows),
    )


def extend(loaded: LoadedModel, batch: Batch, new_ids: np.ndarray, new_mask: np.ndarray) -> Batch:
    """Append generated tokens to every text: ids int64 ``[B, S]`` and which of them are real, bool ``[B, S]``.

    Positions go on counting real tokens. A character whose bytes began in the text is labelled across the border.
    """
    attention_mask = np.concatenate([batch.attention_mask, new_mask], axis=1)
    input_ids = np.concatenate([batch.input_ids, new_ids], axis=1)
    types = batch.token_type_ids
    return Batch(
        texts=batch.texts,
        tokens=tuple(
            _extended_labels(loaded, batch, row, input_ids[row], real) for row, real in enumerate(attention_mask)
        ),
        input_ids=input_ids,
        attention_mask=attention_mask,
        special_tokens_mask=np.concatenate([batch.special_tokens_mask, ~new_mask], axis=1),
        token_type_ids=None
        if types is None
        else np.concatenate([types, types[:, -1:].repeat(new_ids.shape[1], 1)], axis=1),
        position_ids=_position_ids(attention_mask),
        word_ids=np.concatenate([batch.word_ids, np.full_like(new_ids, -1)], axis=1),
        padding_side=batch.padding_side,
        truncated=batch.truncated,
    )


def _extended_labels(loaded: LoadedModel, batch: Batch, row: int, ids: np.ndarray, real: np.ndarray) -> tuple[str, ...]:
    """Label a row's text and what was appended to it; outside byte-level models the text's own labels say more."""
    labels = np.array(token_labels(loaded, ids.tolist()), dtype=object)
    labels[real] = token_labels(loaded, ids[real].tolist())
    if not loaded.byte_level:
        labels[: batch.n_tokens] = batch.tokens[row]
    return tuple(labels)


def _position_ids(attention_mask: np.ndarray) -> np.ndarray:
    """Count real tokens from 0; padding in front of them gets 0, as ``generate`` gives it. ``[B, T]``"""
    return np.maximum(attention_mask.cumsum(axis=1) - 1, 0).astype(np.int64)


def pad_token_id(loaded: LoadedModel) -> int:
    """Give the id that fills a batch; a model without a pad token (GPT-2) uses its end token.

    One that has neither takes another special token, or the last word of its vocabulary, which texts hardly have:
    nothing looks at padding. A token the model knows no word for, as some tokenizers add one, is passed over.
    """
    tokenizer = loaded.tokenizer
    n_known = min(len(tokenizer), loaded.n_ids)
    candidates = (tokenizer.pad_token_id, tokenizer.eos_token_id, *tokenizer.all_special_ids)
    return next((token_id for token_id in candidates if token_id is not None and token_id < n_known), n_known - 1)


def pad_token(loaded: LoadedModel) -> PadToken:
    """Name what a batch of this model is padded with."""
    token_id, tokenizer = pad_token_id(loaded), loaded.tokenizer
    return PadToken(
        token_id,
        token_labels(loaded, [token_id])[0],
        is_end_token=token_id == tokenizer.eos_token_id,
        is_filler=token_id not in (tokenizer.pad_token_id, tokenizer.eos_token_id),
    )


def token_labels(loaded: LoadedModel, ids: list[int]) -> list[str]:
    """Label the tokens of one text, as a person reads them."""
    tokens = loaded.tokenizer.convert_ids_to_tokens(ids)
    return piece_labels(tokens, frozenset(loaded.tokenizer.all_special_tokens), loaded.byte_level)


def _with_unknown(loaded: LoadedModel, texts: list[str], encoding) -> list[str]:
    """Label the tokens of a text or a pair; behind an unknown one stands what was typed there, shortened.

    For example ``[UNK]·北``.
    """
    labels, parts = token_labels(loaded, encoding["input_ids"]), encoding.sequence_ids()
    if loaded.byte_level:
        return labels
    for at, token_id in enumerate(encoding["input_ids"]):
        start, end = encoding["offset_mapping"][at]
        if token_id == loaded.tokenizer.unk_token_id and end > start:
            typed = texts[parts[at]][start:end]
            cut = "…" * (len(typed) > UNKNOWN_CHARACTERS)
            labels[at] = f"{labels[at]}·{visible(typed[:UNKNOWN_CHARACTERS])}{cut}"
    return labels
