"""Begin a model at one of its layers, with states that were kept: the layers before need not run again."""

import copy

import torch

# Families whose layers are called one after another, each with the states as its first argument, and give states back.
RESTARTED = frozenset({"bert", "gpt2", "roberta", "electra"})


class _Passed(torch.nn.Module):
    """Stand where a layer was that need not run again."""

    def forward(self, states: torch.Tensor, *_args, **_kwargs) -> torch.Tensor:
        return states


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
    top = module = _shallow(model)
    for name in layers.split("."):
        twin = module._modules[name] = _shallow(module.get_submodule(name))
        module = twin
    for number in range(layer if skip else 0):
        module._modules[str(number)] = _Passed()
    module._modules[str(layer)] = _Begun(module.get_submodule(str(layer)), states)
    return top


def _shallow(module: torch.nn.Module) -> torch.nn.Module:
    twin = copy.copy(module)
    twin._modules = dict(module._modules)
    return twin
