"""Find the folder a checkpoint's files lie in: shipped, given, already downloaded, or fetched from the Hub.

Every question to the Hub is bounded in time, and a download keeps nobody waiting but those who ask for the same
checkpoint. A model that may not be opened here is answered as one that does not exist.
"""

import hashlib
import os
from functools import lru_cache
from pathlib import Path

from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id

from viz.engine import download, hub_cache, hub_client
from viz.engine.allow_list import may_be_folder, require_allowed
from viz.engine.checkpoint_files import CONFIG, float32_bytes, folder_problem, is_read, refusal
from viz.errors import ModelNotFound, ModelRefused, Reason
from viz.listing import DownloadState, Weight
from viz.shipped import ALL_SHIPPED, MODELS_FOLDER, shipped_names


def find(checkpoint: str) -> Path:
    """Give the folder with the checkpoint's files; ask the Hub only when it is nowhere on this computer.

    Raises ``ModelNotFound``, ``HubUnreachable``, ``HubOffline``, ``ModelRefused``, ``ModelTooLarge`` or how a download
    ended: ``DownloadBroken``, ``DownloadDamaged``, ``DownloadStopped``.
    """
    return _on_this_computer(checkpoint) or download.begin(checkpoint).wait()


def weigh(checkpoint: str, endpoint: str = "") -> Weight:
    """Say what it takes to fetch a checkpoint; nobody is asked about one that is here.

    Raises ``ModelNotFound``, ``HubUnreachable``, ``HubOffline``, ``ModelRefused`` or ``WrongMirror``.
    """
    if (folder := _on_this_computer(checkpoint)) is not None:
        n_bytes = n_bytes_read(folder)
        return Weight(checkpoint, n_bytes, n_bytes, float32_bytes(folder))
    found = hub_client.describe(checkpoint, endpoint)
    n_here = sum(hub_cache.n_here(checkpoint, file) for file in found.files)
    return Weight(checkpoint, found.n_bytes, n_here, found.model_bytes, found.endpoint)


def begin(checkpoint: str, endpoint: str = "") -> DownloadState:
    """Begin a download in the background, or join the one that runs; what ends it is said by ``watch``.

    Raises ``ModelNotFound``, ``ModelRefused``, ``HubOffline`` or ``WrongMirror``, before anybody is asked.
    """
    if (folder := _on_this_computer(checkpoint)) is not None:
        return _done(checkpoint, folder)
    hub_client.may_ask(checkpoint, endpoint)
    return download.begin(checkpoint, endpoint).state()


def watch(checkpoint: str) -> DownloadState:
    """Say how far the download of a checkpoint is; raises the error that ended it.

    One that another program fetched meanwhile is done, one that was never begun here is stopped.
    """
    require_allowed(checkpoint)
    last = download.last(checkpoint)
    if last is not None and last.is_running:
        return last.state()
    if (folder := _on_this_computer(checkpoint)) is not None:
        return _done(checkpoint, folder)
    return last.state() if last is not None else DownloadState(checkpoint, 0, _n_fetched(checkpoint), status="stopped")


def stop(checkpoint: str) -> DownloadState:
    """Break the download of a checkpoint off; what has come stays."""
    require_allowed(checkpoint)
    if (last := download.last(checkpoint)) is not None:
        last.stop()
    return watch(checkpoint)


def _done(checkpoint: str, folder: Path) -> DownloadState:
    n_bytes = n_bytes_read(folder)
    return DownloadState(checkpoint, n_bytes, n_bytes, status="done")


def _n_fetched(checkpoint: str) -> int:
    return hub_cache.n_bytes_fetched(hub_cache.repository(checkpoint))


def n_bytes_read(folder: Path) -> int:
    """Give the bytes of the files of a folder that are read."""
    try:
        with os.scandir(folder) as entries:
            return sum(entry.stat().st_size for entry in entries if is_read(entry.name))
    except OSError:  # they vanish meanwhile
        return 0


def _on_this_computer(checkpoint: str) -> Path | None:
    """Give the folder with the checkpoint's files, or None, without a request."""
    require_allowed(checkpoint)
    if checkpoint in ALL_SHIPPED:
        return MODELS_FOLDER / checkpoint
    if may_be_folder(checkpoint) and (folder := _given_folder(checkpoint)) is not None:
        return folder
    try:
        validate_repo_id(checkpoint)
        return hub_cache.snapshot(checkpoint)
    except HFValidationError as error:
        raise ModelNotFound(checkpoint=checkpoint, shipped=shipped_names()) from error
    except OSError:
        return None


def _given_folder(checkpoint: str) -> Path | None:
    """Give the folder a person named; None where the name may be a model's on the Hub.

    Raises ``ModelRefused`` for a folder without a config, or without weights that can be loaded.
    """
    try:
        folder = Path(checkpoint).expanduser()
        found = (folder / CONFIG).is_file()
        problem = folder_problem(folder) if found else None
        named_as_folder = folder.is_dir() and (folder.is_absolute() or checkpoint.startswith("."))
    except (OSError, RuntimeError, ValueError) as error:  # too long, the home of nobody, a NUL: no name of anything
        raise ModelNotFound(checkpoint=checkpoint, shipped=shipped_names()) from error
    if problem is not None:
        raise refusal(checkpoint, problem)
    if found:
        return folder
    if named_as_folder:
        raise ModelRefused(
            checkpoint=checkpoint, reason=Reason("the folder has no config.json. Choose the folder that has it.")
        )
    return None


def revision(folder: Path) -> str:
    """Tell one set of weights from another: the Hub's commit, or size and time of the files that are read.

    A shipped model is told by what is in its files: it is the same on every computer of a cluster. Raises ``OSError``
    if the files vanish meanwhile.
    """
    if is_snapshot(folder):
        return folder.name
    with os.scandir(folder) as entries:
        read = [entry for entry in entries if is_read(entry.name)]
    state = tuple(sorted((entry.name, entry.stat().st_size, entry.stat().st_mtime_ns) for entry in read))
    if folder.parent == MODELS_FOLDER:
        return _digest(folder, state)
    return hashlib.sha256(repr(state).encode()).hexdigest()[:12]


@lru_cache(maxsize=len(ALL_SHIPPED))
def _digest(folder: Path, state: tuple[tuple[str, int, int], ...]) -> str:
    """Sum up the bytes of files, once for each state of them."""
    digest = hashlib.sha256()
    for name, n_bytes, _time in state:
        digest.update(f"{name} {n_bytes} ".encode() + (folder / name).read_bytes())
    return digest.hexdigest()[:12]


def is_snapshot(folder: Path) -> bool:
    """Tell whether a folder is the Hub's copy of a commit, which nobody writes into."""
    return folder.parent.name == "snapshots" and hub_cache.COMMIT.fullmatch(folder.name) is not None
