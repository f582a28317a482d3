"""Every error is one sentence a person can act on, in their language."""

import gettext

import pytest

from tests.mo import write_catalogue
from viz import errors, text
from viz.errors import VizError

SENTENCES = {
    VizError: ({"reason": "no light"}, "Something is wrong: no light"),
    errors.EmptyText: (
        {"example": "The turtle [MASK]."},
        "There is no text. Type a sentence, for example: The turtle [MASK].",
    ),
    errors.NoMaskToken: (
        {"mask_token": "[MASK]"},
        "There is no [MASK] in the text. Put one where the word should be guessed.",
    ),
    errors.MaskTokenInCausalModel: (
        {"checkpoint": "gpt2"},
        "gpt2 reads from left to right and has no [MASK]: it guesses the next word. Remove [MASK], or choose a BERT model.",
    ),
    errors.TextTooLong: (
        {"number": 3, "n_tokens": 1140, "max_positions": 512},
        "Text 3 has 1,140 tokens; this model reads 512. Shorten it, or allow cutting.",
    ),
    errors.TextTooLarge: (
        {"n_characters": 10001, "limit": 10000},
        "The text has 10,001 characters; at most 10,000 are read. Shorten it.",
    ),
    errors.NoPrompts: (
        {"example": "It will rain in the"},
        "There is no prompt. Type one a line, for example: It will rain in the",
    ),
    errors.TooManyPrompts: (
        {"n_prompts": 1000, "limit": 16},
        "There are 1,000 prompts; at most 16 are run in one batch. Remove some lines.",
    ),
    errors.BatchTooLarge: (
        {
            "n_rows": 16,
            "n_tokens": 512,
            "n_layers": 12,
            "n_heads": 12,
            "megabytes": 2415,
            "limit": 640,
            "fit_rows": 4,
            "fit_tokens": 263,
        },
        "A batch of 16 x 512 tokens on 12 layers of 12 heads has 2,415 MB of attention; at most 640 MB are kept. "
        "Of this length 4 texts fit; 16 texts fit with 263 tokens each.",
    ),
    errors.AllTokensHidden: (
        {"n_tokens": 7},
        "All 7 tokens are hidden: nothing is left to look at. Show at least one token.",
    ),
    errors.TokensDoNotFit: (
        {"positions": "8, 9", "n_tokens": 7},
        "The tokens at positions 8, 9 do not exist: this text has positions 1 to 7.",
    ),
    errors.EmptyReplacement: (
        {"word": " "},
        "' ' leaves no token to put in place. Type a word, or [MASK].",
    ),
    errors.UnknownHead: (
        {"name": "Head 3"},
        "'Head 3' is not the name of a head. Write Layer4_Head11 (counted from 1) or L3H10 (counted from 0).",
    ),
    errors.HeadOutOfRange: (
        {"label": "Layer4_Head13", "n_layers": 12, "n_heads": 12},
        "Layer4_Head13 does not exist: this model has 12 layers of 12 heads.",
    ),
    errors.ModelNotFound: (
        {"checkpoint": "brt", "shipped": "A or B"},
        "There is no model 'brt'. Choose A or B, give a folder with the weights, or the name of a model on the Hub.",
    ),
    errors.HubUnreachable: (
        {"checkpoint": "bert", "shipped": "A or B"},
        "Cannot load 'bert': the Hub cannot be reached and no copy is on this computer. "
        "Choose A or B, or give a folder with the weights.",
    ),
    errors.ModelRefused: ({"checkpoint": "x", "reason": "it is empty."}, "Cannot use 'x': it is empty."),
    errors.CaptureFailed: (
        {"checkpoint": "x", "n_returned": 0, "n_layers": 12, "shipped": "A or B"},
        "'x' returned attention for 0 of 12 layers, so it cannot be drawn. Choose A or B.",
    ),
    errors.NotARun: ({"name": "a.npz", "reason": "it is empty."}, "'a.npz' is not a saved run: it is empty."),
    errors.WrongShape: (
        {"name": "scores", "seen": [1, 2], "expected": [1, 3]},
        "scores has the shape [1, 2]; it must be [1, 3].",
    ),
}


@pytest.fixture
def reader_of_pig_latin(tmp_path, monkeypatch):
    """Let the reader speak a language whose catalogue puts every error's sentence between « and »."""
    translated = {kind.template: f"«{kind.template}»" for kind in SENTENCES}
    write_catalogue(tmp_path, "xx", translated)
    monkeypatch.setattr(text, "catalogue", lambda language: gettext.translation("headlight", tmp_path, [language]))
    text.read_language_from(lambda: "xx")
    yield
    text.read_language_from(lambda: "en")


def subclasses(kind: type) -> set[type]:
    return {kind}.union(*(subclasses(sub) for sub in kind.__subclasses__()))


def test_every_error_stands_in_the_list_of_this_test():
    assert subclasses(VizError) == set(SENTENCES)


@pytest.mark.parametrize("kind", SENTENCES, ids=lambda kind: kind.__name__)
def test_an_error_is_its_english_sentence(kind):
    values, expected = SENTENCES[kind]
    assert str(kind(**values)) == expected


@pytest.mark.parametrize("kind", SENTENCES, ids=lambda kind: kind.__name__)
def test_an_error_keeps_its_values(kind):
    values, _ = SENTENCES[kind]
    assert kind(**values).values == values


@pytest.mark.parametrize("kind", SENTENCES, ids=lambda kind: kind.__name__)
def test_a_value_that_is_missing_is_noticed_when_the_error_is_made(kind):
    values, _ = SENTENCES[kind]
    some = dict(list(values.items())[1:])
    with pytest.raises(KeyError):
        kind(**some)


@pytest.mark.parametrize("kind", SENTENCES, ids=lambda kind: kind.__name__)
def test_an_error_is_said_in_the_readers_language(kind, reader_of_pig_latin):
    values, expected = SENTENCES[kind]
    assert text.sentence(kind(**values)) == f"«{expected}»"


def test_what_a_person_typed_is_never_read_as_a_template():
    assert str(errors.UnknownHead(name="{n_layers}{0}%s")).startswith("'{n_layers}{0}%s' is not")
