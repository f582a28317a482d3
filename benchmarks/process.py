"""Read a server's memory and processor time from Linux's own accounting."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def megabytes(pid: int, name: str = "VmRSS") -> float:
    """Give a figure of a process: ``VmRSS`` now, ``VmHWM`` at its peak."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1000


def cpu_seconds(pid: int) -> float:
    """Give the processor time that a process has taken, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", maxsplit=1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def busy_seconds() -> float:
    """Give the processor time that everything on this computer has taken, idle time left out."""
    user, nice, system, _idle, _waiting, *more = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9])
    return (user + nice + system + sum(more)) / TICKS
