"""Read the file of known heads, and check every entry of it.

Raises ``WrongKnownHeads`` with the line of what is no TOML, or with the entry and what is wrong in it.
"""

import math
import tomllib
from functools import cache
from typing import Any

from viz.analysis.claims.text import MarkedSentence, read_sentences
from viz.analysis.heads.measures import MEASURES
from viz.analysis.known.findings import UNITS, Finding, Known, KnownModel, Source
from viz.errors import OwnFileUnreadable, Reason, VizError, WrongKnownHeads
from viz.examples import example
from viz.names import parse_head
from viz.shipped import MODELS_FOLDER

FILE = MODELS_FOLDER.parent / "known_heads.toml"
NAME = "assets/known_heads.toml"

# What an entry may hold, and of which type; the first ones it must.
_FINDING = {"model": str, "head": str, "does": str, "source": str, "where": str, "unit": str}
_MORE = {
    "reported": float,
    "baseline": float,
    "baseline_is": str,
    "note": str,
    "sentences": str,
    "measure": str,
    "texts": str,
    "within": float,
    "unmeasured": str,
}
_SOURCE, _SOURCE_MORE = {"by": str, "year": int, "title": str}, {"address": str}
_MODEL, _MODEL_MORE = {"layers": int, "heads": int}, {"also": list}


@cache
def known() -> Known:
    """Give what Headlight's own file knows. Raises ``OwnFileUnreadable``, or what ``read`` raises."""
    try:
        text = FILE.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise OwnFileUnreadable(name=NAME) from error
    return read(text)


@cache
def ready(name: str) -> tuple[MarkedSentence, ...]:
    """Give the marked sentences that a finding is measured on. Raises ``OwnFileUnreadable``."""
    return read_sentences(example("known", name))


def read(text: str, name: str = NAME) -> Known:
    """Read and check what is known; ``name`` is the file's, for the errors."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WrongKnownHeads(name=name, reason=Reason("it is no TOML: {said}.", said=error)) from error
    entry = "the file"
    try:
        _check_keys(tables, {"models": dict, "sources": dict, "findings": list}, {})
        models, sources, findings = {}, {}, []
        for key, table in tables["models"].items():
            entry = f"models.{key}"
            models[key] = _model(key, table)
        for key, table in tables["sources"].items():
            entry = f"sources.{key}"
            sources[key] = _source(table)
        for number, table in enumerate(tables["findings"], start=1):
            entry = f"findings, entry {number}{_called(table)}"
            findings.append(_finding(table, models, sources))
    except _Wrong as error:
        raise WrongKnownHeads(name=name, reason=Reason("{entry}: {said}", entry=entry, said=error.reason)) from error
    return Known(tuple(models.values()), tuple(findings))


class _Wrong(Exception):
    """Say what is wrong in an entry; whoever reads on knows which."""

    def __init__(self, reason: Reason):
        self.reason = reason
        super().__init__(reason)


def _called(table: Any) -> str:
    named = isinstance(table, dict) and isinstance(table.get("head"), str) and isinstance(table.get("model"), str)
    return f" ({table['head']} of {table['model']})" if named else ""


def _model(name: str, table: Any) -> KnownModel:
    _check_keys(table, _MODEL, _MODEL_MORE)
    also = table.get("also", [])
    if not all(isinstance(other, str) for other in also):
        raise _Wrong(Reason("'{key}' holds something that is no text.", key="also"))
    return KnownModel(name, table["layers"], table["heads"], tuple(also))


def _source(table: Any) -> Source:
    _check_keys(table, _SOURCE, _SOURCE_MORE)
    return Source(**table)


def _finding(table: Any, models: dict[str, KnownModel], sources: dict[str, Source]) -> Finding:
    _check_keys(table, _FINDING, _MORE)
    for key, allowed in (("model", tuple(models)), ("source", tuple(sources)), ("unit", UNITS)):
        _check_one_of(key, table[key], allowed)
    if "measure" in table:
        _check_one_of("measure", table["measure"], tuple(MEASURES))
    _check_road(table)
    model = models[table["model"]]
    try:
        layer, head = parse_head(table["head"], model.n_layers, model.n_heads)
    except VizError as error:
        raise _Wrong(Reason("{said}", said=error)) from error
    return Finding(**{**table, "source": sources[table["source"]], "layer": layer, "head": head})


def _check_road(table: dict[str, Any]) -> None:
    """Check that a finding is measured in exactly one way, or that it says why it is not."""
    ways = [way for way in ("sentences", "measure", "unmeasured") if table.get(way)]
    if len(ways) != 1 or ("texts" in table) != (ways == ["measure"]):
        raise _Wrong(
            Reason(
                "give one of 'sentences', 'measure' with 'texts', or 'unmeasured'; there is: {ways}.",
                ways=", ".join(ways) or "none",
            )
        )
    if "within" in table and "reported" not in table:
        raise _Wrong(Reason("'within' says how far the value may be from 'reported', which is not there."))


def _check_keys(table: Any, required: dict[str, type], more: dict[str, type]) -> None:
    """Check that a table has what it must, nothing that nobody reads, and everything of its type."""
    if not isinstance(table, dict):
        raise _Wrong(Reason("it is no table."))
    if missing := [key for key in required if key not in table]:
        raise _Wrong(Reason("'{key}' is missing.", key=missing[0]))
    allowed = required | more
    if unknown := [key for key in table if key not in allowed]:
        raise _Wrong(Reason("'{key}' is not known; known are {known}.", key=unknown[0], known=", ".join(allowed)))
    for key, value in table.items():
        if not _fits(value, allowed[key]):
            raise _Wrong(Reason("'{key}' is {value}, which it cannot be.", key=key, value=repr(value)))


def _fits(value: Any, kind: type) -> bool:
    if isinstance(value, bool):
        return False
    if kind is float:
        return isinstance(value, (int, float)) and math.isfinite(value) and 0 <= value <= 1
    return isinstance(value, kind) and (kind is not int or value > 0)


def _check_one_of(key: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise _Wrong(
            Reason("'{key}' is '{value}'; it may be {allowed}.", key=key, value=value, allowed=", ".join(allowed))
        )
