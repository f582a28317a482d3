"""Opening a file takes the memory its headers ask for, counted before, and a little more; a lie takes no more.

numpy reports what it allocates to tracemalloc, so what is measured is the peak, however short.
"""

import io
import json
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np

from tests.attacks.bad_files import MEGABYTE, bomb, entries, lying, many_entries, npy, of_shape, packed, zeros
from tests.saved_runs import foreign, refusal
from viz.errors import NotARun
from viz.files import entries as known
from viz.files import saved
from viz.files.archive import Archive
from viz.files.containers import opened

LITTLE = 4 * MEGABYTE


def peak(source: Path | io.BytesIO) -> int:
    """Give the bytes that opening a file takes at most, whatever comes of it."""
    tracemalloc.start()
    try:
        saved.read(source)
    except NotARun:
        pass
    finally:
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return taken


def counted(source: Path | io.BytesIO) -> int:
    """Give the bytes that are counted from the headers."""
    with opened(source) as file:
        return known.memory(file.headers(known.ENTRIES))


def test_zeros_packed_a_thousand_to_one_take_their_own_size_once():
    file = bomb(100)
    assert len(file.getvalue()) < 110_000 + LITTLE
    assert 100 * MEGABYTE <= peak(file) < 100 * MEGABYTE + LITTLE


def test_numbers_of_another_type_are_never_held_twice():
    cells = np.zeros((1, 20, 4, 256, 256))
    of_256 = {"tokens": np.array([["a"] * 256]), "attention_mask": np.ones((1, 256))}
    for attentions in (cells, cells.astype(np.float16), np.asfortranarray(cells), cells.astype(">f4")):
        assert peak(foreign(attentions=attentions, **of_256)) < cells.size * 4 + LITTLE


def test_a_bomb_beyond_the_limit_takes_nothing():
    file = bomb(10_000, checked=False)
    assert len(file.getvalue()) > 10_000_000
    assert peak(file) < LITTLE


def test_a_lie_takes_no_more_than_it_says():
    good = entries()["attentions.npy"]
    small = npy("'<f8'", (1, 2, 4, 3, 3))
    for file in (
        packed(entries(attentions=small + bytes(20 * MEGABYTE))),
        lying("attentions", small + bytes(20 * MEGABYTE), file_size=len(good)),
        packed(entries(attentions=b"\x93NUMPY\x02\x00\xff\xff\xff\x7f" + b" " * 20 * MEGABYTE)),
        packed(entries() | {"other.npy": bytes(20 * MEGABYTE), "inner.zip": bytes(20 * MEGABYTE)}),
        many_entries(25_000),
    ):
        assert peak(file) < LITTLE
    large = npy("'<f4'", (1, 12, 4, 1_000, 1_000))
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        data = large if method == zipfile.ZIP_STORED else zeros(large, 1)
        claims = {"file_size": len(large) + 192_000_000, "compress_type": method}
        assert peak(lying("attentions", data, of_shape(1, 1_000), **claims)) < 192_000_000 + LITTLE


def test_what_is_counted_from_the_headers_is_enough_for_texts_and_json():
    n_rows = 3_000
    one_each = {"attention_mask": np.ones((n_rows, 1)), "attentions": np.ones((n_rows, 1, 1, 1, 1))}
    strange = np.full((n_rows, 1), "\u202e" * 20)
    words = "🐢" * 200
    for changed in (
        {"tokens": np.full((n_rows, 1), "a")} | one_each,
        {"tokens": np.arange(n_rows)[:, None]} | one_each,
        {"tokens": strange} | one_each,
        {
            "tokens": np.array([[words] * 300]),
            "attention_mask": np.ones((1, 300)),
            "attentions": np.ones((1, 1, 1, 300, 300)),
        },
        {"meta": "[" + "[]," * 100_000 + "[]]"},
        {"meta": "[" + '{"":0},' * 40_000 + "[]]"},
        {"meta": "[" + "[0]," * 80_000 + "[]]"},
        {"meta": json.dumps({"texts": ["🐢é" * 200_000]}, ensure_ascii=False)},
        {"vocabulary": np.frombuffer(b"[" + b"[]," * 100_000 + b"[]]", np.uint8)},
        {"vocabulary": np.frombuffer(json.dumps([f"{i}" for i in range(50_000)]).encode(), np.uint8)},
    ):
        file = foreign(**changed)
        assert peak(file) < counted(file) + MEGABYTE // 2, {name: str(value)[:20] for name, value in changed.items()}


def test_what_is_counted_is_enough_where_a_file_does_not_say_what_was_let_through():
    for n_layers, causal in ((1, "true"), (1, "false"), (8, "true")):
        cells = np.ones((1, n_layers, 1, 1_000, 1_000), dtype=np.float32)
        file = foreign(
            attentions=cells,
            additive_mask=-cells[:, :, 0],
            tokens=np.array([["a"] * 1_000]),
            attention_mask=np.ones((1, 1_000)),
            meta=f'{{"model": {{"causal": {causal}}}}}',
        )
        assert peak(file) < counted(file) + LITTLE, (n_layers, causal)


def test_a_computer_without_memory_left_says_so(monkeypatch):
    def unpack(*_given):
        raise MemoryError

    monkeypatch.setattr(Archive, "unpack", unpack)
    assert "this computer has too little memory left to open it." in refusal(foreign())


def test_a_file_on_disk_is_not_read_whole(tmp_path):
    file = foreign(other=np.zeros(20 * MEGABYTE, dtype=np.uint8))
    (tmp_path / "run.npz").write_bytes(file.getvalue())
    assert peak(tmp_path / "run.npz") < LITTLE
