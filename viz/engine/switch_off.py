"""Switch every head off alone: copies of the text in one batch, begun again at the layer that changes."""

import copy
import time
from collections.abc import Iterator

import numpy as np
import torch

from viz.analysis.heads.switch_off import Cost, HeadEffect, effect
from viz.analysis.predictions import require_words
from viz.engine import capture, forward, stacks
from viz.engine.device import to_numpy
from viz.engine.line import passes
from viz.engine.models import LoadedModel
from viz.errors import NotOneToken
from viz.records import Run

# Families whose layers are called one after another, each with the states as its first argument, and give states back.
RESTARTED = frozenset({"bert", "gpt2", "roberta", "electra"})

_SHOWN_PIECES, _SHOWN_CHARACTERS = 8, 60  # of a word that is refused

MAX_MAP_BYTES = 64_000_000  # attentions of one layer of one pass; more copies of the text go into further passes


def rank_all(
    loaded: LoadedModel,
    before: Run,
    readout: int,
    *,
    word_id: int,
    off_by: str = "zero",
    n_done: int = 0,
    n_until: int | None = None,
) -> Iterator[list[HeadEffect]]:
    """Switch every head off alone and give what that did to one read-out, one pass after the other.

    ``before`` is the run with all heads on. Every head of a layer finds the same states, so they are kept from one
    pass; copies of the text, each without another head, go through the layers from there on together. Models of other
    families than ``RESTARTED`` run whole. The results are those of ``forward.run`` with that one head off (1e-5).
    Heads come in the order of their layers; ``n_done`` leaves out that many, as a ranking that was stopped has them,
    and it ends before the head of number ``n_until``, the first of a layer.
    Raises ``HeadsStayOn``, ``NoWordHead``, ``WordHeadMissing``.
    """
    require_words(loaded.info)
    forward.require_switchable(loaded)
    task = _Task(loaded, before, readout, off_by)
    states = task.states()
    n_all = loaded.info.n_layers * loaded.info.n_heads
    for layer in range((n_all if n_until is None else n_until) // loaded.info.n_heads):
        for heads in task.shares():
            if layer * loaded.info.n_heads + heads.stop <= n_done:
                continue
            logits = task.without(layer, heads, states)
            yield [
                HeadEffect(layer, head, effect(before.readout_logits[readout], of, word_id, loaded.info.vocabulary))
                for head, of in zip(heads, logits, strict=True)
            ]


def cost(loaded: LoadedModel, before: Run, readout: int, *, off_by: str = "zero") -> Cost:
    """Say what ``rank_all`` would take: passes, and seconds from one of them, in the middle, that is run and timed.

    Raises ``HeadsStayOn``, ``NoWordHead``, ``WordHeadMissing``.
    """
    require_words(loaded.info)
    forward.require_switchable(loaded)
    task = _Task(loaded, before, readout, off_by)
    n_layers, middle = loaded.info.n_layers, loaded.info.n_layers // 2
    states, shares = task.states(), task.shares()
    started = time.perf_counter()
    task.without(middle, shares[0], states)
    seconds = time.perf_counter() - started
    layers_run = [n_layers - layer if task.restarts else n_layers for layer in range(n_layers)]
    n_passes = 1 + n_layers * len(shares)
    return Cost(n_layers * loaded.info.n_heads, n_passes, seconds * len(shares) * sum(layers_run) / layers_run[middle])


def word_id(loaded: LoadedModel, word: str, example: str) -> int:
    """Find the one token of an expected word; in a byte-level model first as it stands inside a text, behind a space.

    Raises ``NotOneToken``, with ``example`` as a word that is one; ``NoWordHead``, ``WordHeadMissing``.
    """
    require_words(loaded.info)
    bare = word.strip()
    pieces = []
    for typed in (f" {bare}", bare) if loaded.byte_level else (bare,):
        pieces = loaded.tokenize(typed, add_special_tokens=False, verbose=False)["input_ids"]
        if len(pieces) == 1 and pieces[0] not in loaded.tokenizer.all_special_ids:
            return pieces[0]
    shown = " ".join(loaded.info.vocabulary[piece] for piece in pieces[:_SHOWN_PIECES])
    raise NotOneToken(
        word=word[:_SHOWN_CHARACTERS],
        checkpoint=loaded.info.checkpoint,
        tokens=shown + " …" * (len(pieces) > _SHOWN_PIECES),
        example=example.strip(),
    )


class _Task:
    """Hold what all passes of one ranking share: the rows that are needed and what the model is given for them.

    Rows of a batch do not see each other, so only the read-out's runs; a mean over the batch needs all of them.
    """

    def __init__(self, loaded: LoadedModel, before: Run, readout: int, off_by: str):
        row, position = (int(number) for number in before.readouts[readout])
        batch = before.batch
        rows = list(range(len(batch.texts))) if off_by == "mean" else [row]
        inputs = forward.model_inputs(loaded, batch, before.given_mask)
        self._inputs = {name: values[rows] for name, values in inputs.items()}
        self._real = forward.replacing(loaded, batch.attention_mask[rows], off_by)
        self._place = rows.index(row), position
        self._n_rows, self._n_tokens = len(rows), batch.n_tokens
        self._loaded = loaded
        self._layers = ""  # known once the model has run
        self.restarts = loaded.info.family in RESTARTED

    def shares(self) -> list[range]:
        """Split the heads of a layer into what one pass takes."""
        n_heads = self._loaded.info.n_heads
        n_copies = max(1, MAX_MAP_BYTES // (4 * self._n_rows * n_heads * self._n_tokens**2))
        return [range(first, min(first + n_copies, n_heads)) for first in range(0, n_heads, n_copies)]

    def states(self) -> tuple[torch.Tensor, ...]:
        """Run once with all heads on; give the states that enter each layer, L of ``[R, T, D]``."""
        record = self._recording(np.array([self._place]), None)
        with passes, torch.inference_mode(), capture.recording(record):
            output = self._loaded.model(**self._inputs, use_cache=False, output_hidden_states=True)
        if self.restarts:
            self._layers = _layers_path(self._loaded.model, record.layers["self"].modules)
        return output.hidden_states[: self._loaded.info.n_layers]

    def without(self, layer: int, heads: range, states: tuple[torch.Tensor, ...]) -> np.ndarray:
        """Run one copy for each head, without that head of the layer; give the read-out's logits, ``[copies, V]``."""
        n_copies = len(heads)
        first = layer if self.restarts else 0
        shape = (n_copies, self._loaded.info.n_layers - first, self._loaded.info.n_heads)
        off = torch.zeros(shape, dtype=torch.bool, device=self._loaded.device)
        off[range(n_copies), layer - first, list(heads)] = True
        row, position = self._place
        readouts = np.array([(copy_ * self._n_rows + row, position) for copy_ in range(n_copies)])
        record = self._recording(readouts, capture.SwitchedOff(off.repeat_interleave(self._n_rows, dim=0), self._real))
        inputs = {name: _copies(values, n_copies) for name, values in self._inputs.items()}
        model = self._loaded.model
        if self.restarts:
            model = _beginning_at(model, self._layers, layer, _copies(states[layer], n_copies))
        with passes, torch.inference_mode(), capture.recording(record):
            output = model(**inputs, use_cache=False)
        return to_numpy(forward.asked_logits(output.logits, readouts))

    def _recording(self, readouts: np.ndarray, off: capture.SwitchedOff | None) -> capture.Recording:
        layers = {"self": capture.LayerRecord(off=off)}
        where = torch.tensor(readouts, device=self._loaded.device)
        return capture.Recording(stacks.kinds(self._loaded.model), layers, where)


def _copies(values: torch.Tensor, n: int) -> torch.Tensor:
    """Lay n copies of a batch behind each other."""
    return values.repeat(n, *[1] * (values.ndim - 1))


class _Passed(torch.nn.Module):
    """Stand where a layer was that need not run again."""

    def forward(self, states: torch.Tensor, *_args, **_kwargs) -> torch.Tensor:
        return states


class _Begun(torch.nn.Module):
    """Give a layer the states that were kept, whatever comes out of the layers before."""

    def __init__(self, layer: torch.nn.Module, states: torch.Tensor):
        super().__init__()
        self._layer, self._states = layer, states

    def forward(self, _states: torch.Tensor, *args, **kwargs) -> torch.Tensor:
        return self._layer(self._states, *args, **kwargs)


def _layers_path(model: torch.nn.Module, attentions: list[torch.nn.Module]) -> str:
    """Find the list of layers: the last one that contains a layer's attention, such as ``bert.encoder.layer``."""
    (path,) = [name for name, module in model.named_modules() if module is attentions[0]]
    parts = path.split(".")
    paths = [".".join(parts[:n]) for n in range(1, len(parts))]
    return [path for path in paths if isinstance(model.get_submodule(path), torch.nn.ModuleList)][-1]


def _beginning_at(model: torch.nn.Module, layers: str, layer: int, states: torch.Tensor) -> torch.nn.Module:
    """Give a model that begins at a layer with these states, and shares everything else with this one.

    Only the modules on the way to the list of layers are new, as shallow copies: the model that others are using at
    this moment stays as it is, and no weight is copied.
    """
    top = module = _shallow(model)
    for name in layers.split("."):
        twin = module._modules[name] = _shallow(module.get_submodule(name))
        module = twin
    for number in range(layer):
        module._modules[str(number)] = _Passed()
    module._modules[str(layer)] = _Begun(module.get_submodule(str(layer)), states)
    return top


def _shallow(module: torch.nn.Module) -> torch.nn.Module:
    twin = copy.copy(module)
    twin._modules = dict(module._modules)
    return twin
