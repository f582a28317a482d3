"""Judge the weights that did not find their place when a model was read: which of them matter, and for what.

Old checkpoints hold buffers that are made anew today, and heads of other tasks; a checkpoint of a masked model has no
pooler. Neither changes a map or a word, and neither is reported.
"""

from collections.abc import Iterable
from typing import Any

import torch

# Parts of names: tables and masks that the model makes itself, and what only heads of other tasks would use.
_MADE_ANEW = ("position_ids", "inv_freq", "masked_bias")
_CAUSAL_MASKS = ("attn.bias", "attention.bias")  # GPT-2's, GPT-Neo's and GPT-NeoX's triangles
_UNUSED = frozenset({"pooler", "contact_head", "seq_relationship"})


def missing(names: Iterable[str]) -> tuple[str, ...]:
    """Keep, in order, the missing weights that a map or a word is computed with."""
    return tuple(sorted(name for name in names if not _UNUSED & set(name.split("."))))


def unexpected(model: torch.nn.Module, names: Iterable[str], anything_missing: bool) -> tuple[str, ...]:
    """Keep, in order, the weights of the files that should have been used.

    A head of another task is left out; but where weights are missing its name may say why.
    """
    named = sorted(name for name in names if not _is_made_anew(name) and not _UNUSED & set(name.split(".")))
    return tuple(name for name in named if anything_missing or _is_of_a_body(model, name))


def of_head(model: torch.nn.Module, names: Iterable[str]) -> tuple[str, ...]:
    """Keep the missing weights of the layer over words; the others are the body's, that makes the maps."""
    base: Any = model.base_model
    return tuple(name for name in names if base is not model and not name.startswith(f"{model.base_model_prefix}."))


def _is_made_anew(name: str) -> bool:
    return name.endswith((*_MADE_ANEW, *_CAUSAL_MASKS))


def _is_of_a_body(model: torch.nn.Module, name: str) -> bool:
    """Tell whether a name from a file is one of the body, with or without the prefix that files may leave out."""
    first = name.split(".", maxsplit=1)[0]
    base: Any = model.base_model
    return first == model.base_model_prefix or first in dict(base.named_children())
