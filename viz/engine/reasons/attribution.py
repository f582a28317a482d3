"""Share an answer's logit out among heads, MLPs, embeddings and biases, from one pass that is listened to."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from viz.analysis.predictions import require_readouts
from viz.analysis.reasons.attribution import Attribution, lens_of
from viz.engine import capture, forward, stacks
from viz.engine.device import to_numpy
from viz.engine.line import passes
from viz.engine.models import LoadedModel
from viz.engine.reasons import projections
from viz.engine.reasons.listening import Heard, listening
from viz.engine.restarting import layers_path
from viz.errors import NotShared, WordsNotLinear
from viz.records import Run
from viz.shipped import SHIPPED

_SAME = 1e-3  # of a logit: parts that miss it by more are not all there are


@dataclass(frozen=True)
class _Pass:
    """Hold what one pass left at the position that is read, L layers deep."""

    gathered: torch.Tensor  # [L, H, D], of every head before the output projection
    projections: list[projections.Projection]  # L of them
    mlps: torch.Tensor  # [L, hidden]
    token: torch.Tensor  # [hidden], the vector of the word that stands there
    states: torch.Tensor  # [L + 1, hidden], that enter the first layer and leave each
    norm: torch.nn.Module  # the last one
    logits: np.ndarray  # float32[V], the model's own


def attribute(loaded: LoadedModel, run: Run, readout: int, word_id: int, rival_id: int | None = None) -> Attribution:
    """Say how much every part wrote into the logit of a word, or into that minus a rival's, at one read-out.

    The scale of the last norm stays what it was in the pass. Nothing is measured a second time: heads are what entered
    the output projections, MLPs what they gave back, and their sum is held to the model's own logit.
    Raises ``NoMaskToken``, ``NoWordHead``, ``WordHeadMissing``, ``WordsNotLinear`` for a masked model, ``NotShared``
    where the parts are not found or do not sum.
    """
    require_readouts(run)
    if not run.model.causal:
        raise WordsNotLinear(checkpoint=run.model.checkpoint, shipped=SHIPPED[1])
    done = _pass(loaded, run, readout)
    words = [word_id] if rival_id is None else [word_id, rival_id]
    of = _shared_out(loaded, done, words, run)
    if not abs(of.total - of.logit) <= _SAME * max(1.0, abs(of.answer_logit)):
        raise _refusal(run)
    return of


def _refusal(run: Run) -> NotShared:
    return NotShared(checkpoint=run.model.checkpoint, family=run.model.family, shipped=SHIPPED[1])


@torch.inference_mode()
def _pass(loaded: LoadedModel, run: Run, readout: int) -> _Pass:
    """Run the read-out's row alone and listen to its layers, their MLPs and the last norm. Raises ``NotShared``."""
    known, (layers, norm) = projections.of_model(loaded.model), _paths(loaded, run)
    row, position = run.readouts[readout].tolist()
    inputs = forward.model_inputs(loaded, run.batch, run.given_mask)
    inputs = {name: values[row : row + 1] for name, values in inputs.items()}
    of_self, read = capture.LayerRecord(outputs=[]), np.array([[0, position]])
    where = torch.tensor(read, device=loaded.device)
    record = capture.Recording(stacks.kinds(loaded.model), {"self": of_self}, where)
    heard: dict[str, Heard] = {}
    model = listening(loaded.model, [norm, *layers, *(f"{layer}.mlp" for layer in layers)], heard)
    with passes, capture.recording(record):
        output = model(**inputs, use_cache=False)
    if len(of_self.modules) != len(layers) or not all(module in known for module in of_self.modules):
        raise _refusal(run)
    states = [heard[layers[0]].given, *(heard[layer].output for layer in layers)]
    return _Pass(
        gathered=torch.stack([outputs[0, :, position] for outputs in of_self.outputs or ()]),
        projections=[known[module] for module in of_self.modules],
        mlps=torch.stack([heard[f"{layer}.mlp"].output[0, position] for layer in layers]),
        token=loaded.model.get_input_embeddings()(inputs["input_ids"][0, position]),
        states=torch.stack([state[0, position] for state in states]),
        norm=loaded.model.get_submodule(norm),
        logits=to_numpy(forward.asked_logits(output.logits, read))[0],
    )


