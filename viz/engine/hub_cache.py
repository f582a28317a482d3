"""Read and write the Hub's own cache on this computer, so that other programs find what was fetched here.

A repository is a folder ``models--owner--name`` with ``blobs/`` (contents by checksum), ``snapshots/<commit>/`` (names,
links to them) and ``refs/main``, the commit that is meant when none is named.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from huggingface_hub import constants
from huggingface_hub.file_download import repo_folder_name

from viz import whole_file
from viz.engine.checkpoint_files import RemoteFile, are_complete

COMMIT = re.compile("[0-9a-f]{40}")
HALF = ".incomplete"  # the end of the name of a file that is on its way


def repository(checkpoint: str) -> Path:
    """Give the folder of a repository, which need not exist."""
    return Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=checkpoint, repo_type="model")


def repositories() -> Iterator[tuple[str, Path]]:
    """List the repositories of models that are in the cache, whole or not, by the names people ask for."""
    try:
        with os.scandir(constants.HF_HUB_CACHE) as entries:
            names = sorted(entry.name for entry in entries if entry.name.startswith("models--"))
    except OSError:
        return
    for name in names:
        yield name.removeprefix("models--").replace("--", "/", 1), Path(constants.HF_HUB_CACHE) / name


def newest(repository: Path) -> Path | None:
    """Give the folder of the commit that is meant when none is named, whole or not; None where none was fetched."""
    try:
        commit = (repository / "refs" / "main").read_text().strip()
    except (OSError, ValueError):
        return None
    folder = repository / "snapshots" / commit
    return folder if COMMIT.fullmatch(commit) and folder.is_dir() else None


def snapshot(checkpoint: str) -> Path | None:
    """Give the folder with all files of a checkpoint, or None."""
    folder = newest(repository(checkpoint))
    return folder if folder is not None and are_complete(folder) else None


def blob(checkpoint: str, file: RemoteFile) -> Path:
    """Give the place of a file's contents."""
    return repository(checkpoint) / "blobs" / file.checksum


def n_here(checkpoint: str, file: RemoteFile) -> int:
    """Give how many bytes of a file are here, in a whole file or in half a one."""
    whole = blob(checkpoint, file)
    for path in (whole, whole.with_name(whole.name + HALF)):
        try:
            return min(path.stat().st_size, file.n_bytes)
        except OSError:
            continue
    return 0


def n_bytes_fetched(repository: Path) -> int:
    """Give the bytes of all contents of a repository, half files among them."""
    try:
        with os.scandir(repository / "blobs") as entries:
            return sum(entry.stat().st_size for entry in entries)
    except OSError:
        return 0


def is_broken_off(repository: Path) -> bool:
    """Tell whether a file of a repository is half fetched."""
    return any((repository / "blobs").glob("*" + HALF))


def put_together(checkpoint: str, commit: str, files: tuple[RemoteFile, ...]) -> Path:
    """Name the fetched contents as a commit does, and make it the one that is meant; give its folder."""
    root = repository(checkpoint)
    folder = root / "snapshots" / commit
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        _name(root / "blobs" / file.checksum, folder / file.name)
    ref = root / "refs" / "main"
    ref.parent.mkdir(exist_ok=True)
    whole_file.write(ref, commit.encode())
    return folder


def _name(contents: Path, name: Path) -> None:
    """Link a name to its contents; where the disk knows no links they are copied."""
    if name.exists():
        return
    name.unlink(missing_ok=True)  # a link to nothing
    try:
        name.symlink_to(Path("..", "..", "blobs", contents.name))
    except FileExistsError:  # another process was faster
        return
    except OSError:
        shutil.copyfile(contents, name)
