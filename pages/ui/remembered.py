"""Describe a run of a visit, in plain values that the browser keeps; what comes back from there is checked."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from viz.engine.requests import Ask, Translate
from viz.labels import shortened
from viz.records import Run

MAX_NAME, MAX_TEXT, MAX_FIELD = 120, 200, 2_000
MAX_TEXTS, MAX_KEPT_CHARACTERS = 400, 20_000  # of a request that the browser keeps
_KEY, _PAGE, _QUESTION = map(re.compile, ("[0-9a-f]{64}", "[a-z_]*", "(asked_[a-z_]+)?"))
REQUESTS = {"ask": Ask, "translate": Translate}
SIDES = ("left", "right")
# What an asked run can be asked for again by: of each request the fields that a form asks for.
_ASKED_BY = {
    "ask": ("checkpoint", "texts", "revision", "second", "padding_side", "truncate"),
    "translate": ("checkpoint", "texts", "targets", "revision", "padding_side"),
}


@dataclass(frozen=True, slots=True)
class Remembered:
    """Describe a run: one that was asked for, by its request, or one that was opened, by the digest of its file.

    ``page`` and ``address`` lead back to where it was asked, ``question`` is the key under which that page remembers
    what it was asked.
    """

    key: str
    name: str
    model: str
    text: str
    n_texts: int
    n_tokens: int
    file: str = ""  # its name; empty of an asked run
    page: str = ""
    question: str = ""
    address: tuple[tuple[str, str], ...] = ()
    request: Ask | Translate | None = None

    @classmethod
    def asked(cls, run: Run, request: Ask | Translate, question: str) -> Self:
        """Describe the answer of a request."""
        return cls(key=key_of(repr(request).encode()), **_told(run), question=question, request=request)

    @classmethod
    def opened(cls, run: Run, file: str, digest: str) -> Self:
        """Describe an opened file."""
        return cls(**{**_told(run), "name": shortened(file, MAX_NAME)}, key=digest, file=file)

    @property
    def is_opened(self) -> bool:
        """Tell whether it came from a file."""
        return bool(self.file)

    def as_plain(self) -> dict[str, Any]:
        """Write it as JSON can hold it; a request about very long texts stays with the server."""
        plain = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "request"}
        return plain | {"address": dict(self.address), "request": _request_as_plain(self.request)}

    @classmethod
    def from_plain(cls, given: object) -> Self | None:
        """Read what a browser kept; None where it is nothing that was written here."""
        if not isinstance(given, Mapping):
            return None
        texts = ("key", "name", "model", "text", "file", "page", "question")
        numbers = ("n_texts", "n_tokens")
        is_whole = all(_is_text(given.get(name), MAX_FIELD) for name in texts)
        is_whole &= all(type(given.get(name)) is int and 0 <= given[name] < 1 << 31 for name in numbers)
        address = given.get("address")
        if not is_whole or not _KEY.fullmatch(given["key"]) or not isinstance(address, Mapping):
            return None
        if not _PAGE.fullmatch(given["page"]) or not _QUESTION.fullmatch(given["question"]):
            return None
        if not all(_is_text(value, MAX_FIELD) for pair in address.items() for value in pair):
            return None
        values = {name: given[name] for name in (*texts, *numbers)}
        return cls(**values, address=tuple(address.items()), request=_request_from_plain(given.get("request")))


def key_of(data: bytes) -> str:
    """Name something by what it holds."""
    return hashlib.sha256(data).hexdigest()


def _told(run: Run) -> dict[str, Any]:
    text = shortened(run.batch.texts[0], MAX_TEXT)
    said = {"model": run.model.checkpoint[:MAX_NAME], "text": text}
    return said | {"name": shortened(text, 60), "n_texts": len(run.batch.texts), "n_tokens": run.batch.n_tokens}


def _request_as_plain(request: Ask | Translate | None) -> dict[str, Any] | None:
    if request is None:
        return None
    kind = "ask" if isinstance(request, Ask) else "translate"
    plain = {name: value for name, value in asdict(request).items() if name in _ASKED_BY[kind]}
    is_short = sum(map(len, (*request.texts, *plain.get("targets", ())))) <= MAX_KEPT_CHARACTERS
    is_all = REQUESTS[kind](**plain) == request  # what no form asks for, a mask by hand, is not written
    return plain | {"what": kind} if is_short and is_all else None


def _request_from_plain(given: object) -> Ask | Translate | None:
    """Make a request of plain values; None where they are none that a form could have asked for."""
    if not isinstance(given, Mapping) or not isinstance(given.get("what"), str) or given["what"] not in REQUESTS:
        return None
    values: dict[str, Any] = {name: given.get(name) for name in _ASKED_BY[given["what"]]}
    for name, value in values.items():
        if name in ("texts", "targets"):
            if not _are_texts(value):
                return None
            values[name] = tuple(value)
        elif name == "truncate":
            if type(value) is not bool:
                return None
        elif not _is_text(value, MAX_KEPT_CHARACTERS):
            return None
    if not values["texts"] or values["padding_side"] not in SIDES:
        return None
    return REQUESTS[given["what"]](**values)


def _is_text(value: object, most: int) -> bool:
    return isinstance(value, str) and len(value) <= most


def _are_texts(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MAX_TEXTS
        and all(_is_text(item, MAX_KEPT_CHARACTERS) for item in value)
    )
