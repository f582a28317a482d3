"""Write gettext catalogues for tests, and make the template of them all, as ``make messages`` does, with Babel."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from babel.messages.catalog import Catalog
from babel.messages.frontend import CommandLineInterface
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tests.conftest import REPOSITORY
from viz.text import DOMAIN


def pybabel(*arguments: str | Path) -> None:
    """Run a command of Babel's in this process."""
    CommandLineInterface().run(["pybabel", "--quiet", *map(str, arguments)])


@cache
def template() -> Catalog:
    """Extract every message of the app."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{DOMAIN}.pot"
        pybabel("extract", "-F", REPOSITORY / "pyproject.toml", "-o", file, REPOSITORY)
        return read(file)


def read(file: Path) -> Catalog:
    """Read a template or the text of a catalogue."""
    with file.open("rb") as stream:
        return read_po(stream)


def write(folder: Path, language: str, messages: Mapping[str | tuple[str, str], str | Sequence[str]]) -> None:
    """Compile ``folder/<language>/LC_MESSAGES/headlight.mo``.

    A message with forms is keyed by (singular, plural) and has a translation a form, in the order of the language's
    rule.
    """
    catalogue = Catalog(language)
    for message, translation in messages.items():
        catalogue.add(message, translation)
    path = folder / language / "LC_MESSAGES" / f"{DOMAIN}.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalogue)
