"""Write one line of JSON for every record that is made: when, for whom, of what model and size, how long it took.

A visitor is a number that says nothing outside this process. A text is written only where ``HEADLIGHT_LOG_TEXTS`` is 1.
The lines go to the standard error stream of the server; ``HEADLIGHT_LOG=0`` keeps them back.
"""

import hashlib
import json
import logging
import secrets
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from viz import settings

log = logging.getLogger("headlight.runs")

_SALT = secrets.token_bytes(16)


@dataclass(frozen=True, slots=True)
class Entry:
    """Say how one request was answered; ``error`` is empty where it was."""

    request: object
    asker: Hashable
    queued: float  # seconds
    computed: float  # seconds, without those
    engine: str = "local"
    record: object = None
    error: str = ""


def to_stderr() -> None:
    """Let the lines go to the standard error stream, as they are."""
    if settings.current().log and not log.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.propagate = False


def write(entry: Entry) -> None:
    """Write one line."""
    log.info(json.dumps(_line(entry), ensure_ascii=False))


def write_error(number: str, error: BaseException) -> None:
    """Write the line of an error nobody foresaw, with the short number that the page shows."""
    log.info(json.dumps({"time": _now(), "error": type(error).__name__, "number": number}))


def _line(entry: Entry) -> dict[str, Any]:
    request: Any = getattr(entry.request, "ask", entry.request)
    texts = getattr(request, "texts", None)
    batch = getattr(entry.record, "batch", None)
    sizes = {
        "texts": None if texts is None else len(texts),
        "tokens": None if batch is None else batch.n_tokens,
        "bytes": getattr(entry.record, "nbytes", None),
    }
    line = {
        "time": _now(),
        "session": _session(entry.asker),
        "request": type(entry.request).__name__,
        "model": getattr(request, "checkpoint", None),
        **sizes,
        "ms_queued": round(entry.queued * 1000, 1),
        "ms_computed": round(entry.computed * 1000, 1),
        "engine": entry.engine,
        "error": entry.error or None,
        "text": texts if settings.current().log_texts else None,
    }
    return {name: value for name, value in line.items() if value is not None}


def _session(asker: Hashable) -> str | None:
    """Give a visitor's number: the same all the time of this process, and of no use to anybody else."""
    return None if asker is None else hashlib.blake2b(str(asker).encode(), key=_SALT, digest_size=4).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
