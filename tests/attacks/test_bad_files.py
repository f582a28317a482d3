"""Whatever is in a file: it opens as a run, or a sentence says what is wrong; nothing else comes out or is run."""

import io
import random
import zipfile

import numpy as np

from tests.attacks.bad_files import bomb, entries, lying, many_entries, npy, of_shape, packed
from tests.saved_runs import assert_same, foreign, full_run, refusal
from viz.errors import NotARun
from viz.files import entries as known
from viz.files import saved
from viz.files.containers import opened

DAMAGED = "it is neither an .npz nor a .safetensors file, or a damaged one."


def good_file() -> bytes:
    """Give a file of 30 kB whose attention cannot be packed smaller."""
    weights = np.random.default_rng(3).random((1, 4, 4, 20, 20), dtype=np.float32)
    return foreign(
        tokens=np.array([["a"] * 20]), attention_mask=np.ones((1, 20), dtype=int), attentions=weights
    ).getvalue()


def test_what_is_no_archive_is_refused():
    array = io.BytesIO()
    np.save(array, np.ones(3))
    for data in (b"", b"PK", b"PK\x05\x06" + bytes(18), b"\x00" * 1_000, b"<html>", array.getvalue()):
        assert "is not a saved run" in refusal(io.BytesIO(data)), data[:10]


def test_pickles_are_refused_and_not_run(tmp_path):
    marker = tmp_path / "was run"

    class Trap:
        def __reduce__(self):
            return (open, (str(marker), "w"))

    for name in ("tokens", "attentions", "meta", "scores"):
        assert f"{name} holds neither numbers nor text." in refusal(foreign(**{name: np.array(Trap(), dtype=object)}))
    assert "cos" not in refusal(packed(entries(tokens=b"cos\nsystem\n(S'true'\ntR.")))
    assert not marker.exists()


def test_headers_that_are_none_are_refused():
    for header in (
        npy("'<f4'", (1, -2, 4, 3, 3)),
        npy("'<f4'", (1, 2, 4, 3, "3")),
        npy("'<f4'", [1, 2]),
        npy("'<f4'", (1,) * 500),
        npy("'<f4'", (1 << 62, 1 << 62, 1, 1, 1)),
        npy("'<f4'", (10**4_000, 1, 1, 1, 1)),
        npy("'<f4'", (True, 2, 4, 3, 3), fortran=5),
        npy("'<U0'", (1, 2, 4, 3, 3)),
        npy("'nothing'", (1, 2, 4, 3, 3)),
        npy("[('a', '<f4')]", (1, 2, 4, 3, 3)),
        npy("('<f4', (1000, 1000, 1000))", (1, 2, 4, 3, 3)),
        npy("[('a', '<f4'), ('a', '<f4')]", (1, 2, 4, 3, 3)),
        npy("[" * 3_000, (1, 2, 4, 3, 3)),
        npy("'<c8'", (1, 2, 4, 3, 3)),
        npy("'<M8[s]'", (1, 2, 4, 3, 3)),
        npy("'<f4'", (1, 2, 4, 3, 3), version=b"\x09\x00"),
        b"\x93NUMPY\x02\x00\xff\xff\xff\x7f" + b" " * 100_000,
        b"\x93NUMPY\x01\x00\x00\x00",
        b"\x93NUM",
        b"",
        zipfile_bytes(),
    ):
        assert "is not a saved run" in refusal(packed(entries(attentions=header))), header[:80]


def zipfile_bytes() -> bytes:
    return packed(entries()).getvalue()


def test_the_zip_and_the_arrays_must_agree_about_sizes():
    good = entries()["attentions.npy"]
    cells = np.full((1, 2, 4, 3, 3), 1 / 3).tobytes()
    for file in (
        packed(entries(attentions=good[:-1])),
        packed(entries(attentions=good + b"\x00")),
        packed(entries(attentions=npy("'<f8'", (1, 2, 4, 3, 3), cells[:-8]))),
        packed(entries(attentions=npy("'<f8'", (1, 1, 1, 3, 3), cells))),
        lying("attentions", good[:-80], file_size=len(good)),
        lying("attentions", good, file_size=len(good) - 8),
        lying("attentions", good, CRC=1),
        lying("attentions", good, compress_size=10),
        lying("attentions", good, header_offset=10**12),
        lying("attentions", good, header_offset=0),
        lying("attentions", good, compress_type=zipfile.ZIP_DEFLATED),
        lying("attentions", good, flag_bits=1),
    ):
        assert DAMAGED in refusal(file)
    assert_same(saved.read(foreign()), saved.read(lying("attentions", good, compress_size=10**12)))


