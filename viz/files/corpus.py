"""Read a corpus: a text file of one sentence a line, or the sentences that come with Headlight."""

from functools import cache

from viz import settings
from viz.analysis.corpus.lines import read_lines
from viz.errors import CannotRead, CorpusTooLarge, OwnFileUnreadable, Reason
from viz.shipped import MODELS_FOLDER

SAMPLE = MODELS_FOLDER.parent / "corpus" / "sample_en.txt"


def lines_of(name: str, data: bytes) -> tuple[str, ...]:
    """Give the lines of a file. Raises ``CorpusTooLarge``, ``CannotRead`` or ``NoLines``."""
    limit = settings.current().max_corpus_mb
    if len(data) > limit * settings.MB:
        raise CorpusTooLarge(name=name, megabytes=len(data) / settings.MB, limit=limit)
    try:
        return read_lines(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise CannotRead(name=name, reason=Reason("it is no text in UTF-8.")) from error


@cache
def sample() -> tuple[str, ...]:
    """Give the sentences that come with Headlight. Raises ``OwnFileUnreadable``."""
    try:
        return read_lines(SAMPLE.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OwnFileUnreadable(name=SAMPLE.relative_to(MODELS_FOLDER.parents[1]).as_posix()) from error
