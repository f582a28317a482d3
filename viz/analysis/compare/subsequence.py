"""Find the longest common subsequence of two rows of numbers, in memory that grows with one of them only."""

import numpy as np

Matches = list[tuple[int, int]]


def longest_common(a: np.ndarray, b: np.ndarray) -> Matches:
    """Pair places of ``a`` and ``b`` that hold the same number, both in order, as many as there can be.

    Of several ways: equal beginnings pair first, then equal ends. In between ``a`` is halved, and its first half takes
    the shortest beginning of ``b`` that keeps the sequence longest; so on in both halves (Hirschberg 1975).
    """
    front = _n_equal(a, b)
    rest_a, rest_b = a[front:], b[front:]
    back = _n_equal(rest_a[::-1], rest_b[::-1])
    inner_a, inner_b = rest_a[: len(rest_a) - back], rest_b[: len(rest_b) - back]
    ends = [(len(a) - n, len(b) - n) for n in range(back, 0, -1)]
    return [(n, n) for n in range(front)] + _shifted(_inner(inner_a, inner_b), front, front) + ends


def _inner(a: np.ndarray, b: np.ndarray) -> Matches:
    """Pair rows that neither begin nor end alike."""
    if len(a) == 0 or len(b) == 0:
        return []
    if len(a) == 1:
        return [(0, int(at)) for at in np.flatnonzero(b == a[0])[:1]]
    half = len(a) // 2
    through = _lengths(a[:half], b) + _lengths(a[half:][::-1], b[::-1])[::-1]
    split = int(through.argmax())
    return longest_common(a[:half], b[:split]) + _shifted(longest_common(a[half:], b[split:]), half, split)


def _lengths(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Give the length of the longest common subsequence of ``a`` with each beginning of ``b``, int ``[len(b) + 1]``."""
    lengths = np.zeros(len(b) + 1, dtype=np.int64)
    for number in a:
        longer = np.where(b == number, lengths[:-1] + 1, lengths[1:])
        lengths[1:] = np.maximum.accumulate(longer)
    return lengths


def _n_equal(a: np.ndarray, b: np.ndarray) -> int:
    """Count equal entries from the start."""
    n = min(len(a), len(b))
    unequal = np.flatnonzero(a[:n] != b[:n])
    return int(unequal[0]) if len(unequal) else n


def _shifted(matches: Matches, by_a: int, by_b: int) -> Matches:
    return [(i + by_a, j + by_b) for i, j in matches]
