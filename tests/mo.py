"""Compile a gettext catalogue (.mo) by hand, so that a test needs no tool and no file of ours."""

import struct
from pathlib import Path

HEADER = "Content-Type: text/plain; charset=UTF-8\n"


def write_catalogue(
    folder: Path, language: str, messages: dict[str | tuple[str, str], str | list[str]], plural_forms: str = ""
) -> Path:
    """Write ``folder/<language>/LC_MESSAGES/headlight.mo``.

    A message with forms is keyed by (singular, plural) and has a list of translations, one a form; ``plural_forms``
    is the catalogue's rule for them.
    """
    header = HEADER + (f"Plural-Forms: {plural_forms}\n" if plural_forms else "")
    entries = {b"": header.encode()}
    for message, translated in messages.items():
        key = message if isinstance(message, str) else "\0".join(message)
        entries[key.encode()] = (translated if isinstance(translated, str) else "\0".join(translated)).encode()
    path = folder / language / "LC_MESSAGES" / "headlight.mo"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_compiled(entries))
    return path


def _compiled(entries: dict[bytes, bytes]) -> bytes:
    """Lay a catalogue out as GNU gettext does: seven numbers, a table of ids, a table of translations, the strings."""
    ids = sorted(entries)
    at = 7 * 4 + 2 * 8 * len(ids)
    tables, strings = [], b""
    for group in (ids, [entries[key] for key in ids]):
        for string in group:
            tables.append(struct.pack("<II", len(string), at + len(strings)))
            strings += string + b"\0"
    return struct.pack("<7I", 0x950412DE, 0, len(ids), 28, 28 + 8 * len(ids), 0, 0) + b"".join(tables) + strings
