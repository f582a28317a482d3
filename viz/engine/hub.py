"""Find the folder a checkpoint's files lie in: shipped, given, already downloaded, or fetched from the Hub.

Every question to the Hub is bounded in time. Left to itself the library tries for 23 to 46 s before it says that
there is no network, and for ever against a server that accepts and never answers.
"""

import hashlib
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("DISABLE_SAFETENSORS_CONVERSION", "1")

import httpx2
from huggingface_hub import HfApi, errors, set_client_factory, snapshot_download
from huggingface_hub.utils._http import default_client_factory

from viz.errors import HubUnreachable, ModelNotFound, ModelRefused, Reason
from viz.shipped import MODELS_FOLDER, SHIPPED, shipped_names

CONNECT_SECONDS, READ_SECONDS = 3.0, 15.0

# What a tokenizer and a safetensors model need; nothing else is fetched.
FILES = [
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "*.model",
    "model.safetensors",
    "model.safetensors.index.json",
    "model-*-of-*.safetensors",
]


def find(checkpoint: str) -> Path:
    """Give the folder with the checkpoint's files; ask the Hub only when it is nowhere on this computer.

    Raises ``ModelNotFound``, ``HubUnreachable`` or ``ModelRefused``.
    """
    if checkpoint in SHIPPED:
        return MODELS_FOLDER / checkpoint
    if (folder := _given_folder(checkpoint)) is not None:
        return folder
    try:
        folder = Path(snapshot_download(checkpoint, local_files_only=True, allow_patterns=FILES))
    except errors.HFValidationError as error:
        raise ModelNotFound(checkpoint=checkpoint, shipped=shipped_names()) from error
    except (errors.LocalEntryNotFoundError, OSError):
        return _fetch(checkpoint)
    # A download that was broken off leaves a folder without weights.
    return folder if any(folder.glob("*.safetensors")) else _fetch(checkpoint)


def _given_folder(checkpoint: str) -> Path | None:
    """Give the folder a person named; None where the name may be a model's on the Hub."""
    try:
        folder = Path(checkpoint).expanduser()
        if (folder / "config.json").is_file():
            return folder
        named_as_folder = folder.is_dir() and (folder.is_absolute() or checkpoint.startswith("."))
    except (OSError, RuntimeError, ValueError) as error:  # too long, the home of nobody, a NUL: no name of anything
        raise ModelNotFound(checkpoint=checkpoint, shipped=shipped_names()) from error
    if named_as_folder:
        raise ModelRefused(
            checkpoint=checkpoint, reason=Reason("the folder has no config.json. Choose the folder that has it.")
        )
    return None


def revision(folder: Path) -> str:
    """Tell one set of weights from another: the Hub's commit, or size and time of the weights' files."""
    if folder.parent.name == "snapshots":
        return folder.name
    files = sorted(folder.glob("*.safetensors"))
    state = repr([(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files])
    return hashlib.sha256(state.encode()).hexdigest()[:12]


def _fetch(checkpoint: str) -> Path:
    """Download the files, after asking within seconds whether the Hub is there and has safetensors."""
    _bound_every_request()
    try:
        info = HfApi().model_info(checkpoint, files_metadata=True, timeout=CONNECT_SECONDS)
        if not any(file.rfilename.endswith(".safetensors") for file in info.siblings):
            raise ModelRefused(
                checkpoint=checkpoint,
                reason=Reason("its weights are not in safetensors, the only format that is loaded."),
            )
        return Path(snapshot_download(checkpoint, allow_patterns=FILES))
    except errors.GatedRepoError as error:
        raise ModelRefused(
            checkpoint=checkpoint, reason=Reason("its owner asks for permission on the Hub first.")
        ) from error
    except (OSError, httpx2.HTTPError) as error:
        # The Hub says 401 for what does not exist; a mirror may say a plain 404.
        status = getattr(getattr(error, "response", None), "status_code", None)
        kind = ModelNotFound if status in (401, 404) else HubUnreachable
        raise kind(checkpoint=checkpoint, shipped=shipped_names()) from error


def _bound_every_request() -> None:
    """Give every request of the Hub's client a time limit: the library's own are none, or 60 s tried six times."""

    def limit(request) -> None:
        given = request.extensions.get("timeout") or {}
        wanted = {"connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": READ_SECONDS, "pool": READ_SECONDS}
        request.extensions["timeout"] = {
            key: min(given.get(key) or seconds, seconds) for key, seconds in wanted.items()
        }

    def factory():
        client = default_client_factory()
        client.event_hooks = {**client.event_hooks, "request": [*client.event_hooks.get("request", []), limit]}
        return client

    set_client_factory(factory)
