"""Write a Run to one file and read it back; a file made elsewhere with four entries opens too.

The file is a numpy ``.npz`` without pickled objects; ``docs/run-format.md`` says what it holds.
"""

import io
import json
from pathlib import Path
from typing import BinaryIO

import numpy as np

from viz.errors import NotARun, Reason, WrongShape
from viz.files import entries, meta, rebuild
from viz.files.archive import UNREADABLE, Archive
from viz.records import Batch, Maps, ModelInfo, Run

_BATCH_ARRAYS = ("attention_mask", "input_ids", "special_tokens_mask", "token_type_ids", "position_ids", "word_ids")
_RUN_ARRAYS = ("given_mask", "readouts", "readout_logits")
_SELF_ARRAYS = {"attentions": "attentions", "scores": "scores", "added": "additive_mask", "allowed": "allowed"}


def write(run: Run, target: str | Path | BinaryIO) -> None:
    """Save a run, its vocabulary included, as one compressed file of exactly the given name."""
    batch, model = run.batch, run.model
    arrays = {"tokens": np.array(batch.tokens)}
    arrays |= {name: getattr(batch, name) for name in _BATCH_ARRAYS if getattr(batch, name) is not None}
    arrays |= {name: getattr(run, name) for name in _RUN_ARRAYS}
    if run.target is not None:
        arrays |= _arrays_of_target(run.target)
    for kind, maps in run.maps.items():
        arrays |= _arrays_of(kind, maps)
    if len(run.readouts):
        arrays["vocabulary"] = np.frombuffer(json.dumps(model.vocabulary).encode(), dtype=np.uint8)
    arrays["meta"] = np.array(json.dumps(_meta_of(run) | {"entries": [*arrays]}, ensure_ascii=False))
    if isinstance(target, str | Path):  # numpy would add .npz to a name that has another ending
        with Path(target).open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
    else:
        np.savez_compressed(target, allow_pickle=False, **arrays)


def _arrays_of(kind: str, maps: Maps) -> dict[str, np.ndarray]:
    """Name the arrays of one kind; those of ``self`` stand without its name, and their tokens are the batch's."""
    if kind == "self":
        named = {entry: getattr(maps, name) for name, entry in _SELF_ARRAYS.items()}
    else:
        named = {f"{kind}/{name}": getattr(maps, name) for name in entries.OF_A_KIND}
    return {name: np.asarray(array) for name, array in named.items() if array is not None}


def _arrays_of_target(target: Batch) -> dict[str, np.ndarray]:
    named = {name: getattr(target, name) for name in entries.OF_TARGET if name != "tokens"}
    return {entries.TARGET + name: array for name, array in {"tokens": np.array(target.tokens), **named}.items()}


def _meta_of(run: Run) -> dict:
    """Say in words what no array says; layers and heads of each kind are those of its arrays."""
    fields = [name for name in ModelInfo.__dataclass_fields__ if name not in ("vocabulary", "stacks")]
    said = {
        "format": meta.FORMAT,
        "model": {name: getattr(run.model, name) for name in fields},
        **_said_of(run.batch),
    }
    return said if run.target is None else said | {"target": _said_of(run.target)}


def _said_of(batch: Batch) -> dict:
    return {"texts": batch.texts, "padding_side": batch.padding_side, "truncated": batch.truncated}


def as_bytes(run: Run) -> bytes:
    """Save a run to memory, for a download."""
    buffer = io.BytesIO()
    write(run, buffer)
    return buffer.getvalue()


def read(source: str | Path | BinaryIO, name: str = "") -> Run:
    """Open a saved run; needs no model and no torch, and at most ``entries.MAX_BYTES`` of memory.

    Raises ``NotARun`` with what is wrong with the file.
    """
    name = name or str(getattr(source, "name", source))
    try:
        return rebuild.run_of(*_unpacked(Path(source) if isinstance(source, str) else source))
    except NotARun as error:  # those who find a fault do not know the file's name
        raise NotARun(**error.values | {"name": name}) from error
    except WrongShape as error:
        raise NotARun(name=name, reason=Reason("its entries do not fit together ({error}).", error=error)) from error
    except MemoryError as error:
        raise NotARun(name=name, reason=Reason("this computer has too little memory left to open it.")) from error


def _unpacked(source: Path | BinaryIO) -> tuple[dict[str, np.ndarray], meta.Meta]:
    """Unpack the entries that are known, once all of them are checked by their headers."""
    try:
        with Archive(source) as file:
            headers = file.headers(entries.ENTRIES)
            entries.check(headers)
            written = str(file.unpack(headers["meta"], entries.dtype_of(headers["meta"])))
            said = meta.parsed(written, n_rows=headers["tokens"].shape[0])
            entries.require(said.entries, headers)
            others = {name: header for name, header in headers.items() if name != "meta"}
            return {name: file.unpack(header, entries.dtype_of(header)) for name, header in others.items()}, said
    except UNREADABLE as error:
        raise NotARun(name="", reason=Reason("it is no .npz file, or a damaged one.")) from error
