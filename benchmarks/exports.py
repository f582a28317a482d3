"""All heads as files: seconds, memory above the run and bytes of poster, page and ZIP; the page opened; BertViz beside.

Of 144 heads. "real" are the maps of headlight-bert, of two texts one after the other; "random" are softmaxes of normal
numbers, which nothing packs well. BertViz (``pip install -r requirements-bench.txt``) makes its model view of the same
maps in the same run; opening that asks for libraries of the network, so only making it is timed.
"""

import gc
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from benchmarks import paired
from tests import hand_made
from tests.browser.conftest import FLAGS, chromium_path
from viz.drawing import diagrams, poster
from viz.files import page_html
from viz.records import Run

N_LAYERS, N_HEADS = 12, 12
LENGTHS = (16, 64, 128, 512)
ROUNDS, OPENED = 3, 5
BERTVIZ_LENGTH = 128  # at most: at 512 tokens its page has 1.7 GB
_WORDS = "the turtle moves slow across the road and the old man who lives near the river watches it with a smile "


def main(lengths: tuple[int, ...] = LENGTHS) -> None:
    """Measure every length, random maps and, as far as the shipped model reads, real ones."""
    if find_spec("bertviz") is None:
        print("BertViz is not installed and not measured: pip install -r requirements-bench.txt", flush=True)
    for n_tokens in lengths:
        for name, run in _runs(n_tokens):
            print(f"\n{name} maps, T = {n_tokens}", flush=True)
            _measure("poster", partial(poster.poster, run, 0), n_tokens)
            page = _measure("page", partial(page_html.page, run), n_tokens)
            _measure("ZIP", partial(diagrams.zip_all, run, 0), n_tokens)
            _open(page, n_tokens)
            if n_tokens <= BERTVIZ_LENGTH and find_spec("bertviz") is not None:
                _measure("BertViz's model view", partial(_bertviz, run), n_tokens, target="")


def _runs(n_tokens: int) -> list[tuple[str, Run]]:
    scores = np.random.default_rng(0).standard_normal((1, N_LAYERS, N_HEADS, n_tokens, n_tokens), dtype=np.float32)
    random = np.exp(scores)
    random /= random.sum(axis=-1, keepdims=True)
    found = [("random", _run(random))]
    real = _real_maps(n_tokens)
    return found if real is None else [*found, ("real", _run(real))]


def _run(maps: np.ndarray) -> Run:
    model = hand_made.model_info(N_LAYERS, N_HEADS)
    return hand_made.run([[1] * maps.shape[-1]], model=model, attentions=maps)


def _real_maps(n_tokens: int) -> np.ndarray | None:
    """Give the maps of two texts of that many tokens, six layers each; None where the model reads no more."""
    from viz.engine.batching import encode
    from viz.engine.forward import run
    from viz.engine.models import load_model

    model = load_model("headlight-bert")
    if n_tokens > model.info.max_positions:
        return None
    texts = [" ".join((_WORDS * 40).split()[first:][:n_tokens]) for first in (0, 7)]
    halves = [run(model, encode(model, [text], truncate=True)).attentions for text in texts]
    return np.concatenate([half[..., :n_tokens, :n_tokens] for half in halves], axis=1)


def _measure(name: str, make: Callable[[], bytes], n_tokens: int, target: str = "at most 5 s") -> bytes:
    """Time making a file, and say its bytes and the memory it took at most above what was there."""
    taken, made = [], b""
    above = 0.0
    for _round in range(ROUNDS if n_tokens <= 128 and target else 1):
        gc.collect()
        _forget_peak()
        before, started = _status("VmRSS"), time.perf_counter()
        made = make()
        taken.append(time.perf_counter() - started)
        above = max(above, _status("VmHWM") - before)
    goal = target if n_tokens == 128 else ""
    paired.report(f"{name}: {len(made) / 1e6:.2f} MB, {above:.0f} MB above the run", taken, "s", goal)
    return made


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak is counted anew


def _status(field: str) -> float:
    """Read a line of what Linux says of this process, in MB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1e3


def _open(page: bytes, n_tokens: int) -> None:
    """Time opening the page until all heads and the first one are drawn."""
    taken = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        (file := Path(folder) / "run.html").write_bytes(page)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for _round in range(OPENED):
            tab = browser.new_page(viewport={"width": 1400, "height": 1000})
            started = time.perf_counter()
            tab.goto(file.as_uri())
            tab.locator(".stage canvas[data-drawn]").wait_for()
            tab.locator(".map[data-drawn]").wait_for()
            taken.append(time.perf_counter() - started)
            tab.close()
        browser.close()
    paired.report("page opened until drawn", taken, "s", "at most 1 s" if n_tokens == 128 else "")


def _bertviz(run: Run) -> bytes:
    import torch
    from bertviz import model_view  # pyright: ignore[reportMissingImports]

    maps = [torch.from_numpy(layer[None].copy()) for layer in run.attentions[0]]
    return model_view(maps, list(run.batch.tokens[0]), html_action="return").data.encode()


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or LENGTHS)
