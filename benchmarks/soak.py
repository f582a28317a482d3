"""Thirty visitors for half an hour: does the server grow, slow down, or err? ``soak 10`` takes ten minutes.

Every fifth visitor leaves each minute, and another one comes. Everything that is kept is full before the last two
thirds begin, for its bounds are set low; what grows then grows for ever.
"""

import asyncio
import random
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import class_load, paired, process
from benchmarks.sessions import Visitor
from tests.browser.server import started_app

N_VISITORS, LEAVE_EVERY, THINK, MINUTES, MINUTE = 30, 5, 20.0, 30, 60.0
SETTINGS: dict[str, Any] = {"HEADLIGHT_KEPT_ANSWERS_MB": "20", "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "30"}


def main() -> None:
    """Let visitors ask, come and go, and look at the server's memory."""
    minutes = next((int(word) for word in sys.argv[1:] if word.isdigit()), MINUTES)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.txt"
        with started_app(log, None, **SETTINGS) as (address, server):
            asyncio.run(_soak(address.replace("http", "ws") + "/_stcore/stream", server.pid, minutes))
        errors = [line for line in log.read_text().splitlines() if '"error"' in line or "Traceback" in line]
    print(f"{len(errors)} errors in the server's log", *errors[:3], sep="\n", flush=True)


async def _soak(stream: str, pid: int, minutes: int) -> None:
    visitors = [Visitor(stream) for _number in range(N_VISITORS)]
    for visitor in visitors:
        await visitor.open()
    memory, p95s = [], []
    for minute in range(minutes):
        load = await class_load.leisure(visitors, pid, THINK, MINUTE)
        await asyncio.sleep(random.random())
        memory.append(process.megabytes(pid))
        p95s.append(load.p95)
        print(
            f"minute {minute + 1}: {memory[-1]:.0f} MB, {len(load.seconds)} answers, "
            f"95 of 100 within {load.p95:.2f} s, others used {load.others:.2f} cores",
            flush=True,
        )
        for at in range(minute % LEAVE_EVERY, N_VISITORS, LEAVE_EVERY):
            await visitors[at].connection.close()
            visitors[at] = Visitor(stream)
            await visitors[at].open()
    third = max(minutes // 3, 1)
    middle, last = (statistics.fmean(memory[a:b]) for a, b in ((third, 2 * third), (2 * third, None)))
    paired.report("memory of the last third / the middle third", [last / middle], "", "within 0.97 to 1.03")
    paired.report("95 of 100 within, last minute / first", [p95s[-1] / p95s[0]], "")
    for visitor in visitors:
        await visitor.connection.close()


if __name__ == "__main__":
    main()