def test_other_ways_of_packing_are_refused():
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        assert "is packed in another way than numpy packs." in refusal(packed(entries(), method))


def test_entries_nobody_asked_for_are_left_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    others = {"inner.zip": zipfile_bytes(), "../up.npy": b"x", "/root.npy": b"x", "notes.txt": b"x", "scores": b"x"}
    run = saved.read(packed(entries() | others))
    assert_same(saved.read(foreign()), run)
    assert list(tmp_path.iterdir()) == []


def test_names_with_paths_are_other_names():
    for name in ("../tokens.npy", "/tokens.npy", "./tokens.npy", "a/tokens.npy", "tokens.npy/", "TOKENS.NPY", "tokens"):
        parts = entries(tokens=None) | {name: entries()["tokens.npy"]}
        assert "it has no tokens." in refusal(packed(parts)), name


def test_a_zip_of_very_many_entries_is_refused_and_one_of_many_opens():
    assert "it has too many entries." in refusal(many_entries(50_000))
    assert saved.read(many_entries(5_000)).batch.n_tokens == 3


def test_what_would_be_too_large_is_refused_with_its_size():
    head = npy("'<f4'", (1, 1, 1, 10**6, 10**6))
    four_terabytes = lying("attentions", head, of_shape(1, 10**6), file_size=len(head) + 4 * 10**12)
    for file, size in ((bomb(10_000, checked=False), "10,486"), (four_terabytes, "8,000,253")):
        assert f"it takes {size} MB of memory, more than 1,000." in refusal(file)


def test_all_entries_together_must_stay_below_the_limit(monkeypatch):
    file = foreign(**{name: np.ones((1, 2, 4, 3, 3)) for name in ("attentions", "scores")})
    with opened(file) as archive:
        together = known.memory(archive.headers(known.ENTRIES))
    monkeypatch.setattr("viz.settings.Settings.max_opened_bytes", together)
    assert saved.read(file).scores is not None
    monkeypatch.setattr("viz.settings.Settings.max_opened_bytes", together - 1)
    assert "Save fewer or shorter texts: of its 1, 0 fit." in refusal(file)


def test_what_is_said_to_fit_fits(monkeypatch):
    def of_texts(n: int):
        return foreign(
            tokens=np.full((n, 3), "a"), attention_mask=np.ones((n, 3), bool), attentions=np.ones((n, 2, 4, 3, 3))
        )

    with opened(of_texts(3)) as archive:
        of_three = known.memory(archive.headers(known.ENTRIES))
    monkeypatch.setattr("viz.settings.Settings.max_opened_bytes", of_three)
    assert len(saved.read(of_texts(3)).batch.texts) == 3
    assert "of its 5, 3 fit." in refusal(of_texts(5))


def test_a_million_tokens_that_are_not_in_the_attention_are_refused():
    tokens = np.full((1, 10**6), "a")
    assert "tokens has the shape [1, 1000000]; it must be [1, 3]" in refusal(foreign(tokens=tokens))
    assert saved.read(foreign(tokens=np.array([["a" * 10**6, "b", "c"]]))).batch.tokens[0][0] == "a" * 200


def test_rows_that_do_not_sum_to_one_open():
    for weight in (0.0, 1.0):
        assert saved.read(foreign(attentions=np.full((1, 2, 4, 3, 3), weight))).attentions.max() == weight


def test_characters_that_are_none_are_refused():
    for code in (0x110000, 0xFFFFFFFF):
        data = code.to_bytes(4, "little")
        assert DAMAGED in refusal(packed(entries(tokens=npy("'<U1'", (1, 3), data * 3))))
        assert DAMAGED in refusal(packed(entries(meta=npy("'<U1'", (), data))))
    half = saved.read(packed(entries(tokens=npy("'<U1'", (1, 3), 0xD800.to_bytes(4, "little") * 3))))
    assert half.batch.tokens == (("⟨D800⟩",) * 3,)


def test_a_file_cut_at_every_kilobyte_is_refused():
    whole = good_file()
    assert len(whole) > 25_000
    for length in range(0, len(whole), 1_000):
        assert DAMAGED in refusal(io.BytesIO(whole[:length])), length


def test_a_file_with_a_flipped_bit_is_refused_or_reads_the_same():
    chance = random.Random(7)
    whole = saved.as_bytes(full_run())
    n_refused = 0
    for _ in range(200):
        at, bit = chance.randrange(len(whole)), 1 << chance.randrange(8)
        damaged = whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :]
        try:
            assert_same(full_run(), saved.read(io.BytesIO(damaged)))
        except NotARun as error:
            n_refused += 1
            assert str(error).endswith("."), (at, bit)
    assert n_refused > 100
