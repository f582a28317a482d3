"""Try a model before it is shown: does it attend, in the direction its name says, with numbers that are some."""

from typing import Any

import torch
from transformers import PreTrainedModel

from viz.engine import capture, position_ids
from viz.engine.choose_class import Choice, without_attention
from viz.errors import ModelRefused, Reason

TRIAL = "The turtle moves slow across the river."


@torch.inference_mode()
def prove(checkpoint: str, model: PreTrainedModel, choice: Choice, ids: list[int]) -> None:
    """Switch to the recording attention where it gives the model's own numbers; refuse a model we would misread.

    Asked plainly, the model answers in its own way: with the recording attention the answer must have the same bits,
    or the model stays eager; asked as ``forward`` asks, with positions, it must be the same answer.
    ``ids`` are those of a text that the model can read. Raises ``ModelRefused``.
    """
    trial = torch.tensor([ids], device=model.device)
    plain = model(trial, output_attentions=True, use_cache=False)
    answer = _answer(plain, choice)
    _check_maps(checkpoint, model, getattr(plain, "attentions", None), answer)
    _check_direction(checkpoint, choice.causal, torch.stack(plain.attentions))
    inputs = _as_forward_asks(model, trial)
    if type(model)._can_set_attn_implementation():
        model.set_attn_implementation(capture.IMPLEMENTATION)
        if torch.equal(_answer(model(**inputs, use_cache=False), choice), answer):
            return  # the recording and the positions are proven at once
        if not torch.equal(_answer(model(trial, use_cache=False), choice), answer):
            model.set_attn_implementation("eager")
    if not torch.allclose(_answer(model(**inputs, use_cache=False), choice), answer, rtol=1e-4, atol=1e-4):
        raise ModelRefused(checkpoint=checkpoint, reason=Reason("it counts positions in a way that is not known here."))


def _as_forward_asks(model: PreTrainedModel, trial: torch.Tensor) -> dict[str, torch.Tensor]:
    """Give a pass over one text its tensors: a mask of ones, and positions where the model takes any."""
    inputs = {"input_ids": trial, "attention_mask": torch.ones_like(trial)}
    if position_ids.are_taken(model):
        first = position_ids.first(model.config)
        inputs["position_ids"] = torch.arange(first, first + trial.shape[1], device=trial.device)[None]
    return inputs


def looks_untrained(model: torch.nn.Module) -> bool:
    """Tell whether every norm still has the equal gains it is born with; training moves all of them."""
    norms = [module for module in model.modules() if type(module).__name__.endswith("Norm")]
    gains = [gain for norm in norms if isinstance(gain := getattr(norm, "weight", None), torch.Tensor)]
    return bool(gains) and all(torch.equal(gain, gain.flatten()[0].expand_as(gain)) for gain in gains)


def _answer(output: Any, choice: Choice) -> torch.Tensor:
    """Give what a model says of the text: its logits, or its last states where it has no layer over words."""
    return output.logits if choice.has_words else output.last_hidden_state


def _check_maps(checkpoint: str, model: PreTrainedModel, attentions: Any, answer: torch.Tensor) -> None:
    """Refuse attentions that are not L of ``[1, H, Q, K]`` with rows that sum to 1."""
    config: Any = model.config
    if not attentions or all(weights is None for weights in attentions):
        raise without_attention(checkpoint, config)
    maps = (1, config.num_attention_heads, answer.shape[1], answer.shape[1])
    if [getattr(weights, "shape", None) for weights in attentions] != [maps] * config.num_hidden_layers:
        raise ModelRefused(checkpoint=checkpoint, reason=Reason("it does not return one map for every head."))
    if answer.isnan().any() or any(weights.isnan().any() for weights in attentions):
        raise _no_numbers(checkpoint, model)
    sums = torch.stack([weights.sum(dim=-1) for weights in attentions])
    if not torch.allclose(sums, torch.ones_like(sums), atol=1e-3):
        raise ModelRefused(checkpoint=checkpoint, reason=Reason("the rows of its attention do not sum to 1."))


def _no_numbers(checkpoint: str, model: torch.nn.Module) -> ModelRefused:
    """Say that a model computes NaN, and which of its weights are to blame."""
    broken = next((name for name, values in model.named_parameters() if not values.isfinite().all()), None)
    if broken is None:
        return ModelRefused(
            checkpoint=checkpoint,
            reason=Reason("it computes NaN, which is no number, though its weights are numbers. Take another one."),
        )
    return ModelRefused(
        checkpoint=checkpoint,
        reason=Reason(
            "it computes NaN, which is no number, because its weights '{name}' hold NaN or infinity. Take an earlier "
            "checkpoint of its training.",
            name=broken,
        ),
    )


def _check_direction(checkpoint: str, causal: bool, attentions: torch.Tensor) -> None:
    """Refuse a model whose class says one thing and whose attentions, ``[L, 1, H, Q, K]``, show the other."""
    if attentions.shape[-1] < 2:  # one token has no later one
        return
    sees_later = bool(attentions.triu(1).any())
    if causal and sees_later:
        raise ModelRefused(
            checkpoint=checkpoint,
            reason=Reason(
                "it is named a model that continues a text, and its tokens look at later ones. Choose another model."
            ),
        )
    if not causal and not sees_later:
        raise ModelRefused(
            checkpoint=checkpoint,
            reason=Reason(
                "it is named a model of masked words, and none of its tokens looks at a later one. "
                "Choose another model."
            ),
        )
