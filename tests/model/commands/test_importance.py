"""``python -m viz importance`` prints what each word did to the answer, as plain transformers measures it."""

import json

import pytest

from tests.model import plain
from viz.__main__ import main
from viz.shipped import MODELS_FOLDER

SENTENCE = "She is reading a [MASK]."


@pytest.fixture
def ask(capfd):
    """Give a function that makes a call and gives its exit code, its lines, and what it said on stderr."""

    def call(*arguments: object) -> tuple[int, list[str], str]:
        capfd.readouterr()
        code = main(["importance", *map(str, arguments)])
        said = capfd.readouterr()
        return code, said.out.splitlines(), said.err

    return call


def test_it_prints_one_word_a_line_and_the_same_as_json(ask):
    model = plain.load(MODELS_FOLDER / "headlight-bert", causal=False)
    inputs = plain.tokenized(model, [SENTENCE])
    book, letter = model.tokenizer.convert_tokens_to_ids(["book", "letter"])

    def score(ids):
        logits = plain.output(model, inputs | {"input_ids": ids})[1][0, 5]
        return float(logits[book] - logits[letter])

    code, lines, error = ask(SENTENCE, "--answer", "book", "--rival", "letter", "--json")
    told = json.loads("\n".join(lines))
    assert (code, error) == (0, "") and (told["answer"], told["rival"]) == ("book", "letter")
    assert [word["word"] for word in told["words"]] == ["she", "is", "reading", "a", "."]
    for word in told["words"]:
        without = inputs["input_ids"].clone()
        without[0, word["position"] - 1] = model.tokenizer.mask_token_id
        assert word["occlusion"] == pytest.approx(score(inputs["input_ids"]) - score(without), abs=1e-4)
    assert told["score"] == pytest.approx(score(inputs["input_ids"]), abs=1e-4)
    code, lines, error = ask(SENTENCE, "--answer", "book", "--rival", "letter")
    assert (code, error) == (0, "") and lines[0].endswith("answer book against letter")
    shown = [line.split() for line in lines if not line.startswith("#")]
    assert [row[-1] for row in shown] == ["she", "is", "reading", "a", "."]
    assert [float(row[2]) for row in shown] == pytest.approx([word["occlusion"] for word in told["words"]], abs=1e-4)


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("The dog sat.",), "There is no [MASK] in the text."),
        ((SENTENCE, "--answer", "xyzzyplugh"), "'xyzzyplugh' is not one of"),
        (("[MASK]",), "The text has no word that could have decided"),
        (("I like it.", "--model", "headlight-en-fr"), "headlight-en-fr"),
    ],
)
def test_what_cannot_be_asked_is_one_line_and_exit_code_2(ask, arguments, said):
    code, lines, error = ask(*arguments)
    assert (code, lines) == (2, []) and said in error and len(error.splitlines()) == 1
