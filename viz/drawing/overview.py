"""Shrink maps to tiles of one canvas: all heads of a text (layers down, heads across), or one head of every prompt."""

import hashlib
import json
import struct
from collections.abc import Callable
from weakref import WeakKeyDictionary

import numpy as np

from viz import theme
from viz.analysis.masks.cells import CAUSAL, HIDDEN, NOTHING, PADDING, VISIBLE, WINDOW, cell_states, row_states
from viz.drawing import scale
from viz.names import head_title, map_title, position_number
from viz.records import Maps, Run
from viz.text import _, number
from viz.view import View

MAX_SIDE = 42  # px of a head: as large as one of twelve is on half a screen
MAX_PROMPT_SIDE = 96  # px of a prompt: one of four has room for more
PROMPTS_ACROSS = 4
_WIDEST = 720  # px of a board of heads
_JOINED_PX = 120  # how wide one map of joined heads is shown, at most
_PROMPT_PX = 180  # how wide a prompt is shown, at most
_keys: WeakKeyDictionary[Run, dict[tuple, str]] = WeakKeyDictionary()
TOP_LEVEL = 250  # weights use the levels 0..250; a state without a weight is written as 250 + its number


def thumbnails(run: Run, row: int, kind: str = "self") -> np.ndarray:
    """Give every head of one kind as levels of √weight, uint8 ``[L, H, Q, K]``, neither of the last two above 42.

    A block of cells keeps its largest weight, so that a line one cell wide stays visible; the square root lifts small
    weights. Of contributions the levels go to the largest of all heads. A block without any visible cell keeps its
    state.
    """
    maps, top = run.maps[kind], scale.top_of_all(run, row, kind)
    shown = maps.attentions[row] if top == 1 else maps.attentions[row] / np.float32(top)
    return levels(shown, row_states(run, row, kind)[:, None], block(maps, MAX_SIDE))


def picture_key(run: Run, row: int, kind: str = "self") -> str:
    """Name the overview of a run's row: equal for equal pictures in the same language, else different.

    It is made from what is drawn, not from model and text: files of others name neither, and a head that is switched
    off moves the maps of the same text. Reading all weights takes 0.2 s at 512 tokens, so it is done once a run.
    """
    return _digest(run, _words(run, row, kind), (row,), lambda: row_states(run, row, kind), kind)


def payload(run: Run, row: int, key: str, kind: str = "self") -> bytes:
    """Pack thumbnails for the browser: length of a JSON header (u32), the header, the levels byte by byte.

    ``key`` names the picture: the browser does not draw the same one twice.
    """
    stack, maps = run.stack(kind), run.maps[kind]
    n_layers, n_heads, end = stack.n_layers, stack.n_heads, scale.top_of_all(run, row, kind)
    real_queries, real_keys = (real_pixels(real[row], maps, MAX_SIDE) for real in (maps.query_mask, maps.key_mask))
    header = {
        "key": key,
        "board": board_name(kind),
        "rows": n_layers,
        "columns": n_heads,
        "tile": 96,
        "widest": widest(run.view, n_heads, _WIDEST),
        "ends": [number(0), number(end, 0 if end == 1 else 2)],
        "titles": [map_title(run.view, layer, head, kind) for layer in range(n_layers) for head in range(n_heads)],
        "names": [],
        **margins(n_layers, n_heads, run.view.joins(kind)),
        "real": [real_keys] * (n_layers * n_heads),
        "real_queries": [real_queries] * (n_layers * n_heads),
        "words": _words(run, row, kind),
    }
    return pack(header, thumbnails(run, row, kind))


def widest(view: View, n_heads: int, usual: int) -> int:
    """Say how many px wide a board is shown at most: few joined heads would be as large as a page."""
    return min(usual, _JOINED_PX * n_heads) if view.combined else usual


def margins(n_layers: int, n_heads: int, how: str) -> dict[str, list[str] | bool]:
    """Number the heads above the board and the layers beside it; what is joined, ``how``, has no number."""
    heads = [str(position_number(head)) for head in range(n_heads)]
    layers = [_("layer") + " 1", *(str(position_number(layer)) for layer in range(1, n_layers))]
    return {
        "joined": bool(how),
        "across": heads if how in ("", "layers") else [_("rollout") if how == "rollout" else _("mean")],
        "down": [""] if how in ("layers", "all") else layers,
    }


def board_name(kind: str) -> str:
    """Name the board of a kind's heads, as the browser tells boards apart."""
    return "heads" if kind == "self" else f"heads {kind}"


def prompt_thumbnails(run: Run, layer: int, head: int) -> np.ndarray:
    """Give one head of every prompt as levels of √weight, uint8 ``[B, S, S]``, S at most 96, as in `thumbnails`."""
    return levels(run.attentions[:, layer, head], cell_states(run, layer), block(run.maps["self"], MAX_PROMPT_SIDE))


def prompt_tiles_key(run: Run, layer: int, head: int) -> str:
    """Name the tiles of a run's prompts, as `picture_key` names an overview; it reads this head only."""
    words, states = _prompt_words(run, layer, head), lambda: cell_states(run, layer)
    return _digest(run, words, (slice(None), layer, head), states)