def _paths(loaded: LoadedModel, run: Run) -> tuple[list[str], str]:
    """Find the layers, each with an ``mlp``, and the norm that stands beside their list. Raises ``NotShared``."""
    known = list(projections.of_model(loaded.model))
    listed = layers_path(loaded.model, known[:1]) if known else ""
    if not listed:
        raise _refusal(run)
    names = [name for name, _layer in loaded.model.get_submodule(listed).named_children()]
    around = listed.rpartition(".")[0]
    beside = loaded.model.get_submodule(around)
    norms = [name for name, module in beside.named_children() if "Norm" in type(module).__name__]
    layers = [f"{listed}.{name}" for name in names]
    if not norms or any("mlp" not in dict(loaded.model.get_submodule(of).named_children()) for of in layers):
        raise _refusal(run)
    return layers, f"{around}.{norms[-1]}".removeprefix(".")


@torch.inference_mode()
def _shared_out(loaded: LoadedModel, done: _Pass, words: list[int], run: Run) -> Attribution:
    """Multiply every part by what the last norm and the output layer make of each number of the state."""
    output: Any = loaded.model.get_output_embeddings()
    wanted = _difference(output.weight[words].float())
    along, norm_bias, scale = _through_norm(done.norm, done.states[-1], wanted, run)
    written = torch.stack([of.weight.float() @ along for of in done.projections])  # [L, H, D]
    added = done.states[0] - done.token
    return Attribution(
        model=run.model,
        answer_id=words[0],
        rival_id=words[1] if len(words) > 1 else None,
        heads=_doubles(done.gathered * written).sum(axis=-1),
        attention_biases=np.array([_bias_along(of.layer, along) for of in done.projections]),
        mlps=_doubles(done.mlps * along).sum(axis=-1),
        token=float(_doubles(done.token * along).sum()),
        position=float(_doubles(added * along).sum()) if added.any() else None,
        norm_bias=norm_bias,
        word_bias=0.0 if output.bias is None else float(_doubles(_difference(output.bias[words].float()))),
        scale=scale,
        answer_logit=float(done.logits[words[0]]),
        rival_logit=float(done.logits[words[1]]) if len(words) > 1 else None,
        lens=lens_of(to_numpy(output(done.norm(done.states)).float()), words),
    )


def _through_norm(
    norm: torch.nn.Module, state: torch.Tensor, wanted: torch.Tensor, run: Run
) -> tuple[torch.Tensor, float, float]:
    """Give what each number of the state adds to what is wanted, what the norm's own bias adds, and its scale.

    A norm that takes the mean away and one that does not (RMS) are known. Raises ``NotShared`` for another.
    """
    of: Any = norm
    if isinstance(norm, torch.nn.LayerNorm):
        centred = state - state.mean()
        scale = (centred.square().mean() + norm.eps).sqrt()
        along = wanted * of.weight / scale
        bias = 0.0 if norm.bias is None else float(_doubles(norm.bias * wanted).sum())
        return along - along.mean(), bias, float(scale)
    if not hasattr(norm, "variance_epsilon") or not hasattr(norm, "weight"):
        raise _refusal(run)
    scale = (state.square().mean() + of.variance_epsilon).sqrt()
    return wanted * of.weight / scale, 0.0, float(scale)


def _difference(of_words: torch.Tensor) -> torch.Tensor:
    """Give what belongs to the answer, minus what belongs to its rival where there is one, ``[W, …]``."""
    return of_words[0] if len(of_words) == 1 else of_words[0] - of_words[1]


def _bias_along(layer: torch.nn.Module, along: torch.Tensor) -> float:
    bias: Any = layer.bias
    return 0.0 if bias is None else float(_doubles(bias * along).sum())


def _doubles(values: torch.Tensor) -> np.ndarray:
    """Bring numbers out of torch and make them longer, so that sums lose nothing."""
    return to_numpy(values).astype(np.float64)
