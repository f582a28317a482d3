"""Time ways of doing the same thing in turns, so that what else the computer does touches all of them."""

import statistics
import time
from collections.abc import Callable


def seconds(work: Callable[[], object]) -> float:
    """Time one call, in seconds of wall clock."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compare(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Time each way once a round, after one round that does not count; print the medians and the spread."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for work in ways.values():
        work()
    for _round in range(rounds):
        for name, work in ways.items():
            taken[name].append(seconds(work))
    for name, values in taken.items():
        report(name, values, "s")
    return taken


def ratio(name: str, above: list[float], below: list[float], target: str) -> None:
    """Print the ratio of two ways, round by round, and what it should be."""
    report(name, [a / b for a, b in zip(above, below)], "", target)


def report(name: str, values: list[float], unit: str, target: str = "") -> None:
    """Print the median of some values, their smallest and their largest."""
    goal = f"   target: {target}" if target else ""
    print(
        f"{name:46} median {statistics.median(values):8.3f} {unit:2} ({min(values):.3f} to {max(values):.3f}){goal}",
        flush=True,
    )
