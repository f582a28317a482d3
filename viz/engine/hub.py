"""Find the folder a checkpoint's files lie in: shipped, given, already downloaded, or fetched from the Hub.

Every question to the Hub is bounded in time. Left to itself the library tries for 23 to 46 s before it says that
there is no network, and for ever against a server that accepts and never answers.
"""

import hashlib
import os
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("DISABLE_SAFETENSORS_CONVERSION", "1")

import httpx2
from huggingface_hub import HfApi, ModelInfo, errors, is_offline_mode, set_client_factory, snapshot_download

from viz.engine.single_flight import SingleFlight
from viz.errors import HubUnreachable, ModelNotFound, ModelRefused, Reason
from viz.shipped import MODELS_FOLDER, SHIPPED, shipped_names

CONNECT_SECONDS, READ_SECONDS = 3.0, 15.0  # of any request
ANSWER_SECONDS = 4.5  # of the first question, the look-up of the Hub's address among it

LIBRARY = "headlight"  # what our downloads call themselves

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

# What comes of a server that is no Hub, such as a hotel's log-in page, or of one that breaks off.
_STRANGE_ANSWERS = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RuntimeError)

_fetches: SingleFlight[str, Path] = SingleFlight()


def find(checkpoint: str) -> Path:
    """Give the folder with the checkpoint's files; ask the Hub only when it is nowhere on this computer.

    A download keeps nobody waiting but those who ask for the same checkpoint.
    Raises ``ModelNotFound``, ``HubUnreachable`` or ``ModelRefused``.
    """
    if (folder := _on_this_computer(checkpoint)) is not None:
        return folder
    return _fetches.share(checkpoint, lambda: _on_this_computer(checkpoint) or _fetch(checkpoint))


def _on_this_computer(checkpoint: str) -> Path | None:
    """Give the folder with the checkpoint's files, or None, without a request."""
    if checkpoint in SHIPPED:
        return MODELS_FOLDER / checkpoint
    if (folder := _given_folder(checkpoint)) is not None:
        return folder
    try:
        folder = Path(snapshot_download(checkpoint, local_files_only=True, allow_patterns=FILES))
    except errors.HFValidationError as error:
        raise ModelNotFound(checkpoint=checkpoint, shipped=shipped_names()) from error
    except (errors.LocalEntryNotFoundError, OSError):
        return None
    # A download that was broken off leaves a folder without weights.
    return folder if any(folder.glob("*.safetensors")) else None


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
    """Tell one set of weights from another: the Hub's commit, or size and time of the files that are read.

    Raises ``OSError`` if the files vanish meanwhile.
    """
    if is_snapshot(folder):
        return folder.name
    with os.scandir(folder) as entries:
        read = [entry for entry in entries if any(fnmatch(entry.name, pattern) for pattern in FILES)]
    state = sorted((entry.name, entry.stat().st_size, entry.stat().st_mtime_ns) for entry in read)
    return hashlib.sha256(repr(state).encode()).hexdigest()[:12]


def is_snapshot(folder: Path) -> bool:
    """Tell whether a folder is the Hub's copy of a commit, which nobody writes into."""
    return folder.parent.name == "snapshots" and re.fullmatch("[0-9a-f]{40}", folder.name) is not None


def _fetch(checkpoint: str) -> Path:
    """Download the files, after asking within seconds whether the Hub is there and has safetensors."""
    try:
        info = _within(ANSWER_SECONDS, lambda: _describe(checkpoint))
        if not any(file.rfilename.endswith(".safetensors") for file in info.siblings or ()):
            raise ModelRefused(
                checkpoint=checkpoint,
                reason=Reason("its weights are not in safetensors, the only format that is loaded."),
            )
        return Path(snapshot_download(checkpoint, allow_patterns=FILES, library_name=LIBRARY))
    except errors.GatedRepoError as error:
        raise ModelRefused(
            checkpoint=checkpoint, reason=Reason("its owner asks for permission on the Hub first.")
        ) from error
    except (OSError, httpx2.HTTPError, *_STRANGE_ANSWERS) as error:
        raise _trouble(checkpoint, error) from error


def _describe(checkpoint: str) -> ModelInfo:
    return HfApi().model_info(checkpoint, files_metadata=True, timeout=CONNECT_SECONDS)


def _within(seconds: float, ask: Callable[[], ModelInfo]) -> ModelInfo:
    """Give the answer to a question asked in a thread of its own, or raise ``TimeoutError``.

    The limits of a request do not cover the look-up of an address, which takes 20 s where a name server is silent.
    """
    answer: Future[ModelInfo] = Future()

    def run() -> None:
        try:
            answer.set_result(ask())
        except Exception as error:
            answer.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return answer.result(timeout=seconds)


def _trouble(checkpoint: str, error: Exception) -> ModelNotFound | HubUnreachable | ModelRefused:
    """Say what an error on the way means; the Hub answers 401 for what does not exist, a mirror may say a plain 404."""
    if isinstance(error, OSError) and error.errno is not None:  # the disk's; those of the network have no number here
        return ModelRefused(
            checkpoint=checkpoint,
            reason=Reason(
                "it was found on the Hub and cannot be written to the disk of this computer. "
                "Make room for it, or give a folder with the weights."
            ),
        )
    status = getattr(getattr(error, "response", None), "status_code", None)
    kind = ModelNotFound if status in (401, 404) else HubUnreachable
    return kind(checkpoint=checkpoint, shipped=shipped_names())


def _limit(request: httpx2.Request) -> None:
    """Give a request its time limits: the library's own are none, or 60 s tried six times."""
    given = request.extensions.get("timeout") or {}
    wanted = {"connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": READ_SECONDS, "pool": READ_SECONDS}
    request.extensions["timeout"] = {key: min(given.get(key) or seconds, seconds) for key, seconds in wanted.items()}


def _stay_offline(request: httpx2.Request) -> None:
    """Keep the promise of ``HF_HUB_OFFLINE``, which the library leaves to its client."""
    if is_offline_mode():
        raise errors.OfflineModeIsEnabled(f"Cannot ask {request.url}: HF_HUB_OFFLINE is set.")


class Silence(httpx2.TransportError):
    """Be raised where the Hub says nothing in the middle of a download.

    The library takes no such error for one that passes: a time-out it would wait for six times, two minutes in all.
    """


class _Client(httpx2.Client):
    """Send all requests to the Hub; follow redirects, and the proxies the environment names."""

    def __init__(self):
        super().__init__(event_hooks={"request": [_stay_offline, _limit]}, follow_redirects=True)

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """Send a request; one of our downloads is given up at the first silence (``Silence``)."""
        try:
            return super().send(request, **options)
        except httpx2.TimeoutException as error:
            if not request.headers.get("user-agent", "").startswith(LIBRARY):
                raise
            raise Silence(str(error), request=request) from error


# Once: setting it again would close the client that another download is using.
set_client_factory(_Client)