def prompt_tiles(run: Run, layer: int, head: int, key: str) -> bytes:
    """Pack one head of every prompt as `payload` does: four tiles across, the last line may be shorter."""
    n_prompts = len(run.batch.texts)
    columns = min(n_prompts, PROMPTS_ACROSS)
    names = [_("prompt {number}").format(number=position_number(row)) for row in range(n_prompts)]
    header = {
        "key": key,
        "board": "prompts",
        "rows": -(-n_prompts // columns),
        "columns": columns,
        "tile": 192,
        "widest": columns * _PROMPT_PX,
        "titles": names,
        "names": names,
        "across": [],
        "down": [],
        "real": [real_pixels(real, run.maps["self"], MAX_PROMPT_SIDE) for real in run.batch.attention_mask],
        "words": _prompt_words(run, layer, head),
    }
    return pack(header, prompt_thumbnails(run, layer, head))


def pack(header: dict, pixels: np.ndarray, stops: tuple[str, ...] = theme.WEIGHT_STOPS) -> bytes:
    """Add what every board has, and lay header and levels behind each other; ``stops`` are the colours of its scale."""
    header |= {
        "side": pixels.shape[-1],
        "high": pixels.shape[-2],
        "top": TOP_LEVEL,
        "colours": theme.lookup_table(stops).ravel().tolist(),
        "states": {
            CAUSAL: theme.rgba(theme.CAUSAL),
            PADDING: theme.rgba(theme.PADDING),
            HIDDEN: theme.rgba(theme.HIDDEN),
            WINDOW: theme.rgba(theme.CAUSAL),
            NOTHING: theme.rgba(theme.NOTHING),
        },
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<I", len(text)) + text + pixels.tobytes()


def _digest(run: Run, words: dict[str, str], at: tuple, states: Callable[[], np.ndarray], kind: str = "self") -> str:
    """Name a board from its words and from the weights and states of a kind's ``attentions[at]``."""
    spoken = "\0".join((kind, repr(run.view), *words.values()))
    known = _keys.setdefault(run, {})
    place = (spoken, *(str(index) for index in at))
    if place not in known:
        digest = hashlib.sha256(spoken.encode())
        digest.update(str(run.maps[kind].attentions[at].shape).encode())  # 2 x 3 cells are not 3 x 2
        digest.update(np.ascontiguousarray(run.maps[kind].attentions[at]).data)
        digest.update(states().data)  # their rows and columns say what is padding
        known[place] = digest.hexdigest()[:16]
    return known[place]


def _words(run: Run, row: int, kind: str) -> dict[str, str]:
    """Say what the browser writes around the heads of a kind."""
    stack = run.stack(kind)
    label = _("All heads: {n_layers} layers down, {n_heads} heads across. Arrow keys choose a head.")
    return {
        "layer": _("layer"),
        "name": _("head"),
        "note": note(run, row, kind),
        "label": label.format(n_layers=stack.n_layers, n_heads=stack.n_heads),
        "stamp": _stamp(run),
    }


def note(run: Run, row: int, kind: str) -> str:
    """Say what the colours of all heads are."""
    if not run.view.contribution:
        return _("colour: square root of attention; a click opens the head")
    message = _(
        "colour: square root of contribution, up to {largest}, the largest of all heads; a click opens the head"
    )
    return message.format(largest=number(scale.top_of_all(run, row, kind), 2))


def _prompt_words(run: Run, layer: int, head: int) -> dict[str, str]:
    """Say what the browser writes around the prompts."""
    label = _("{head}, one map for each of {n_prompts} prompts. Arrow keys choose a prompt.")
    return {
        "prompt": _("prompt {number}"),
        "name": "",
        "note": _("colour: square root of attention; hatched: padding; a click chooses the prompt"),
        "label": label.format(head=head_title(layer, head), n_prompts=len(run.batch.texts)),
        "stamp": _stamp(run),
    }


def _stamp(run: Run) -> str:
    return _("random weights") if run.model.weights == "random" else ""


def levels(weights: np.ndarray, states: np.ndarray, block: int) -> np.ndarray:
    """Give maps ``[..., T, T]`` as levels of √weight, or the number of a state where a block shows no weight."""
    visible = states == VISIBLE
    pooled = _pool(weights if visible.all() else np.where(visible, weights, np.float32(0)), block)
    levels = np.sqrt(np.clip(pooled, 0, 1, out=pooled), out=pooled)
    levels *= TOP_LEVEL
    pooled_states = np.where(_pool(visible, block), VISIBLE, _pool(np.where(visible, 0, states), block))
    return np.where(pooled_states == VISIBLE, np.rint(levels, out=levels), TOP_LEVEL + pooled_states).astype(np.uint8)


def block(maps: Maps, max_side: int = MAX_SIDE) -> int:
    """Count the tokens that share a pixel, the same number of queries and of keys."""
    return -(-max(maps.allowed.shape[-2:]) // max_side)


def real_pixels(real: np.ndarray, maps: Maps, max_side: int = MAX_SIDE) -> str:
    """Say which lines of a tile hold a real token, of bool ``[T]``: ``"0111"``; others are hatched, weight or not."""
    pooled = np.maximum.reduceat(real, np.arange(0, len(real), block(maps, max_side)))
    return bits(pooled)


def bits(real: np.ndarray) -> str:
    """Write bool ``[T]`` for the browser: ``"0111"``."""
    return "".join("01"[is_real] for is_real in real.astype(int))


def _pool(maps: np.ndarray, block: int) -> np.ndarray:
    """Keep the maximum of each block x block square of the last two axes."""
    if block == 1:
        return maps.copy()
    downs, acrosses = (np.arange(0, n, block) for n in maps.shape[-2:])
    # Whole rows first: the longest loops then run over numbers that lie side by side.
    return np.maximum.reduceat(np.maximum.reduceat(maps, downs, axis=-2), acrosses, axis=-1)
