"""Find which modules of a model compute the attention of its layers, and of which kind that attention is."""

from collections.abc import Iterator, Mapping
from weakref import WeakKeyDictionary

import torch

# How families name the attention of a decoder at its encoder: BERT and GPT-2, BART and Marian, T5, T5Gemma.
_CROSS = frozenset({"crossattention", "encoder_attn", "EncDecAttention", "cross_attn"})

_known: WeakKeyDictionary[torch.nn.Module, dict[torch.nn.Module, str]] = WeakKeyDictionary()


def kinds(model: torch.nn.Module) -> Mapping[torch.nn.Module, str]:
    """Say of every module inside a model's layers of which kind the attention is that it may compute.

    ``"self"`` in a model of one stack; ``"encoder"``, ``"decoder"`` and ``"cross"`` in one of two. Modules that attend
    outside the layers, such as a head that pools, are of none. Looked up once a model.
    """
    if model not in _known:
        _known[model] = _found(model)
    return _known[model]


def _found(model) -> dict[torch.nn.Module, str]:
    if not getattr(model.config, "is_encoder_decoder", False):
        of_layers = _of_layers(model, model.config)
        return {module: "self" for path, module in of_layers if not _CROSS & set(path.split("."))}
    encoder, decoder = model.get_encoder(), model.get_decoder()
    found = dict.fromkeys((module for _path, module in _of_layers(encoder, encoder.config)), "encoder")
    for path, module in _of_layers(decoder, decoder.config):
        found[module] = "cross" if _CROSS & set(path.split(".")) else "decoder"
    return found


def _of_layers(stack: torch.nn.Module, config) -> list[tuple[str, torch.nn.Module]]:
    """List the modules inside a stack's layers with their paths; everything, where a stack keeps no list of layers."""
    lists = list(_lists(stack))
    if len(lists) > 1:  # a second tower beside the text's, of another length
        lists = [layers for layers in lists if len(layers) == config.num_hidden_layers] or lists
    return [named for layers in lists or [stack] for named in layers.named_modules()]


def _lists(module: torch.nn.Module) -> Iterator[torch.nn.ModuleList]:
    """Give the outermost lists of modules that attend; layers may hold lists of their own."""
    for child in module.children():
        if isinstance(child, torch.nn.ModuleList) and _attends(child):
            yield child
        else:
            yield from _lists(child)


def _attends(module: torch.nn.Module) -> bool:
    return any("attention" in type(part).__name__.lower() for part in module.modules())
