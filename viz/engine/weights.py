"""Read the weights of a checkpoint: how many there are, into which class they go, and which did not find their place.

Only safetensors, and only from a folder.
"""

import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from pathlib import Path

import torch
from transformers import PreTrainedModel

from viz import settings
from viz.engine import hub, load_report
from viz.errors import ModelTooLarge

# A safetensors file begins with the length of its header, a JSON object: https://github.com/huggingface/safetensors
_LENGTH = struct.Struct("<Q")
_MAX_HEADER = 100_000_000

FLOAT32_BYTES = 4


@dataclass(frozen=True, slots=True)
class Read:
    """Hold a model as it was read, and the weights that did not find their place and matter (``load_report``)."""

    model: PreTrainedModel
    missing: tuple[str, ...]  # the model has them, the files do not: they are random
    unexpected: tuple[str, ...]  # the files have them, the model does not


def sizes(folder: Path) -> dict[str, int]:
    """Give the number of parameters of every weight by its name, from the headers of the files; no weight is read.

    A file without a readable header gives none: reading it says what is wrong.
    """
    found: dict[str, int] = {}
    for file in _files(folder):
        found |= _header(file)
    return found


def check_size(checkpoint: str, n_parameters: int) -> None:
    """Raise ``ModelTooLarge`` for a model whose weights take more memory than is allowed; they are kept as float32."""
    n_bytes = n_parameters * FLOAT32_BYTES
    if n_bytes > (limit := settings.max_model_bytes()):
        raise ModelTooLarge(checkpoint=checkpoint, gigabytes=n_bytes / 1e9, limit=limit / 1e9)


def read(folder: Path, loader: type, device: torch.device) -> Read:
    """Load with eager attention: loaded straight with a foreign one, some models get wrong masks, silently."""
    model, report = loader.from_pretrained(
        folder,
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        attn_implementation="eager",
        dtype=torch.float32,
        output_loading_info=True,
    )
    if not hub.is_snapshot(folder):
        _copy(model)
    missing = load_report.missing(report["missing_keys"])
    unexpected = load_report.unexpected(model, report["unexpected_keys"], anything_missing=bool(missing))
    return Read(model.eval().to(device), missing, unexpected)


def _files(folder: Path) -> Iterable[Path]:
    """List the files that are read: the one whole file where there is one, else its parts."""
    whole = folder / "model.safetensors"
    return [whole] if whole.is_file() else sorted(folder.glob("model-*-of-*.safetensors"))


def _header(file: Path) -> dict[str, int]:
    with file.open("rb") as opened:
        start = opened.read(_LENGTH.size)
        length = _LENGTH.unpack(start)[0] if len(start) == _LENGTH.size else 0
        try:
            header = json.loads(opened.read(length)) if length <= _MAX_HEADER else {}
            return {name: prod(of["shape"]) for name, of in header.items() if name != "__metadata__"}
        except (ValueError, TypeError, KeyError, AttributeError):
            return {}


def _copy(model: torch.nn.Module) -> None:
    """Give a model weights of its own: they are a window on the file, where whoever writes it anew would change them.

    A file that became shorter would even end the process.
    """
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.data = tensor.data.clone()
