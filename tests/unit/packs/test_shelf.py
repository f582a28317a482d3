"""Packs are found by name, in the reader's language where there is that, and none that leads out of its folder."""

import os

import pytest

from tests.packs import pack
from viz.packs import shelf
from viz.packs.errors import PackNotOffered, PackWrong


@pytest.fixture
def folder(tmp_path, monkeypatch):
    home = tmp_path / "packs"
    home.mkdir()
    monkeypatch.setenv("HEADLIGHT_PACKS", str(home))
    return home


def write(file, title: str):
    file.write_bytes(pack().replace(b"title: A try", f"title: {title}".encode()))


def test_a_reader_gets_a_pack_in_their_language_then_in_english(folder):
    write(folder / "mine.en.yaml", "A try")
    write(folder / "mine.ru.yaml", "Проба")
    assert shelf.find("mine", "ru").pack.title == "Проба"
    assert shelf.find("mine", "zh").pack.title == "A try"
    os.remove(folder / "mine.en.yaml")
    assert shelf.find("mine", "zh").pack.title == "Проба"


def test_a_pack_without_a_language_in_its_name_serves_all(folder):
    write(folder / "mine.yml", "One")
    assert shelf.find("mine", "zh").pack.title == "One"
    assert "mine" in shelf.names()


def test_another_text_is_another_digest_and_is_read_anew(folder):
    write(folder / "mine.yaml", "One")
    first = shelf.find("mine", "en")
    write(folder / "mine.yaml", "Another")
    again = shelf.find("mine", "en")
    assert (first.pack.title, again.pack.title) == ("One", "Another")
    assert first.digest != again.digest


@pytest.mark.parametrize("name", ["", "nobody", "../mine", "mine.en.yaml", "mine.en", "/etc/passwd", "x" * 500])
def test_a_name_that_is_not_there_is_refused(folder, name):
    write(folder / "mine.en.yaml", "One")
    with pytest.raises(PackNotOffered) as refused:
        shelf.find(name, "en")
    assert len(str(refused.value)) < 200


def test_a_link_that_leads_out_of_the_folder_is_not_followed(folder, tmp_path):
    write(tmp_path / "outside.yaml", "Outside")
    (folder / "mine.yaml").symlink_to(tmp_path / "outside.yaml")
    assert "mine" not in shelf.names()


def test_a_broken_pack_says_so_when_opened_and_does_not_hide_the_others(folder):
    write(folder / "good.yaml", "Good")
    (folder / "bad.yaml").write_text("pack: [")
    assert "Good" in [of.pack.title for of in shelf.listed("en")]
    with pytest.raises(PackWrong):
        shelf.find("bad", "en")


def test_a_folder_that_is_not_there_has_none(monkeypatch, tmp_path):
    monkeypatch.setenv("HEADLIGHT_PACKS", str(tmp_path / "gone"))
    with pytest.raises(PackNotOffered):
        shelf.find("mine", "en")
