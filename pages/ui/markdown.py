"""Keep what people type from being read as Markdown, HTML, LaTeX or an emoji code."""

import string

_ESCAPES = str.maketrans({c: f"\\{c}" for c in string.punctuation})


def literal(text: str) -> str:
    """Escape a text so that a Markdown element shows its characters."""
    return text.translate(_ESCAPES)
