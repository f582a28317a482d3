"""Name the weights that are there now: a request that leaves its revision open gets one before it is answered."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from viz.engine import hub
from viz.engine.requests import Request
from viz.errors import ModelRefused, Reason

Record = TypeVar("Record")


def pinned(request: Request[Record], revision_of: Callable[[str], str] | None = None) -> Request[Record]:
    """Name the weights that are there now where a request leaves their revision open."""
    asked: Any = request
    if hasattr(asked, "ask"):
        return replace(asked, ask=pinned(asked.ask, revision_of))
    if getattr(asked, "revision", None) == "":
        return replace(asked, revision=(revision_of or current_revision)(asked.checkpoint))
    return request


def current_revision(checkpoint: str) -> str:
    """Name the weights, config and tokenizer that would be loaded now, from the names and times of the files.

    A name that is not on this computer yet is downloaded: its revision is not known before.
    Raises ``ModelNotFound``, ``HubUnreachable`` or ``ModelRefused``.
    """
    return found(checkpoint)[1]


def found(checkpoint: str) -> tuple[Path, str]:
    """Give a checkpoint's folder and its revision."""
    folder = hub.find(checkpoint)
    try:
        return folder, hub.revision(folder)
    except OSError as error:
        raise incomplete(checkpoint) from error


def incomplete(checkpoint: str) -> ModelRefused:
    """Make the error of a checkpoint whose files are not all there, or not all of one version."""
    return ModelRefused(
        checkpoint=checkpoint,
        reason=Reason("its files changed or vanished while they were read. Load it again when all of them are there."),
    )
