"""Turn what a pass left in its recording into maps: what was added, what was let through, one layer where all agree."""

from collections.abc import Sequence

import numpy as np
import torch

from viz.analysis.masks.cells import allowed_by
from viz.analysis.masks.let_through import allowed_by_weights
from viz.engine.capture import LayerRecord
from viz.engine.device import to_numpy
from viz.records import Batch, Maps, self_maps

Arrays = tuple[np.ndarray, np.ndarray | None, np.ndarray | None, np.ndarray, np.ndarray | None]


def recorded(batch: Batch, attentions: torch.Tensor, layers: LayerRecord) -> dict[str, Maps]:
    """Give the maps of a model of one stack that was recorded, masks as they reached each layer."""
    return self_maps(batch, *of_recording(attentions, layers))


def of_recording(attentions: torch.Tensor, layers: LayerRecord) -> Arrays:
    """Give attentions, scores, what was added, what was allowed and norms, as ``Maps`` holds them, of one kind."""
    n_rows, _n_layers, _n_heads, *cells = attentions.shape
    shape = (n_rows, 1, *cells)
    masks_added = any(added is not None for added in layers.added)
    return (
        to_numpy(attentions),
        None if layers.scores is None else to_numpy(layers.scores),
        _one_a_layer(layers.added, attentions.new_zeros(shape)) if masks_added else None,
        _one_a_layer(layers.allowed, attentions.new_ones(shape, dtype=torch.bool)),
        None if layers.value_norms is None else to_numpy(layers.value_norms),
    )


def read_off(batch: Batch, attentions: Sequence[torch.Tensor], told: np.ndarray, *, causal: bool) -> dict[str, Maps]:
    """Give the maps of a model whose attention is its own: its weights, and what they say was let through."""
    return self_maps(batch, *of_weights(attentions, allowed_by(told, None, causal=causal)))


def of_weights(attentions: Sequence[torch.Tensor], told: np.ndarray) -> Arrays:
    """Give what ``of_recording`` does of the weights a model returns; ``told`` as in ``allowed_by_weights``."""
    weights = to_numpy(torch.stack(list(attentions), dim=1).float())
    allowed = allowed_by_weights(weights, told)
    same = (allowed == allowed[:, :1]).all()
    return weights, None, None, allowed[:, :1].copy() if same else allowed, None


def is_obeyed(made: Maps, told: np.ndarray) -> bool:
    """Tell whether no real query looks where a mask ``[B, Q, K]`` does not let it; some families misread one."""
    return not (made.allowed & made.query_mask[:, None, :, None] & ~told[:, None]).any()


def _one_a_layer(masks: Sequence[torch.Tensor | None], without: torch.Tensor) -> np.ndarray:
    """Keep masks ``[B, 1, Q, K]`` once where all layers got the same, else one a layer; ``without`` stands for None."""
    of_layers = [without if mask is None else mask.expand(without.shape) for mask in masks]
    if all(torch.equal(mask, of_layers[0]) for mask in of_layers[1:]):
        return to_numpy(of_layers[0].contiguous())
    return to_numpy(torch.cat(of_layers, dim=1))
