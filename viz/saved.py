"""Write a Run to one file and read it back; a file made elsewhere with four entries opens too.

The file is a numpy ``.npz`` without pickled objects. Required: ``tokens`` (unicode ``[B, T]``), ``attention_mask``
``[B, T]``, ``attentions`` ``[B, L, H, Q, K]``, ``meta`` (JSON text). Everything else is optional.
"""

import io
import json
import zipfile
from pathlib import Path
from typing import BinaryIO

import numpy as np

from viz.errors import NotARun, VizError
from viz.records import Batch, ModelInfo, Run

FORMAT = 1
REQUIRED = ("tokens", "attention_mask", "attentions", "meta")
_BATCH_ARRAYS = ("input_ids", "special_tokens_mask", "token_type_ids", "position_ids", "word_ids")
_RUN_ARRAYS = ("given_mask", "scores", "additive_mask", "readouts", "readout_logits")


def write(run: Run, target: Path | BinaryIO) -> None:
    """Save a run, its vocabulary included, as one compressed file."""
    batch, model = run.batch, run.model
    arrays = {"tokens": np.array(batch.tokens), "attention_mask": batch.attention_mask, "attentions": run.attentions}
    arrays |= {name: getattr(batch, name) for name in _BATCH_ARRAYS if getattr(batch, name) is not None}
    arrays |= {name: getattr(run, name) for name in _RUN_ARRAYS if getattr(run, name) is not None}
    if len(run.readouts):
        arrays["vocabulary"] = np.frombuffer(json.dumps(model.vocabulary).encode(), dtype=np.uint8)
    fields = [name for name in ModelInfo.__dataclass_fields__ if name != "vocabulary"]
    meta = {
        "format": FORMAT,
        "model": {name: getattr(model, name) for name in fields},
        "texts": batch.texts,
        "padding_side": batch.padding_side,
        "truncated": batch.truncated,
    }
    np.savez_compressed(target, meta=np.array(json.dumps(meta, ensure_ascii=False)), **arrays)


def as_bytes(run: Run) -> bytes:
    """Save a run to memory, for a download."""
    buffer = io.BytesIO()
    write(run, buffer)
    return buffer.getvalue()


def read(source: Path | BinaryIO, name: str = "") -> Run:
    """Open a saved run; needs no model and no torch. Raises ``NotARun`` with what is wrong with the file."""
    name = name or str(getattr(source, "name", source))
    try:
        with np.load(source, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise NotARun(name=name, reason="it is no .npz file, or a damaged one.") from error
    if missing := [key for key in REQUIRED if key not in arrays]:
        raise NotARun(name=name, reason=f"it has no {', '.join(missing)}.")
    try:
        return _from_arrays(arrays)
    except (VizError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise NotARun(name=name, reason=f"its entries do not fit together ({error}).") from error


def _from_arrays(arrays: dict[str, np.ndarray]) -> Run:
    meta = json.loads(str(arrays["meta"]))
    attentions = arrays["attentions"].astype(np.float32)
    if attentions.ndim != 5:
        raise ValueError(f"attentions have {attentions.ndim} axes instead of 5: [B, L, H, Q, K]")
    if not np.isfinite(attentions).all() or attentions.min() < 0 or attentions.max() > 1.001:
        raise ValueError("attentions must lie between 0 and 1")
    batch = _batch(arrays, meta)
    given_mask = arrays.get("given_mask", batch.attention_mask).astype(bool)
    n_words = len(json.loads(arrays["vocabulary"].tobytes())) if "vocabulary" in arrays else 0
    return Run(
        model=_model(arrays, meta, attentions.shape),
        batch=batch,
        given_mask=given_mask,
        attentions=attentions,
        scores=arrays.get("scores"),
        additive_mask=arrays.get("additive_mask"),
        readouts=arrays.get("readouts", np.zeros((0, 2), dtype=np.int64)),
        readout_logits=arrays.get("readout_logits", np.zeros((0, n_words), dtype=np.float32)),
    )


def _batch(arrays: dict[str, np.ndarray], meta: dict) -> Batch:
    tokens = tuple(tuple(str(token) for token in row) for row in arrays["tokens"])
    attention_mask = arrays["attention_mask"].astype(bool)
    shape = attention_mask.shape
    missing = {
        "input_ids": np.full(shape, -1, dtype=np.int64),
        "special_tokens_mask": ~attention_mask,
        "position_ids": np.maximum(attention_mask.cumsum(axis=1) - 1, 0),
        "word_ids": np.full(shape, -1, dtype=np.int64),
    }
    return Batch(
        texts=tuple(meta.get("texts") or (" ".join(row) for row in tokens)),
        tokens=tokens,
        attention_mask=attention_mask,
        token_type_ids=arrays.get("token_type_ids"),
        padding_side=meta.get("padding_side", "right"),
        truncated=tuple(meta.get("truncated") or [False] * len(tokens)),
        **{name: arrays.get(name, missing[name]) for name in missing},
    )


def _model(arrays: dict[str, np.ndarray], meta: dict, shape: tuple[int, ...]) -> ModelInfo:
    """Describe the model as far as the file does; a foreign file says little."""
    vocabulary = json.loads(arrays["vocabulary"].tobytes()) if "vocabulary" in arrays else []
    given = meta.get("model", {})
    described = given if isinstance(given, dict) else {"checkpoint": str(given)}
    unknown = {
        "checkpoint": "unknown model",
        "revision": "",
        "family": "",
        "weights": "pretrained",
        "causal": _looks_causal(arrays["attentions"]),
        "n_layers": shape[1],
        "n_heads": shape[2],
        "max_positions": shape[3],
        "mask_token": None,
    }
    fields = unknown | {name: described[name] for name in unknown if name in described}
    return ModelInfo(**fields, vocabulary=tuple(vocabulary))


def _looks_causal(attentions: np.ndarray) -> bool:
    """Tell whether no query looks at a later key anywhere; then the empty triangle is structure, not chance."""
    later = ~np.tri(attentions.shape[3], dtype=bool)
    return bool(later.any()) and not attentions[..., later].any()
