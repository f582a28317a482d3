"""Make a run of what a model returned in somebody's own script: one call behind the pass, and no torch here.

Tensors are told by what they can do (``detach``, ``numpy``), so whatever library made them need not be imported.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from viz.analysis.masks.cells import allowed_by
from viz.errors import MapsDoNotFitTokens, NoAttentionsReturned, NotARun, Reason
from viz.files import meta, rebuild
from viz.files.entries import TARGET
from viz.records import Run

_KINDS = {"encoder": "encoder_attentions", "decoder": "decoder_attentions", "cross": "cross_attentions"}
Tokens = Sequence[str] | Sequence[Sequence[str]]


def from_outputs(
    tokens: Tokens,
    outputs: Any,
    *,
    target_tokens: Tokens | None = None,
    attention_mask: Any = None,
    target_mask: Any = None,
    model: str = "unknown model",
    causal: bool | None = None,
) -> Run:
    """Turn a plain transformers output, or its attentions alone, into a run.

    ``tokens`` are those of one text or of each row, padding included; ``outputs`` is what the model returned with
    ``output_attentions=True``, or what BertViz takes: a sequence of L maps ``[B, H, Q, K]``. Of an encoder-decoder
    ``target_tokens`` are those the decoder read. Masks are 1 at real tokens; without one every token is. Where
    ``causal`` is None a model is taken for causal if no token looks at a later one.

    Raises ``NoAttentionsReturned`` or ``MapsDoNotFitTokens``; ``NotARun`` where numbers are no attention.
    """
    rows = _rows(tokens)
    arrays: dict[str, np.ndarray] = {"tokens": np.array(rows), "attention_mask": _real(attention_mask, rows)}
    given = {kind: found for kind, name in _KINDS.items() if (found := _layers(_field(outputs, name))) is not None}
    if target_tokens is not None or "cross" in given:
        arrays |= _two_stacks(given, rows, _target_rows(target_tokens, rows), arrays["attention_mask"], target_mask)
    else:
        arrays["attentions"] = _maps(_of_one_stack(outputs), rows, rows, "attentions")
    said = {"checkpoint": model} | ({} if causal is None else {"causal": causal})
    try:
        return rebuild.run_of(arrays, meta.parsed(json.dumps({"model": said}), len(rows)))
    except NotARun as error:  # the name of a file, where there is none
        raise NotARun(**error.values | {"name": model}) from error


def _rows(tokens: Tokens) -> list[list[str]]:
    rows = [list(tokens)] if all(isinstance(token, str) for token in tokens) else [list(row) for row in tokens]
    lengths = [len(row) for row in rows]
    if not rows or not lengths[0] or len(set(lengths)) != 1:
        raise MapsDoNotFitTokens(
            name="tokens", seen=lengths, expected=Reason("rows of one length, of at least one token: pad them first")
        )
    return rows  # type: ignore[return-value]


def _target_rows(target_tokens: Tokens | None, rows: list[list[str]]) -> list[list[str]]:
    if target_tokens is None:
        raise MapsDoNotFitTokens(
            name="target_tokens", seen=None, expected=Reason("the tokens that the decoder read, its start token first")
        )
    found = _rows(target_tokens)
    if len(found) != len(rows):
        raise MapsDoNotFitTokens(
            name="target_tokens", seen=len(found), expected=Reason("as many rows as tokens: {n}", n=len(rows))
        )
    return found


def _real(mask: Any, rows: list[list[str]]) -> np.ndarray:
    shape = (len(rows), len(rows[0]))
    if mask is None:
        return np.ones(shape, dtype=bool)
    real = _numbers(mask)
    if real.shape not in (shape, shape[1:]):
        raise MapsDoNotFitTokens(
            name="attention_mask", seen=list(real.shape), expected=Reason("of the shape {shape}", shape=list(shape))
        )
    return np.broadcast_to(real.astype(bool), shape).copy()


def _field(outputs: Any, name: str) -> Any:
    return outputs.get(name) if isinstance(outputs, Mapping) else getattr(outputs, name, None)


def _of_one_stack(outputs: Any) -> list[np.ndarray]:
    """Give the maps of a model with one stack; they may be handed over as they are."""
    is_bare = isinstance(outputs, Sequence) and not isinstance(outputs, Mapping)
    layers = _layers(outputs if is_bare else _field(outputs, "attentions"))
    if layers is None:
        raise NoAttentionsReturned(of="attentions")
    return layers


def _layers(attentions: Any) -> list[np.ndarray] | None:
    """Give L arrays; None where nothing was returned: under its default attention transformers gives an empty tuple."""
    if attentions is None or not len(attentions) or any(layer is None for layer in attentions):
        return None
    return [_numbers(layer) for layer in attentions]


def _numbers(tensor: Any) -> np.ndarray:
    """Give a tensor of any library as numpy; half precision is widened, and a tensor of a device is fetched."""
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().cpu()
        tensor = tensor.float() if tensor.is_floating_point() else tensor
        return tensor.numpy()
    return np.asarray(tensor)


def _maps(layers: list[np.ndarray], queries: list[list[str]], keys: list[list[str]], name: str) -> np.ndarray:
    """Stack L maps to float32 ``[B, L, H, Q, K]``."""
    expected = (len(queries), len(queries[0]), len(keys[0]))
    for layer in layers:
        n_heads = layers[0].shape[1] if layers[0].ndim == 4 else 0
        if layer.ndim != 4 or (layer.shape[0], *layer.shape[2:]) != expected or layer.shape[1] != n_heads:
            shape = Reason("[{b}, heads, {q}, {k}] in every layer", b=expected[0], q=expected[1], k=expected[2])
            raise MapsDoNotFitTokens(name=name, seen=list(layer.shape), expected=shape)
    return np.stack(layers, axis=1).astype(np.float32)


def _two_stacks(
    given: dict[str, list[np.ndarray]],
    source: list[list[str]],
    target: list[list[str]],
    source_real: np.ndarray,
    target_mask: Any,
) -> dict[str, np.ndarray]:
    """Give the entries of the three kinds, and of what the decoder read."""
    if missing := [name for kind, name in _KINDS.items() if kind not in given]:
        raise NoAttentionsReturned(of=", ".join(missing))
    target_real = _real(target_mask, target)
    rows, real = {"s": source, "t": target}, {"s": source_real, "t": target_real}
    entries = {f"{TARGET}tokens": np.array(target), f"{TARGET}attention_mask": target_real}
    for kind, (queries, keys) in {"encoder": "ss", "decoder": "tt", "cross": "ts"}.items():
        told = np.repeat(real[keys][:, None], len(rows[queries][0]), axis=1)
        entries |= {
            f"{kind}/queries": np.array(rows[queries]),
            f"{kind}/keys": np.array(rows[keys]),
            f"{kind}/query_mask": real[queries],
            f"{kind}/key_mask": real[keys],
            f"{kind}/attentions": _maps(given[kind], rows[queries], rows[keys], _KINDS[kind]),
            f"{kind}/allowed": allowed_by(told, None, causal=True) if kind == "decoder" else told[:, None],
        }
    return entries
