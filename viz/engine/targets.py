"""Make what a decoder reads: its start token, then a target's pieces, so that each read-out predicts the next piece.

The end token is left out, and so is what stands behind it: the last read-out predicts it.
"""

from collections.abc import Sequence

import numpy as np

from viz.engine.batching import check_length, check_text, described, example, pad, token_labels
from viz.engine.generation import end_ids
from viz.engine.models import LoadedModel
from viz.engine.tokenizing import whole_characters
from viz.engine.two_stacks import start_id
from viz.errors import EmptyText
from viz.records import Batch


def encode(loaded: LoadedModel, texts: Sequence[str]) -> Batch:
    """Tokenize given targets into one batch padded on the right, ``[B, T]``, the start token first.

    Behind the start token stands what the model's own ``generate`` is made to write first (``forced_bos_token_id``, in
    mBART's kin the language), or what its tokenizer puts in front of a text (BART's ``<s>``).
    Raises ``EmptyText``, ``TextTooLarge`` or ``TextTooLong``.
    """
    texts = [whole_characters(text) for text in texts]
    for text in texts:
        check_text(loaded, text)
    rows = [_row(loaded, text) for text in texts]
    for number, row in enumerate(rows, start=1):
        check_length(loaded, number, len(row["input_ids"]))
    return pad(loaded, tuple(texts), rows, "right")


def of_sequences(loaded: LoadedModel, sequences: np.ndarray) -> Batch:
    """Make targets of what ``generate`` gave, int64 ``[B, T]`` with the start token first, up to each end token."""
    rows = [_generated_row(loaded, ids) for ids in sequences.tolist()]
    texts = tuple(loaded.tokenizer.decode(row["input_ids"], skip_special_tokens=True).strip() for row in rows)
    return pad(loaded, texts, rows, "right")


def _row(loaded: LoadedModel, text: str) -> dict:
    wanted = {"return_special_tokens_mask": True, "return_offsets_mapping": True, "verbose": False}
    row = described(loaded, [text], loaded.tokenize.target(text, **wanted))
    typed = np.flatnonzero(~np.array(row["special_tokens_mask"], dtype=bool))
    if not typed.size:
        raise EmptyText(example=example(loaded))
    first, behind = int(typed[0]), int(typed[-1]) + 1
    forced = loaded.model.generation_config.forced_bos_token_id
    before = [
        start_id(loaded.info.checkpoint, loaded.model),
        *(row["input_ids"][:first] if forced is None else [forced]),
    ]
    return {
        "input_ids": before + row["input_ids"][first:behind],
        "tokens": token_labels(loaded, before) + row["tokens"][first:behind],
        "token_type_ids": None,
        "special_tokens_mask": [True] * len(before) + row["special_tokens_mask"][first:behind],
        "word_ids": [-1] * len(before) + row["word_ids"][first:behind],
        "truncated": False,
    }


def _generated_row(loaded: LoadedModel, ids: list[int]) -> dict:
    """Describe a target from its ids; the start token may be an end token itself (BART's is)."""
    ends, specials = end_ids(loaded), frozenset(loaded.tokenizer.all_special_ids)
    length = next((at for at, token_id in enumerate(ids) if at and token_id in ends), len(ids))
    return {
        "input_ids": ids[:length],
        "tokens": token_labels(loaded, ids[:length]),
        "token_type_ids": None,
        "special_tokens_mask": [at == 0 or token_id in specials for at, token_id in enumerate(ids[:length])],
        "word_ids": [-1] * length,
        "truncated": False,
    }
