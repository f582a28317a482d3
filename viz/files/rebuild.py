"""Make a Run of a saved file's arrays; what a file of others leaves out is filled with what follows from the rest."""

from collections.abc import Mapping

import numpy as np

from viz.analysis.masks.cells import allowed_by
from viz.errors import NotARun, Reason
from viz.files.entries import MAX_LABEL, TARGET, has_target, kinds_of
from viz.files.meta import Meta, Texts, vocabulary
from viz.labels import visible
from viz.names import position_number
from viz.records import Batch, Maps, ModelInfo, Run, Stack, self_maps

MAX_WEIGHT = 1.001  # of rounding size above 1
_OF_THE_BATCH = ("input_ids", "special_tokens_mask", "token_type_ids", "position_ids", "word_ids")

Arrays = Mapping[str, np.ndarray]


def run_of(arrays: Arrays, meta: Meta) -> Run:
    """Put the arrays of one file together; raises ``NotARun`` or ``WrongShape`` where they cannot be a run's."""
    batch = _batch(arrays, meta.source)
    target = _batch(arrays, meta.target, TARGET) if has_target(arrays) else None
    model = _model(arrays, meta)
    given_mask = arrays.get("given_mask", batch.attention_mask)
    maps = {kind: _maps(arrays, kind) for kind in kinds_of(arrays)}
    if "attentions" in arrays:
        maps = _self_maps(arrays, batch, given_mask, model) | maps
    return Run(
        model=model,
        batch=batch,
        given_mask=given_mask,
        maps=maps,
        readouts=_readouts(arrays, target or batch),
        readout_logits=arrays.get("readout_logits", np.zeros((0, 0), dtype=np.float32)),
        target=target,
    )


def _batch(arrays: Arrays, said: Texts, prefix: str = "") -> Batch:
    """Put the texts under a prefix together, the source's or the target's."""
    tokens, real = _labels(arrays[f"{prefix}tokens"]), _real(arrays, f"{prefix}attention_mask")
    made_up = {
        "input_ids": np.full(real.shape, -1, dtype=np.int64),
        "special_tokens_mask": ~real,
        "token_type_ids": None,
        "position_ids": np.maximum(real.cumsum(axis=1) - 1, 0),
        "word_ids": np.full(real.shape, -1, dtype=np.int64),
    }
    given = {name: arrays[prefix + name] for name in _OF_THE_BATCH if prefix + name in arrays}
    return Batch(
        texts=tuple(" ".join(row) for row in tokens) if said.texts is None else said.texts,
        tokens=tokens,
        attention_mask=real,
        padding_side=said.padding_side,
        truncated=(False,) * len(tokens) if said.truncated is None else said.truncated,
        **(made_up | given),
    )


def _labels(tokens: np.ndarray) -> tuple[tuple[str, ...], ...]:
    # A file of others may hold anything: what prints nothing is made visible, and no label fills a picture alone.
    return tuple(tuple(visible(str(token)[:MAX_LABEL]) for token in row) for row in tokens)


def _real(arrays: Arrays, name: str) -> np.ndarray:
    real = arrays[name]
    if (empty := np.flatnonzero(~real.any(axis=1))).size:
        raise NotARun(
            name="",
            reason=Reason(
                "row {number} of {name} has no real token.", number=position_number(int(empty[0])), name=name
            ),
        )
    return real


def _weights(arrays: Arrays, name: str) -> np.ndarray:
    weights = arrays[name]
    # Least and greatest are NaN where any weight is; neither makes a copy.
    if not (weights.min() >= 0 and weights.max() <= MAX_WEIGHT):
        raise NotARun(name="", reason=Reason("{name} must lie between 0 and 1.", name=name))
    return weights


def _norms(arrays: Arrays, name: str) -> np.ndarray | None:
    norms = arrays.get(name)
    if norms is not None and not (norms.min() >= 0 and np.isfinite(norms.max())):
        raise NotARun(name="", reason=Reason("{name} must hold lengths, 0 or more.", name=name))
    return norms


def _self_maps(arrays: Arrays, batch: Batch, given_mask: np.ndarray, model: ModelInfo) -> dict[str, Maps]:
    added = arrays.get("additive_mask")
    allowed = arrays.get("allowed")
    if allowed is None:
        allowed = allowed_by(given_mask, added, causal=model.causal)
    return self_maps(
        batch, _weights(arrays, "attentions"), arrays.get("scores"), added, allowed, _norms(arrays, "value_norms")
    )


def _maps(arrays: Arrays, kind: str) -> Maps:
    return Maps(
        queries=_labels(arrays[f"{kind}/queries"]),
        keys=_labels(arrays[f"{kind}/keys"]),
        query_mask=_real(arrays, f"{kind}/query_mask"),
        key_mask=_real(arrays, f"{kind}/key_mask"),
        attentions=_weights(arrays, f"{kind}/attentions"),
        scores=arrays.get(f"{kind}/scores"),
        added=arrays.get(f"{kind}/added"),
        allowed=arrays[f"{kind}/allowed"],
        value_norms=_norms(arrays, f"{kind}/value_norms"),
    )


def _readouts(arrays: Arrays, batch: Batch) -> np.ndarray:
    readouts = arrays.get("readouts", np.zeros((0, 2), dtype=np.int64))
    if ((readouts < 0) | (readouts >= batch.input_ids.shape)).any():
        raise NotARun(name="", reason=Reason("readouts point outside the texts."))
    return readouts


def _model(arrays: Arrays, meta: Meta) -> ModelInfo:
    """Describe the model as far as the file does; a foreign file says little."""
    kinds = {kind: Stack(kind, *arrays[f"{kind}/attentions"].shape[1:3]) for kind in kinds_of(arrays)}
    if "attentions" in arrays:
        n_layers, n_heads = arrays["attentions"].shape[1:3]
    else:
        of_decoder = kinds.get("decoder", next(iter(kinds.values())))
        n_layers, n_heads = of_decoder.n_layers, of_decoder.n_heads
    unknown = {
        "checkpoint": "unknown model",
        "revision": "",
        "family": "",
        "weights": "pretrained",
        "causal": "causal" not in meta.model and "attentions" in arrays and _looks_causal(arrays),
        "n_layers": n_layers,
        "n_heads": n_heads,
        "max_positions": arrays["tokens"].shape[1],
        "mask_token": None,
    }
    words = vocabulary(arrays["vocabulary"].tobytes()) if "vocabulary" in arrays else ()
    stacks = () if "attentions" in arrays else tuple(kinds.values())
    return ModelInfo(**(unknown | meta.model), vocabulary=words, stacks=stacks)


def _looks_causal(arrays: Arrays) -> bool:
    """Tell whether no real query looks at a later key anywhere; then the empty triangle is structure, not chance."""
    attentions, real = arrays["attentions"], arrays["attention_mask"]
    if attentions.shape[-1] == 1:
        return False
    return not any(attentions[row, :, :, query, query + 1 :].any() for row, query in np.argwhere(real))
