"""Write a number as a language does: its decimal mark, its groups of digits, its place for the percent sign.

Python rounds and Babel writes, so a number has the same digits in every language. English is as Python writes it, and
does not import Babel.
"""

import copy
import re
from decimal import Decimal, localcontext
from functools import cache, lru_cache

_DECIMAL = re.compile(r"([+-]?)[0-9][0-9,]*(?:\.([0-9]+))?(%?)")


@lru_cache(4096)  # a map's numbers to two decimals are a hundred, written at every opening
def localised(digits: str, language: str) -> str:
    """Write what Python formatted as a language does: ``1,234.5`` is ``1 234,5`` in Russian.

    What is no decimal number (``3e-09``, ``nan``, ``inf``) stays as it is; so does everything in a language that Babel
    does not know.
    """
    if language == "en" or not (parts := _DECIMAL.fullmatch(digits)):
        return digits
    sign, decimals, percent = parts.groups(default="")
    pattern, locale = _pattern(language, len(decimals), sign == "+", bool(percent))
    if pattern is None:
        return digits
    value = Decimal(digits.rstrip("%").replace(",", ""))
    with localcontext(prec=len(digits) + 1):  # 28 digits unless it is told: what a mask adds has 39 before the mark
        return pattern.apply(value, locale, group_separator="," in digits)


@cache
def marks(language: str) -> str:
    """Give a language's decimal mark and what stands between groups of digits, two characters: ``.,`` in English."""
    if language == "en":
        return ".,"
    locale = _locale(language)
    if locale is None:
        return ".,"
    from babel.numbers import get_decimal_symbol, get_group_symbol

    return get_decimal_symbol(locale) + get_group_symbol(locale)


def _locale(language: str):
    """Give what Babel knows of a language; None where that is nothing."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language)
    except UnknownLocaleError:
        return None


@cache
def _pattern(language: str, n_decimals: int, with_plus: bool, percent: bool):
    """Make Babel's pattern of a language for so many decimals, and its locale; (None, None) for an unknown language."""
    locale = _locale(language)
    if locale is None:
        return None, None
    pattern = copy.copy((locale.percent_formats if percent else locale.decimal_formats)[None])
    pattern.frac_prec = (n_decimals, n_decimals)
    pattern.scale = 0  # a share that Python wrote as a percentage is multiplied by 100 already
    if with_plus:
        pattern.prefix = (f"+{pattern.prefix[0]}", pattern.prefix[1])
    return pattern, locale
