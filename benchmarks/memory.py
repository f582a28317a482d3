"""Memory of the server after 200 different sentences: bounded by 600 MB of records and pictures, plus a tenth."""

import asyncio
import random
import tempfile
from pathlib import Path

from benchmarks import paired, process
from benchmarks.sessions import Visitor
from tests.browser.server import started_app

MAX_MEGABYTES = 660
N_SENTENCES = 200
N_VISITORS = 4
WARM = 8  # answers before memory is first read: models, libraries and the first pictures are not what grows
WORDS = "the turtle moves slow across a river and dog runs to old house in garden while she was happy with them".split()


def main() -> None:
    """Ask sentence after sentence, each another one, from several visitors in turn."""
    with tempfile.TemporaryDirectory() as folder, started_app(Path(folder) / "log.txt") as (address, process):
        before, after, peak = asyncio.run(_ask_all(address.replace("http", "ws") + "/_stcore/stream", process.pid))
    target = f"at most {MAX_MEGABYTES} MB"
    paired.report(f"grown after {N_SENTENCES} sentences", [after - before], "MB", target)
    paired.report("at its peak", [peak - before], "MB", target)
    print(f"{'':46} before them the server took {before:.0f} MB")


async def _ask_all(address: str, pid: int) -> tuple[float, float, float]:
    """Give the server's memory before, after and at its peak, in MB."""
    visitors = [Visitor(address) for _number in range(N_VISITORS)]
    for visitor in visitors:
        await visitor.open()
    draw = random.Random(0)
    for number in range(WARM + N_SENTENCES):
        if number == WARM:
            before = process.megabytes(pid, "VmRSS")
        sentence = f"Number {number}: {' '.join(draw.choices(WORDS, k=100))} [MASK]."
        await visitors[number % N_VISITORS].ask(sentence)
    for visitor in visitors:
        await visitor.connection.close()
    return before, process.megabytes(pid, "VmRSS"), process.megabytes(pid, "VmHWM")


if __name__ == "__main__":
    main()
