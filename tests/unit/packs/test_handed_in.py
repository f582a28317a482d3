"""What was handed in is read from answers.json alone; what a file lacks is said with its name."""

import io
import json
import random
import zipfile

import pytest

from tests.hand_ins import PACK, handed, told, zipped
from viz.packs import handed_in
from viz.packs.handed_in import HandIn, LeftOut
from viz.text import sentence


def read(**files: io.BytesIO) -> list[HandIn | LeftOut]:
    return list(handed_in.read((f"{name}.zip", file) for name, file in files.items()))


def refusal(file: io.BytesIO) -> str:
    (found,) = read(a=file)
    assert isinstance(found, LeftOut)
    return sentence(found.error)


def test_a_hand_in_is_read_as_it_was_written():
    (found,) = read(a=handed("Ann  B", padding="4", look="moved"))
    assert isinstance(found, HandIn)
    assert (found.file, found.student, found.language) == ("a.zip", "Ann B", "en")
    assert (found.progress.pack, found.progress.digest) == ("try-it", PACK.digest)
    assert {id_: given.last for id_, given in found.progress.answers.items()} == {"padding": "4", "look": "moved"}


def test_a_zip_of_zips_gives_each_under_its_own_name():
    inner = {f"{name}/hand-in.zip": handed(name).getvalue() for name in ("Ann", "Bo")}
    found = read(all=zipped(inner | {"__MACOSX/Ann/hand-in.zip": b"x", "list.txt": b"x"}))
    assert [(of.file, of.student) for of in found if isinstance(of, HandIn)] == [
        ("Ann/hand-in.zip", "Ann"),
        ("Bo/hand-in.zip", "Bo"),
    ]
    assert len(found) == 2


def test_a_large_one_inside_of_a_zip_is_read_however_it_is_packed():
    maps = random.Random(0).randbytes(3_000_000)
    large = zipped({"answers.json": json.dumps(told("Ann")), "runs/part_1.npz": maps}).getvalue()
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        (found,) = read(all=zipped({"a.zip": large}, method))
        assert isinstance(found, HandIn)


def test_unpacked_folders_in_one_zip_are_read_too():
    folders = {f"class/{name}/answers.json": json.dumps(told(name)) for name in ("Ann", "Bo")}
    found = read(all=zipped(folders | {"class/Ann/runs/part_1.npz": b"x"}))
    assert [(of.file, of.student) for of in found if isinstance(of, HandIn)] == [
        ("class/Ann", "Ann"),
        ("class/Bo", "Bo"),
    ]


def test_what_lies_two_zips_deep_is_not_looked_for():
    twice = zipped({"b.zip": zipped({"c.zip": handed().getvalue()}).getvalue()})
    assert "'b.zip' is left out: it has no answers.json." in refusal(twice)


@pytest.mark.parametrize(
    "changed, reason",
    [
        ({"format": 2}, "it is of format 2; this server reads 1."),
        ({"format": True}, "not what the page Lessons writes"),
        ({"format": "1"}, "not what the page Lessons writes"),
        ({"name": 7}, "its answers are not as the page Lessons writes them."),
        ({"name": "x" * 121}, "its answers are not as the page Lessons writes them."),
        ({"language": None}, "its answers are not as the page Lessons writes them."),
        ({"progress": []}, "its answers are not as the page Lessons writes them."),
    ],
)
def test_other_values_are_refused_with_their_reason(changed, reason):
    assert reason in refusal(zipped({"answers.json": json.dumps(told() | changed)}))


def test_answers_to_nothing_are_refused():
    empty = told() | {"progress": told()["progress"] | {"answers": {}}}
    assert "it holds no answer." in refusal(zipped({"answers.json": json.dumps(empty)}))


def test_the_same_answers_under_the_same_name_count_once_and_others_are_others():
    found = read(a=handed("Ann"), b=handed("ann"), c=handed("Ann", padding="5"), d=handed("Bo"))
    assert [type(of).__name__ for of in found] == ["HandIn", "LeftOut", "HandIn", "HandIn"]
    assert isinstance(found[1], LeftOut)
    assert "'b.zip' is left out: it holds the same name and the same answers as 'a.zip'." in sentence(found[1].error)


def test_without_a_name_equal_answers_may_be_anybodys():
    assert [type(of).__name__ for of in read(a=handed(""), b=handed(""))] == ["HandIn", "HandIn"]


def test_more_than_can_be_read_at_once_are_named(monkeypatch):
    monkeypatch.setattr(handed_in, "MAX_HAND_INS", 2)
    found = read(a=handed("A"), bad=io.BytesIO(b"x"), b=handed("B"), c=handed("C"))
    assert [type(of).__name__ for of in found] == ["HandIn", "LeftOut", "HandIn", "LeftOut"]
    assert isinstance(found[3], LeftOut)
    assert "'c.zip' is left out: 2 are read at once." in sentence(found[3].error)
