"""Follow a mask through one pass of a model: what arrives at every station, read while the model runs.

In a model of two stacks three masks are followed: the encoder's, the decoder's own, and the one with which the decoder
looks at the source.
"""

import inspect
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
import transformers

from viz.analysis.masks.stations import MaskFunction, MaskLife, ModuleStop, StacksLife, TensorFacts
from viz.engine import capture, forward, translating
from viz.engine.line import passes
from viz.engine.models import LoadedModel
from viz.records import Batch

Received = dict[torch.nn.Module, dict[str, torch.Tensor | None]]  # what each module was called with, by name

SHOWN_VALUES = 8  # a mask has two distinct values; more are a sign of something else, and are counted

# How modules name the mask of each kind of attention, the first that a module has; T5's innermost call it "mask".
_ARGUMENTS = {
    "self": ("attention_mask",),
    "encoder": ("attention_mask", "mask"),
    "decoder": ("decoder_attention_mask", "attention_mask", "mask"),
    "cross": ("encoder_attention_mask", "attention_mask", "mask"),
}

_hooks = threading.Lock()  # one pass at a time puts hooks into a model


def trace(
    loaded: LoadedModel,
    batch: Batch,
    layer: int,
    given_mask: np.ndarray | None = None,
    *,
    see_later: bool = False,
    leave_out: Collection[str] = (),
) -> MaskLife:
    """Run the model once and describe its mask at every station up to the softmax of a layer.

    ``given_mask``, ``see_later`` and ``leave_out`` are those of ``forward.run``. Hooks are put on the model for this
    pass alone; they act in this thread only, and are taken off whatever happens.
    Raises ``NotRecorded`` if the model computes attention in its own way, ``BatchTooLarge``.
    """
    forward.require_recorded(loaded)
    forward.check_size(loaded, *batch.input_ids.shape)
    told = forward.mask_told(batch, given_mask, leave_out, see_later)
    record = forward.new_recording(loaded, batch, np.zeros((0, 2), dtype=np.int64))
    inputs = forward.model_inputs(loaded, batch, told, see_later)
    if "position_ids" in leave_out:
        inputs.pop("position_ids", None)
    watched = _watched(loaded.model, record)
    with watched as received, passes, torch.inference_mode(), capture.recording(record):
        loaded.model(**inputs, use_cache=False)
    return _life(loaded, "self", layer, batch, record, received)


def trace_stacks(loaded: LoadedModel, source: Batch, target: Batch, layer: int) -> StacksLife:
    """Run an encoder-decoder once and describe its three masks at every station up to the softmax of a layer.

    A stack that has fewer layers shows its last one. Raises ``NotRecorded``, ``TranslationTooLarge``.
    """
    forward.require_recorded(loaded)
    translating.check_size(loaded, len(source.texts), source.n_tokens, target.n_tokens)
    record = translating.new_recording(loaded, source, target, forward.NO_READOUTS)
    inputs = translating.model_inputs(loaded, source, target)
    watched = _watched(loaded.model, record)
    with watched as received, passes, torch.inference_mode(), capture.recording(record):
        loaded.model(**inputs, use_cache=False)
    told = {"encoder": source, "decoder": target, "cross": source}
    return StacksLife(
        **{
            stack.kind: _life(loaded, stack.kind, min(layer, stack.n_layers - 1), told[stack.kind], record, received)
            for stack in loaded.info.stacks
        }
    )


def _life(
    loaded: LoadedModel, kind: str, layer: int, told: Batch, record: capture.Recording, received: Received
) -> MaskLife:
    """Put the stations of one kind of attention together; ``told`` are the texts that its mask is of."""
    layers, masks = record.layers[kind], _of_kind(kind, received)
    scores, attentions = layers.shapes[layer]
    return MaskLife(
        library=transformers.__version__,
        layer=layer,
        tokenizer=_described(torch.tensor(told.attention_mask.astype(np.int64), device="cpu")),
        given=_facts(masks[loaded.model]),
        function=_function(kind, record.mask_calls, masks[layers.modules[layer]], scores),
        added=_facts(layers.added[layer]),
        scores=tuple(scores),
        attentions=tuple(attentions),
        modules=_way(loaded.model, layers.modules[layer], masks),
    )


def _of_kind(kind: str, received: Received) -> dict[torch.nn.Module, torch.Tensor | None]:
    """Pick, for each module, the mask of one kind of attention."""
    return {
        module: next((masks[name] for name in _ARGUMENTS[kind] if name in masks), None)
        for module, masks in received.items()
    }


@contextmanager
def _watched(model: torch.nn.Module, record: capture.Recording) -> Iterator[Received]:
    """Collect the masks each module is called with, by name; where layers share a module they are the same masks."""
    received: Received = {}

    # Another thread may call the hook while it is half registered, and then without the keyword arguments.
    def note(module: torch.nn.Module, args: tuple, kwargs: dict | None = None) -> None:
        if capture.is_recording(record):
            received[module] = _mask_arguments(module, args, kwargs or {})

    with _hooks:
        handles = []
        try:
            for module in model.modules():
                if next(module.children(), None) is not None:
                    handles.append(module.register_forward_pre_hook(note, with_kwargs=True))
            yield received
        finally:
            for handle in handles:
                handle.remove()


def _mask_arguments(module: torch.nn.Module, args: tuple, kwargs: dict) -> dict[str, torch.Tensor | None]:
    """Give the masks a module is called with, by position or by name."""
    given = inspect.signature(module.forward).bind_partial(*args).arguments | kwargs
    return {name: given[name] for names in _ARGUMENTS.values() for name in names if name in given}


def _way(
    model: torch.nn.Module, attention: torch.nn.Module, masks: Mapping[torch.nn.Module, torch.Tensor | None]
) -> tuple[ModuleStop, ...]:
    """List the modules that contain a layer's attention, the model first; mere lists of modules are never called."""
    (path,) = [name for name, module in model.named_modules() if module is attention]
    parts = path.split(".")
    paths = [".".join(parts[:n]) for n in range(len(parts) + 1)]
    around = [(path, model.get_submodule(path)) for path in paths]
    return tuple(
        ModuleStop(type(module).__name__, path, _facts(masks[module])) for path, module in around if module in masks
    )


def _function(
    kind: str, calls: Sequence[capture.MaskCall], arrived: torch.Tensor | None, scores: torch.Size
) -> MaskFunction | None:
    """Describe the call whose answer arrived in the layer; a model with windowed layers makes several masks.

    Where none was made, nothing arrives in encoder and cross-attention alike: the encoder's call came first.
    """
    calls = [call for call in calls if (call.q_length, call.kv_length) == tuple(scores[-2:])]
    if not calls:
        return None
    answers = [call for call in calls if call.returned is arrived] or calls[-1:]
    call = answers[-1] if kind == "cross" else answers[0]
    return MaskFunction(call.rule, _facts(call.received), call.q_length, call.kv_length, _facts(call.returned))


def _facts(tensor: torch.Tensor | None) -> TensorFacts | None:
    return None if tensor is None else _described(tensor)


def _described(tensor: torch.Tensor) -> TensorFacts:
    values = torch.unique(tensor)
    return TensorFacts(
        shape=tuple(tensor.shape),
        dtype=str(tensor.dtype).removeprefix("torch."),
        values=tuple(values[:SHOWN_VALUES].tolist()),
        n_values=len(values),
    )
