"""Write a run as one HTML file that works offline: all heads, one of them large, every number under the pointer.

The file asks nobody for anything, and says how precise its numbers are. Token text is data: it stands in JSON that
cannot end its element, and the browser sets it as text.
"""

import base64
import hashlib
import html
import json
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from viz import theme
from viz.analysis.masks.cells import CAUSAL, HIDDEN, NOTHING, PADDING, VISIBLE, WINDOW, row_states
from viz.analysis.masks.state_words import state_words
from viz.drawing import caption, overview
from viz.drawing.lines import LEAST, MOST_TOKENS
from viz.drawing.map_sheet import MOST_NUMBERS, USUAL_NUMBERS
from viz.names import kind_names, map_title
from viz.records import Run
from viz.text import _, language, number

# How many steps there are from 0 to 1, and how many bytes and decimals they take: the finest that fits is written.
UNITS = {1_000_000: (3, 6), 10_000: (2, 4), 5_000: (2, 4), 2_000: (2, 4), 1_000: (2, 3), 500: (2, 3), 200: (1, 3)}
# 144 heads of 128 tokens are 2.4 million weights, of 512 tokens 38 million.
SMALL_WEIGHTS, SMALL_BYTES, MOST_BYTES = 2_400_000, 3_000_000, 20_000_000
_FRAME_BYTES = 100_000  # what the page takes besides its maps, about
_N_SAMPLED = 12  # heads that are packed to see what all of them will take
_HERE = Path(__file__).resolve().parent

Hear = Callable[[float], object]


def _to_nobody(_share: float) -> None:
    """Take a share that nobody wants to know."""


def page(
    run: Run, *, row: int = 0, kind: str | None = None, place: tuple[int, int] = (0, 0), hear: Hear = _to_nobody
) -> bytes:
    """Write all texts and kinds of a run; ``row``, ``kind`` and ``place`` say which head is open at first.

    ``hear`` is told the share that is done.
    """
    kinds = list(run.maps)
    header = _header(run, row, kind or kinds[-1], place)
    for unit in _fitting_units(run):
        planes, digits = UNITS[unit]
        header |= {"unit": unit, "planes": planes, "digits": digits, "note": _note(run, unit, digits)}
        header["rows"] = _rows(run, unit, hear)
        written = _document(header)
        if len(written) <= _limit(run):
            break
    return written


