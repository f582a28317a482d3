"""Listen to parts of a model while it runs, without touching the model that others are using."""

import copy
from collections.abc import Collection
from typing import NamedTuple

import torch


class Heard(NamedTuple):
    """Hold what a module was given first, and what it gave back."""

    given: torch.Tensor
    output: torch.Tensor


class _Listener(torch.nn.Module):
    """Stand around a module and note what goes in and out; else be as that module."""

    def __init__(self, module: torch.nn.Module, path: str, heard: dict[str, Heard]):
        super().__init__()
        self._module, self._path, self._heard = module, path, heard

    def __getattr__(self, name: str):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("_module"), name)

    def forward(self, *args, **kwargs):
        output = self._module(*args, **kwargs)
        given = args[0] if args else kwargs["hidden_states"]
        self._heard[self._path] = Heard(given, output[0] if isinstance(output, tuple) else output)
        return output


def listening(model: torch.nn.Module, paths: Collection[str], heard: dict[str, Heard]) -> torch.nn.Module:
    """Give a model that notes what the modules at these paths are given and give, and is otherwise this one.

    Only the modules on the way to them are new, as shallow copies; no weight is copied. A part that runs more than
    once is noted as it ran last.
    """
    return _twin(model, "", paths, heard)


def _twin(module: torch.nn.Module, path: str, paths: Collection[str], heard: dict[str, Heard]) -> torch.nn.Module:
    twin = module
    if any(asked.startswith(f"{path}." if path else "") for asked in paths):
        twin = copy.copy(module)
        twin._modules = {
            name: child and _twin(child, f"{path}.{name}".removeprefix("."), paths, heard)
            for name, child in module._modules.items()
        }
    return _Listener(twin, path, heard) if path in paths else twin
