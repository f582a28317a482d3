"""Encode a padded batch as a script with mistakes does, and say what mask the model is then told."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from viz.analysis.batches.same_alone import Mistakes
from viz.engine.batching import check_length, encode, pad, pad_token_id, token_labels
from viz.engine.models import LoadedModel
from viz.errors import MaskPerQueryRefused, UnknownPadWord
from viz.names import position_number
from viz.records import Batch

# Families that, given no positions, count the tokens the attention mask shows; others count columns or real tokens.
_COUNTS_SHOWN_TOKENS = {"opt"}


def encode_mistaken(loaded: LoadedModel, texts: Sequence[str], padding_side: str, mistakes: Mistakes) -> Batch:
    """Encode the texts as the mistakes say; ``attention_mask`` stays the truth about padding.

    Raises ``UnknownPadWord``, and what ``encode`` raises.
    """
    side = "right" if mistakes.right_padding else padding_side
    batch = encode(loaded, texts, padding_side=side)
    if mistakes.double_special:
        batch = _with_doubled_ends(loaded, batch)
    if mistakes.pad_word is not None:
        batch = _pad_with_word(loaded, batch, mistakes.pad_word)
    if mistakes.no_position_ids:
        batch = replace(batch, position_ids=_positions_counted_by_model(loaded, batch, mistakes))
    elif mistakes.mask_from_ids:
        batch = replace(batch, position_ids=_counted(_told_by_ids(loaded, batch)))
    return batch


def mask_told(loaded: LoadedModel, batch: Batch, mistakes: Mistakes) -> np.ndarray | None:
    """Give the mask the model reads, bool ``[B, K]``; None where it is the batch's own, or there is none.

    Given one for each query, ``[B, Q, K]``, a GPT-2 of transformers 5 flattens it, and as many numbers as there are
    keys are left: the first query's row, for all queries. Raises ``MaskPerQueryRefused`` for other families, which
    stop.
    """
    if mistakes.mask_per_query and loaded.info.family != "gpt2":
        raise MaskPerQueryRefused(checkpoint=loaded.info.checkpoint)
    if mistakes.no_attention_mask or not (mistakes.mask_from_ids or mistakes.mask_per_query):
        return None
    told = _told_by_ids(loaded, batch) if mistakes.mask_from_ids else batch.attention_mask.copy()
    if mistakes.mask_per_query:
        told[:, 1:] = False  # the first query sees itself alone
    return told


def n_leading(single: Batch) -> int:
    """Count the special tokens the tokenizer puts in front of a text that is alone in its batch."""
    return int(single.special_tokens_mask[0].argmin())


def _told_by_ids(loaded: LoadedModel, batch: Batch) -> np.ndarray:
    """Hide whatever has the id that fills the batch, as ``input_ids != pad_token_id`` does, bool ``[B, T]``."""
    return batch.attention_mask & (batch.input_ids != pad_token_id(loaded))


def _with_doubled_ends(loaded: LoadedModel, batch: Batch) -> Batch:
    """Put special tokens around texts that have theirs: typed in the text, added by the tokenizer once more."""
    rows = []
    for row, real in enumerate(batch.attention_mask):
        at = np.flatnonzero(real)
        special = batch.special_tokens_mask[row, at]
        n_front, n_back = int(special.argmin()), int(special[::-1].argmin())
        at = np.concatenate([at[:n_front], at, at[len(at) - n_back :]])
        check_length(loaded, position_number(row), len(at))
        types = batch.token_type_ids
        rows.append(
            {
                "input_ids": batch.input_ids[row, at],
                "tokens": [batch.tokens[row][position] for position in at],
                "token_type_ids": None if types is None else types[row, at].tolist(),
                "special_tokens_mask": batch.special_tokens_mask[row, at],
                "word_ids": batch.word_ids[row, at],
                "truncated": batch.truncated[row],
            }
        )
    return pad(loaded, batch.texts, rows, batch.padding_side)


def _pad_with_word(loaded: LoadedModel, batch: Batch, word: str) -> Batch:
    token_id = _word_id(loaded, word)
    (label,) = token_labels(loaded, [token_id])
    tokens = tuple(
        tuple(old if is_real else label for old, is_real in zip(*row))
        for row in zip(batch.tokens, batch.attention_mask)
    )
    return replace(batch, tokens=tokens, input_ids=np.where(batch.attention_mask, batch.input_ids, token_id))


def _word_id(loaded: LoadedModel, word: str) -> int:
    """Find the one token of a word; in a byte-level model first as it stands inside a text, behind a space.

    Raises ``UnknownPadWord`` if there is none, or if it is no word, as [PAD] is none.
    """
    bare = word.strip()
    for typed in (f" {bare}", bare) if bare else ():
        ids = loaded.tokenize(typed, add_special_tokens=False, verbose=False)["input_ids"]
        if len(ids) == 1 and ids[0] not in loaded.tokenizer.all_special_ids:
            return ids[0]
    raise UnknownPadWord(word=word, checkpoint=loaded.info.checkpoint)


def _positions_counted_by_model(loaded: LoadedModel, batch: Batch, mistakes: Mistakes) -> np.ndarray:
    """Give the positions a model counts when it is given none, ``[B, T]``; not counted ones in front get 0."""
    counted = np.ones_like(batch.attention_mask)
    if loaded.first_position:  # RoBERTa counts what is not its pad token, whose id is just below its first position
        counted = batch.input_ids != loaded.first_position - 1
    elif loaded.info.family in _COUNTS_SHOWN_TOKENS and not mistakes.no_attention_mask:
        counted = _told_by_ids(loaded, batch) if mistakes.mask_from_ids else batch.attention_mask
    return _counted(counted)


def _counted(shown: np.ndarray) -> np.ndarray:
    return np.maximum(shown.cumsum(axis=1) - 1, 0).astype(np.int64)
