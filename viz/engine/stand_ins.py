"""Say what stands in for the outputs of a head that is switched off or patched, before the output projection."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

# Given the outputs [B, H, T, D] of a layer's heads and the number of the layer, give what may stand in for each.
StandIn = Callable[[torch.Tensor, int], torch.Tensor]


def zeros(outputs: torch.Tensor, _layer: int) -> torch.Tensor:
    """Give zeros."""
    return torch.zeros_like(outputs)


@dataclass(frozen=True)
class Mean:
    """Give each head's mean over the real tokens, bool ``[R, T]``, of R rows.

    A batch may hold copies of the same R rows behind each other; every copy has its own mean.
    """

    real: torch.Tensor

    def __call__(self, outputs: torch.Tensor, _layer: int) -> torch.Tensor:
        copies = outputs.unflatten(0, (-1, len(self.real)))
        real = self.real[None, :, None, :, None]
        sums = torch.where(real, copies, 0).sum(dim=(1, 3), keepdim=True)
        return (sums / real.sum()).expand_as(copies).flatten(0, 1)


@dataclass(frozen=True)
class Shuffled:
    """Give a token the head's output of another token of its text: ``order``, int64 ``[R, T]``, says of which."""

    order: torch.Tensor

    def __call__(self, outputs: torch.Tensor, _layer: int) -> torch.Tensor:
        order = self.order.repeat(len(outputs) // len(self.order), 1)
        return outputs.gather(2, order[:, None, :, None].expand_as(outputs))


@dataclass(frozen=True)
class Given:
    """Give outputs of another pass, ``[1, H, T, D]`` one a layer; with ``tokens``, bool ``[T]``, only at those."""

    outputs: Sequence[torch.Tensor]
    tokens: torch.Tensor | None = None

    def __call__(self, outputs: torch.Tensor, layer: int) -> torch.Tensor:
        given = self.outputs[layer].expand_as(outputs)
        return given if self.tokens is None else torch.where(self.tokens[:, None], given, outputs)
