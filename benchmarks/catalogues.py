"""How much later a page is there because it speaks three languages: with their catalogues against none at all."""

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks import paired
from benchmarks.process import cpu_seconds
from benchmarks.sessions import Visitor
from tests.browser.server import REPOSITORY, copy_without_languages, started_app

ROUNDS = 25
OPENINGS = 6  # one after another, each by a new visitor: a single one is too short to be read off the processor
PAGES = ("masked_word", "batch", "inside", "glossary")
LANGUAGES = ("en", "zh", "ru")
WITHOUT = "no catalogue"
TARGET = "at most 1.05"


class Server:
    """Hold a server that runs, and open pages on it over the app's own protocol."""

    def __init__(self, folder: Path, log: Path, stack: ExitStack):
        address, process = stack.enter_context(started_app(log, folder=folder))
        self.address, self.pid = address.replace("http", "ws") + "/_stcore/stream", process.pid
        self.taken: dict[str, list[float]] = {}

    def open(self, way: str, page: str, language: str) -> None:
        """Let visitors open a page; notes the processor time that the server took for each."""
        before = cpu_seconds(self.pid)
        asyncio.run(_visit(self.address, page, f"lang={language}"))
        self.taken.setdefault(way, []).append((cpu_seconds(self.pid) - before) / OPENINGS)


def main() -> None:
    """Open each page in turns: on a server that has no catalogue, and in each language on one that has them."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        bare = Server(copy_without_languages(Path(folder) / "bare"), Path(folder) / "bare.txt", stack)
        spoken = Server(REPOSITORY, Path(folder) / "spoken.txt", stack)
        for page in PAGES:
            _compare(page, bare, spoken)


def _compare(page: str, bare: Server, spoken: Server) -> None:
    bare.taken, spoken.taken = {}, {}
    ways: dict[str, Callable[[], object]] = {WITHOUT: partial(bare.open, WITHOUT, page, "en")}
    ways |= {language: partial(spoken.open, language, page, language) for language in LANGUAGES}
    print(f"\n{page}: {OPENINGS} openings a round", flush=True)
    waited = paired.compare(ways, ROUNDS)
    worked = {way: taken[1:] for way, taken in (bare.taken | spoken.taken).items()}  # the first round warms up
    for language in LANGUAGES:
        paired.ratio(f"{language} / {WITHOUT}, until the page is there", waited[language], waited[WITHOUT], TARGET)
        paired.ratio(f"{language} / {WITHOUT}, processor time", worked[language], worked[WITHOUT], TARGET)
    for way, seconds in worked.items():
        paired.report(f"{way}: processor time of an opening", seconds, "s")


async def _visit(address: str, page: str, query: str) -> None:
    for _opening in range(OPENINGS):
        visitor = Visitor(address, page, query)
        await visitor.open()
        await visitor.connection.close()


if __name__ == "__main__":
    main()
