"""Tokens are shown as characters, whatever bytes they are made of, and nothing is invisible."""

import unicodedata

import pytest

from viz import labels

NO_SPECIALS = frozenset()


def moved(byte: int) -> str:
    """Give the character that stands for a byte in GPT-2's alphabet, counted out by hand.

    Bytes 0x21-0x7E, 0xA1-0xAC and 0xAE-0xFF stand for themselves. The other 68 follow each other from U+0100 on:
    0x00-0x20 first (33 of them), then 0x7F-0xA0 (34), then 0xAD.
    """
    if byte <= 0x20:
        return chr(0x100 + byte)
    if 0x7F <= byte <= 0xA0:
        return chr(0x100 + 33 + byte - 0x7F)
    if byte == 0xAD:
        return chr(0x100 + 33 + 34)
    return chr(byte)


def byte_tokens(*pieces: bytes) -> list[str]:
    return ["".join(moved(byte) for byte in piece) for piece in pieces]


def test_the_byte_alphabet_has_every_byte_once_and_moves_68_of_them():
    assert labels.byte_alphabet() == {moved(byte): byte for byte in range(256)}
    assert len(labels.byte_alphabet()) == 256


def test_a_leading_space_is_the_famous_g_with_a_dot():
    assert labels.byte_alphabet()["Ġ"] == 0x20
    assert labels.byte_alphabet()["Ċ"] == 0x0A


def test_white_space_control_and_direction_characters_are_made_visible():
    shown = {
        "turtle": "turtle",
        " turtle": "␣turtle",
        "\n": "⏎",
        "a\tb\r": "a⇥b␍",
        "": "∅",
        "北京": "北京",
        "ползёт": "ползёт",
        "👩‍🔬": "👩‍🔬",
        "\x00": "⟨0000⟩",
        "\x1b[31m": "⟨001B⟩[31m",
        "a\u202eb": "a⟨202E⟩b",
        "\u2066x\u2069": "⟨2066⟩x⟨2069⟩",
        "\u00a0": "⟨00A0⟩",
        "\u200b": "⟨200B⟩",
        "\ufeff": "⟨FEFF⟩",
        "\u3000": "⟨3000⟩",
        "\ue000": "⟨E000⟩",
    }
    assert {text: labels.visible(text) for text in shown} == shown


def test_a_joiner_with_nothing_to_join_is_made_visible():
    assert [labels.visible(joiner) for joiner in "\u200d\ufe0f\ufe0e"] == ["⟨200D⟩", "⟨FE0F⟩", "⟨FE0E⟩"]


def test_letters_and_marks_that_print_nothing_are_made_visible():
    blanks = "\u115f\u1160\u3164\uffa0\u2800\u034f"
    assert [labels.visible(f"a{blank}") for blank in blanks] == [f"a⟨{ord(blank):04X}⟩" for blank in blanks]


def test_no_label_holds_a_character_that_prints_nothing():
    for code in range(0x3100):
        label = labels.visible(chr(code))
        assert label.strip(), hex(code)
        assert not [c for c in label if unicodedata.category(c)[0] in "CZ"], hex(code)


def test_written_takes_visible_back():
    texts = ["turtle", " turtle", "\n", "a\tb\r\n", "", "北京", " Черепаха", "👩‍🔬", "don't"]
    assert [labels.written(labels.visible(text)) for text in texts] == texts


def test_wordpiece_tokens_are_shown_as_they_are():
    assert labels.piece_labels(["[CLS]", "un", "##ization", "[UNK]"], NO_SPECIALS, False) == [
        "[CLS]",
        "un",
        "##ization",
        "[UNK]",
    ]


def test_byte_tokens_that_are_whole_characters_are_shown_as_characters():
    tokens = byte_tokens(b"The", b" turtle", "ё".encode(), " 北京".encode(), b"\n")
    assert labels.piece_labels(tokens, NO_SPECIALS, True) == ["The", "␣turtle", "ё", "␣北京", "⏎"]


def test_a_chinese_character_on_two_tokens_is_shown_on_both_with_its_part():
    first, last = "北".encode()[:2], "北".encode()[2:]  # E5 8C | 97
    assert labels.piece_labels(byte_tokens(first, last), NO_SPECIALS, True) == ["北·1/2", "北·2/2"]


def test_an_emoji_on_four_tokens_counts_its_parts():
    tokens = byte_tokens(*(bytes([byte]) for byte in "😀".encode()))  # F0 9F 98 80
    assert labels.piece_labels(tokens, NO_SPECIALS, True) == ["😀·1/4", "😀·2/4", "😀·3/4", "😀·4/4"]


def test_a_space_that_comes_with_the_first_part_is_shown_on_every_part():
    tokens = byte_tokens(b" \xf0\x9f", b"\x98\x80")
    assert labels.piece_labels(tokens, NO_SPECIALS, True) == ["␣😀·1/2", "␣😀·2/2"]


def test_a_russian_letter_cut_between_its_two_bytes_is_joined():
    tokens = byte_tokens(b"\xd1", b"\x8f", b" \xd1\x8f")  # я | я whole
    assert labels.piece_labels(tokens, NO_SPECIALS, True) == ["я·1/2", "я·2/2", "␣я"]


