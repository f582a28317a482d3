"""A label is written in a font that has its characters, whatever the script."""

from pathlib import Path

import pytest
from PIL import ImageFont

from viz.drawing import fonts

SIZE = 20


@pytest.fixture
def only_pillows_font(monkeypatch):
    """Pretend that no font is installed; Pillow brings one of its own."""
    monkeypatch.setattr(fonts, "installed", lambda: ())
    return ImageFont.load_default(SIZE)


@pytest.fixture
def two_fonts(tmp_path) -> dict[str, Path]:
    """Give two font files: Pillow's own ("narrow", Latin only) and an installed one with Cyrillic ("wide")."""
    wide = next(
        (path for path in fonts.installed() if fonts.n_known(ImageFont.truetype(str(path), SIZE), "aя") == 2), None
    )
    if wide is None:
        pytest.skip("no installed font has Cyrillic: DejaVuSans.ttf would do")
    narrow = tmp_path / "narrow.ttf"
    narrow.write_bytes(ImageFont.load_default(SIZE).font_bytes)
    return {"narrow": narrow, "wide": wide}


def test_pillows_own_font_knows_latin_letters_only():
    for character, known in [("a", True), ("Z", True), ("9", True), ("北", False), ("\u0e01", False)]:
        assert fonts.n_known(ImageFont.load_default(SIZE), character) == known, character


def test_known_characters_are_counted_and_white_space_needs_no_glyph():
    assert fonts.n_known(ImageFont.load_default(SIZE), "a北b 京\t") == 4  # a, b, space, tab
    assert fonts.n_known(ImageFont.load_default(SIZE), "") == 0


def test_there_is_always_a_font_of_the_asked_size(only_pillows_font):
    for size in (6, 24):
        font = fonts.font_for("北京", size)
        assert font.size == size
        assert font.getname() == only_pillows_font.getname()


@pytest.mark.parametrize("order", [("narrow", "wide"), ("wide", "narrow")])
def test_the_first_of_two_fonts_that_know_a_text_is_taken(order, two_fonts, monkeypatch):
    paths = tuple(two_fonts[name] for name in order)
    monkeypatch.setattr(fonts, "installed", lambda: paths)
    assert fonts.font_for("turtle", SIZE).path == str(paths[0])


@pytest.mark.parametrize("text", ["черепаха", "χελώνα", "turtle", "␣the", "⟨0000⟩"])
def test_a_text_of_a_script_that_an_installed_font_has_gets_that_font(text):
    known = {path: fonts.n_known(ImageFont.truetype(str(path), SIZE), text) for path in fonts.installed()}
    if max(known.values(), default=0) < len(text):
        pytest.skip(f"no installed font has every character of '{text}'; DejaVuSans.ttf would")
    assert fonts.n_known(fonts.font_for(text, SIZE), text) == len(text)


def test_chinese_is_written_in_a_font_that_has_it():
    text = "我们今天去北京"
    if not any(fonts.n_known(ImageFont.truetype(str(path), SIZE), text) == len(text) for path in fonts.installed()):
        pytest.skip("no Chinese font is installed: NotoSansCJK-Regular.ttc or wqy-microhei.ttc would do")
    assert fonts.n_known(fonts.font_for(text, SIZE), text) == len(text)


def test_a_font_that_knows_most_of_a_text_wins_over_one_that_is_preferred(two_fonts, monkeypatch):
    for order in [("narrow", "wide"), ("wide", "narrow")]:
        paths = tuple(two_fonts[name] for name in order)
        monkeypatch.setattr(fonts, "installed", lambda paths=paths: paths)
        for text in ["aя", "aя\U0010ffff", "яяя"]:
            assert fonts.font_for(text, SIZE).path == str(two_fonts["wide"]), (order, text)


def test_a_computer_without_fonts_writes_latin_cyrillic_and_greek(monkeypatch):
    monkeypatch.setattr(fonts, "_of_the_system", lambda: [])
    found = fonts.installed.__wrapped__()
    assert [path.name for path in found] == ["DejaVuSans.ttf"]
    font = ImageFont.truetype(str(found[0]), SIZE)
    for text in ("turtle", "Ёж под маской", "χελώνα"):
        assert fonts.n_known(font, text) == len(text)


def test_installed_fonts_are_files():
    assert all(path.is_file() for path in fonts.installed())


def test_fonts_are_found_in_folders_below_and_listed_in_order_of_preference(monkeypatch, tmp_path):
    for name in ("z/simhei.ttf", "a/Arial.ttf", "z/DejaVuSans.ttf", "b/Arial.ttf", "Unheard-of.ttf"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.setattr(fonts, "_folders", lambda: [tmp_path, tmp_path / "not there"])
    found = fonts.installed.__wrapped__()
    assert [path.name for path in found] == ["DejaVuSans.ttf", "Arial.ttf", "simhei.ttf"]


def test_a_font_that_cannot_be_read_or_goes_writes_nothing(two_fonts, monkeypatch, tmp_path):
    (damaged := tmp_path / "damaged.ttf").write_bytes(b"no font")
    (goes := tmp_path / "goes.ttf").write_bytes(two_fonts["wide"].read_bytes())
    monkeypatch.setattr(fonts, "installed", lambda: (damaged, goes))
    assert fonts.font_for("я", SIZE).path == str(goes)
    assert fonts.path_for("я") == goes == fonts.path_for(" ")
    goes.unlink()
    for size in (SIZE, SIZE + 1):
        assert fonts.font_for("turtle", size).size == size
    assert fonts.path_for("я") is None is fonts.path_for(" ")
