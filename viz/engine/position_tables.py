"""Find a model's tables of positions among its modules, and read them."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from viz.analysis.positions.tables import (
    BIAS,
    DISTANCES,
    LEARNED,
    ROTARY,
    SINUSOIDAL,
    SLOPES,
    PositionTable,
    PositionTables,
)
from viz.engine.device import to_numpy
from viz.engine.models import LoadedModel

MAX_ROWS = 1_024  # positions kept of a longer table: more is no picture, and 8,192 x 4,096 numbers take 134 MB
MAX_DISTANCE = 128  # to either side, of a bias by distance: T5 counts what is further away as one

# How families name the module that holds a vector for each position: BERT and its kin, GPT-2, OPT and BART.
_LEARNED = frozenset({"position_embeddings", "wpe", "embed_positions", "position_embedding"})


def tables(loaded: LoadedModel) -> PositionTables:
    """Read every table of positions a model has; angles are those of a short text."""
    info = loaded.info
    return PositionTables(info, tuple(read(loaded.model, info.max_positions, loaded.first_position)))


def read(model: torch.nn.Module, max_positions: int, first_position: int = 0) -> list[PositionTable]:
    """Read the tables of a bare model; ``first_position`` is the row of its table where counting begins."""
    found: list[PositionTable] = []
    with torch.inference_mode():
        for name, module in model.named_modules():
            for kind, place, values, rows, n_positions in _of(module, name, max_positions, first_position):
                table = PositionTable(kind, place, _stack(model, name), values, rows, n_positions)
                if not any(_same(table, other) for other in found):
                    found.append(table)
    return found


def _of(module: torch.nn.Module, name: str, max_positions: int, first: int) -> Iterator[tuple]:
    """Give what a module holds: kind, place in the model, values, rows, how many positions there are."""
    for reader in _READERS:
        yield from reader(module, name, max_positions, first)


def _vectors(module: Any, name: str, max_positions: int, first: int) -> Iterator[tuple]:
    """Read a vector a position; some modules begin behind rows that no position uses."""
    kind = SINUSOIDAL if "Sinusoidal" in type(module).__name__ else LEARNED
    own = name.rsplit(".", maxsplit=1)[-1]
    weights = getattr(module, "weight", getattr(module, "weights", None))
    if not isinstance(weights, torch.Tensor) or not (own in _LEARNED or kind == SINUSOIDAL):
        return
    begin = first + int(getattr(module, "offset", 0) or 0)
    n_positions = min(max_positions, len(weights) - begin)
    values = _numpy(weights[begin : begin + min(n_positions, MAX_ROWS)])
    yield kind, name, values, np.arange(len(values)), n_positions


def _angles(module: torch.nn.Module, name: str, max_positions: int, first: int) -> Iterator[tuple]:
    """Read the frequencies of rotary positions; families with two kinds of layers have two sets."""
    for buffer, frequencies in module.named_buffers(recurse=False):
        if buffer.endswith("inv_freq") and "original" not in buffer:
            positions = np.arange(min(max_positions, MAX_ROWS))
            angles = positions[:, None] * _numpy(frequencies).astype(np.float64)
            yield ROTARY, f"{name}.{buffer}", angles.astype(np.float32), positions, max_positions


def _bias(module: Any, name: str, max_positions: int, first: int) -> Iterator[tuple]:
    """Read what is added to the scores for each distance, as the module itself gives it."""
    if not isinstance(getattr(module, "relative_attention_bias", None), torch.nn.Embedding):
        return
    if not isinstance(compute := getattr(module, "compute_bias", None), Callable):
        return
    reach = min(max_positions, MAX_DISTANCE)
    bias = _numpy(compute(reach, reach))[0]  # [H, Q, K]
    before, after = bias[:, 1:, 0][:, ::-1], bias[:, 0]
    rows = np.arange(1 - reach, reach)
    values = np.concatenate([before, after], axis=1).T.copy()
    if getattr(module, "is_decoder", False):  # no query looks at a later key
        values, rows = values[rows <= 0], rows[rows <= 0]
    yield BIAS, name, values, rows, max_positions


def _slopes(module: Any, name: str, max_positions: int, first: int) -> Iterator[tuple]:
    """Read the slope of each head, by which ALiBi lowers the scores of keys further back (Press et al. 2022)."""
    if not isinstance(build := getattr(module, "build_alibi_tensor", None), Callable):
        return
    two = torch.ones((1, 2), dtype=torch.int64, device=module.word_embeddings.weight.device)
    slopes = _numpy(build(two, module.num_heads, torch.float32))[:, 0, 1]
    rows = np.arange(1 - min(max_positions, MAX_DISTANCE), 1)
    yield SLOPES, name, (rows[:, None] * slopes).astype(np.float32), rows, max_positions


def _distances(module: Any, name: str, max_positions: int, first: int) -> Iterator[tuple]:
    """Read a vector a distance (DeBERTa, He et al. 2021), whose rows count query - key from the most negative one on.

    Where distances are put into buckets, as in its second version, rows are the numbers of the buckets.
    """
    if name.rsplit(".", maxsplit=1)[-1] == "rel_embeddings" and isinstance(module, torch.nn.Embedding):
        values = _numpy(module.weight)
        middle = len(values) // 2
        kept = slice(max(middle - MAX_ROWS // 2, 0), middle + MAX_ROWS // 2)
        yield (
            DISTANCES,
            name,
            values[kept][::-1].copy(),
            (middle - np.arange(len(values)))[kept][::-1].copy(),
            max_positions,
        )


_READERS = (_vectors, _angles, _bias, _slopes, _distances)


def _stack(model: Any, name: str) -> str:
    """Say in which stack a module of this name lies."""
    if not getattr(model.config, "is_encoder_decoder", False):
        return "self"
    return "decoder" if "decoder" in name.split(".") else "encoder"


def _same(table: PositionTable, other: PositionTable) -> bool:
    """Tell whether two modules of one stack hold the same table, as layers that share theirs do."""
    return (table.kind, table.stack) == (other.kind, other.stack) and np.array_equal(table.values, other.values)


def _numpy(tensor: torch.Tensor) -> np.ndarray:
    """Give a copy of a tensor: a table refuses writing, the model's own weights must not."""
    return to_numpy(tensor.float()).copy()
