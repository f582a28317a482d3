"""Find where a model writes what its heads gather into its states: the output projection of every attention.

It is found by what it is given, not by its name: in a trial, the linear layer that gets the heads' outputs, bit for
bit. Where a family does something to them first (a gate, a norm), or two layers get them, none is known.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import torch
from transformers.pytorch_utils import Conv1D

from viz.engine import capture, stacks

_known: WeakKeyDictionary[torch.nn.Module, Mapping[torch.nn.Module, "Projection"]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Projection:
    """Hold the layer that an attention's heads write through, and how many heads there are."""

    layer: torch.nn.Module
    n_heads: int

    @property
    def weight(self) -> torch.Tensor:
        """W_O of every head, ``[H, D, hidden]``: a row for each number that the head brings."""
        weight: torch.Tensor = self.layer.weight  # type: ignore[assignment]
        turned = weight if isinstance(self.layer, Conv1D) else weight.T
        return turned.unflatten(0, (self.n_heads, -1))

    @cached_property
    def _triangles(self) -> torch.Tensor:
        """Give R of W_Oᵀ = Q R for every head, ``[H, D, D]`` at most: Q turns a vector and leaves it as long.

        So a vector of D numbers is as long behind R as it is behind W_O, at the price of D columns and not of hidden.
        Longer numbers while R is made: what it loses is then what one product in float32 loses anyway.
        """
        weight = self.weight.detach()
        turned = weight.to(device="cpu", dtype=torch.float64).mT
        return torch.linalg.qr(turned, mode="r").R.to(device=weight.device, dtype=weight.dtype)

    def norms(self, values: torch.Tensor) -> torch.Tensor:
        """Give ‖v W_O‖ of every value vector ``[B, H, K, D]`` behind its own head's part, ``[B, H, K]``."""
        return torch.linalg.vector_norm(values @ self._triangles.mT, dim=-1)


def of_model(model: torch.nn.Module) -> Mapping[torch.nn.Module, Projection]:
    """Give the projections of a model by the module that attends; none where they were not found when it was loaded."""
    return _known.get(model, {})


@torch.inference_mode()
def find(model: torch.nn.Module, trial: Mapping[str, Any], kinds: Sequence[str]) -> None:
    """Look for the projections of a model that has the recording attention, in one pass; all are found, or none."""
    layers = {kind: capture.LayerRecord(outputs=[]) for kind in kinds}
    record = capture.Recording(
        stacks.kinds(model), layers, torch.zeros((0, 2), dtype=torch.int64, device=trial["input_ids"].device)
    )
    found: dict[torch.nn.Module, set[torch.nn.Module]] = {}

    def hear(linear: torch.nn.Module, given: torch.Tensor) -> None:
        for of_kind in layers.values():
            if of_kind.outputs and _is_same(given, of_kind.outputs[-1]):
                found.setdefault(of_kind.modules[-1], set()).add(linear)

    with _heard(model, hear), capture.recording(record):
        model(**trial)
    attending = {module for of_kind in layers.values() for module in of_kind.modules}
    if attending and all(len(found.get(module, ())) == 1 for module in attending):
        heads = {
            module: shape[0][1]
            for of_kind in layers.values()
            for module, shape in zip(of_kind.modules, of_kind.shapes, strict=True)
        }
        _known[model] = {module: Projection(found[module].pop(), heads[module]) for module in attending}


def _is_same(given: torch.Tensor, outputs: torch.Tensor) -> bool:
    """Tell whether a layer is given heads' outputs ``[B, H, T, D]``, head after head."""
    flat = outputs.transpose(1, 2).flatten(2)
    return (
        given.numel() == flat.numel() and given.shape[-1] == flat.shape[-1] and torch.equal(given.view_as(flat), flat)
    )


@contextmanager
def _heard(model: torch.nn.Module, hear: Callable[[torch.nn.Module, torch.Tensor], None]) -> Iterator[None]:
    """Tell what every linear layer is given, while the block runs; the model is not shared yet."""
    linear = [module for module in model.modules() if type(module) in (torch.nn.Linear, Conv1D)]
    hooks = [module.register_forward_pre_hook(lambda of, inputs: hear(of, inputs[0])) for module in linear]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
