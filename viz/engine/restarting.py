"""Begin a model at one of its layers, with states that were kept, or write down how its layers are called."""

import copy
from typing import Any, NamedTuple

import torch

# Families whose layers are called one after another, each with the states as its first argument, and give states back.
RESTARTED = frozenset({"bert", "gpt2", "roberta", "electra"})


class _Passed(torch.nn.Module):
    """Stand where a layer was that need not run again."""

    def forward(self, states: torch.Tensor, *_args, **_kwargs) -> torch.Tensor:
        return states


class Call(NamedTuple):
    """Hold a layer and what it was given."""

    layer: torch.nn.Module
    states: torch.Tensor  # [B, T, D]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class _Heard(torch.nn.Module):
    """Stand around a layer and write down how it is called; else be as that layer."""

    def __init__(self, layer: torch.nn.Module, calls: list[Call]):
        super().__init__()
        self._layer, self._calls = layer, calls

    def __getattr__(self, name: str):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("_layer"), name)

    def forward(self, hidden_states: torch.Tensor, *args, **kwargs):
        self._calls.append(Call(self._layer, hidden_states, args, kwargs))
        return self._layer(hidden_states, *args, **kwargs)


class _Begun(torch.nn.Module):
    """Give a layer the states that were kept, whatever comes out of the layers before; else be as that layer."""

    def __init__(self, layer: torch.nn.Module, states: torch.Tensor):
        super().__init__()
        self._layer, self._states = layer, states

    def __getattr__(self, name: str):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("_layer"), name)

    def forward(self, *args, **kwargs):
        if "hidden_states" in kwargs:
            return self._layer(*args, **kwargs | {"hidden_states": self._states})
        return self._layer(self._states, *args[1:], **kwargs)


def layers_path(model: torch.nn.Module, attentions: list[torch.nn.Module]) -> str:
    """Find the list of layers: the last one that contains a layer's attention, such as ``bert.encoder.layer``.

    Empty where a model keeps none.
    """
    (path,) = [name for name, module in model.named_modules() if module is attentions[0]]
    parts = path.split(".")
    paths = [".".join(parts[:n]) for n in range(1, len(parts))]
    return ["", *(path for path in paths if isinstance(model.get_submodule(path), torch.nn.ModuleList))][-1]


def beginning_at(
    model: torch.nn.Module, layers: str, layer: int, states: torch.Tensor, *, skip: bool = True
) -> torch.nn.Module:
    """Give a model that begins at a layer with these states, and shares everything else with this one.

    Without ``skip`` the layers before run all the same, and what they give is not used. Only the modules on the way to
    the list of layers are new, as shallow copies: the model that others are using at this moment stays as it is, and no
    weight is copied.
    """
    top, listed = _twins(model, layers)
    for number in range(layer if skip else 0):
        listed._modules[str(number)] = _Passed()
    listed._modules[str(layer)] = _Begun(listed.get_submodule(str(layer)), states)
    return top


def hearing(model: torch.nn.Module, layers: str, calls: list[Call]) -> torch.nn.Module:
    """Give a model that writes down how its layers are called, one after another, and is otherwise this one."""
    top, listed = _twins(model, layers)
    for name, layer in listed._modules.items():
        if layer is not None:
            listed._modules[name] = _Heard(layer, calls)
    return top


def _twins(model: torch.nn.Module, layers: str) -> tuple[torch.nn.Module, torch.nn.Module]:
    """Copy the modules on the way to the list of layers, shallowly; give the first and the list."""
    top = module = _shallow(model)
    for name in layers.split("."):
        twin = module._modules[name] = _shallow(module.get_submodule(name))
        module = twin
    return top, module


def _shallow(module: torch.nn.Module) -> torch.nn.Module:
    twin = copy.copy(module)
    twin._modules = dict(module._modules)
    return twin
