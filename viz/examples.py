"""Read the ready examples: one folder a subject, one text file each, whose first line says what it is for."""

from functools import cache

from viz.shipped import MODELS_FOLDER

FOLDER = MODELS_FOLDER.parent / "examples"


@cache
def example(subject: str, name: str) -> str:
    """Give an example's lines, without the comment that begins with #."""
    lines = (FOLDER / subject / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))
