"""Shrink all heads of a row to thumbnails, for one canvas that shows layers down and heads across."""

import hashlib
import json
import struct
from weakref import WeakKeyDictionary

import numpy as np

from viz import theme
from viz.masks import CAUSAL, HIDDEN, PADDING, VISIBLE, cell_states
from viz.names import head_title
from viz.records import Run
from viz.text import _

MAX_SIDE = 42  # px of a thumbnail: as large as one of twelve is on half a screen
_keys: WeakKeyDictionary[Run, dict[tuple[int, str], str]] = WeakKeyDictionary()
TOP_LEVEL = 250  # weights use the levels 0..250; a state without a weight is written as 250 + its number


def thumbnails(run: Run, row: int) -> np.ndarray:
    """Give every head as levels of √weight, uint8 ``[L, H, S, S]``, S at most 42.

    A block of cells keeps its largest weight, so that a line one cell wide stays visible; the square root lifts small
    weights. A block without any visible cell keeps its state.
    """
    states = cell_states(run)[row]
    visible = states == VISIBLE
    block = -(-run.batch.n_tokens // MAX_SIDE)
    weights = _pool(np.where(visible, run.attentions[row], np.float32(0)), block)
    levels = np.sqrt(np.clip(weights, 0, 1, out=weights), out=weights)
    levels *= TOP_LEVEL
    pooled_states = np.where(_pool(visible, block), VISIBLE, _pool(np.where(visible, 0, states), block))
    return np.where(pooled_states == VISIBLE, np.rint(levels, out=levels), TOP_LEVEL + pooled_states).astype(np.uint8)


def picture_key(run: Run, row: int) -> str:
    """Name the overview of a run's row: equal for equal pictures in the same language, else different.

    It is made from what is drawn, not from model and text: files of others name neither, and a head that is switched
    off moves the maps of the same text. Reading all weights takes 0.2 s at 512 tokens, so it is done once a run.
    """
    words = "\0".join(_words(run).values())
    known = _keys.setdefault(run, {})
    if (row, words) not in known:
        digest = hashlib.sha256(words.encode())
        digest.update(np.ascontiguousarray(run.attentions[row]))
        digest.update(cell_states(run)[row])
        known[row, words] = digest.hexdigest()[:16]
    return known[row, words]


def payload(run: Run, row: int, key: str) -> bytes:
    """Pack thumbnails for the browser: length of a JSON header (u32), the header, the levels byte by byte.

    ``key`` names the picture: the browser does not draw the same one twice.
    """
    pixels = thumbnails(run, row)
    n_layers, n_heads, side = pixels.shape[:3]
    header = {
        "key": key,
        "layers": n_layers,
        "heads": n_heads,
        "side": side,
        "top": TOP_LEVEL,
        "colours": theme.lookup_table(theme.WEIGHT_STOPS).ravel().tolist(),
        "titles": [[head_title(layer, head) for head in range(n_heads)] for layer in range(n_layers)],
        "states": {CAUSAL: theme.rgba(theme.CAUSAL), PADDING: theme.rgba(theme.PADDING), HIDDEN: theme.rgba(theme.HIDDEN)},
        "words": _words(run),
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<I", len(text)) + text + pixels.tobytes()


def _words(run: Run) -> dict[str, str]:
    """Say what the browser writes around the pictures."""
    label = _("All heads: {n_layers} layers down, {n_heads} heads across. Arrow keys choose a head.")
    return {
        "layer": _("layer"),
        "head": _("head"),
        "note": _("colour: square root of attention; a click opens the head"),
        "label": label.format(n_layers=run.model.n_layers, n_heads=run.model.n_heads),
        "stamp": _("random weights") if run.model.weights == "random" else "",
    }


def _pool(maps: np.ndarray, block: int) -> np.ndarray:
    """Keep the maximum of each block x block square of the last two axes."""
    if block == 1:
        return maps.copy()
    starts = np.arange(0, maps.shape[-1], block)
    return np.maximum.reduceat(np.maximum.reduceat(maps, starts, axis=-1), starts, axis=-2)