def test_a_token_that_ends_one_character_and_begins_the_next_joins_all_three():
    tokens = byte_tokens(b"\xe5", b"\x8c\x97\xe4", b"\xba\xac", b"!")  # 北 = E5 8C 97, 京 = E4 BA AC
    assert labels.piece_labels(tokens, NO_SPECIALS, True) == ["北京·1/3", "北京·2/3", "北京·3/3", "!"]


def test_bytes_that_are_no_character_are_shown_as_bytes():
    cases = [
        ([b"\xe4"], ["<E4>"]),  # the end is missing
        ([b"\xe4", b"a"], ["<E4>", "a"]),  # something else follows
        ([b"\xbb"], ["<BB>"]),  # the beginning is missing
        ([b"\xe4\xbb"], ["<E4><BB>"]),
        ([b"\xff", b" a"], ["<FF>", "␣a"]),  # no character has this byte
        ([b"\xed\xa0\x80"], ["<ED><A0><80>"]),  # half a surrogate pair is no character
        ([b"\xe4", b"\xe5\x8c\x97"], ["<E4>", "北"]),
    ]
    for pieces, shown in cases:
        assert labels.piece_labels(byte_tokens(*pieces), NO_SPECIALS, True) == shown, pieces


def test_no_pair_of_bytes_ever_shows_the_replacement_character():
    for first in range(256):
        for second in (0x20, 0x41, 0x80, 0xBF, 0xC3, 0xE4, 0xF0, 0xFF):
            shown = labels.piece_labels(byte_tokens(bytes([first]), bytes([second])), NO_SPECIALS, True)
            assert len(shown) == 2
            assert "\ufffd" not in "".join(shown)


def test_a_special_token_is_shown_as_it_is_and_ends_a_broken_character():
    tokens = [*byte_tokens(b"\xe5\x8c"), "<|endoftext|>", *byte_tokens(b"\x97")]
    shown = labels.piece_labels(tokens, frozenset({"<|endoftext|>"}), True)
    assert shown == ["<E5><8C>", "<|endoftext|>", "<97>"]


def test_an_added_token_outside_the_byte_alphabet_is_shown_as_it_is():
    assert labels.piece_labels(["<新>", *byte_tokens(b" a")], NO_SPECIALS, True) == ["<新>", "␣a"]


def test_every_token_gets_one_label_in_any_cut_of_a_text():
    text = "We 去 北京 😀 ёлка".encode()
    for width in range(1, 7):
        pieces = [text[i : i + width] for i in range(0, len(text), width)]
        assert len(labels.piece_labels(byte_tokens(*pieces), NO_SPECIALS, True)) == len(pieces)


def test_byte_tokens_are_written_as_text_and_bytes_that_are_no_character_as_numbers():
    assert labels.byte_text(byte_tokens(b" the\n", "北".encode()[:1], "北".encode()[1:])) == " the\n北"
    assert labels.byte_text(byte_tokens(b"a", b"\xe4\xbb")) == "a<E4><BB>"
    assert labels.byte_text(byte_tokens(b"\xff\xe4\xbb", b"b\x97")) == "<FF><E4><BB>b<97>"
    assert labels.byte_text([]) == ""


@pytest.mark.parametrize("byte_level", [True, False])
def test_the_words_of_a_vocabulary_are_labelled_as_each_is_alone(byte_level):
    tokens = [
        "the",
        "Ġthe",
        "Ġ",
        "##ing",
        "[MASK]",
        "a b",
        "",
        "北",
        "åĮĹ",
        "Ċ",
        "e\u0301",
        "\u200d",
        "Ġåĸ",
        "<|end|>",
        "▁the",
        "é",
    ]
    alone = [labels.piece_labels([token], frozenset({"<|end|>", "[MASK]"}), byte_level)[0] for token in tokens]
    assert labels.vocabulary_labels(tokens, frozenset({"<|end|>", "[MASK]"}), byte_level) == alone


def test_neighbouring_labels_are_written_as_one_and_a_character_in_parts_once():
    for pieces, expected in [
        (["play", "##ing"], "play ##ing"),
        (["北·1/2", "北·2/2"], "北"),
        (["␣北·1/2", "␣北·2/2", "京"], "␣北 京"),
        (["北·1/2"], "北·1/2"),
    ]:
        assert labels.joined(pieces) == expected
    assert labels.joined(["abc", "def"], 5) == "abc …"
    assert labels.joined(["abcdef"], 5) == "abcdef"


def test_what_a_person_typed_keeps_its_spaces_and_hides_nothing():
    assert labels.typed("Ann B") == "Ann B"
    assert labels.typed("") == ""
    assert labels.typed("a\u202eb\tc\n") == "a⟨202E⟩b⇥c⏎"


@pytest.mark.parametrize(
    "shown, found",
    [
        ([], None),
        (["the", "北京"], None),
        (["a", "北·1/3", "北·2/3", "北·3/3", "В·1/2", "В·2/2"], ("北", 3)),
        (["<E5>", "北京·1/3", "北京·2/3", "北京·3/3"], ("北京", 3)),
        (["x·1/2", "y"], None),  # somebody typed it
        (["x·1/2", "y", "В·1/2", "В·2/2"], ("В", 2)),
        (["·1/2", "·2/2"], None),
    ],
)
def test_the_first_characters_in_parts_are_found(shown, found):
    assert labels.first_in_parts(shown) == found
