"""Take the value of one token away in one layer, and see how far the layer's output moves at every token.

This is value zeroing (Mohebbi, Zuidema, Chrupała and Alishahi 2023). A layer is called again alone, with what it was
given in the whole pass, and copies of the text of which each lacks another token's value: in all heads, while the
attention weights stay what they are.
"""

from collections.abc import Callable

import numpy as np
import torch

from viz.analysis.reasons.value_zeroing import ValueZeroing
from viz.engine import capture, forward, stacks
from viz.engine.device import to_numpy
from viz.engine.line import passes
from viz.engine.models import LoadedModel
from viz.engine.restarting import Call, hearing, layers_path
from viz.errors import LayersOutOfReach
from viz.records import Run
from viz.shipped import shipped_names

BYTES_AT_ONCE = 64_000_000  # of attention and of a feed-forward layer's inside in one call; more takes further calls
_INSIDE = 4  # a feed-forward layer is so many times as wide as the states


def value_zeroing(
    loaded: LoadedModel, run: Run, row: int, progress: Callable[[float], object] | None = None
) -> ValueZeroing:
    """Measure every layer of one row: how far each query's output moves when each key's value is zero.

    ``progress`` is told the share done, up to 1.0. Raises ``LayersOutOfReach``.
    """
    calls = _calls(loaded, run, row)
    real = np.flatnonzero(run.batch.attention_mask[row])
    distances = np.zeros((len(calls), run.batch.n_tokens, run.batch.n_tokens), dtype=np.float32)
    for layer, call in enumerate(calls):
        for keys in _shares(loaded, call, real):
            distances[layer][:, keys] = _moved(loaded, call, keys).T
        distances[layer][~run.allowed[row, min(layer, run.allowed.shape[1] - 1)]] = 0  # rounding, of keys out of sight
        if progress is not None:
            progress((layer + 1) / len(calls))
    distances[:, ~run.batch.attention_mask[row]] = 0
    return ValueZeroing(run.model, run.batch.tokens[row], run.batch.attention_mask[row], distances)


def _calls(loaded: LoadedModel, run: Run, row: int) -> list[Call]:
    """Run one row whole and give the call of each layer, L of them, without anything kept of its attention."""
    refusal = LayersOutOfReach(checkpoint=loaded.info.checkpoint, family=loaded.info.family, shipped=shipped_names())
    if not loaded.recorded:
        raise refusal
    inputs = forward.model_inputs(loaded, run.batch, run.given_mask)
    inputs = {name: values[row : row + 1] for name, values in inputs.items()}
    record = _recording(loaded, None)
    calls: list[Call] = []
    try:
        with passes, torch.inference_mode(), capture.recording(record):
            loaded.model(**inputs, use_cache=False)
            path = layers_path(loaded.model, record.layers["self"].modules)
            if path:
                hearing(loaded.model, path, calls)(**inputs, use_cache=False)
    except TypeError as error:
        raise refusal from error
    if len(calls) != loaded.info.n_layers:
        raise refusal
    return calls


def _shares(loaded: LoadedModel, call: Call, keys: np.ndarray) -> list[np.ndarray]:
    """Split the tokens into what one call takes."""
    n_tokens, width = call.states.shape[1:]
    of_copy = 4 * n_tokens * (loaded.info.n_heads * n_tokens + _INSIDE * width)
    n_copies = max(1, BYTES_AT_ONCE // of_copy - 1)
    return [keys[first : first + n_copies] for first in range(0, len(keys), n_copies)]


def _moved(loaded: LoadedModel, call: Call, keys: np.ndarray) -> np.ndarray:
    """Give the cosine distance of a layer's output with and without each key's value, float64 ``[keys, Q]``.

    The first copy keeps all values. Everything else a layer is given is of one row, and is spread over the copies.
    """
    zeroed = torch.zeros((1 + len(keys), call.states.shape[1]), dtype=torch.bool, device=loaded.device)
    zeroed[range(1, 1 + len(keys)), keys] = True
    states = call.states.expand(len(zeroed), -1, -1)
    with passes, torch.inference_mode(), capture.recording(_recording(loaded, zeroed)):
        output = call.layer(states, *call.args, **call.kwargs)
    after = (output[0] if isinstance(output, tuple) else output).to("cpu", torch.float64)  # some devices have none
    return to_numpy((1 - torch.cosine_similarity(after[1:], after[:1], dim=-1)).clamp(min=0))


def _recording(loaded: LoadedModel, zeroed: torch.Tensor | None) -> capture.Recording:
    nothing_read = torch.zeros((0, 2), dtype=torch.int64, device=loaded.device)
    return capture.Recording(stacks.kinds(loaded.model), {"self": capture.LayerRecord(zeroed=zeroed)}, nothing_read)
