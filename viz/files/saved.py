"""Write a Run to one file and read it back; a file made elsewhere with four entries opens too.

The file is a numpy ``.npz`` without pickled objects. Required: ``tokens`` (unicode ``[B, T]``), ``attention_mask``
``[B, T]``, ``attentions`` ``[B, L, H, Q, K]``, ``meta`` (JSON text). Everything else is optional.
"""

import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from viz.analysis.masks.cells import allowed_by
from viz.errors import NotARun, Reason, VizError, WrongShape
from viz.labels import visible
from viz.records import Batch, ModelInfo, Run, self_maps

FORMAT = 1
MAX_BYTES = 4_000_000_000  # unpacked; a small damaged or hostile file can claim any size
MAX_LABEL = 200  # characters of a token; the longest of GPT-2's own has 128
REQUIRED = ("tokens", "attention_mask", "attentions", "meta")
_BATCH_ARRAYS = {
    "input_ids": np.int64,
    "special_tokens_mask": bool,
    "token_type_ids": np.int64,
    "position_ids": np.int64,
    "word_ids": np.int64,
}
_RUN_ARRAYS = {
    "given_mask": bool,
    "scores": np.float32,
    "additive_mask": np.float32,
    "readouts": np.int64,
    "readout_logits": np.float32,
}
# What opening a file that is no run, or a damaged one, can raise: numpy, zip and zlib each have their own.
_UNREADABLE = (ValueError, OSError, EOFError, KeyError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)


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
    arrays["meta"] = np.array(json.dumps(meta, ensure_ascii=False))
    if isinstance(target, Path):  # numpy would add .npz to a name that has another ending
        with target.open("wb") as file:
            np.savez_compressed(file, **arrays)
    else:
        np.savez_compressed(target, **arrays)


def as_bytes(run: Run) -> bytes:
    """Save a run to memory, for a download."""
    buffer = io.BytesIO()
    write(run, buffer)
    return buffer.getvalue()


def read(source: Path | BinaryIO, name: str = "") -> Run:
    """Open a saved run; needs no model and no torch. Raises ``NotARun`` with what is wrong with the file."""
    name = name or str(getattr(source, "name", source))
    try:
        arrays = _arrays(source)
    except _UNREADABLE as error:
        raise NotARun(name=name, reason=Reason("it is no .npz file, or a damaged one.")) from error
    if missing := [key for key in REQUIRED if key not in arrays]:
        raise NotARun(name=name, reason=Reason("it has no {entries}.", entries=", ".join(missing)))
    try:
        return _from_arrays(arrays)
    except (VizError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise NotARun(name=name, reason=Reason("its entries do not fit together ({error}).", error=error)) from error


def _arrays(source: Path | BinaryIO) -> dict[str, np.ndarray]:
    """Unpack every entry; a single array, as in a .npy file, is no archive."""
    archive = np.load(source, allow_pickle=False)
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise ValueError("not an archive")
    with archive as file:
        if sum(entry.file_size for entry in file.zip.infolist()) > MAX_BYTES:
            raise ValueError("too large")
        return {key: file[key] for key in file.files}


def _from_arrays(arrays: dict[str, np.ndarray]) -> Run:
    meta = _meta(arrays)
    attentions = arrays["attentions"].astype(np.float32)
    if attentions.ndim != 5:
        raise ValueError(f"attentions have {attentions.ndim} axes instead of 5: [B, L, H, Q, K]")
    if not attentions.size or not np.isfinite(attentions).all() or attentions.min() < 0 or attentions.max() > 1.001:
        raise ValueError("attentions must lie between 0 and 1")
    if attentions.shape[3] != attentions.shape[4]:
        raise WrongShape(name="attentions", seen=list(attentions.shape), expected="[B, L, H, T, T]")
    batch = _batch(arrays, meta, (attentions.shape[0], attentions.shape[4]))
    given = {name: arrays[name].astype(dtype) for name, dtype in _RUN_ARRAYS.items() if name in arrays}
    missing = {
        "given_mask": batch.attention_mask,
        "scores": None,
        "additive_mask": None,
        "readouts": np.zeros((0, 2), dtype=np.int64),
        "readout_logits": np.zeros((0, 0), dtype=np.float32),
    }
    values = missing | given
    model = _model(arrays, meta, attentions.shape)
    scores, added = values.pop("scores"), values.pop("additive_mask")
    allowed = allowed_by(values["given_mask"], added, causal=model.causal)
    run = Run(model=model, batch=batch, maps=self_maps(batch, attentions, scores, added, allowed), **values)
    if ((run.readouts < 0) | (run.readouts >= batch.input_ids.shape)).any():
        raise ValueError("readouts point outside the texts")
    return run


def _meta(arrays: dict[str, np.ndarray]) -> dict:
    try:
        meta = json.loads(str(arrays["meta"]))
    except (ValueError, RecursionError) as error:
        raise ValueError("meta is not JSON text") from error
    if not isinstance(meta, dict):
        raise ValueError("meta is not a JSON object")
    if meta.get("format", FORMAT) != FORMAT:
        raise ValueError(f"it has the format {meta['format']}; this version reads {FORMAT}")
    return meta


def _batch(arrays: dict[str, np.ndarray], meta: dict, shape: tuple[int, int]) -> Batch:
    for name in ("tokens", "attention_mask"):
        if arrays[name].shape != shape:
            raise WrongShape(name=name, seen=list(arrays[name].shape), expected=f"{list(shape)}, as attentions have it")
    # A file of others may hold anything: what prints nothing is made visible, and no label fills a picture alone.
    tokens = tuple(tuple(visible(str(token)[:MAX_LABEL]) for token in row) for row in arrays["tokens"])
    attention_mask = arrays["attention_mask"].astype(bool)
    missing = {
        "input_ids": np.full(shape, -1, dtype=np.int64),
        "special_tokens_mask": ~attention_mask,
        "token_type_ids": None,
        "position_ids": np.maximum(attention_mask.cumsum(axis=1) - 1, 0),
        "word_ids": np.full(shape, -1, dtype=np.int64),
    }
    given = {name: arrays[name].astype(dtype) for name, dtype in _BATCH_ARRAYS.items() if name in arrays}
    return Batch(
        texts=tuple(meta.get("texts") or (" ".join(row) for row in tokens)),
        tokens=tokens,
        attention_mask=attention_mask,
        padding_side=meta.get("padding_side", "right"),
        truncated=tuple(meta.get("truncated") or [False] * len(tokens)),
        **(missing | given),
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
        "causal": _looks_causal(arrays["attentions"], arrays["attention_mask"].astype(bool)),
        "n_layers": shape[1],
        "n_heads": shape[2],
        "max_positions": shape[3],
        "mask_token": None,
    }
    fields = unknown | {name: described[name] for name in unknown if name in described}
    return ModelInfo(**fields, vocabulary=tuple(vocabulary))


def _looks_causal(attentions: np.ndarray, real: np.ndarray) -> bool:
    """Tell whether no real query looks at a later key anywhere; then the empty triangle is structure, not chance."""
    later = ~np.tri(attentions.shape[3], dtype=bool)
    return bool(later.any()) and not np.where(real[:, None, None, :, None], attentions, 0)[..., later].any()
