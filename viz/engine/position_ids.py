"""Know what a family does with positions: where its ids begin, whether it is given any, how many tokens it reads."""

import inspect
from typing import Any

import torch
from transformers import PreTrainedConfig

from viz.engine import two_stacks
from viz.errors import ModelRefused, Reason

# Families whose own position ids begin behind the id of padding, not at 0.
_BEHIND_PADDING = frozenset(
    {"roberta", "roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl", "xmod", "camembert", "mpnet"}
)

# What a model without a table of positions reads if neither its config nor its tokenizer says how much that is.
_READS_AT_MOST = 2048


def first(config: PreTrainedConfig) -> int:
    """Give the id of the first position."""
    return config.pad_token_id + 1 if config.model_type in _BEHIND_PADDING else 0


def are_taken(model: torch.nn.Module) -> bool:
    """Tell whether a model can be told positions; one that measures distances (Bloom, T5) needs none."""
    return "position_ids" in inspect.signature(model.forward).parameters


def most_tokens(checkpoint: str, config: PreTrainedConfig, tokenizer: Any) -> int:
    """Say how many tokens a model reads.

    A family without a table of positions has no such number: then what it was trained on counts, as the config or
    the tokenizer gives it, or ``_READS_AT_MOST``.
    Raises ``ModelRefused`` for a number that leaves no room for a token.
    """
    if config.is_encoder_decoder:
        return two_stacks.max_positions(config, tokenizer)
    table: Any = getattr(config, "max_position_embeddings", None)
    if table is None:
        trained_on = (getattr(config, "seq_length", None), tokenizer.model_max_length)
        return next((n for n in trained_on if n and n < 10**6), _READS_AT_MOST)
    if table - first(config) < 1:
        raise ModelRefused(checkpoint=checkpoint, reason=Reason("it does not say how many tokens it reads."))
    return table - first(config)
