"""Words are found among tokens from the token strings alone."""

import numpy as np
import pytest

from tests import hand_made
from viz.analysis import words
from viz.errors import AmbiguousWord, WordNotInText


def run_of(*tokens: str, padding_left: int = 0):
    labels = ("[PAD]",) * padding_left + tokens
    real = [[0] * padding_left + [1] * len(tokens)]
    return hand_made.run(real, batch_fields={"tokens": (labels,)})


def spelled(run) -> list[tuple[str, tuple[int, ...]]]:
    return [(word.text, word.positions) for word in words.words(run, 0) if not word.special]


def test_pieces_are_joined_to_words():
    for tokens, expected in [
        (("[CLS]", "the", "tur", "##tle", ".", "[SEP]"), [("the", (1,)), ("turtle", (2, 3)), (".", (4,))]),
        (("The", "␣tur", "tle", "."), [("The", (0,)), ("turtle", (1, 2)), (".", (3,))]),
        (("The", "Ġtur", "tle", "Ġ", "."), [("The", (0,)), ("turtle", (1, 2)), (".", (3, 4))]),
        (("<s>", "▁The", "▁tur", "tle", "</s>"), [("The", (1,)), ("turtle", (2, 3))]),
        (
            ("don", "'t", "␣stop", "!!", "␣42", "nd"),
            [("don", (0,)), ("'t", (1,)), ("stop", (2,)), ("!!", (3,)), ("42nd", (4, 5))],
        ),
        (("[CLS]", "[UNK]·北", "##x", "[MASK]", "[SEP]"), [("北x", (1, 2)), ("[MASK]", (3,))]),
        (("␣a", "␣北·1/2", "␣北·2/2"), [("a", (0,)), ("北", (1, 2))]),
        (("Ġa", "ĠåĮ", "Ĺ"), [("a", (0,)), ("北", (1, 2))]),
        (("北·1/2", "北·2/2", "京"), [("北京", (0, 1, 2))]),  # no space in all of the text
    ]:
        assert spelled(run_of(*tokens)) == expected, tokens


def test_padding_belongs_to_no_word():
    assert spelled(run_of("[CLS]", "a", "##b", padding_left=2)) == [("ab", (3, 4))]


def test_special_tokens_are_known_by_their_names_or_from_the_batch():
    tokens = ("[CLS]", "odd", "a", "[SEP]")
    by_name = hand_made.run([[1, 1, 1, 1]], batch_fields={"tokens": (tokens,)})
    assert words.special_tokens(by_name, 0).tolist() == [True, False, False, True]
    said = np.array([[False, True, False, False]])
    both = hand_made.run([[1, 1, 1, 1]], batch_fields={"tokens": (tokens,), "special_tokens_mask": said})
    assert words.special_tokens(both, 0).tolist() == [True, True, False, True]


def test_a_word_is_found_without_regard_to_case_and_accents():
    for typed, positions in [
        ("turtle", (2, 3)),
        ("TURTLE", (2, 3)),
        ("café", (4,)),
        ("the turtle", (1, 2, 3)),
        ("[cls]", (0,)),
    ]:
        assert words.find(run_of("[CLS]", "the", "tur", "##tle", "cafe", "[SEP]"), 0, typed) == positions, typed


def test_part_of_a_word_is_not_found():
    for typed in ["tur", "tle", "", " ", "turtl", "##tle"]:
        with pytest.raises(WordNotInText) as caught:
            words.find(run_of("[CLS]", "the", "tur", "##tle", "[SEP]"), 0, typed)
            pytest.fail(f"{typed!r} was found")
        assert caught.value.values["word"] == typed


def test_a_word_that_stands_twice_names_its_positions():
    with pytest.raises(AmbiguousWord) as caught:
        words.find(run_of("[CLS]", "the", "dog", "the", "cat", padding_left=1), 0, "The")
    assert caught.value.values == {"word": "The", "number": 1, "positions": "3, 5"}


def aligned(text: str, *tokens: str) -> dict[int, str] | None:
    spans = words.align(words.pieces(run_of(*tokens), 0), text)
    return spans and {position: text[slice(*span)] for position, span in spans.items()}


def test_a_text_is_laid_over_its_tokens():
    for text, tokens, expected in [
        ("The Turtle.", ("[CLS]", "the", "tur", "##tle", ".", "[SEP]"), {1: "The", 2: "Tur", 3: "tle", 4: "."}),
        ("The turtle.", ("The", "␣tur", "tle", "."), {0: "The", 1: "tur", 2: "tle", 3: "."}),
        ("Café  no", ("[CLS]", "cafe", "no"), {1: "Café", 2: "no"}),
        ("A [mask].", ("a", "[MASK]", "."), {0: "A", 1: "[mask]", 2: "."}),
        ("A <mask>.", ("a", "[MASK]", "."), {0: "A", 1: "<mask>", 2: "."}),
        ("go 北京!", ("go", "[UNK]", "!"), {0: "go", 1: "北京", 2: "!"}),
        ("go 北京!", ("go", "[UNK]·北", "京", "!"), {0: "go", 1: "北", 2: "京", 3: "!"}),
        ("go pneumonoultra now", ("go", "[UNK]·pneumono…", "now"), {0: "go", 1: "pneumonoultra", 2: "now"}),
        ("北京", ("␣北·1/2", "北·2/2", "京"), {0: "北", 2: "京"}),
        ("The turtle!", ("[CLS]", "the", "turtle", "."), None),
        ("The turtle. No.", ("the", "turtle", "."), None),
        ("The turtle", ("the", "turtle", "."), None),
        ("a", ("a", "[UNK]"), None),
    ]:
        assert aligned(text, *tokens) == expected, (text, tokens)
