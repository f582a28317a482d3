"""The canvas gets a long map's own float32 numbers, and the state of every cell without one."""

import numpy as np

from tests.unit.drawing.packed import some_run, unpacked
from viz.analysis.masks.cells import CAUSAL, PADDING
from viz.drawing import long_map


def test_numbers_are_the_models_bit_by_bit():
    run = some_run(130)
    header, cells = unpacked(long_map.payload(run, 0, 0, 1), (130, 130))
    np.testing.assert_array_equal(cells.view("<f4"), run.attentions[0, 0, 1])
    assert (header["title"], header["largest"], header["keys"]) == ("Layer1_Head2 · L0H1", 1.0, None)


def test_a_cell_without_a_weight_is_no_number_and_holds_its_state():
    _header, cells = unpacked(long_map.payload(some_run(4, n_real=3), 0, 0, 0), (4, 4))
    assert np.isnan(cells.view("<f4")).tolist() == [[False] * 3 + [True]] * 3 + [[True] * 4]
    assert set((cells[3] & 7).tolist()) == {PADDING}
    _header, cells = unpacked(long_map.payload(some_run(3, causal=True), 0, 0, 0), (3, 3))
    assert (cells[0, 1:] & 7).tolist() == [CAUSAL, CAUSAL] and not np.isnan(cells.view("<f4")[2]).any()


def test_the_scale_may_end_at_the_largest_weight_that_is_seen():
    run = some_run(4, n_real=3)
    header, _cells = unpacked(long_map.payload(run, 0, 0, 0, own_scale=True), (4, 4))
    assert header["largest"] == run.attentions[0, 0, 0, :3, :3].max()


def test_maps_above_128_tokens_are_long():
    assert [long_map.is_long(some_run(n)) for n in (128, 129)] == [False, True]


def test_512_tokens_take_little_more_than_their_numbers():
    assert len(long_map.payload(some_run(512), 0, 0, 0)) < 4 * 512 * 512 + 20_000
