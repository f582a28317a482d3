"""Read the weights of a checkpoint: whether they are too large, and which of them did not find their place.

Only safetensors, and only from a folder.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel

from viz import settings
from viz.engine import hub, load_report
from viz.engine.checkpoint_files import FLOAT32_BYTES
from viz.errors import ModelTooLarge


@dataclass(frozen=True, slots=True)
class Read:
    """Hold a model as it was read, and the weights that did not find their place and matter (``load_report``)."""

    model: PreTrainedModel
    missing: tuple[str, ...]  # the model has them, the files do not: they are random
    unexpected: tuple[str, ...]  # the files have them, the model does not


def check_size(checkpoint: str, n_parameters: int) -> None:
    """Raise ``ModelTooLarge`` for a model whose weights take more memory than is allowed; they are kept as float32."""
    n_bytes = n_parameters * FLOAT32_BYTES
    if n_bytes > (limit := settings.current().max_model_bytes):
        raise ModelTooLarge(checkpoint=checkpoint, gigabytes=n_bytes / 1e9, limit=limit / 1e9)


def read(folder: Path, loader: type, device: torch.device) -> Read:
    """Load with eager attention: loaded straight with a foreign one, some models get wrong masks, silently.

    A file that somebody may write into is read, not mapped: whoever wrote it anew would change the weights of a running
    model, and a file that became shorter, also while it is read, would end the process.
    """
    model, report = loader.from_pretrained(
        folder,
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        attn_implementation="eager",
        dtype=torch.float32,
        output_loading_info=True,
        disable_mmap=not hub.is_snapshot(folder),
    )
    missing = load_report.missing(report["missing_keys"])
    unexpected = load_report.unexpected(model, report["unexpected_keys"], anything_missing=bool(missing))
    # Nothing here trains: with weights that ask for no gradient, one of the input keeps and computes nothing for them.
    return Read(model.eval().requires_grad_(False).to(device), missing, unexpected)
