"""Say amounts of bytes and of time in the reader's language, as people say them: 440.5 MB, 3 min 20 s."""

from viz.text import _, number

KB, MB, GB = 1e3, 1e6, 1e9
MINUTE, HOUR = 60, 3_600


def size(n_bytes: float) -> str:
    """Write a number of bytes, in thousands as disks count them."""
    if n_bytes < KB:
        return _("{n} B").format(n=number(n_bytes))
    if n_bytes < MB:
        return _("{n} kB").format(n=number(n_bytes / KB))
    if n_bytes < GB:
        return _("{n} MB").format(n=number(n_bytes / MB, 1))
    return _("{n} GB").format(n=number(n_bytes / GB, 2))


def duration(seconds: float) -> str:
    """Write a time, to the second below an hour, to the minute above."""
    whole = max(0, round(seconds))
    if whole < MINUTE:
        return _("{seconds} s").format(seconds=whole)
    if whole < HOUR:
        return _("{minutes} min {seconds} s").format(minutes=whole // MINUTE, seconds=whole % MINUTE)
    return _("{hours:,} h {minutes} min").format(hours=whole // HOUR, minutes=whole % HOUR // MINUTE)
