"""A class at once over the app's own protocol: every visitor asks sentences of their own, in one moment and at leisure.

The bare model answers as many other sentences from one queue, as many threads as cores, in the same run: no page is
drawn for them, and no picture. ``python -m benchmarks.class_load 100 200`` measures classes of these sizes only.
"""

import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import paired, process
from benchmarks.sessions import Visitor
from tests.browser.server import started_app

CLASSES = (1, 10, 30, 100, 200)
ROUNDS, THINK_SECONDS, LEISURE_SECONDS = 3, 20.0, 60.0


@dataclass(frozen=True)
class Load:
    """Hold what a class met: seconds of every answer, answers a second, and who used the processor meanwhile."""

    seconds: list[float]
    rate: float
    server_seconds: float  # of processor time, an answer
    client_seconds: float  # the same, of this process
    others: float  # cores that neither the server nor this process used

    @property
    def p95(self) -> float:
        """Give the seconds within which 95 of 100 answers came."""
        return percentile(self.seconds, 0.95)


def main() -> None:
    """Measure every size of class, and what a visitor who looks and does nothing takes."""
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()] or list(CLASSES)
    for n_visitors in sizes:
        with served() as (stream, pid):
            asyncio.run(_measure(stream, n_visitors, pid))


@contextmanager
def served() -> Iterator[tuple[str, int]]:
    """Run the app; gives the address of its WebSocket and its process."""
    with (
        tempfile.TemporaryDirectory() as folder,
        started_app(Path(folder) / "log.txt", HEADLIGHT_LOG="0") as (address, server),
    ):
        yield address.replace("http", "ws") + "/_stcore/stream", server.pid


def percentile(values: list[float], share: float) -> float:
    """Give the value that this share of all values does not exceed."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def sentence() -> str:
    """Make a sentence nobody asked before."""
    return f"The [MASK] is {uuid.uuid4().hex[:8]} and red."


async def _measure(stream: str, n_visitors: int, pid: int) -> None:
    visitors = [Visitor(stream) for _number in range(n_visitors)]
    await visitors[0].open()
    await visitors[0].ask(sentence())
    before = process.megabytes(pid)
    for visitor in visitors[1:]:
        await visitor.open()
    if n_visitors > 1:
        each = (process.megabytes(pid) - before) / (n_visitors - 1)
        print(f"{n_visitors} visitors: {each:.2f} MB each (2 MB wanted)", flush=True)
    loads = [await burst(visitors, pid) for _round in range(ROUNDS)]
    waits, rate = bare(n_visitors)
    seconds = sum((load.seconds for load in loads), [])
    say(f"{n_visitors} at once", seconds, f"95 of 100 within {1.3 * percentile(waits, 0.95) + 0.3:.2f} s")
    share = statistics.median(load.rate for load in loads) / rate
    print(f"{'':46} {share * rate:.1f} answers a second, bare {rate:.1f}: {share:.2f} of it (0.8 wanted)", flush=True)
    _say_processor(loads)
    if n_visitors > 1:
        load = await leisure(visitors, pid, THINK_SECONDS, LEISURE_SECONDS)
        say(f"{n_visitors} at leisure", load.seconds)
        _say_processor([load])
    for visitor in visitors:
        await visitor.connection.close()


async def burst(visitors: list[Visitor], pid: int) -> Load:
    """Let everybody press Run in one moment."""
    return await _loaded(asyncio.gather(*(visitor.ask(sentence()) for visitor in visitors)), pid)


async def crowd(visitors: list[Visitor], pid: int, n_each: int) -> Load:
    """Let everybody ask so many times, without a pause."""

    async def visit(visitor: Visitor) -> list[float]:
        return [await visitor.ask(sentence()) for _number in range(n_each)]

    async def visits() -> list[float]:
        return sum(await asyncio.gather(*map(visit, visitors)), [])

    return await _loaded(visits(), pid)


async def leisure(visitors: list[Visitor], pid: int, think: float, lasts: float) -> Load:
    """Let everybody ask again and again, with pauses of ``think`` seconds on average."""

    async def visit(visitor: Visitor) -> list[float]:
        taken = []
        while time.perf_counter() + (pause := random.expovariate(1 / think)) < ends:
            await asyncio.sleep(pause)
            taken.append(await visitor.ask(sentence()))
        return taken

    async def visits() -> list[float]:
        return sum(await asyncio.gather(*map(visit, visitors)), [])

    ends = time.perf_counter() + lasts
    return await _loaded(visits(), pid)


async def _loaded(answers, pid: int) -> Load:
    """Wait for answers, and note who used the processor."""
    before = (time.perf_counter(), process.cpu_seconds(pid), time.process_time(), process.busy_seconds())
    seconds = list(await answers)
    after = (time.perf_counter(), process.cpu_seconds(pid), time.process_time(), process.busy_seconds())
    took, server, client, busy = (b - a for a, b in zip(before, after))
    n = max(len(seconds), 1)
    return Load(seconds, len(seconds) / took, server / n, client / n, (busy - server - client) / took)


def bare(n_sentences: int) -> tuple[list[float], float]:
    """Answer as many sentences without a page; gives the seconds each waited, and the answers a second."""
    from viz.engine.batching import encode
    from viz.engine.forward import run
    from viz.engine.models import load_model

    loaded = load_model("headlight-bert")
    run(loaded, encode(loaded, [sentence()]))
    taken: list[float] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        started = time.perf_counter()

        def answer(text: str) -> None:
            run(loaded, encode(loaded, [text]))
            taken.append(time.perf_counter() - started)

        list(pool.map(answer, [sentence() for _number in range(n_sentences)]))
    return taken, n_sentences / max(taken)


def say(name: str, seconds: list[float], goal: str = "") -> None:
    """Print the middle, the range and the 95th percentile of answers."""
    paired.report(f"{name}: Run pressed until the page has come", seconds, "s", goal)
    print(f"{'':46} 95 of 100 within {percentile(seconds, 0.95):.3f} s, {len(seconds)} answers", flush=True)


def _say_processor(loads: list[Load]) -> None:
    server, client, others = (
        statistics.median(getattr(load, name) for load in loads)
        for name in ("server_seconds", "client_seconds", "others")
    )
    print(
        f"{'':46} an answer took the server {1000 * server:.0f} ms of processor time, these visitors "
        f"{1000 * client:.0f} ms; others used {others:.2f} cores",
        flush=True,
    )


if __name__ == "__main__":
    main()
