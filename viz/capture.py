"""Record what a model computes in its attention, while it computes it.

One attention function is registered with transformers under the name ``IMPLEMENTATION``; a model is loaded with it
once and never switched. With no recording it computes what transformers' "eager" does, bit for bit. While a
``Recording`` is active in this thread it also keeps scores, mask and attentions, and lets the output layer read only
the positions asked for. The state is in a ContextVar, so threads share one model safely.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import sdpa_mask

IMPLEMENTATION = "headlight"


@dataclass
class Recording:
    """Receive one pass: ``attentions`` and ``scores`` are written in place, layer by layer."""

    attentions: torch.Tensor  # float32[B, L, H, Q, K]
    scores: torch.Tensor | None  # the same shape, or None: not kept
    readouts: torch.Tensor  # int64[N, 2]: (row, position) the output layer reads
    additive_masks: list[torch.Tensor | None] = field(default_factory=list)  # one a layer, [B, 1, Q, K]

    @property
    def n_recorded(self) -> int:
        """Layers seen so far; the next one is written there."""
        return len(self.additive_masks)


_active: ContextVar[Recording | None] = ContextVar("attention_recording", default=None)


@contextmanager
def recording(into: Recording) -> Iterator[Recording]:
    """Record every attention computed in this thread inside the block."""
    token = _active.set(into)
    try:
        yield into
    finally:
        _active.reset(token)


def register() -> None:
    """Make the implementation known to transformers.

    Both lines are needed: without a mask function of the same name every mask would silently be None.
    """
    AttentionInterface.register(IMPLEMENTATION, _attention)
    AttentionMaskInterface.register(IMPLEMENTATION, _allowed_cells)


def read_only_asked_positions(model: torch.nn.Module) -> None:
    """Let the output layer, while recording, compute logits at the asked positions only: ``[N, V]``."""
    model.get_output_embeddings().register_forward_pre_hook(_select_readouts)


def _select_readouts(module: torch.nn.Module, inputs: tuple) -> tuple | None:
    record = _active.get()
    if record is None:
        return None
    rows, positions = record.readouts.T
    return (inputs[0][rows, positions],)


def _allowed_cells(*args, **kwargs) -> torch.Tensor | None:
    """Give the mask as booleans ``[B, 1, Q, K]``; never leave causality to the attention function."""
    return sdpa_mask(*args, **{**kwargs, "allow_is_causal_skip": False})


def _attention(module, query, key, value, attention_mask, scaling=None, dropout=0.0, **_):
    """Compute softmax(q·k·scaling + mask)·v as "eager" does; query, key, value are ``[B, H, T, D]``."""
    groups = getattr(module, "num_key_value_groups", 1)
    if groups > 1:
        key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
    scores = torch.matmul(query, key.transpose(2, 3)) * (query.shape[-1] ** -0.5 if scaling is None else scaling)
    added = _additive(attention_mask, scores.dtype)
    attentions = torch.softmax(scores if added is None else scores + added, dim=-1)
    record = _active.get()
    if record is not None:
        _keep(record, scores, added, attentions)
    weights = torch.nn.functional.dropout(attentions, p=dropout, training=module.training)
    return torch.matmul(weights, value).transpose(1, 2).contiguous(), attentions


def _additive(mask: torch.Tensor | None, dtype: torch.dtype) -> torch.Tensor | None:
    """Turn a boolean mask into what transformers adds: 0, and the dtype's smallest number where hidden."""
    if mask is None or mask.dtype != torch.bool:
        return mask
    return torch.zeros(mask.shape, dtype=dtype).masked_fill_(~mask, torch.finfo(dtype).min)


def _keep(record: Recording, scores: torch.Tensor, added: torch.Tensor | None, attentions: torch.Tensor) -> None:
    layer = record.n_recorded
    record.attentions[:, layer].copy_(attentions)
    if record.scores is not None:
        record.scores[:, layer].copy_(scores)
    record.additive_masks.append(added)
