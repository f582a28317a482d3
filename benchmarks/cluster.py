"""Answers by workers of a cluster against answers in one process: what the way costs, and what a second worker brings.

Every request has a text of its own, so that no answer is one that was kept. One thread a pass on both sides.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import full_size, paired

ROUNDS, N_PASSES = 15, 12
WIRE = 125e6  # bytes a second of a network of 1 Gbit/s


def main() -> None:
    """Print the overhead by length and size, and the seconds of independent passes by one worker and by two."""
    os.environ |= {"OMP_NUM_THREADS": "1", "HEADLIGHT_WORKERS": "1"}
    from viz.cluster.password import keep_strangers_out

    keep_strangers_out()
    import torch

    from viz.cluster import here
    from viz.cluster.deployment import OTHERS, deploy
    from viz.shipped import SHIPPED

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        large = full_size.bert_base(Path(folder) / "bert-base")
        os.environ["HEADLIGHT_ENGINE"] = here.start((SHIPPED[0], OTHERS))
        try:
            for checkpoint, n_tokens in ((SHIPPED[0], 16), (SHIPPED[0], 128), (large, 128)):
                _overhead(checkpoint, n_tokens)
            one = _independent(large, 1)
            os.environ["HEADLIGHT_WORKERS"] = "2"
            deploy((OTHERS,))
            _until_two(large)
            two = _independent(large, 2)
            paired.report(f"{N_PASSES} passes, one worker", one, "s")
            paired.report(f"{N_PASSES} passes, two workers", two, "s")
            paired.ratio("one worker / two workers", one, two, "1.7")
        finally:
            here.stop()


def _asks(checkpoint: str, n_tokens: int) -> Iterator[Any]:
    """Give requests of a length, each of another text."""
    from viz.engine.pinning import pinned
    from viz.engine.requests import Ask

    words = "the a an old new red big small cat dog house road river field".split()
    for number in count():
        digits = [words[number // len(words) ** place % len(words)] for place in range(4)]
        yield pinned(Ask(checkpoint, (" ".join([*digits, *["the"] * (n_tokens - 7), "[MASK]"]),)))


def _overhead(checkpoint: str, n_tokens: int) -> None:
    from viz.cluster import parcel, service
    from viz.engine import service as alone

    asks = _asks(checkpoint, n_tokens)
    run = service.answer(next(asks))
    assert run.batch.n_tokens == n_tokens
    whole = parcel.pack(run, frozenset({(run.model.checkpoint, run.model.revision)})).n_bytes
    name = f"{Path(checkpoint).name}, T = {n_tokens}"
    print(f"{name}: a record of {whole / 1e6:.2f} MB, {1000 * whole / WIRE:.0f} ms on a network of 1 Gbit/s")
    ways = {
        f"{name}, in this process": lambda: alone.answer(next(asks)),
        f"{name}, by a worker": lambda: service.answer(next(asks)),
        f"{name}, an answer of no size": _smallest(checkpoint),
    }
    here, there, nothing = paired.compare(ways, ROUNDS).values()
    over = [1000 * (b - a) for a, b in zip(here, there, strict=True)]
    paired.report(f"{name}, overhead", over, "ms", f"{12 + 2 * whole / 1e6:.0f} ms")
    print(f"{name}, of which the way itself: {1000 * median(nothing):.1f} ms")


def _smallest(checkpoint: str) -> Callable[[], object]:
    from viz.cluster import service
    from viz.engine.pinning import pinned
    from viz.engine.requests import FindWord

    words = (f" cat{' ' * number}" for number in count())
    return lambda: service.answer(pinned(FindWord(checkpoint, next(words), "dog")))


def _independent(checkpoint: str, n_workers: int) -> list[float]:
    """Time passes that do not wait for each other, two a worker on their way."""
    from viz.cluster import service

    asks = _asks(checkpoint, 128)
    with ThreadPoolExecutor(2 * n_workers) as pool:

        def all_passes() -> None:
            list(pool.map(service.answer, [next(asks) for _pass in range(N_PASSES)]))

        all_passes()
        return [paired.seconds(all_passes) for _round in range(4)]


def _until_two(checkpoint: str) -> None:
    """Ask until a second worker has come."""
    from viz.cluster import service
    from viz.cluster.deployment import OTHERS
    from viz.cluster.ray_quiet import serve

    asks = _asks(checkpoint, 64)
    handle = serve.get_app_handle(OTHERS)
    deadline = time.monotonic() + 180
    with ThreadPoolExecutor(6) as pool:
        while time.monotonic() < deadline:
            list(pool.map(service.answer, [next(asks) for _pass in range(12)]))
            if len({handle.process.remote().result() for _ in range(12)}) == 2:
                return
    raise TimeoutError("no second worker came within three minutes")


if __name__ == "__main__":
    main()
