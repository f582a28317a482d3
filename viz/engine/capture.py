"""Record what a model computes in its attention, while it computes it.

One attention function is registered with transformers under the name ``IMPLEMENTATION``; a model is loaded with it
once and never switched. With no recording it computes what transformers' "eager" does, bit for bit. While a
``Recording`` is active in this thread it also keeps scores, mask and attentions of every layer, filed by the kind of
attention (see ``stacks``), and lets the output layer read only the positions asked for. The state is in a ContextVar,
so threads share one model safely.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.masking_utils import sdpa_mask

from viz.analysis.masks.hiding import Hiding
from viz.engine.stand_ins import StandIn

IMPLEMENTATION = "headlight"

HIDES = -1e4  # the weakest number that code hides with; exp makes 0 of it


@dataclass
class MaskCall:
    """Keep what transformers' mask function was asked, and what it gave back."""

    rule: str  # its rule for a cell: causal_mask_function, bidirectional_mask_function, ...
    received: torch.Tensor | None  # bool[B, K], True = real token
    q_length: int
    kv_length: int
    returned: torch.Tensor | None  # bool[B, 1, Q, K], or None: nothing to hide


@dataclass(frozen=True)
class SwitchedOff:
    """Say whose output is replaced before the output projection, and what stands in for it.

    A batch may hold copies of the same R rows behind each other, so that each switches off other heads.
    """

    heads: torch.Tensor  # bool[B, L, H] or [1, L, H], True = replaced
    stand_in: StandIn
    first: int = 0  # number of the first layer that runs


@dataclass
class LayerRecord:
    """Receive the attention of one kind; ``attentions`` and ``scores`` are written in place, layer by layer."""

    attentions: torch.Tensor | None = None  # float32[B, L, H, Q, K], or None: not kept
    scores: torch.Tensor | None = None  # the same shape, or None: not kept
    off: SwitchedOff | None = None  # None: every head stays on
    value_norms: torch.Tensor | None = None  # float32[B, L, H, K], or None: not kept
    outputs: list[torch.Tensor] | None = None  # what enters the projection, [B, H, T, D] one a layer; None: not kept
    zeroed: torch.Tensor | None = None  # bool[B, K], True = this token's value is zero, in all heads of all layers
    added: list[torch.Tensor | None] = field(default_factory=list)  # one a layer, [B, 1, Q, K]
    allowed: list[torch.Tensor | None] = field(default_factory=list)  # bool[B, 1, Q, K] one a layer, None: every key
    modules: list[torch.nn.Module] = field(default_factory=list)  # the one that attends, one a layer
    shapes: list[tuple[torch.Size, torch.Size]] = field(default_factory=list)  # of scores and attentions, one a layer

    @property
    def n_layers(self) -> int:
        """Layers seen so far; the next one is written there. Layers that share a module come one after the other."""
        return len(self.modules)


class Projection(Protocol):
    """Say how long what a head brings of each key is once it is written into the states."""

    def norms(self, values: torch.Tensor) -> torch.Tensor:
        """Give ‖v W_O‖ of every value vector ``[B, H, K, D]``, ``[B, H, K]``."""
        ...


@dataclass
class Recording:
    """Receive one pass: each kind of attention apart, and where the output layer reads."""

    kinds: Mapping[torch.nn.Module, str]  # which attention a module computes; of one that is not in it nothing is kept
    layers: dict[str, LayerRecord]  # by kind
    readouts: torch.Tensor  # int64[N, 2]: (row, position) the output layer reads
    hiding: Hiding | None = None  # None: hide as the model does
    projections: Mapping[torch.nn.Module, Projection] = field(default_factory=dict)  # by the module that attends
    mask_calls: list[MaskCall] = field(default_factory=list)

    def of(self, module: torch.nn.Module) -> LayerRecord | None:
        """Give the record of the kind of attention that a module computes; None where nothing of it is kept."""
        return self.layers.get(self.kinds.get(module, ""))


_active: ContextVar[Recording | None] = ContextVar("attention_recording", default=None)


def is_recording(into: Recording) -> bool:
    """Tell whether this recording is the one active in this thread."""
    return _active.get() is into


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


def read_only_asked_positions(model: PreTrainedModel) -> None:
    """Let the output layer, while recording, compute logits at the asked positions only: ``[N, V]``."""
    output: Any = model.get_output_embeddings()
    output.register_forward_pre_hook(_select_readouts)


def _select_readouts(module: torch.nn.Module, inputs: tuple) -> tuple | None:
    record = _active.get()
    if record is None:
        return None
    rows, positions = record.readouts.T
    return (inputs[0][rows, positions],)


def _allowed_cells(*args, **kwargs) -> torch.Tensor | None:
    """Give the mask as booleans ``[B, 1, Q, K]``; never leave causality to the attention function."""
    allowed = sdpa_mask(*args, **{**kwargs, "allow_is_causal_skip": False})
    record = _active.get()
    if record is not None:
        rule = getattr(kwargs.get("mask_function"), "__name__", "")
        lengths = kwargs["q_length"], kwargs["kv_length"]
        record.mask_calls.append(MaskCall(rule, kwargs.get("attention_mask"), *lengths, allowed))
    return allowed


