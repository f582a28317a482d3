"""Say every word on screen in the reader's language (gettext).

``_("…")`` and ``ngettext`` look up the language at the moment of the call, from the source that the app sets once;
without one (tests, command line) they speak English. A new language is only a folder in ``assets/locale``.
"""

import gettext as _gettext
from collections.abc import Callable
from functools import cache
from pathlib import Path

from viz.errors import VizError

DOMAIN = "headlight"
LOCALE_FOLDER = Path(__file__).resolve().parent.parent / "assets" / "locale"

_language_source: Callable[[], str] = lambda: "en"


def read_language_from(source: Callable[[], str]) -> None:
    """Set where the current reader's language code comes from; it is asked at every look-up."""
    global _language_source
    _language_source = source


def languages() -> list[str]:
    """List the languages there are catalogues for, English first."""
    found = {path.parent.parent.name for path in LOCALE_FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")}
    return ["en", *sorted(found - {"en"})]


def nearest_language(wanted: str | None) -> str:
    """Choose a language there is a catalogue for: ``zh-CN`` gives ``zh``, an unknown one English."""
    code = (wanted or "").lower().replace("_", "-").split("-")[0]
    return code if code in languages() else "en"


@cache
def catalogue(language: str, folder: Path = LOCALE_FOLDER) -> _gettext.NullTranslations:
    """Open the catalogue of a language; a language without one speaks English."""
    return _gettext.translation(DOMAIN, folder, languages=[language], fallback=True)


def _(message: str) -> str:
    """Translate a message."""
    return catalogue(_language_source()).gettext(message)


def translated(message: str) -> str:
    """Translate a message that stands elsewhere, marked there with ``N_``."""
    return catalogue(_language_source()).gettext(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """Translate a message whose form depends on a number."""
    return catalogue(_language_source()).ngettext(singular, plural, n)


def sentence(error: VizError) -> str:
    """Say an error in the reader's language."""
    return _(error.template).format(**error.values)
