"""Read options that several commands share."""

import argparse
from collections.abc import Callable

_LINE_ENDS = str.maketrans({"\n": "⏎", "\r": "␍"})


def one_line(text: str) -> str:
    """Keep a text on one line of output, also where the next word is a line's end."""
    return text.translate(_LINE_ENDS)


def count(least: int, most: int, refusal: str) -> Callable[[str], int]:
    """Give a reader of whole numbers from ``least`` to ``most``; ``refusal`` ends the sentence about another one."""

    def read(typed: str) -> int:
        if not typed.isascii() or not typed.isdigit() or not least <= int(typed[:9]) <= most:
            raise argparse.ArgumentTypeError(f"'{typed}' {refusal}; give a number from {least} to {most:,}")
        return int(typed)

    return read
