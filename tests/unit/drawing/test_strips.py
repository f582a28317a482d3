"""Token strips: any token is text and nothing else, and every kind says what it is in words."""

import re
from html.parser import HTMLParser

import pytest

from viz import theme
from viz.drawing import strips
from viz.drawing.strips import KINDS, Chip

NASTY = [
    "<script>alert(1)</script>",
    "</li></ol><img src=x onerror=a()>",
    '" onclick="a()',
    "' title='x",
    "&amp;",
    "&lt;b&gt;",
    "<!--",
    "-->",
    "]]>",
    "</style>",
    "$x^2$",
    ":red[x]",
    ":smile:",
    "**b**",
    "`c`",
    "![x](http://e.invalid)",
    "{x}",
    "%s",
    "😀",
    "👩‍🔬",
    "السلام",
    "שלום",
    "我们",
    "␣",
    " ",
    "",
]


class Reader(HTMLParser):
    """Collect tags, attributes and the text inside each tag, as a browser reads them."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.tags.append((tag, dict(attributes)))
        self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts[self.open[-1]][-1] += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def named(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_any_token_note_and_label_is_text():
    for label in NASTY:
        read = Reader(strips.board([strips.strip([Chip(token, token) for token in NASTY], label)]))
        assert read.open == []
        assert {tag for tag, _ in read.tags} == {"div", "style", "b", "ol", "li", "bdi", "small"}
        assert {name for _, attributes in read.tags for name in attributes} == {
            "class",
            "title",
            "role",
            "aria-label",
            "aria-hidden",
        }
        assert read.texts["bdi"] == NASTY
        assert read.texts["small"] == [note for note in NASTY if note]
        assert read.texts["b"] == [label]
        assert read.named("ol")[0]["aria-label"] == label


def test_a_token_is_isolated_from_its_neighbours():
    read = Reader(strips.strip([Chip("السلام"), Chip("cat")], "prompt 1"))
    assert [tag for tag, _ in read.tags] == ["div", "b", "ol", "li", "bdi", "li", "bdi"]


def test_there_are_twenty_kinds():
    assert KINDS[:9] == ("real", "special", "padding", "mask", "added", "next", "end", "unscored", "changed")
    assert KINDS[9:16] == ("random", "kept", "seen", "unseen", "scored", "blank", "written")
    assert KINDS[16:] == ("paired", "respelled", "moved", "alone")


def test_a_kind_is_said_in_words_and_has_a_style_of_its_own():
    for kind in KINDS:
        read = Reader(strips.strip([Chip("x", kind=kind)], "prompt 1"))
        (item,) = read.named("li")
        assert item["title"] == strips.kind_words()[kind], kind
        said = [] if kind in ("real", "blank") else [item["title"]]  # a plain token needs no word
        assert read.texts.get("i", []) == said, kind
        assert (f".hl-strips .{item['class']} {{" in strips.stylesheet()) == (kind != "real"), kind


def test_no_two_kinds_look_or_sound_alike():
    items = Reader(strips.strip([Chip("x", kind=kind) for kind in KINDS], "")).named("li")
    assert len({item["class"] for item in items}) == len({item["title"] for item in items}) == len(KINDS)


def test_a_kind_has_a_mark_besides_its_colour():
    for kind, property in [
        ("special", "border-style: dashed"),
        ("padding", "repeating-linear-gradient(135deg"),
        ("mask", "outline: 2px solid"),
        ("added", "border-bottom-width: 3px"),
        ("next", "outline: 2px solid"),
        ("end", "border: 3px double"),
        ("unscored", "repeating-linear-gradient(45deg"),
        ("changed", "border: 2px dotted"),
        ("random", "border: 2px dashed"),
        ("kept", "border-bottom-width: 4px"),
        ("unseen", "border-style: dotted"),
        ("scored", "font-weight: 600"),
    ]:
        letter = Reader(strips.strip([Chip("x", kind=kind)], "")).named("li")[0]["class"]
        rule = re.search(rf"\.hl-strips \.{letter} {{(.*?)}}", strips.stylesheet(), re.DOTALL)[1]
        assert property in rule, kind


def test_colours_are_those_of_the_maps():
    style = strips.stylesheet()
    for colour in (theme.PADDING, theme.PADDING_HATCH, theme.HIDDEN, theme.HIDDEN_CROSS, theme.ACCENT, theme.BAR):
        assert colour in style
    assert not re.search(r"\b[A-Z]{4,}\b", style)  # no colour was left a name


def test_an_unknown_kind_is_refused():
    with pytest.raises(KeyError):
        strips.strip([Chip("x", kind="read")], "prompt 1")


def test_a_note_stands_under_its_token_only_where_there_is_one():
    read = Reader(strips.strip([Chip("a", "101"), Chip("b")], "prompt 1"))
    assert [tag for tag, _ in read.tags][3:] == ["li", "bdi", "small", "li", "bdi"]
    assert read.texts["small"] == ["101"]


def test_columns_stack_the_chips_of_a_position_behind_the_names_of_their_rows():
    stacks = [[Chip("[MASK]", "4", "mask"), Chip("1", kind="seen")], [Chip("cat"), Chip("0", kind="unseen")]]
    read = Reader(strips.board([strips.columns(stacks, ["input_ids", "attention_mask"], "sentence 1")]))
    assert read.open == []
    assert read.texts["b"] == ["sentence 1"] == [read.named("ol")[0]["aria-label"]]
    assert len(read.named("li")) == 3  # the names, then two positions
    assert read.texts["bdi"] == ["[MASK]", "1", "cat", "0"]
    assert read.texts["div"][2:4] == ["input_ids", "attention_mask"]
    assert [item["class"] for item in read.named("div")[4:]] == ["m", "v", "r", "w"]


def test_any_token_in_a_column_is_text():
    for text in NASTY:
        read = Reader(strips.board([strips.columns([[Chip(text, text), Chip(text, kind="scored")]], [text], text)]))
        assert read.open == [], text
        assert {tag for tag, _ in read.tags} <= {"div", "style", "b", "ol", "li", "bdi", "small", "i"}, text
        assert read.texts["bdi"] == [text, text], text


def test_a_legend_names_each_kind_once_in_the_order_asked():
    read = Reader(strips.legend(["padding", "real", "padding", "mask"]))
    assert read.texts["li"] == ["padding", "token of the text", "mask, to be guessed"]
    assert [item["class"] for item in read.named("li")] == ["p", "r", "m"]


def test_a_board_brings_the_style_once_and_not_as_its_first_tag():
    read = Reader(
        strips.board(
            [strips.strip([Chip("a")], "prompt 1"), strips.strip([Chip("b")], "prompt 2"), strips.legend(["real"])]
        )
    )
    assert [tag for tag, _ in read.tags][:2] == ["div", "style"]
    assert len(read.named("style")) == 1
    assert read.texts["style"] == [strips.stylesheet()]
    assert read.texts["b"] == ["prompt 1", "prompt 2"]


def test_every_rule_of_the_style_stays_inside_a_board():
    rules = re.sub(r"@media[^{]*{(.*)}", r"\1", strips.stylesheet(), flags=re.DOTALL)
    selectors = re.findall(r"([^{}]+){[^{}]*}", rules)
    assert selectors and all(selector.strip().startswith(".hl-strips") for selector in selectors)


def test_a_board_of_16_prompts_of_128_tokens_is_light():
    chips = [Chip("turtle", "12345")] * 64 + [Chip("[PAD]", "0", "padding")] * 64
    html = strips.board(strips.strip(chips, f"prompt {number}") for number in range(16))
    assert len(html) < 200_000
    assert "style=" not in html


def test_a_chip_refuses_to_be_changed():
    with pytest.raises(AttributeError):
        Chip("a").text = "b"
