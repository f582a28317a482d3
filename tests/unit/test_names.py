"""Heads have two names, one counted from 1 and one from 0; both are read back into the same numbers."""

import re

import pytest

from viz import names
from viz.errors import HeadOutOfRange, UnknownHead


def test_the_exercise_counts_layers_and_heads_from_one():
    assert names.head_label(3, 10) == "Layer4_Head11"
    assert names.head_label(0, 0) == "Layer1_Head1"


def test_libraries_count_layers_and_heads_from_zero():
    assert names.head_index_label(3, 10) == "L3H10"
    assert names.head_index_label(0, 0) == "L0H0"


def test_a_title_gives_both_names():
    assert names.head_title(3, 10) == "Layer4_Head11 · L3H10"
    assert names.head_title(1, 2, "cross") == "Cross Layer2_Head3 · L1H2"


def test_either_name_is_read_however_it_is_typed():
    ways = [
        "Layer4_Head11",
        "layer4_head11",
        " Layer4_Head11 ",
        "Layer 4 Head 11",
        "Layer 4, Head 11",
        "layer-4-head-11",
        "Layer04_Head11",
        "Attention_Layer4_Head11.png",
        "Attention_Layer4_Head11",
        "L3H10",
        "l3h10",
        "L3.H10",
        "L3 H10",
        "L3-H10",
    ]
    read = {typed: names.parse_head(typed, 12, 12) for typed in ways}
    assert read == dict.fromkeys(ways, (3, 10))


def test_every_head_reads_back_from_both_of_its_names():
    for layer in range(12):
        for head in range(12):
            assert names.parse_head(names.head_label(layer, head), 12, 12) == (layer, head)
            assert names.parse_head(names.head_index_label(layer, head), 12, 12) == (layer, head)


def test_what_is_no_name_of_a_head_is_refused_with_what_was_typed():
    wrong = [
        "",
        "Head11",
        "Layer4",
        "L3",
        "4.11",
        "Layer4_Head",
        "Layer4_Head11x",
        "L3H10x",
        "Layer-4_Head-",
        "LayerHead",
        "L99999H1",
    ]
    for typed in wrong:
        with pytest.raises(UnknownHead, match=re.escape(f"'{typed}'")):
            pytest.fail(f"{typed!r} is read as {names.parse_head(typed, 12, 12)}")


def test_a_head_the_model_does_not_have_is_refused_under_the_name_that_was_typed():
    labels = {
        "Layer4_Head13": "Layer4_Head13",
        "layer 13 head 1": "Layer13_Head1",
        "Layer0_Head1": "Layer0_Head1",
        "Layer1_Head0": "Layer1_Head0",
        "L12H0": "L12H0",
        "l0h12": "L0H12",
    }
    for typed, label in labels.items():
        with pytest.raises(HeadOutOfRange) as caught:
            pytest.fail(f"{typed!r} is read as {names.parse_head(typed, 12, 12)}")
        assert str(caught.value) == f"{label} does not exist: this model has 12 layers of 12 heads."


def test_the_last_head_of_a_model_that_is_not_square_is_read():
    assert names.parse_head("Layer3_Head2", 3, 2) == (2, 1)
    with pytest.raises(HeadOutOfRange):
        names.parse_head("Layer2_Head3", 3, 2)


def test_a_diagram_is_called_as_in_the_exercise():
    assert names.diagram_name(3, 10) == "Attention_Layer4_Head11.png"
    assert names.diagram_name(0, 0, "svg") == "Attention_Layer1_Head1.svg"
    assert names.diagram_name(1, 2, kind="cross") == "Attention_Cross_Layer2_Head3.png"
    assert names.parse_head(names.diagram_name(3, 10), 4, 11) == (3, 10)


def test_a_layer_is_named_and_read_counted_from_one():
    assert names.layer_label(3) == "Layer4"
    ways = {"Layer4": 3, " layer_1 ": 0, "layer 2": 1, "Layer5": None, "Layer0": None, "4": None, "Layer4_Head1": None}
    assert {name: names.parse_layer(name, 4) for name in ways} == ways


def test_positions_on_the_screen_start_at_one():
    assert names.position_number(0) == 1


def test_a_folder_name_keeps_words_and_drops_what_file_systems_refuse():
    expected = {
        "The turtle moves.": "The_turtle_moves",
        "我们 今天": "我们_今天",
        "नमस्ते दुनिया": "नमस्ते_दुनिया",  # vowel signs are marks, not letters
        "Черепаха ползёт!": "Черепаха_ползёт",
        "a/b\\c:d*e?f": "a_b_c_d_e_f",
        "../../etc/passwd": "etc_passwd",
        "": "text",
        "?!": "text",
        "😀": "text",
    }
    assert {text: names.folder_name(text) for text in expected} == expected


def test_a_composed_and_a_decomposed_accent_give_the_same_folder():
    assert names.folder_name("cafe\u0301") == names.folder_name("caf\u00e9") == "caf\u00e9"


def test_a_folder_name_is_cut_by_bytes_between_characters():
    assert names.folder_name("a" * 100) == "a" * 60
    assert names.folder_name("们" * 100) == "们" * 20  # three bytes each
    assert names.folder_name("Я" * 3, limit=5) == "ЯЯ"  # two bytes each
    assert names.folder_name("abcde fg", limit=6) == "abcde"
