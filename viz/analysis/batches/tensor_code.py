"""Write a batch as the code people paste: ``{'input_ids': tensor([[...]]), 'attention_mask': tensor([[...]])}``."""

import numpy as np

from viz.records import Batch


def as_code(batch: Batch) -> str:
    """Write what the model is given, in the form a tokenizer's answer is printed in, every number of it.

    ``position_ids`` stand last: the tokenizer does not make them, and behind left padding the answer depends on them.
    """
    arrays = {
        "input_ids": batch.input_ids,
        "token_type_ids": batch.token_type_ids,
        "attention_mask": batch.attention_mask.astype(np.int64),
        "position_ids": batch.position_ids,
    }
    entries = [f"'{name}': {_tensor(array)}" for name, array in arrays.items() if array is not None]
    return "{" + ", ".join(entries) + "}"


def lengths(batch: Batch) -> list[int]:
    """Count the real tokens of each text."""
    return batch.attention_mask.sum(axis=1).tolist()


def padding_share(batch: Batch) -> float:
    """Give the share of the batch's places that are padding, 0 to 1."""
    return float(1 - batch.attention_mask.mean())


def _tensor(array: np.ndarray) -> str:
    """Print ``[B, T]`` as torch does, numbers right-aligned, rows below each other."""
    width = max(len(str(value)) for value in array.ravel().tolist())
    rows = ("[" + ", ".join(f"{value:>{width}}" for value in row) + "]" for row in array.tolist())
    return "tensor([" + ",\n        ".join(rows) + "])"
