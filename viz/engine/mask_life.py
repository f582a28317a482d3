"""Follow a mask through one pass of a model: what arrives at every station, read while the model runs."""

import inspect
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import numpy as np
import torch
import transformers

from viz.analysis.masks.stations import MaskFunction, MaskLife, ModuleStop, TensorFacts
from viz.engine import capture, forward
from viz.engine.models import LoadedModel
from viz.records import Batch

SHOWN_VALUES = 8  # a mask has two distinct values; more are a sign of something else, and are counted

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
    with watched as received, forward.passes, torch.inference_mode(), capture.recording(record):
        loaded.model(**inputs, use_cache=False)
    layers = record.layers["self"]
    scores, attentions = layers.shapes[layer]
    return MaskLife(
        library=transformers.__version__,
        layer=layer,
        tokenizer=_described(torch.tensor(batch.attention_mask.astype(np.int64))),
        given=_facts(received[loaded.model]),
        function=_function(record.mask_calls, received[layers.modules[layer]]),
        added=_facts(layers.added[layer]),
        scores=tuple(scores),
        attentions=tuple(attentions),
        modules=_way(loaded.model, layers.modules[layer], received),
    )


@contextmanager
def _watched(model: torch.nn.Module, record: capture.Recording) -> Iterator[dict[torch.nn.Module, torch.Tensor | None]]:
    """Collect the attention_mask each module is called with; where layers share a module it is the same mask."""
    received: dict[torch.nn.Module, torch.Tensor | None] = {}

    # Another thread may call the hook while it is half registered, and then without the keyword arguments.
    def note(module: torch.nn.Module, args: tuple, kwargs: dict | None = None) -> None:
        if capture.is_recording(record):
            received[module] = _mask_argument(module, args, kwargs or {})

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


def _mask_argument(module: torch.nn.Module, args: tuple, kwargs: dict) -> torch.Tensor | None:
    """Give the attention_mask a module is called with, by position or by name."""
    if "attention_mask" in kwargs:
        return kwargs["attention_mask"]
    return inspect.signature(module.forward).bind_partial(*args).arguments.get("attention_mask")


def _way(
    model: torch.nn.Module, attention: torch.nn.Module, received: dict[torch.nn.Module, torch.Tensor | None]
) -> tuple[ModuleStop, ...]:
    """List the modules that contain a layer's attention, the model first; mere lists of modules are never called."""
    (path,) = [name for name, module in model.named_modules() if module is attention]
    parts = path.split(".")
    paths = [".".join(parts[:n]) for n in range(len(parts) + 1)]
    around = [(path, model.get_submodule(path)) for path in paths]
    return tuple(
        ModuleStop(type(module).__name__, path, _facts(received[module]))
        for path, module in around
        if module in received
    )


def _function(calls: list[capture.MaskCall], arrived: torch.Tensor | None) -> MaskFunction | None:
    """Describe the call whose answer arrived in the layer; a model with windowed layers makes several masks."""
    if not calls:
        return None
    call = next((call for call in calls if call.returned is arrived), calls[-1])
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
