"""Whatever is in a hand-in: it is read, or a sentence names the file and what is wrong; nothing is unpacked or run."""

import io
import json
import random
import time
import tracemalloc
import zipfile
import zlib

import pytest

from tests.attacks.bad_files import MEGABYTE, zeros
from tests.hand_ins import handed, told, zipped
from viz.packs import handed_in
from viz.packs.handed_in import HandIn, LeftOut
from viz.text import sentence

GOOD = json.dumps(told())


def read(*files: io.BytesIO) -> list[HandIn | LeftOut]:
    return list(handed_in.read((f"{number}.zip", file) for number, file in enumerate(files)))


def refusal(file: io.BytesIO) -> str:
    (found,) = read(file)
    assert isinstance(found, LeftOut)
    return sentence(found.error)


def lying(data: bytes, **claims: int) -> io.BytesIO:
    """Pack answers about which the table of contents lies, as ``file_size=10``."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("answers.json", data)
        for field, value in claims.items():
            setattr(archive.getinfo("answers.json"), field, value)
    return file


def test_what_is_no_zip_is_refused():
    for data in (
        b"",
        b"PK",
        b"PK\x05\x06" + bytes(18),
        bytes(1_000),
        b"<html>",
        handed().getvalue()[:-30],
        b"%PDF-1.7",
    ):
        assert "'0.zip' is left out: it" in refusal(io.BytesIO(data)), data[:10]


def test_a_bomb_is_refused_by_its_size_and_takes_no_memory():
    n = 2_000
    crc = 0
    for _ in range(n):
        crc = zlib.crc32(bytes(MEGABYTE), crc)
    honest = lying(zeros(b"", n), compress_type=zipfile.ZIP_DEFLATED, file_size=n * MEGABYTE, CRC=crc)
    liar = lying(zeros(b"", n), compress_type=zipfile.ZIP_DEFLATED, file_size=1_000)
    tracemalloc.start()
    assert "answers.json has 2,097,152,000 bytes, and 2,000,000 are read." in refusal(honest)
    assert "it is a damaged ZIP." in refusal(liar)
    assert tracemalloc.get_traced_memory()[1] < 20 * MEGABYTE
    tracemalloc.stop()


def test_bombs_inside_of_a_zip_of_zips_stop_at_what_may_be_unpacked(monkeypatch):
    monkeypatch.setattr("viz.settings.Settings.max_opened_bytes", 40 * MEGABYTE)
    files = {f"{at}.zip": bytes(15 * MEGABYTE) for at in range(6)}
    found = read(zipped(files | {"z.zip": handed().getvalue()}))
    said = [sentence(of.error) for of in found if isinstance(of, LeftOut)]
    assert sum("it is no ZIP" in line for line in said) == 2
    assert sum("too much was unpacked before it." in line for line in said) == 4
    assert isinstance(found[-1], HandIn)


def test_a_zip_that_holds_itself_ends():
    inner = zipped({"a.zip": b"x"}).getvalue()
    for _ in range(20):
        inner = zipped({"a.zip": inner}).getvalue()
    assert "it has no answers.json." in refusal(io.BytesIO(inner))


def test_thousands_of_entries_are_refused_quickly():
    for n in (6_000, 60_000):
        file = zipped({f"{at}": b"" for at in range(n)} | {"answers.json": GOOD}, zipfile.ZIP_STORED)
        started = time.perf_counter()
        assert "it has more than 5,000 entries" in refusal(file)
        assert time.perf_counter() - started < 3


@pytest.mark.parametrize(
    "name", ["../answers.json", "/etc/answers.json", "C:\\x\\..\\answers.json", "a/../../answers.json"]
)
def test_names_are_compared_and_never_followed(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (found,) = read(zipped({name: GOOD, "../up.txt": b"x", "/headlight-was-here": b"x"}))
    assert isinstance(found, HandIn if "\\" not in name else LeftOut)
    assert list(tmp_path.iterdir()) == []


def test_locked_and_otherwise_packed_entries_are_refused():
    assert "locked with a password. Ask for it without one." in refusal(lying(GOOD.encode(), flag_bits=1))
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        assert "packed in a way that is not read here." in refusal(zipped({"answers.json": GOOD}, method))


def test_lies_of_the_table_of_contents_are_refused():
    data = GOOD.encode()
    for claims in (
        {"CRC": 1},
        {"header_offset": 10**12},
        {"header_offset": 5},
        {"compress_type": zipfile.ZIP_DEFLATED},
        {"file_size": len(data) - 5},
        {"file_size": 10**6},
        {"compress_size": 10},
        {"create_version": 255, "extract_version": 255},
    ):
        assert "'0.zip' is left out: it" in refusal(lying(data, **claims)), claims


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"9" * 5_000,
        GOOD.replace('"tries": 1', '"tries": NaN').encode(),
        GOOD.replace('"tries": 1', '"tries": Infinity').encode(),
        GOOD.replace('"tries": 1', '"tries": 1e999').encode(),
        GOOD.replace('"tries": 1', '"tries": ' + "9" * 4_000).encode(),
        GOOD.replace('"tries": 1', '"tries": true').encode(),
        GOOD.replace('"tries": 1', '"tries": -1').encode(),
        GOOD.replace('"last": "4"', '"last": "' + "x" * 2_001 + '"').encode(),
        GOOD.replace('"last": "4"', '"last": "\\ud800"').encode(),
        GOOD.replace('"Ann"', '"\\udfff"').encode(),
        GOOD.replace('"answers"', '"answer"').encode(),
        json.dumps(
            told() | {"progress": told()["progress"] | {"answers": {str(n): {} for n in range(10_000)}}}
        ).encode(),
    ],
    ids=range(19),
)
def test_json_of_any_kind_is_refused(written):
    assert "'0.zip' is left out: its " in refusal(zipped({"answers.json": written}))


def test_damage_anywhere_is_refused_or_read_and_nothing_else():
    draw, good = random.Random(5), handed().getvalue()
    for _ in range(400):
        data = bytearray(good)
        for _change in range(draw.randint(1, 4)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        (found,) = read(io.BytesIO(bytes(data)))
        assert isinstance(found, HandIn | LeftOut)


def test_bad_ones_are_named_and_the_others_are_read():
    bad = [io.BytesIO(b"x"), zipped({"notes.txt": b"x"}), zipped({"answers.json": b"{"}), lying(b"x", flag_bits=1)]
    found = read(handed("Ann"), *bad, handed("Bo"))
    assert [of.student for of in found if isinstance(of, HandIn)] == ["Ann", "Bo"]
    assert [of.file for of in found if isinstance(of, LeftOut)] == ["1.zip", "2.zip", "3.zip", "4.zip"]


def test_a_name_of_a_file_is_shown_as_characters_and_not_too_long():
    found = list(handed_in.read([("\u202egpj\n" + "x" * 500 + ".zip", io.BytesIO(b"x"))]))
    assert isinstance(found[0], LeftOut)
    assert len(found[0].file) <= 130
    assert found[0].file.isprintable()
