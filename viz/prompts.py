"""Read a list of prompts: one a line, empty lines dropped and counted."""

import re

from viz.errors import NoPrompts, TooManyPrompts

MAX_PROMPTS = 16
EXAMPLE = "It will rain in the"


def read_prompts(text: str, *, limit: int = MAX_PROMPTS) -> tuple[list[str], int]:
    """Give the prompts of a text, each as typed, and how many empty lines were dropped.

    Blanks at a line's end stay: to a byte-level model they are part of the prompt. Empty lines at the end of the text
    are no lines. Raises ``NoPrompts`` or ``TooManyPrompts``.
    """
    lines = re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff").rstrip("\r\n"))
    prompts = [line for line in lines if line.strip()]
    if not prompts:
        raise NoPrompts(example=EXAMPLE)
    if len(prompts) > limit:
        raise TooManyPrompts(n_prompts=len(prompts), limit=limit)
    return prompts, len(lines) - len(prompts)
