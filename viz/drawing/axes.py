"""Label the axes of token maps: token text is data, never markup, and the same token twice gives two rows."""

from collections.abc import Sequence

from viz.names import position_number

MAX_TICKS = 36  # more than this overlap in half a page; hovering tells the rest
TICK_PX = 13  # height of a label with its share of air

# Plotly reads a few HTML tags in labels and Streamlit recolours literal colour codes; none may come from a token.
_ENTITIES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;", "%": "&#37;", "#": "&#35;", "{": "&#123;", "}": "&#125;"}
)
_CHARACTER_PX = 8
_WIDE_FROM = 0x1100  # from here on most scripts are as wide as they are high


def plain(text: str) -> str:
    """Write text so that Plotly shows exactly its characters."""
    return text.translate(_ENTITIES)


def categories(tokens: Sequence[str], positions: Sequence[int] | None = None) -> list[str]:
    """Give each token a name of its own: its number, then the token. Shown when the pointer is over a cell.

    Positions not given are the tokens' own; they count from 0, and their numbers from 1 as everywhere on the screen.
    """
    places = range(len(tokens)) if positions is None else positions
    return [f"{position_number(place)} {plain(token)}" for place, token in zip(places, tokens)]


def ticks(tokens: Sequence[str], names: Sequence[str]) -> dict:
    """Thin the tick labels to what can be read; gives the axis settings."""
    shown = _shown(len(tokens))
    return {
        "type": "category",
        "tickmode": "array",
        "tickvals": [names[i] for i in shown],
        "ticktext": [plain(tokens[i]) for i in shown],
        "ticks": "",
        "showgrid": False,
        "zeroline": False,
        "automargin": False,
    }


def ticks_px(n_tokens: int) -> int:
    """Give the height in px that the labels beside the rows need."""
    return TICK_PX * len(_shown(n_tokens))


def _shown(n_tokens: int) -> range:
    step = max(-(-n_tokens // MAX_TICKS), 1)
    return range(0, n_tokens, step)


def label_px(tokens: Sequence[str], limit: int = 150) -> int:
    """Estimate the room the longest label takes, in px; Plotly's own measuring is slow on many labels."""
    widths = (sum(2 if ord(c) >= _WIDE_FROM else 1 for c in token) for token in tokens)
    return min(limit, 12 + _CHARACTER_PX * max(widths, default=0))
