"""A server offers the runs in its folders by name, and nothing else: whatever may not be opened does not exist."""

import os

import pytest

from tests.saved_runs import assert_same, full_run
from viz.errors import RunNotOffered
from viz.files import offered, saved


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Give a folder of runs that is offered, beside a secret that is not."""
    home = tmp_path / "runs"
    (home / "inner").mkdir(parents=True)
    for path in (home / "a.npz", home / "b.safetensors", home / "inner" / "deep.npz", tmp_path / "secret.npz"):
        saved.write(full_run(), path)
    (home / "notes.txt").write_text("no run")
    saved.write(full_run(), home / ".hidden.npz")
    monkeypatch.setenv("HEADLIGHT_RUNS", str(home))
    return home


def refused(name: str) -> str:
    with pytest.raises(RunNotOffered) as caught:
        offered.open_file(name)
    return str(caught.value).replace(repr(name), "NAME").replace(f"'{name}'", "NAME")


def test_runs_are_offered_by_name(folder):
    assert offered.names() == ["a.npz", "b.safetensors"]
    for name in offered.names():
        file, _stamp = offered.open_file(name)
        with file:
            assert_same(full_run(), saved.read(file))


def test_a_stamp_is_another_once_the_file_is_written_anew(folder):
    file, stamp = offered.open_file("a.npz")
    file.close()
    os.utime(folder / "a.npz", ns=(5, 5))
    again, later = offered.open_file("a.npz")
    again.close()
    assert stamp != later


def test_what_may_not_be_opened_gets_the_answer_of_what_is_not_there(folder):
    os.symlink(folder.parent / "secret.npz", folder / "leads out.npz")
    os.symlink("/etc/passwd", folder / "passwd.npz")
    os.mkfifo(folder / "waits.npz")
    (folder / "folder.npz").mkdir()
    missing = refused("nothing.npz")
    for name in (
        "leads out.npz",
        "passwd.npz",
        "waits.npz",
        "folder.npz",
        "notes.txt",
        ".hidden.npz",
        "deep.npz",
        "inner/deep.npz",
        "../secret.npz",
        "../runs/a.npz",
        "./a.npz",
        str(folder / "a.npz"),
        "..",
        "",
        "a.npz/",
        "a.npz\0",
        "A.NPZ",
        "a" * 10_000,
        "a.npz\n",
    ):
        assert refused(name) == missing, name
    assert offered.names() == ["a.npz", "b.safetensors"]


def test_a_link_inside_the_folder_is_followed(folder):
    os.symlink("a.npz", folder / "again.npz")
    file, _stamp = offered.open_file("again.npz")
    with file:
        assert_same(full_run(), saved.read(file))


def test_a_single_file_may_be_offered_and_folders_that_are_not_there_have_none(folder, tmp_path, monkeypatch):
    places = [tmp_path / "missing", tmp_path / "secret.npz", folder]
    monkeypatch.setenv("HEADLIGHT_RUNS", os.pathsep.join(map(str, places)))
    assert offered.names() == ["a.npz", "b.safetensors", "secret.npz"]


def test_without_the_setting_nothing_is_offered(monkeypatch, tmp_path):
    monkeypatch.delenv("HEADLIGHT_RUNS", raising=False)
    monkeypatch.chdir(tmp_path)
    saved.write(full_run(), tmp_path / "a.npz")
    assert offered.names() == []
    refused("a.npz")
