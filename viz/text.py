"""Say every word and number on screen in the reader's language (gettext, Babel).

``_("…")`` and ``ngettext`` look up the language at the moment of the call, from the source that the app sets once;
without one (tests, command line) they speak English. Numbers that fill a message follow the same language, also
``number`` and ``percent``. A new language is only a folder in ``assets/locale``.
"""

from collections.abc import Callable
from functools import cache
from numbers import Real
from pathlib import Path

from viz.catalogue import Catalogue, opened
from viz.errors import Reason, VizError
from viz.number_format import localised

DOMAIN = "headlight"
LOCALE_FOLDER = Path(__file__).resolve().parent.parent / "assets" / "locale"

LARGEST = 1e16  # from here on a float has no digit behind the mark, and soon none before it

_reader: dict[str, Callable[[], str]] = {"language": lambda: "en"}


def read_language_from(source: Callable[[], str]) -> None:
    """Set where the current reader's language code comes from; it is asked at every look-up."""
    _reader["language"] = source


def language() -> str:
    """Give the code of the current reader's language."""
    return _reader["language"]()


def languages() -> list[str]:
    """List the languages there are catalogues for, English first."""
    return list(_languages_in(LOCALE_FOLDER))


@cache
def _languages_in(folder: Path) -> tuple[str, ...]:
    """Look once: a page asks some ten times, and the glossary for each of its terms."""
    found = {path.parent.parent.name for path in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")}
    return "en", *sorted(found - {"en"})


@cache
def language_name(code: str) -> str:
    """Give a language's name in itself: ``中文``, ``Русский``; one that nobody knows is called by its code."""
    from babel import Locale, UnknownLocaleError  # takes a tenth of a second, which one language need not spend

    try:
        name = Locale.parse(code).get_display_name() or code
    except UnknownLocaleError:
        return code
    return name[0].upper() + name[1:]


def nearest_language(wanted: str | None) -> str:
    """Choose a language there is a catalogue for: ``zh-CN`` gives ``zh``, an unknown one English."""
    code = (wanted or "").lower().replace("_", "-").split("-")[0]
    return code if code in languages() else "en"


@cache
def catalogue(language: str) -> Catalogue:
    """Open the catalogue of a language; a language without one speaks English."""
    return opened(DOMAIN, LOCALE_FOLDER, language)


class Message(str):
    """Hold a translated message, whose ``format`` writes numbers in the reader's language: ``{share:.1%}``."""

    __slots__ = ()

    def format(self, *args: object, **values: object) -> str:
        """Fill the named placeholders; format specs are Python's."""
        code = language()
        if code == "en":
            return super().format(*args, **values)
        return super().format(*args, **{name: _localisable(value, code) for name, value in values.items()})


class _Number:
    """Wrap a number, so that ``str.format`` writes it in a language."""

    __slots__ = ("language", "value")

    def __init__(self, value: Real, language: str):
        self.value = value
        self.language = language

    def __format__(self, spec: str) -> str:
        return localised(format(self.value, spec), self.language)


def _localisable(value: object, language: str) -> object:
    return _Number(value, language) if isinstance(value, Real) else value


def _(message: str) -> str:
    """Translate a message."""
    return Message(catalogue(language()).gettext(message))


def translated(message: str) -> str:
    """Translate a message that stands elsewhere, marked there with ``N_``."""
    return _(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """Translate a message whose form depends on a number."""
    return Message(catalogue(language()).ngettext(singular, plural, n))


def in_a_row(*sentences: str) -> str:
    """Write sentences behind each other, empty ones left out; Chinese puts no space between them."""
    return ("" if language() == "zh" else " ").join(filter(None, sentences))


def sentence(error: VizError | Reason) -> str:
    """Say an error, or the reason in it, in the reader's language."""
    return _(error.template).format(**{name: _said(value) for name, value in error.values.items()})


def _said(value: object) -> object:
    return sentence(value) if isinstance(value, VizError | Reason) else value


def number(value: float, digits: int = 0, *, signed: bool = False) -> str:
    """Write a number with so many decimals in the reader's language: ``1,234``, ``0.87``, with a sign ``+0.12``.

    One of more digits than a float knows is written as Python does: ``-3.4028e+38``, what a mask adds to a score.
    """
    kind = f",.{digits}f" if abs(value) < LARGEST else f".{digits}e"
    return localised(format(value, f"{'+' if signed else ''}{kind}"), language())


def percent(share: float, digits: int = 0) -> str:
    """Write a share, 0..1, as a percentage in the reader's language: ``12.3%``."""
    return localised(format(share, f".{digits}%"), language())
