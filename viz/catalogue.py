"""Open a language's catalogue and take nothing broken from it: English stays in its place, and the log says where."""

import gettext
import logging
import string
import struct
from pathlib import Path

log = logging.getLogger("headlight")

# What a file that is no catalogue, half a one, or one without a rule for plurals raises while it is read.
_UNREADABLE = (OSError, ValueError, LookupError, EOFError, struct.error, RecursionError, MemoryError)

Fields = list[tuple[str, str, str]]  # name, how it is written, conversion


class Catalogue:
    """Translate messages; one whose placeholders are not those of the English stays English, said once."""

    def __init__(self, translations: gettext.NullTranslations, name: str):
        self._translations, self._name = translations, name
        self._judged: dict[tuple[str, str], bool] = {}

    def gettext(self, message: str) -> str:
        """Translate a message; the empty one, by which a catalogue keeps what it says of itself, stays empty."""
        return self._fitting(message, self._translations.gettext(message)) if message else ""

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """Translate a message whose form depends on a number."""
        return self._fitting(singular if n == 1 else plural, self._translations.ngettext(singular, plural, n))

    def _fitting(self, english: str, said: str) -> str:
        if said == english:
            return english
        if (fits := self._judged.get((english, said))) is None:
            fits = self._judged[english, said] = _fields(said) == _fields(english)
            if not fits:
                log.warning("%s: other placeholders than in %r are in %r; English stays", self._name, english, said)
        return said if fits else english


def opened(domain: str, folder: Path, language: str) -> Catalogue:
    """Open the catalogue of a language; without one that can be read, English is spoken."""
    try:
        translations = gettext.translation(domain, folder, languages=[language], fallback=True)
    except _UNREADABLE as error:
        log.warning("%s: no catalogue that can be read (%s); English stays", language, type(error).__name__)
        translations = gettext.NullTranslations()
    return Catalogue(translations, language)


def _fields(form: str) -> Fields | None:
    """List the placeholders of a message in any order; None where a brace stands alone."""
    try:
        return sorted(
            (field, spec or "", conversion or "")
            for _text, field, spec, conversion in string.Formatter().parse(form)
            if field is not None
        )
    except ValueError:
        return None
