"""Read the ready examples: one folder a subject, one text file each, whose first line says what it is for."""

from functools import cache

from viz.errors import OwnFileUnreadable
from viz.shipped import MODELS_FOLDER

FOLDER = MODELS_FOLDER.parent / "examples"


@cache
def example(subject: str, name: str) -> str:
    """Give an example's lines, without the comment that begins with #. Raises ``OwnFileUnreadable``."""
    file = FOLDER / subject / f"{name}.txt"
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise OwnFileUnreadable(name=file.relative_to(FOLDER.parent.parent).as_posix()) from error
    return "\n".join(line for line in lines if not line.startswith("#"))
