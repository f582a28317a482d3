"""Run copies of the same rows in one batch, each with something else changed from one layer on."""

from dataclasses import dataclass

import numpy as np
import torch

from viz.engine import capture, forward, stacks
from viz.engine.device import to_numpy
from viz.engine.line import passes
from viz.engine.models import LoadedModel
from viz.engine.restarting import RESTARTED, beginning_at, layers_path
from viz.engine.stand_ins import StandIn
from viz.errors import LayersAreOne

MAX_MAP_BYTES = 64_000_000  # attentions of one layer of one pass; more copies of the text go into further passes


@dataclass(frozen=True)
class Kept:
    """Keep of one pass with nothing changed what passes over copies build on; R rows."""

    states: tuple[torch.Tensor, ...]  # that enter each layer, L of [R, T, D]
    outputs: list[torch.Tensor]  # of every head before the output projection, L of [R, H, T, D/H]
    logits: np.ndarray  # of the read-out, [V]


class Copies:
    """Hold what all passes over copies share: the model's inputs for R rows, and the one read-out that is followed.

    Every copy finds the same states at the layer that changes, so families of ``RESTARTED`` begin there; others run
    whole.
    """

    def __init__(self, loaded: LoadedModel, inputs: dict[str, torch.Tensor], place: tuple[int, int]):
        self._loaded, self._inputs, self._place = loaded, inputs, place
        self._n_rows, self._n_tokens = inputs["input_ids"].shape
        self._layers = ""  # known once the model has run
        self.restarts = loaded.info.family in RESTARTED

    def shares(self, n_all: int) -> list[range]:
        """Split so many copies into what one pass takes."""
        n_copies = max(1, MAX_MAP_BYTES // (4 * self._n_rows * self._loaded.info.n_heads * self._n_tokens**2))
        return [range(first, min(first + n_copies, n_all)) for first in range(0, n_all, n_copies)]

    def keep(self) -> Kept:
        """Run once with nothing changed."""
        record = self._recording(self._readouts(1), None)
        outputs = record.layers["self"].outputs = []
        with passes, torch.inference_mode(), capture.recording(record):
            output = self._loaded.model(**self._inputs, use_cache=False, output_hidden_states=True)
        self._layers = layers_path(self._loaded.model, record.layers["self"].modules)
        (logits,) = to_numpy(forward.asked_logits(output.logits, self._readouts(1)))
        return Kept(output.hidden_states[: self._loaded.info.n_layers], outputs, logits)

    def with_heads(self, layer: int, heads: np.ndarray, stand_in: StandIn, states: torch.Tensor) -> np.ndarray:
        """Replace other heads of a layer in each copy, bool ``[n, H]``; give the read-outs' logits, ``[n, V]``.

        ``states`` ``[R, T, D]`` are those that enter the layer.
        """
        n_copies, n_heads = heads.shape
        off = torch.zeros((n_copies, self._loaded.info.n_layers, n_heads), dtype=torch.bool, device=self._loaded.device)
        off[:, layer] = torch.tensor(heads, device=self._loaded.device)
        first = layer if self.restarts else 0
        replaced = capture.SwitchedOff(off.repeat_interleave(self._n_rows, dim=0), stand_in, first)
        model = self._loaded.model
        if self.restarts:
            model = beginning_at(model, self._layers, layer, _copies(states, n_copies))
        return self._logits(model, n_copies, replaced)

    def with_states(self, layer: int, states: torch.Tensor) -> np.ndarray:
        """Let other states enter a layer in each copy, ``[n * R, T, D]``; give the read-outs' logits, ``[n, V]``.

        Raises ``LayersAreOne`` for a model that has no list of its layers.
        """
        n_listed = len(dict(self._loaded.model.get_submodule(self._layers).named_children())) if self._layers else 0
        if n_listed != self._loaded.info.n_layers:
            raise LayersAreOne(checkpoint=self._loaded.info.checkpoint)
        model = beginning_at(self._loaded.model, self._layers, layer, states, skip=self.restarts)
        return self._logits(model, len(states) // self._n_rows, None)

    def _logits(self, model: torch.nn.Module, n_copies: int, off: capture.SwitchedOff | None) -> np.ndarray:
        readouts = self._readouts(n_copies)
        inputs = {name: _copies(values, n_copies) for name, values in self._inputs.items()}
        with passes, torch.inference_mode(), capture.recording(self._recording(readouts, off)):
            output = model(**inputs, use_cache=False)
        return to_numpy(forward.asked_logits(output.logits, readouts))

    def _readouts(self, n_copies: int) -> np.ndarray:
        row, position = self._place
        return np.array([(copy * self._n_rows + row, position) for copy in range(n_copies)])

    def _recording(self, readouts: np.ndarray, off: capture.SwitchedOff | None) -> capture.Recording:
        layers = {"self": capture.LayerRecord(off=off)}
        where = torch.tensor(readouts, device=self._loaded.device)
        return capture.Recording(stacks.kinds(self._loaded.model), layers, where)


def _copies(values: torch.Tensor, n: int) -> torch.Tensor:
    """Lay n copies of a batch behind each other."""
    return values.repeat(n, *[1] * (values.ndim - 1))
