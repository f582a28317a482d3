"""``python -m viz head`` says what the page of a head says."""

import json

import pytest

from viz.__main__ import main

SENTENCE = "The turtle moves slow across the [MASK]."


@pytest.fixture
def ask(capfd):
    def call(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main(["head", *map(str, arguments)])
        said = capfd.readouterr()
        return code, said.out, said.err

    return call


def test_a_head_is_described_by_either_name(ask, tmp_path):
    code, said, error = ask(SENTENCE, "--head", "Layer4_Head11", "--csv", tmp_path / "head.csv")
    assert (code, error) == (0, "")
    assert said == ask(SENTENCE, "--head", "L3H10")[1]
    assert said.startswith("# Layer4_Head11 · L3H10 of headlight-bert (pretrained weights)")
    assert "claim adverb: Holds: Layer4_Head11 · L3H10 looks most" in said and "in 10 of 10 sentences" in said
    assert "known: An adverb looks at its verb. weight 0.97; an even look: 0.07 (Headlight 2026, Heads)" in said
    written = (tmp_path / "head.csv").read_text(encoding="utf-8-sig").splitlines()
    assert written[0] == "head,index,about,what,value,rank,n_heads,even,n,said"
    assert any(
        line.startswith("Layer4_Head11,L3H10,found by others,An adverb looks at its verb.,0.97") for line in written
    )


def test_a_text_that_asks_for_no_word_has_no_answer_to_lose(ask):
    code, said, _error = ask("The cat sleeps.", "--head", "L1H9", "--json")
    about = {row["about"] for row in json.loads(said)["known"]}
    assert code == 0 and about == {"job", "claim, share of hits", "found by others"}


def test_a_head_that_is_none_is_refused(ask):
    code, said, error = ask(SENTENCE, "--head", "Layer9_Head1")
    assert (code, said) == (2, "") and error.startswith("Layer9_Head1 does not exist")
