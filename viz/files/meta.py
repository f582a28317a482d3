"""Read the ``meta`` of a saved run: what it says about texts and model, every field checked before a page uses it."""

import json
import re
from dataclasses import dataclass
from types import NoneType

from viz.errors import NotARun, Reason

FORMAT = 2
FORMATS = (1, 2)
MAX_NUMBER = 1 << 31
# JSON can write one, as \ud800; it can be held, but neither shown nor sent.
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")

_TEXT = ((str,), Reason("text"))
_NUMBER = ((int,), Reason("a number from 1"))
MODEL = {
    "checkpoint": _TEXT,
    "revision": _TEXT,
    "family": _TEXT,
    "weights": _TEXT,
    "words": _TEXT,
    "causal": ((bool,), Reason("true or false")),
    "n_layers": _NUMBER,
    "n_heads": _NUMBER,
    "max_positions": _NUMBER,
    "mask_token": ((str, NoneType), Reason("text or null")),
}


@dataclass(frozen=True, slots=True)
class Texts:
    """Hold what a file says of the texts of a batch; None where it does not."""

    texts: tuple[str, ...] | None  # [B]
    padding_side: str
    truncated: tuple[bool, ...] | None  # [B]


@dataclass(frozen=True, slots=True)
class Meta:
    """Hold what a file says in words; a model without a field where it does not."""

    source: Texts
    target: Texts
    model: dict
    entries: tuple[str, ...]  # what was written beside it; none where a file does not say


def parsed(written: str, n_rows: int) -> Meta:
    """Parse the JSON of ``meta`` for a run of B rows; raises ``NotARun`` with the field that is wrong."""
    meta = json_of(written, "meta")
    if not isinstance(meta, dict):
        raise NotARun(name="", reason=Reason("meta is not a JSON object."))
    _check_format(meta.get("format", FORMAT))
    target = meta.get("target", {})
    if not isinstance(target, dict):
        raise NotARun(name="", reason=Reason("target in meta must be a JSON object."))
    return Meta(
        source=_texts(meta, n_rows),
        target=_texts(target, n_rows),
        model=_model(meta.get("model", {})),
        entries=_listed(meta, "entries", str, Reason("a list of names")) or (),
    )


def _texts(said: dict, n_rows: int) -> Texts:
    """Take what is said of B texts."""
    side = said.get("padding_side", "right")
    if side not in ("left", "right"):
        raise NotARun(name="", reason=Reason("padding_side in meta must be left or right."))
    times = Reason("a list of {n_rows} times true or false", n_rows=n_rows)
    return Texts(
        texts=_listed(said, "texts", str, Reason("a list of {n_rows} texts", n_rows=n_rows), n_rows),
        padding_side=side,
        truncated=_listed(said, "truncated", bool, times, n_rows),
    )


def vocabulary(written: bytes) -> tuple[str, ...]:
    """Parse the vocabulary, a JSON list of words; raises ``NotARun`` where it is none."""
    return (
        _listed({"vocabulary": json_of(written, "vocabulary")}, "vocabulary", str, Reason("a JSON list of words")) or ()
    )


def json_of(written: str | bytes, name: str) -> object:
    """Parse JSON; raises ``NotARun`` with the name of the entry that is none."""
    try:
        return json.loads(written)
    except (ValueError, RecursionError) as error:
        raise NotARun(name="", reason=Reason("{name} is not JSON text.", name=name)) from error


def _check_format(number: object) -> None:
    if type(number) is not int:
        raise NotARun(name="", reason=Reason("format in meta must be a whole number."))
    if number not in FORMATS:
        read = " and ".join(map(str, FORMATS))
        raise NotARun(
            name="", reason=Reason("it has the format {number}; this version reads {read}.", number=number, read=read)
        )


def _listed(meta: dict, name: str, kind: type, allowed: Reason, length: int | None = None) -> tuple | None:
    """Take a list whose items are of one kind; None where there is none."""
    value = meta.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or length not in (None, len(value)) or not all(_is(item, kind) for item in value):
        raise NotARun(name="", reason=Reason("{name} must be {allowed}.", name=name, allowed=allowed))
    return tuple(value)


def _is(value: object, *types: type) -> bool:
    """Compare types exactly: True is an int of Python, and no number of layers."""
    return type(value) in types and not (isinstance(value, str) and _HALF_CHARACTER.search(value))


def _model(given: object) -> dict:
    """Take the fields of a model that are known; a plain name is enough."""
    described = {"checkpoint": given} if isinstance(given, str) else given
    if not isinstance(described, dict):
        raise NotARun(name="", reason=Reason("model in meta must be a name or a JSON object."))
    fields = {name: described[name] for name in MODEL if name in described}
    for name, value in fields.items():
        types, allowed = MODEL[name]
        if not _is(value, *types) or (type(value) is int and not 1 <= value < MAX_NUMBER):
            raise NotARun(
                name="", reason=Reason("{name} of the model in meta must be {allowed}.", name=name, allowed=allowed)
            )
    if fields.get("weights", "pretrained") not in ("pretrained", "random"):
        raise NotARun(name="", reason=Reason("weights of the model in meta must be pretrained or random."))
    if fields.get("words", "read") not in ("read", "none", "missing"):
        raise NotARun(name="", reason=Reason("words of the model in meta must be read, none or missing."))
    return fields