def _document(header: dict) -> bytes:
    # In a script element only "<" can begin what ends it, or a comment that hides the end.
    data = json.dumps(header, separators=(",", ":")).replace("<", "\\u003c")
    js = (_HERE / "page.js").read_text(encoding="utf-8")
    parts = {
        "own": base64.b64encode(hashlib.sha256(f"\n{js}\n".encode()).digest()).decode(),
        "language": html.escape(language()),
        "title": html.escape(header["texts"][0][:120]),
        "noscript": html.escape(_("This page draws its maps with JavaScript, which is switched off here.")),
        "css": (_HERE / "page.css").read_text(encoding="utf-8"),
        "js": js,
        "run": data,
    }
    skeleton = (_HERE / "page.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], skeleton).encode()


def _header(run: Run, row: int, kind: str, place: tuple[int, int]) -> dict:
    names = kind_names()
    return {
        "texts": [caption.text_of(run, at) for at in range(len(run.batch.texts))],
        "kinds": [(of, names[of]) for of in run.maps],
        "open": {"row": row, "kind": kind, "layer": place[0], "head": place[1]},
        "colours": theme.lookup_table(theme.WEIGHT_STOPS).ravel().tolist(),
        "states": {
            CAUSAL: theme.rgba(theme.CAUSAL),
            PADDING: theme.rgba(theme.PADDING),
            HIDDEN: theme.rgba(theme.HIDDEN),
            WINDOW: theme.rgba(theme.CAUSAL),
            NOTHING: theme.rgba(theme.NOTHING),
        },
        "hatch": theme.PADDING_HATCH,
        "cross": theme.HIDDEN_CROSS,
        "strike": theme.NOTHING_STROKE,
        "top": overview.TOP_LEVEL,
        "point": number(0.5, 1)[1:2],
        "least_line": LEAST,
        "most_lines": MOST_TOKENS,
        "most_numbers": MOST_NUMBERS,
        "usual_numbers": USUAL_NUMBERS,
        "words": _words(),
    }


def _rows(run: Run, unit: int, hear: Hear) -> list[dict]:
    """Give the maps of every text, by kind."""
    n_rows, done, of_all = (
        len(run.batch.texts),
        0,
        sum(maps.attentions[0, :, :, 0, 0].size for maps in run.maps.values()),
    )
    rows = []
    for row in range(n_rows):
        rows.append({})
        for kind in run.maps:
            of = _frame(run, row, kind)
            states = row_states(run, row, kind)
            of["states"] = _packed(states.tobytes())
            of["weights"] = []
            for weights in _visible(run, row, kind, states):
                of["weights"].append(_packed(_steps(weights, unit)))
                done += 1
                hear(done / (n_rows * of_all))
            rows[-1][kind] = of
    return rows


def _frame(run: Run, row: int, kind: str) -> dict:
    """Say of a map what stands around its heads, and how they look small."""
    maps, stack = run.maps[kind], run.stack(kind)
    thumbs = overview.thumbnails(run, row, kind)
    return {
        "queries": maps.queries[row],
        "keys": maps.keys[row],
        "real": [overview.bits(mask[row]) for mask in (maps.query_mask, maps.key_mask)],
        "layers": stack.n_layers,
        "heads": stack.n_heads,
        "titles": [
            map_title(run.view, layer, head, kind) for layer in range(stack.n_layers) for head in range(stack.n_heads)
        ],
        **overview.margins(run.stack(kind).n_layers, run.stack(kind).n_heads, run.view.joins(kind)),
        "side": thumbs.shape[-1],
        "high": thumbs.shape[-2],
        "block": overview.block(maps),
        "thumb_real": [overview.real_pixels(mask[row], maps) for mask in (maps.query_mask, maps.key_mask)],
        "thumbs": _packed(thumbs.tobytes()),
    }


def _visible(run: Run, row: int, kind: str, states: np.ndarray) -> Iterator[np.ndarray]:
    """Give the weights of every head, 0 where the cell has a state of its own."""
    attentions = run.maps[kind].attentions[row]
    for layer in range(attentions.shape[0]):
        shown = states[layer if len(states) > 1 else 0] == VISIBLE
        for weights in attentions[layer]:
            yield np.where(shown, weights, np.float32(0))


def _steps(weights: np.ndarray, unit: int) -> bytes:
    """Write weights in steps of 1 / unit: the low bytes of all cells, then the next ones."""
    steps = np.rint(weights.astype(np.float64) * unit).astype("<u4")
    planes = UNITS[unit][0]
    steps = np.minimum(steps, 256**planes - 1)
    return np.ascontiguousarray(steps.view(np.uint8).reshape(-1, 4)[:, :planes].T).tobytes()


def _packed(data: bytes, level: int = 6) -> str:
    squeeze = zlib.compressobj(level, zlib.DEFLATED, -15, 9)
    return base64.b64encode(squeeze.compress(data) + squeeze.flush()).decode()


def _limit(run: Run) -> int:
    return SMALL_BYTES if _n_weights(run) <= SMALL_WEIGHTS else MOST_BYTES


def _n_weights(run: Run) -> int:
    return sum(maps.attentions.size for maps in run.maps.values())


def _fitting_units(run: Run) -> Iterator[int]:
    """Give the numbers of steps whose file will be small enough, judged by some of the heads; at last the coarsest."""
    sampled = [weights for kind in run.maps for weights in _sample(run, kind)]
    share = _n_weights(run) / sum(weights.size for weights in sampled)
    room = _limit(run) - _FRAME_BYTES
    for unit in UNITS:
        if share * sum(len(_packed(_steps(weights, unit))) for weights in sampled) <= room or unit == min(UNITS):
            yield unit


def _sample(run: Run, kind: str) -> list[np.ndarray]:
    maps = run.maps[kind].attentions
    heads = maps.reshape(-1, *maps.shape[-2:])
    return [heads[at] for at in np.unique(np.linspace(0, len(heads) - 1, _N_SAMPLED).astype(int))]


def _note(run: Run, unit: int, digits: int) -> str:
    kind = next(iter(run.maps))
    precision = _("numbers to {step}").format(step=number(1 / unit, digits))
    return caption.note(run, kind, _("attention; rows: query, columns: key"), precision)


def _words() -> dict[str, str | list[str]]:
    """Say what the browser writes."""
    return {
        "all": _("All heads"),
        "head": _("head"),
        "text": _("text"),
        "overview": _("All heads: {n_layers} layers down, {n_heads} heads across. Arrow keys choose a head."),
        "overview_hint": _("colour: square root of attention; a click opens the head"),
        "one_hint": _("colour: attention"),
        "own": _("Colours up to this map's largest weight (instead of 1)"),
        "map": _("Map"),
        "lines": _("Lines"),
        "numbers": _("Numbers in the cells"),
        "map_label": _("Map: rows are queries, columns are keys. Arrow keys walk from cell to cell."),
        "lines_label": _("Lines from queries to keys. Arrow keys walk from word to word."),
        "point": _("Point at a cell, or walk with the arrow keys."),
        "point_word": _("Point at a word, or walk with the arrow keys, to see its lines alone."),
        "no_link": _("no links"),
        "query": _("query (this token looks)"),
        "key": _("key (at this token)"),
        "on_padding": _("on padding"),
        "states": state_words(),
    }
