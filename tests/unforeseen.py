"""Find what a page says, in any language, where something went wrong that should not have."""

from collections.abc import Iterable

from pages.ui.guard import UNFORESEEN
from viz.text import catalogue, languages

_BEGINNINGS = tuple(catalogue(code).gettext(UNFORESEEN).partition("{number}")[0] for code in languages())


def unforeseen(said: Iterable[str]) -> list[str]:
    """Give those of the messages that name no cause but a number in the log."""
    return [one for one in said if one.startswith(_BEGINNINGS)]
