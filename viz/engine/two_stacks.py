"""Prove that an encoder-decoder is read as it is: its maps of three kinds, its direction, its recording."""

from typing import Any

import torch
from transformers import PreTrainedConfig, PreTrainedModel

from viz.engine import capture, stacks
from viz.engine.reasons import projections
from viz.errors import ModelRefused, OneStack, Reason, TwoStacks
from viz.records import ModelInfo, Stack
from viz.shipped import shipped_names

# T5 and its kin count distances and have no last position; a text then has as many tokens as it may have characters.
NO_LIMIT = 10_000


def require_one(info: ModelInfo) -> None:
    """Raise ``TwoStacks`` if a model has an encoder and a decoder."""
    if info.stacks:
        raise TwoStacks(checkpoint=info.checkpoint, shipped=shipped_names())


def require_two(info: ModelInfo) -> None:
    """Raise ``OneStack`` if a model has no encoder beside its decoder."""
    if not info.stacks:
        raise OneStack(checkpoint=info.checkpoint)


def start_id(checkpoint: str, model: Any) -> int:
    """Give the token a decoder begins with, as ``generate`` finds it; ``ModelRefused`` where a model names none."""
    said = model.generation_config
    named = said.bos_token_id if said.decoder_start_token_id is None else said.decoder_start_token_id
    if named is None:
        raise ModelRefused(checkpoint=checkpoint, reason=Reason("it does not say with which token a target begins."))
    return named


def of_decoder(found: tuple[Stack, ...]) -> tuple[int, int] | None:
    """Give the decoder's layers and heads, by which a model of two stacks is described; None for one stack."""
    sizes = {stack.kind: (stack.n_layers, stack.n_heads) for stack in found}
    return sizes.get("decoder")


def max_positions(config: PreTrainedConfig, tokenizer: Any) -> int:
    """Say how many tokens a source or a target may have: by the model's positions, else by what its tokenizer says."""
    limit = getattr(config, "max_position_embeddings", None) or tokenizer.model_max_length
    return min(int(limit), NO_LIMIT)


@torch.inference_mode()
def prove(checkpoint: str, model: PreTrainedModel, ids: list[int], n_positions: int) -> tuple[Stack, ...]:
    """Switch to the recording attention where it gives the model's own numbers; give the model's layers and heads.

    The recording must give the very bits of eager attention and see every layer of all three kinds, or the model
    stays eager. Raises ``ModelRefused`` for a model we would misread.
    """
    source = torch.tensor([ids], device=model.device)[:, :n_positions]
    start = torch.tensor([[start_id(checkpoint, model)]], device=model.device)
    target = torch.cat([start, source], dim=1)[:, :n_positions]
    trial = {"input_ids": source, "decoder_input_ids": target, "use_cache": False}
    plain = model(**trial, output_attentions=True)
    of_kinds = {
        "encoder": plain.encoder_attentions,
        "decoder": plain.decoder_attentions,
        "cross": plain.cross_attentions,
    }
    sides = {"encoder": (source, source), "decoder": (target, target), "cross": (target, source)}
    found = tuple(
        Stack(kind, len(of_kinds[kind] or ()), _n_heads(checkpoint, of_kinds[kind], *sides[kind])) for kind in of_kinds
    )
    _check_directions(checkpoint, of_kinds)
    if type(model)._can_set_attn_implementation():
        model.set_attn_implementation(capture.IMPLEMENTATION)
        if _is_recorded(model, trial, plain.logits, found):
            projections.find(model, trial, [stack.kind for stack in found])
        else:
            model.set_attn_implementation("eager")
    return found


def _n_heads(
    checkpoint: str, attentions: tuple[torch.Tensor, ...] | None, queries: torch.Tensor, keys: torch.Tensor
) -> int:
    """Count the heads of one kind; refuse maps that are not ``[1, H, Q, K]``, alike, with rows that sum to 1."""
    shapes = {weights.shape for weights in attentions or ()}
    heads = {shape[1] for shape in shapes if len(shape) == 4}
    if len(heads) != 1 or shapes != {(1, *heads, queries.shape[1], keys.shape[1])}:
        raise ModelRefused(checkpoint=checkpoint, reason=Reason("it does not return one map for every head."))
    sums = torch.stack([weights.sum(dim=-1) for weights in attentions or ()])
    if not torch.allclose(sums, torch.ones_like(sums), atol=1e-3):
        raise ModelRefused(checkpoint=checkpoint, reason=Reason("the rows of its attention do not sum to 1."))
    return heads.pop()


def _check_directions(checkpoint: str, attentions: dict[str, tuple[torch.Tensor, ...]]) -> None:
    """Refuse a decoder that looks at later tokens: a target's rows would then not be those of its generation."""
    if any(weights.triu(1).any() for weights in attentions["decoder"]):
        raise ModelRefused(
            checkpoint=checkpoint,
            reason=Reason("the tokens of its decoder look at later ones, so it cannot write a target word by word."),
        )


def _is_recorded(model: PreTrainedModel, trial: dict, logits: torch.Tensor, found: tuple[Stack, ...]) -> bool:
    """Tell whether the recording attention gives the same logits, bit for bit, and sees every layer of each kind."""
    record = capture.Recording(
        stacks.kinds(model),
        {stack.kind: capture.LayerRecord() for stack in found},
        torch.zeros((0, 2), dtype=torch.int64, device=logits.device),
    )
    with capture.recording(record):
        recorded = model(**trial).logits
    seen = {kind: layers.n_layers for kind, layers in record.layers.items()}
    return torch.equal(recorded, logits) and seen == {stack.kind: stack.n_layers for stack in found}
