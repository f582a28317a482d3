"""Keep what people type from being read as Markdown, HTML, LaTeX or an emoji code."""

import re
import string

_ESCAPES = str.maketrans({c: f"\\{c}" for c in string.punctuation})

# Addresses, Streamlit's own name and arrows are found after the escapes are gone, in a piece of text as it is shown.
# Something without a size, put into the middle, makes two pieces of it.
_NOTHING = ":small[]"
_MIDDLES = re.compile(r"(?<=http)(?=s?:)|(?<=www)(?=\.)|(?=@)|(?<=:streamlit)(?=:)|(?<=[<>~-])(?=[-=>])", re.I)


def literal(text: str) -> str:
    """Escape a text so that a Markdown element shows its characters."""
    return _NOTHING.join(piece.translate(_ESCAPES) for piece in _MIDDLES.split(text))
