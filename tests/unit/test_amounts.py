"""Bytes and seconds are said as people say them, at the edges of their units too."""

import pytest

from tests import catalogues
from viz.amounts import duration, size


@pytest.mark.parametrize(
    "n_bytes, said",
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1 kB"),
        (440_449_768, "440.4 MB"),
        (999_000_000, "999.0 MB"),
        (3e9, "3.00 GB"),
        (13_476_000_000, "13.48 GB"),
        (float("inf"), "inf GB"),
    ],
)
def test_a_size_is_said_in_the_unit_it_fits(n_bytes, said):
    assert size(n_bytes) == said


@pytest.mark.parametrize(
    "seconds, said",
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (-3, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3_599.7, "1 h 0 min"),
        (7_500, "2 h 5 min"),
    ],
)
def test_a_time_is_said_in_whole_units(seconds, said):
    assert duration(seconds) == said


def test_sizes_and_times_follow_the_readers_language(speak, tmp_path):
    catalogues.write(tmp_path, "ru", {"{n} MB": "{n} МБ", "{seconds} s": "{seconds} с"})
    speak("ru")
    assert (size(12_300_000), duration(7)) == ("12,3 МБ", "7 с")
