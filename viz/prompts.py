"""Read a list of prompts: one a line, empty lines dropped and counted."""

import re

from viz import settings
from viz.errors import NoPrompts, TooManyPrompts

EXAMPLE = "It will rain in the"


def read_prompts(text: str, *, limit: int | None = None) -> tuple[list[str], int]:
    """Give the prompts of a text, each as typed, and how many empty lines were dropped.

    Blanks at a line's end stay: to a byte-level model they are part of the prompt. Empty lines at the end of the text
    are no lines. Without a ``limit`` as many are taken as the server is set to run in one batch.
    Raises ``NoPrompts`` or ``TooManyPrompts``.
    """
    lines = re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff").rstrip("\r\n"))
    limit = settings.current().max_prompts if limit is None else limit
    prompts = [line for line in lines if line.strip()]
    if not prompts:
        raise NoPrompts(example=EXAMPLE)
    if len(prompts) > limit:
        raise TooManyPrompts(n_prompts=len(prompts), limit=limit, over=len(prompts) - limit)
    return prompts, len(lines) - len(prompts)