def _attention(
    module, query, key, value, attention_mask, scaling=None, dropout=0.0, softcap=None, position_bias=None, **_
):
    """Compute softmax(q·k·scaling + mask)·v as "eager" does; query, key, value are ``[B, H, T, D]``.

    Some families cap their scores, others add a bias of the distance to them; both come before the mask. A recording
    may ask to hide otherwise: then scores and mask are added and softmaxed as ``attention_when_hiding`` does, and only
    that; the values are weighted in the model's own type.
    """
    groups = getattr(module, "num_key_value_groups", 1)
    if groups > 1:
        key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
    scores = torch.matmul(query, key.transpose(2, 3)) * (query.shape[-1] ** -0.5 if scaling is None else scaling)
    if softcap is not None:
        scores = torch.tanh(scores / softcap) * softcap
    if position_bias is not None:
        scores = scores + position_bias
    record = _active.get()
    layers, hiding = (None, None) if record is None else (record.of(module), record.hiding)
    if layers is None or hiding is None:
        added = _additive(attention_mask, scores.dtype)
        attentions = torch.softmax(scores if added is None else scores + added, dim=-1)
    else:
        added, attentions = attention_when_hiding(scores, attention_mask, hiding)
    if layers is not None:
        if record is not None and layers.value_norms is not None and layers.n_layers < layers.value_norms.shape[1]:
            layers.value_norms[:, layers.n_layers].copy_(record.projections[module].norms(value))
        _keep(layers, module, scores, added, _let_through(attention_mask), attentions)
    if layers is not None and layers.zeroed is not None:
        value = value.masked_fill(layers.zeroed[:, None, :, None], 0)
    weights = torch.nn.functional.dropout(attentions, p=dropout, training=module.training)
    outputs = torch.matmul(weights, value)
    if layers is not None and layers.off is not None:
        outputs = _switch_off(outputs, layers.off, layers.off.first + layers.n_layers - 1)
    if layers is not None and layers.outputs is not None:
        layers.outputs.append(outputs)
    return outputs.transpose(1, 2).contiguous(), attentions


def _switch_off(outputs: torch.Tensor, off: SwitchedOff, layer: int) -> torch.Tensor:
    """Replace the outputs ``[B, H, T, D]`` of the heads that are off; those of the others keep their bits."""
    heads = off.heads[:, layer, :, None, None]
    return torch.where(heads, off.stand_in(outputs, layer), outputs) if heads.any() else outputs


def attention_when_hiding(
    scores: torch.Tensor, mask: torch.Tensor | None, hiding: Hiding
) -> tuple[torch.Tensor | None, torch.Tensor]:
    """Add and softmax in the asked type; give what was added and the attention, both as the scores' type again.

    ``mask`` is boolean (True = may be looked at) and broadcasts to the scores. Scores and fill are rounded to the
    type first; what it cannot hold becomes -inf, and a row of nothing but -inf becomes NaN, which flows on.
    """
    dtype = getattr(torch, hiding.dtype)
    total, added = scores.to(dtype), None
    held = _additive(mask, dtype, hiding.fill)
    if held is not None:
        held = held.to(dtype)
        total, added = total + held, held.to(scores.dtype)
    return added, torch.softmax(total, dim=-1).to(scores.dtype)


def _additive(mask: torch.Tensor | None, dtype: torch.dtype, fill: float | str = "min") -> torch.Tensor | None:
    """Turn a boolean mask into what is added: 0, and where hidden the fill, in transformers the type's smallest."""
    if mask is None or mask.dtype != torch.bool:
        return mask
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill_(~mask, stored(fill, dtype))


def stored(fill: float | str, dtype: torch.dtype) -> float:
    """Give a fill as a type holds it; out of its range it is -inf."""
    if fill == "min":
        return torch.finfo(dtype).min
    return torch.tensor(float(fill), dtype=torch.float64, device="cpu").to(dtype).item()


def _let_through(mask: torch.Tensor | None) -> torch.Tensor | None:
    """Say which keys a mask lets through, as booleans; a number that a model adds by itself hides from ``HIDES`` on."""
    return mask if mask is None or mask.dtype == torch.bool else mask > HIDES


def _keep(
    layers: LayerRecord,
    module: torch.nn.Module,
    scores: torch.Tensor,
    added: torch.Tensor | None,
    allowed: torch.Tensor | None,
    attentions: torch.Tensor,
) -> None:
    for kept, computed in ((layers.attentions, attentions), (layers.scores, scores)):
        if kept is not None and layers.n_layers < kept.shape[1]:  # one too many is counted, and refused after the pass
            kept[:, layers.n_layers].copy_(computed)
    layers.shapes.append((scores.shape, attentions.shape))
    layers.added.append(added)
    layers.allowed.append(allowed)
    layers.modules.append(module)
