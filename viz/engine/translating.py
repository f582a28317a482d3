"""Run an encoder-decoder over sources and targets once: Batch, Batch → Run. torch ends here."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache, EncoderDecoderCache

from viz import settings
from viz.engine import batching, capture, forward, maps, stacks, targets
from viz.engine.device import to_numpy
from viz.engine.line import passes
from viz.engine.models import LoadedModel
from viz.engine.reasons import projections
from viz.engine.still_wanted import StillWanted
from viz.errors import SettingOutOfRange, TargetsDoNotMatch, TranslationTooLarge
from viz.records import Batch, Maps, Run, Stack


def encode(loaded: LoadedModel, texts: Sequence[str], *, padding_side: str = "right") -> Batch:
    """Tokenize sources into one padded batch, ``[B, S]``, in the tokenizer's own source language.

    Encoders with learnt or sine positions count columns, padding in front included: a model of these gives a text
    padded on the left other numbers than the text alone. ``position_ids`` says what is counted.
    Raises as ``batching.encode`` does.
    """
    batch = batching.encode(loaded, texts, padding_side=padding_side)
    columns = np.broadcast_to(np.arange(batch.n_tokens), batch.input_ids.shape).copy()
    return replace(batch, position_ids=columns)


def write_targets(loaded: LoadedModel, source: Batch, max_new_tokens: int) -> Batch:
    """Let the model write the targets by its own ``generate``, greedily: at each step the best word it may take.

    What the checkpoint's generation config forbids or forces stays forbidden and forced, as in any script that calls
    ``generate(num_beams=1, do_sample=False)``: Marian never writes its padding, mBART begins with its language.
    A target that is not over after ``max_new_tokens`` ends there.
    Raises ``SettingOutOfRange``, ``TranslationTooLarge``; ``WordHeadMissing`` where there is nothing to write with.
    """
    forward.require_words(loaded.info)
    limit = min(loaded.info.max_positions - 1, settings.current().max_new_tokens)
    if not 1 <= max_new_tokens <= limit:
        raise SettingOutOfRange(name="max_new_tokens", seen=max_new_tokens, allowed=f"1 ≤ max_new_tokens ≤ {limit}")
    check_size(loaded, len(source.texts), source.n_tokens, max_new_tokens + 1)
    generate: Any = loaded.model.generate
    with passes, torch.inference_mode():
        sequences = generate(
            **_source_inputs(loaded, source),
            # One made from the config has as many layers as the encoder, and a longer decoder would not fit into it.
            past_key_values=EncoderDecoderCache(DynamicCache(), DynamicCache()),
            num_beams=1,
            num_return_sequences=1,
            do_sample=False,
            max_new_tokens=max_new_tokens,
            return_dict_in_generate=False,
            stopping_criteria=[StillWanted()],
        )
    return targets.of_sequences(loaded, to_numpy(sequences))


def encode_targets(loaded: LoadedModel, source: Batch, texts: Sequence[str]) -> Batch:
    """Tokenize given targets, one a source. Raises ``TargetsDoNotMatch``, and as ``targets.encode`` does."""
    if len(texts) != len(source.texts):
        raise TargetsDoNotMatch(n_sources=len(source.texts), n_targets=len(texts))
    return targets.encode(loaded, texts)


def run(
    loaded: LoadedModel,
    source: Batch,
    target: Batch,
    *,
    off: Collection[tuple[int, int]] = (),
    off_by: str = "zero",
) -> Run:
    """Run encoder and decoder over sources and their targets; keep the maps of all three kinds, and every read-out.

    Read-outs are the real positions of the targets, row after row; each predicts the token after it, the last one the
    end. Cross-attention heads that are ``off``, 0-based (layer, head), give way before the output projection to zeros,
    or to their mean over the targets' real tokens (``off_by="mean"``). A model whose words are not ``"read"`` has no
    read-outs.
    Raises ``TranslationTooLarge``, ``CaptureFailed``, ``HeadsStayOn``, ``HeadOutOfRange``.
    """
    check_size(loaded, len(source.texts), source.n_tokens, target.n_tokens)
    readouts = np.argwhere(target.attention_mask) if loaded.info.words == "read" else forward.NO_READOUTS
    record = new_recording(loaded, source, target, readouts)
    record.layers["cross"].off = forward.switched_off(loaded, loaded.info.stack("cross"), target, off, off_by)
    inputs = model_inputs(loaded, source, target)
    with passes, torch.inference_mode(), capture.recording(record):
        output = loaded.model(**inputs, use_cache=False, output_attentions=not loaded.recorded)
    return Run(
        model=loaded.info,
        batch=source,
        given_mask=source.attention_mask,
        maps={
            stack.kind: _maps(loaded, stack, source, target, record.layers[stack.kind], output)
            for stack in loaded.info.stacks
        },
        readouts=readouts,
        readout_logits=to_numpy(forward.asked_logits(output.logits, readouts)),
        target=target,
    )


def new_recording(loaded: LoadedModel, source: Batch, target: Batch, readouts: np.ndarray) -> capture.Recording:
    """Prepare the recording of one pass over sources and targets; scores are kept only up to a size."""
    return capture.Recording(
        stacks.kinds(loaded.model),
        {stack.kind: _layer_record(loaded, stack, source, target) for stack in loaded.info.stacks},
        torch.tensor(readouts, device=loaded.device),
        projections=projections.of_model(loaded.model),
    )


def model_inputs(loaded: LoadedModel, source: Batch, target: Batch) -> dict[str, torch.Tensor]:
    """Give the model its tensors, a mask for each stack; neither is guessed from ids, which may start with padding."""
    return _source_inputs(loaded, source) | {
        "decoder_input_ids": torch.tensor(target.input_ids, device=loaded.device),
        "decoder_attention_mask": torch.tensor(target.attention_mask.astype(np.int64), device=loaded.device),
    }


def check_size(loaded: LoadedModel, n_rows: int, n_source: int, n_target: int) -> None:
    """Refuse sources and targets whose maps, scores and logits would not fit. Raises ``TranslationTooLarge``."""
    n_bytes = _pass_bytes(loaded, n_rows, n_source, n_target)
    if n_bytes <= (most := settings.current().max_pass_bytes):
        return
    raise TranslationTooLarge(
        n_rows=n_rows,
        n_source=n_source,
        n_target=n_target,
        megabytes=n_bytes // 10**6,
        limit=most // 10**6,
        fit_rows=forward.most_that_fit(n_rows, lambda rows: _pass_bytes(loaded, rows, n_source, n_target)),
        fit_tokens=forward.most_that_fit(
            max(n_source, n_target), lambda n: _pass_bytes(loaded, n_rows, min(n, n_source), min(n, n_target))
        ),
    )


def _pass_bytes(loaded: LoadedModel, n_rows: int, n_source: int, n_target: int) -> int:
    """Count what a pass keeps, in bytes."""
    maps = _maps_bytes(loaded, n_rows, n_source, n_target)
    scores = maps if _keeps_scores(loaded, maps) else 0
    return maps + scores + 4 * n_rows * n_target * len(loaded.info.vocabulary)


def _maps_bytes(loaded: LoadedModel, n_rows: int, n_source: int, n_target: int) -> int:
    cells = {"encoder": n_source**2, "decoder": n_target**2, "cross": n_target * n_source}
    return 4 * n_rows * sum(stack.n_layers * stack.n_heads * cells[stack.kind] for stack in loaded.info.stacks)


def _keeps_scores(loaded: LoadedModel, maps_bytes: int) -> bool:
    return loaded.recorded and maps_bytes <= settings.current().max_scores_bytes


def _source_inputs(loaded: LoadedModel, source: Batch) -> dict[str, torch.Tensor]:
    return {
        "input_ids": torch.tensor(source.input_ids, device=loaded.device),
        "attention_mask": torch.tensor(source.attention_mask.astype(np.int64), device=loaded.device),
    }


def _sides(kind: str, source: Batch, target: Batch) -> tuple[Batch, Batch]:
    """Say whose tokens are the queries of one kind, and whose the keys."""
    return {"encoder": (source, source), "decoder": (target, target), "cross": (target, source)}[kind]


def _layer_record(loaded: LoadedModel, stack: Stack, source: Batch, target: Batch) -> capture.LayerRecord:
    """Prepare to keep one kind; a model whose attention is its own returns its weights itself."""
    if not loaded.recorded:
        return capture.LayerRecord()
    queries, keys = _sides(stack.kind, source, target)
    shape = (len(source.texts), stack.n_layers, stack.n_heads, queries.n_tokens, keys.n_tokens)
    keeps = _keeps_scores(loaded, _maps_bytes(loaded, len(source.texts), source.n_tokens, target.n_tokens))
    scores = torch.empty(shape, device=loaded.device) if keeps else None
    has_norms = bool(projections.of_model(loaded.model))
    norms = torch.empty((*shape[:3], keys.n_tokens), device=loaded.device) if has_norms else None
    return capture.LayerRecord(torch.empty(shape, device=loaded.device), scores, value_norms=norms)


def _maps(
    loaded: LoadedModel, stack: Stack, source: Batch, target: Batch, layers: capture.LayerRecord, output: Any
) -> Maps:
    """Give the maps of one kind, recorded or returned. Raises ``CaptureFailed``."""
    queries, keys = _sides(stack.kind, source, target)
    if layers.attentions is not None:
        forward.check_every_layer_came(loaded, stack, layers.n_layers)
        found = maps.of_recording(layers.attentions, layers)
    else:
        returned = getattr(output, f"{stack.kind}_attentions")
        forward.check_every_layer_came(loaded, stack, len(returned))
        found = maps.of_weights(returned, _told(stack.kind, queries, keys))
    return Maps(queries.tokens, keys.tokens, queries.attention_mask, keys.attention_mask, *found)


def _told(kind: str, queries: Batch, keys: Batch) -> np.ndarray:
    """Say which keys each query may look at, bool ``[B, 1, Q, K]``, where a model's attention is its own."""
    told = np.repeat(keys.attention_mask[:, None], queries.n_tokens, axis=1)
    return (told & np.tri(queries.n_tokens, dtype=bool) if kind == "decoder" else told)[:, None]
