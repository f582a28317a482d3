"""Write a Run to one file and read it back; a file made elsewhere with four entries opens too.

The file is a numpy ``.npz`` without pickled objects, or a ``.safetensors``; ``docs/run-format.md`` says what it holds.
"""

import io
import json
from pathlib import Path
from typing import BinaryIO

import numpy as np

from viz.errors import NotARun, Reason, WrongShape
from viz.files import entries, meta, rebuild, tensor_file
from viz.files.containers import TENSORS, UNREADABLE, opened
from viz.files.tensor_file import text_bytes
from viz.records import Batch, ModelInfo, Run
from viz.whole_file import replacing

Rows = tuple[tuple[str, ...], ...]  # [B][T]

_BATCH_ARRAYS = ("attention_mask", "input_ids", "special_tokens_mask", "token_type_ids", "position_ids", "word_ids")
_RUN_ARRAYS = ("given_mask", "readouts", "readout_logits")
_SELF_ARRAYS = {
    "attentions": "attentions",
    "scores": "scores",
    "added": "additive_mask",
    "allowed": "allowed",
    "value_norms": "value_norms",
}


def write(run: Run, target: str | Path | BinaryIO, ending: str = "") -> None:
    """Save a run, its vocabulary included, as one file of exactly the given name.

    It is a ``.safetensors`` where its name, or ``ending``, says so; else a compressed ``.npz``.
    """
    if isinstance(target, str | Path):  # numpy would add .npz to a name that has another ending
        with replacing(Path(target)) as file:
            write(run, file, ending or Path(target).suffix.lower().removeprefix("."))
    elif ending == TENSORS:
        texts, others = _texts_of(run), _numbers_of(run)
        said = _meta_of(run) | {"entries": [*texts, *others]}
        tensor_file.write({name: text_bytes(text) for name, text in (texts | {"meta": said}).items()} | others, target)
    else:
        arrays = {name: np.array(text) for name, text in _texts_of(run).items()} | _numbers_of(run)
        said = json.dumps(_meta_of(run) | {"entries": [*arrays]}, ensure_ascii=False)
        np.savez_compressed(target, allow_pickle=False, **arrays, meta=np.array(said))


def _texts_of(run: Run) -> dict[str, Rows]:
    """Name the tokens: those of the batch, of the target, and of each kind of attention that has its own."""
    texts = {"tokens": run.batch.tokens}
    if run.target is not None:
        texts[f"{entries.TARGET}tokens"] = run.target.tokens
    for kind, maps in run.maps.items():
        if kind != "self":
            texts |= {f"{kind}/queries": maps.queries, f"{kind}/keys": maps.keys}
    return texts


def _numbers_of(run: Run) -> dict[str, np.ndarray]:
    """Name all arrays of numbers; those of ``self`` stand without its name."""
    named = {name: getattr(run.batch, name) for name in _BATCH_ARRAYS}
    named |= {name: getattr(run, name) for name in _RUN_ARRAYS}
    if run.target is not None:
        named |= {f"{entries.TARGET}{name}": getattr(run.target, name) for name in entries.numeric(entries.OF_TARGET)}
    for kind, maps in run.maps.items():
        if kind == "self":
            named |= {entry: getattr(maps, name) for name, entry in _SELF_ARRAYS.items()}
        else:
            named |= {f"{kind}/{name}": getattr(maps, name) for name in entries.numeric(entries.OF_A_KIND)}
    if len(run.readouts):
        named["vocabulary"] = np.frombuffer(json.dumps(run.model.vocabulary).encode(), dtype=np.uint8)
    return {name: np.asarray(array) for name, array in named.items() if array is not None}


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


def as_bytes(run: Run, ending: str = "") -> bytes:
    """Save a run to memory, for a download."""
    buffer = io.BytesIO()
    write(run, buffer, ending)
    return buffer.getvalue()


def read(source: str | Path | BinaryIO, name: str = "") -> Run:
    """Open a saved run; needs no model and no torch, and at most as much memory as is set.

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
        with opened(source) as file:
            headers = file.headers(entries.ENTRIES)
            entries.check(headers)
            written = str(file.unpack(headers["meta"], entries.dtype_of(headers["meta"])))
            said = meta.parsed(written, n_rows=headers["tokens"].shape[0])
            entries.require(said.entries, headers)
            others = {name: header for name, header in headers.items() if name != "meta"}
            return {name: file.unpack(header, entries.dtype_of(header)) for name, header in others.items()}, said
    except FileNotFoundError as error:
        raise NotARun(name="", reason=Reason("there is no such file.")) from error
    except IsADirectoryError as error:
        raise NotARun(name="", reason=Reason("it is a folder.")) from error
    except PermissionError as error:
        raise NotARun(name="", reason=Reason("this program may not read it.")) from error
    except UNREADABLE as error:
        raise NotARun(
            name="", reason=Reason("it is neither an .npz nor a .safetensors file, or a damaged one.")
        ) from error
