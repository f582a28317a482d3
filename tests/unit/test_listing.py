"""What is left to fetch, and the share that is here, stay sensible at every edge."""

from viz.listing import DownloadState, Weight


def test_what_is_left_is_what_is_not_here():
    assert Weight("some/model", n_bytes=440, n_here=120).n_left == 320
    assert Weight("some/model", n_bytes=440, n_here=440).n_left == 0


def test_a_half_file_larger_than_the_new_one_leaves_nothing_less_than_nothing():
    assert Weight("some/model", n_bytes=440, n_here=500).n_left == 0


def test_the_share_that_is_here_is_between_nothing_and_all():
    assert DownloadState("some/model", n_bytes=200, n_done=50).share == 0.25
    assert DownloadState("some/model", n_bytes=0, n_done=0).share == 0  # its size is being asked for
    assert DownloadState("some/model", n_bytes=0, n_done=50).share == 0
    assert DownloadState("some/model", n_bytes=200, n_done=201).share == 1
