"""Plan past these machines: a simulation fed with measured seconds, checked against a real class, then asked for more.

``python -m benchmarks.scale_model 10 30`` checks classes of these sizes only; ``plan`` checks none.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from benchmarks import class_load
from benchmarks.queueing import Answers, Site, Work, most_students, needed, simulate
from benchmarks.sessions import Visitor
from tests.browser.server import started_app

CLASSES = (10, 30, 100, 200)
STUDENTS = (30, 300, 3_000, 30_000)
THINK, WANTED, LASTS = 20.0, 2.0, 60.0
N_MEASURED, FEW = 40, 5


def main() -> None:
    """Measure the parts of an answer, check the model against classes, plan."""
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()] or ([] if "plan" in sys.argv else list(CLASSES))
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.txt"
        with started_app(log) as (address, server):
            stream = address.replace("http", "ws") + "/_stcore/stream"
            measured = asyncio.run(measure(stream, server.pid, log))
            for n_visitors in sizes:
                asyncio.run(_check(stream, server.pid, n_visitors, measured))
                measured = asyncio.run(measure(stream, server.pid, log))
    plan(measured)


@dataclass(frozen=True)
class Measured:
    """Hold what an answer takes: seconds of processor time by part, and of a clock, alone and among ``FEW``."""

    page: float
    computing: float
    client: float
    share_before: float  # of the page, before the pass
    alone: float
    among_few: float  # from one answer to the next, while there is always something to do

    @property
    def parts(self) -> Work:
        """Give the parts by their processor time, as on a machine of one's own."""
        return Work(self.page * self.share_before, self.computing, self.page * (1 - self.share_before))

    @property
    def as_here(self) -> Work:
        """Give the parts as this machine does them beside all else: what is always busy, and what is left of the time.

        The most a system answers is one over the seconds that each answer keeps its busiest part (Denning and Buzen
        1978), whichever part that is.
        """
        before = self.among_few * self.share_before
        return Work(before, 0, self.among_few - before, delay=max(self.alone - self.among_few, 0))


async def measure(stream: str, pid: int, log: Path) -> Measured:
    """Let one visitor ask again and again, then a few."""
    visitors = [Visitor(stream) for _number in range(FEW)]
    for visitor in visitors:
        await visitor.open()
        await visitor.ask(class_load.sentence())
    n_lines = len(_lines(log))
    asked, waits = [], []
    for _number in range(N_MEASURED):
        asked.append(time.time())
        waits.append(await visitors[0].ask(class_load.sentence()))
    lines = _lines(log)[n_lines:]
    assert len(lines) == N_MEASURED, "one pass an answer"
    computing = statistics.median(line["ms_computed"] for line in lines) / 1000
    begun = [datetime.fromisoformat(line["time"]).timestamp() - line["ms_computed"] / 1000 for line in lines]
    before = statistics.median(began - since for began, since in zip(begun, asked))
    alone = statistics.median(waits)
    few = await class_load.crowd(visitors, pid, N_MEASURED // FEW)
    for visitor in visitors:
        await visitor.connection.close()
    page = few.server_seconds - computing
    measured = Measured(page, computing, few.client_seconds, before / (alone - computing), alone, 1 / few.rate)
    print(
        f"an answer: {1000 * alone:.0f} ms alone; among {FEW} one every {1000 * measured.among_few:.0f} ms, with "
        f"{1000 * page:.0f} ms of the processor for the page, {measured.share_before:.0%} of it before the pass, "
        f"{1000 * computing:.0f} ms for the pass, {1000 * few.client_seconds:.0f} ms for the visitor; others used "
        f"{few.others:.2f} cores",
        flush=True,
    )
    return measured


def _lines(log: Path) -> list[dict]:
    """Read the runs in the log."""
    lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
    return [line for line in map(json.loads, lines) if line.get("request") == "Ask"]


async def _check(stream: str, pid: int, n_visitors: int, measured: Measured) -> None:
    """Hold a class against the model: all in one moment, and at leisure."""
    visitors = [Visitor(stream) for _number in range(n_visitors)]
    for visitor in visitors:
        await visitor.open()
    work, site = measured.as_here, Site(cores=n_visitors)  # what is busy is counted already
    burst = await class_load.burst(visitors, pid)
    _compare(f"{n_visitors} at once", burst, simulate(n_visitors, THINK, work, site, lasts=0, together=True))
    leisure = await class_load.leisure(visitors, pid, THINK, LASTS)
    _compare(f"{n_visitors} at leisure", leisure, _many(n_visitors, work, site))
    for visitor in visitors:
        await visitor.connection.close()


def _many(n_visitors: int, work: Work, site: Site) -> Answers:
    """Simulate the same minute twenty times, as one."""
    made = [simulate(n_visitors, THINK, work, site, lasts=LASTS, seed=seed) for seed in range(20)]
    seconds = sum((answers.seconds for answers in made), [])
    first = made[0]
    return Answers(seconds, sum(of.lasted for of in made), first.interpreter, first.cores, first.workers)


def _compare(name: str, real: class_load.Load, model: Answers) -> None:
    """Print what was measured, what was predicted, and how far off that is."""
    pairs = {
        "mean s": (statistics.fmean(real.seconds), model.mean),
        "95 of 100 within s": (real.p95, model.within(0.95)),
        "answers/s": (real.rate, model.rate),
    }
    said = "; ".join(f"{what} {a:.2f}, predicted {b:.2f} ({b / a - 1:+.0%})" for what, (a, b) in pairs.items())
    print(
        f"{name}: {said}; an answer took {1000 * real.server_seconds:.0f} ms of the server, "
        f"others used {real.others:.2f} cores",
        flush=True,
    )


def plan(measured: Measured) -> None:
    """Say how many replicas and machines carry how many students, and what is at its limit."""
    alone = measured.parts
    half = replace(alone, kept=0.5)
    for name, of, site in (
        ("a replica on 2 cores", alone, Site(cores=2)),
        ("the same, half of the answers kept", half, Site(cores=2)),
        ("the same, passes on workers", alone, Site(cores=2, workers=64)),
        ("2 replicas on 2 cores", alone, Site(cores=2, replicas=2)),
        ("8 replicas on 8 cores", alone, Site(cores=8, replicas=8)),
        ("7 replicas on 8 cores", alone, Site(cores=8, replicas=7)),
        ("8 replicas on 8 cores, passes on workers", alone, Site(cores=8, replicas=8, workers=64)),
    ):
        _plan(name, of, site)


def _plan(name: str, work: Work, site: Site) -> None:
    def asked(n_students: int) -> Answers:
        return simulate(n_students, THINK, work, site, lasts=300, warm=60, seed=n_students)

    most = most_students(lambda n: asked(n).within(0.95) <= WANTED, step=5 * site.replicas)
    full = asked(most)
    needs = ", ".join(f"{n:,}: {needed(n, most):,} ({needed(n, most) * site.replicas:,})" for n in STUDENTS)
    passes = f", {full.rate * work.computing / most * 1000:.2f} cores of workers a thousand" if site.workers else ""
    print(
        f"{name}: {most} students with 95 of 100 answers within {WANTED:.0f} s ({full.rate:.1f} a second; interpreter "
        f"busy {full.interpreter:.0%}, cores {full.cores:.0%}{passes}). Machines (replicas) for {needs}",
        flush=True,
    )


if __name__ == "__main__":
    main()
