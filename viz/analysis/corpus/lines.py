"""Part a corpus into its lines, and say which of them were left out and why; none goes silently."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from viz.errors import NoLines
from viz.names import position_number
from viz.text import _, ngettext, number

EMPTY, TOO_LONG, TOO_LARGE, HAS_MASK = "empty", "too long", "too large", "mask"  # why a line was left out
NAMED = 5  # lines that a sentence names; the table has all
COLUMNS = ("line", "reason", "n", "limit")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Name a line that was not run; ``n`` of its tokens, or characters, are more than ``limit``."""

    line: int  # 0-based
    reason: str
    n: int = 0
    limit: int = 0


def read_lines(text: str) -> tuple[str, ...]:
    """Part a text into lines, as typed, empty ones too, so that each keeps its number; raises ``NoLines``.

    Empty lines at the end of the text are no lines.
    """
    lines = tuple(re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff").rstrip("\r\n")))
    if not any(line.strip() for line in lines):
        raise NoLines(n_lines=len(lines))
    return lines


def left_out_said(left_out: Sequence[LeftOut]) -> str:
    """Say how many lines were left out, and of the first few which and why; nothing where none was."""
    if not left_out:
        return ""
    n_empty = sum(of.reason == EMPTY for of in left_out)
    others = [of for of in left_out if of.reason != EMPTY]
    parts = [ngettext("{n} is empty", "{n} are empty", n_empty).format(n=n_empty)] if n_empty else []
    parts += [_reason_said(of) for of in others[:NAMED]]
    if rest := len(others) - NAMED:
        parts += [_("and {n} more").format(n=rest)] if rest > 0 else []
    whole = ngettext("{n} line was left out: {reasons}.", "{n} lines were left out: {reasons}.", len(left_out))
    return whole.format(n=number(len(left_out)), reasons="; ".join(parts))


def _reason_said(of: LeftOut) -> str:
    said = {
        TOO_LONG: _("line {line} has {n} tokens, at most {limit} are read"),
        TOO_LARGE: _("line {line} has {n} characters, at most {limit} are read"),
        HAS_MASK: _("line {line} has a [MASK], which this model does not know"),
    }[of.reason]
    return said.format(line=position_number(of.line), n=number(of.n), limit=number(of.limit))


def left_out_table(left_out: Sequence[LeftOut]) -> dict[str, list]:
    """List the lines that were left out as columns; lines count from 1."""
    rows = [(position_number(of.line), of.reason, of.n, of.limit) for of in left_out]
    return {name: [row[at] for row in rows] for at, name in enumerate(COLUMNS)}
