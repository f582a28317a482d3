"""Translations and shaded sources are HTML in which text stays text."""

from html.parser import HTMLParser

import pytest

from viz import theme
from viz.analysis.cross.shading import Shade
from viz.drawing.shaded_sentence import sentence
from viz.drawing.translations import pairs

HOSTILE = "<script>alert(1)</script> $x$ :red[x] 😀 مرحبا 我们 \" ' &amp;"


class Reader(HTMLParser):
    """Collect the tags of a piece of HTML, and the text within each kind of tag."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.texts.setdefault(self._open[-1], []).append(data)

    def named(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


def shade(text: str, weight: float, begins: bool = True, special: bool = False) -> Shade:
    return Shade(0, text, weight, begins, special)


def test_the_pieces_of_a_word_stand_in_one_item_with_their_numbers():
    read = Reader(sentence([shade("red", 0.5), shade("ca", 0.25), shade("r", 0.125, begins=False)], "row"))
    assert len(read.named("li")) == 2
    assert read.texts["bdi"] == ["red", "ca", "r"]
    assert read.texts["small"] == ["0.50", "0.25", "0.12"]
    assert [span["title"] for span in read.named("span")] == ["red: 0.5000", "ca: 0.2500", "r: 0.1250"]


def test_a_piece_has_the_colour_that_maps_give_its_weight():
    table = theme.lookup_table(theme.WEIGHT_STOPS)
    read = Reader(sentence([shade("a", 0.0), shade("b", 0.2), shade("c", 1.0)], ""))
    for span, level in zip(read.named("span"), (0, 51, 255), strict=True):
        assert f"background:rgb({','.join(map(str, table[level].tolist()))})" in span["style"]


@pytest.mark.parametrize("weight", [at / 20 for at in range(21)])
def test_letters_stand_out_from_their_colour(weight):
    """Contrast as WCAG 2.2 defines it; below 3.8 the ink is on the wrong side of the turn."""

    def luminance(rgb) -> float:
        parts = [c / 255 for c in rgb]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    (span,) = Reader(sentence([shade("a", weight)], "")).named("span")
    background, ink = (part.split(":")[1] for part in span["style"].split(";"))
    rgb = [int(c) for c in background.removeprefix("rgb(").removesuffix(")").split(",")]
    lights = sorted((luminance(rgb), luminance(bytes.fromhex(ink.removeprefix("#")))))
    assert (lights[1] + 0.05) / (lights[0] + 0.05) >= 3.8


def test_a_special_token_says_so():
    read = Reader(sentence([shade("</s>", 0.9, special=True)], ""))
    (span,) = read.named("span")
    assert span["class"] == "s"
    assert span["title"] == "</s>: 0.9000 (special token)"


def test_no_text_becomes_markup():
    read = Reader(sentence([shade(HOSTILE, 0.5)], HOSTILE) + pairs([HOSTILE], [HOSTILE], [HOSTILE], 0))
    assert not read.named("script")
    assert read.texts["bdi"] == [HOSTILE]
    assert read.texts["p"] == [HOSTILE, HOSTILE]
    assert read.named("ol")[0]["aria-label"] == HOSTILE


def test_the_open_pair_is_marked_and_pairs_are_named_where_there_are_several():
    read = Reader(pairs(["a", "b"], ["x", ""], ["text 1", "text 2"], 1))
    assert [pair.get("aria-current") for pair in read.named("div")[1:]] == [None, "true"]
    assert read.texts["b"] == ["text 1", "text 2"]
    assert read.texts["p"] == ["a", "x", "b", "(nothing)"]
    assert "b" not in Reader(pairs(["a"], ["x"], ["text 1"], 0)).texts
