"""A class at once over the app's own protocol: every visitor asks sentences of their own, in one moment and at leisure.

The bare model answers as many other sentences from one queue, as many threads as cores, in the same run: no page is
drawn for them, and no picture.
"""

import asyncio
import os
import random
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import paired
from benchmarks.sessions import Visitor
from tests.browser.server import started_app

CLASSES = (1, 10, 30, 100, 200)
ROUNDS, THINK_SECONDS, LEISURE_SECONDS = 3, 6.0, 30.0


def main() -> None:
    """Measure every size of class, and what a visitor who looks and does nothing takes."""
    with tempfile.TemporaryDirectory() as folder:
        for n_visitors in CLASSES:
            with started_app(Path(folder) / "log.txt") as (address, process):
                asyncio.run(_measure(address.replace("http", "ws") + "/_stcore/stream", n_visitors, process.pid))


async def _measure(address: str, n_visitors: int, pid: int) -> None:
    visitors = [Visitor(address) for _number in range(n_visitors)]
    await visitors[0].open()
    before = _resident(pid)
    for visitor in visitors[1:]:
        await visitor.open()
    if n_visitors > 1:
        print(f"{n_visitors} visitors: {(_resident(pid) - before) / (n_visitors - 1):.2f} MB each", flush=True)
    burst, at_once = [], []
    for _round in range(ROUNDS):
        started = time.perf_counter()
        burst += await asyncio.gather(*(visitor.ask(_sentence()) for visitor in visitors))
        at_once.append(n_visitors / (time.perf_counter() - started))
    bare, bare_rate = _bare(n_visitors)
    _say(f"{n_visitors} at once", burst, bare)
    print(f"{'':46} {paired.statistics.median(at_once):.1f} answers a second, bare {bare_rate:.1f}", flush=True)
    if n_visitors > 1:
        ends = time.perf_counter() + LEISURE_SECONDS
        _say(f"{n_visitors} at leisure", sum(await asyncio.gather(*(_think(v, ends) for v in visitors)), []), [])
    for visitor in visitors:
        await visitor.connection.close()


async def _think(visitor: Visitor, ends: float) -> list[float]:
    """Ask again and again, with pauses of 6 s on average."""
    taken = []
    await asyncio.sleep(random.random() * THINK_SECONDS)
    while time.perf_counter() < ends:
        taken.append(await visitor.ask(_sentence()))
        await asyncio.sleep(random.expovariate(1 / THINK_SECONDS))
    return taken


def _bare(n_visitors: int) -> tuple[list[float], float]:
    """Answer as many sentences without a page; gives the seconds each waited, and the answers a second."""
    from viz.engine.batching import encode
    from viz.engine.forward import run
    from viz.engine.models import load_model

    loaded = load_model("headlight-bert")
    run(loaded, encode(loaded, [_sentence()]))
    taken: list[float] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        started = time.perf_counter()

        def answer(sentence: str) -> None:
            run(loaded, encode(loaded, [sentence]))
            taken.append(time.perf_counter() - started)

        list(pool.map(answer, [_sentence() for _number in range(n_visitors)]))
    return taken, n_visitors / max(taken)


def _say(name: str, taken: list[float], bare: list[float]) -> None:
    taken, bare = sorted(taken), sorted(bare)
    goal = f"95 of 100 within {1.3 * bare[int(0.95 * len(bare))] + 0.3:.2f} s" if bare else ""
    paired.report(f"{name}: Run pressed until the page has come", taken, "s", goal)
    print(f"{'':46} 95 of 100 within {taken[int(0.95 * len(taken))]:.3f} s, {len(taken)} answers", flush=True)


def _sentence() -> str:
    """Make a sentence nobody asked before."""
    return f"The [MASK] is {uuid.uuid4().hex[:8]} and red."


def _resident(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1e3


if __name__ == "__main__":
    main()
