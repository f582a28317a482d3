"""Hold the colours that every picture shares.

Weights use one sequential map, light to dark blue, readable with any colour blindness because its lightness falls
steadily. The states without a number (padding, later, hidden, nothing) use colours outside that map.
"""

import numpy as np

# Lightness falls evenly from stop to stop, so equal steps of weight look like equal steps of colour.
WEIGHT_STOPS = ("#ffffff", "#d6e6f4", "#abd0e6", "#6aaed6", "#3787c0", "#105ba4", "#08306b")
# Blue = more than before, orange = less than before; both ends differ in hue and are safe for the colour-blind.
CHANGE_STOPS = ("#b35806", "#e08214", "#fdb863", "#ffffff", "#92c5de", "#4393c3", "#2166ac")

PADDING = "#bdbdbd"
PADDING_HATCH = "#8f8f8f"
HIDDEN = "#f6d0a8"
HIDDEN_CROSS = "#b35806"
CAUSAL = "#ebe5d9"  # warm and flat: white would look like 0.00; also what a layer's window leaves out
NOTHING = "#e2d9ee"  # the row of a query that may look at nothing
NOTHING_STROKE = "#8b74b0"
CLEAR = "rgba(0,0,0,0)"

ACCENT = "#c2410c"
BAR_BEFORE = "#9aa7b4"
BAR = "#105ba4"


def rgba(colour: str) -> list[int]:
    """Give a ``#rrggbb`` colour as four bytes, opaque."""
    return [*bytes.fromhex(colour.removeprefix("#")), 255]


def colorscale(stops: tuple[str, ...]) -> list[list]:
    """Spread colour stops evenly over 0..1, in the form Plotly reads."""
    return [[i / (len(stops) - 1), stop] for i, stop in enumerate(stops)]


def lookup_table(stops: tuple[str, ...]) -> np.ndarray:
    """Give the colour of each of 256 even steps between the stops: uint8 ``[256, 3]`` RGB."""
    rgb = np.array([rgba(stop)[:3] for stop in stops], dtype=float)
    at = np.linspace(0, len(stops) - 1, 256)
    return np.stack([np.interp(at, range(len(stops)), rgb[:, c]) for c in range(3)], axis=1).round().astype(np.uint8)


def hex_colour(rgb: np.ndarray) -> str:
    """Write three bytes as ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*rgb.tolist())


def ink_on(rgb: np.ndarray) -> str:
    """Give the ink, black or white, whose contrast with a colour is higher."""
    light = float(((rgb / 255) ** 2.2) @ (0.2126, 0.7152, 0.0722))
    return "#000000" if (light + 0.05) / 0.05 > 1.05 / (light + 0.05) else "#ffffff"
