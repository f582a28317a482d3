"""``python -m viz patch`` and ``python -m viz switch-off`` say what their pages say."""

import csv
import json

import numpy as np
import pytest

from viz.__main__ import main
from viz.analysis.heads.switch_off import Resample
from viz.analysis.predictions import probabilities
from viz.engine.reasons.requests import Patch
from viz.engine.requests import Ask, Rank
from viz.engine.service import answer, stream

FIRST, SECOND = "The boys near the house", "The boy near the house"
GPT2 = ("--model", "headlight-gpt2")


@pytest.fixture
def ask(capfd):
    """Give a function that makes a call and gives its exit code, what it printed, and what it said on stderr."""

    def call(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main([*map(str, arguments)])
        said = capfd.readouterr()
        return code, said.out, said.err

    return call


def test_patches_are_listed_strongest_first_and_written_as_a_table(ask, tmp_path):
    code, out, _err = ask("patch", FIRST, SECOND, *GPT2, "--token", "5", "--top", "2", "--csv", tmp_path / "p.csv")
    expected = answer(Patch("headlight-gpt2", FIRST, SECOND, position=4))
    lines = out.splitlines()
    assert code == 0 and len(lines) == 4
    assert lines[1].startswith("# logit(␣are) - logit(␣is) at token 5:")
    best = np.unravel_index(np.abs(expected.shifts[:, :-1]).argmax(), (6, 12))
    assert lines[2].split()[-2:] == [f"{expected.shares[best]:+.4f}", f"{expected.shifts[best]:+.4f}"]
    rows = list(csv.DictReader((tmp_path / "p.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == 6 * 13
    np.testing.assert_allclose([float(row["shift"]) for row in rows], expected.shifts.ravel())


def test_patches_of_states_as_json(ask):
    code, out, _err = ask("patch", FIRST, SECOND, *GPT2, "--what", "states", "--answer", "were", "--json")
    said = json.loads(out)
    assert code == 0 and said["answer"] == "␣were" and said["tokens_a"][1] == "␣boys"
    shifts = answer(Patch("headlight-gpt2", FIRST, SECOND, "were", what="states")).shifts[:, :-1]
    assert [of["shift"] for of in said["patches"]] == sorted(shifts.ravel().tolist(), key=abs, reverse=True)[:10]
    assert {"␣boy", "␣house"} <= {of["token_b"] for of in said["patches"]}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((FIRST, "The boy"), "first sentence has 5 tokens and the second 2"),
        ((FIRST, SECOND, "--token", "9"), "The tokens at positions 9 do not exist"),
        ((FIRST, SECOND, "--token", "0"), "'0' is no position of a token"),
    ],
)
def test_what_cannot_be_patched_is_one_line_and_exit_code_2(ask, arguments, said):
    try:
        code, out, err = ask("patch", *arguments, *GPT2)
    except SystemExit as ended:
        code, out, err = ended.code, "", said
    assert code == 2 and not out and said in err and len(err.splitlines()) == 1


def test_heads_are_ranked_by_what_resampling_them_does(ask):
    code, out, _err = ask("switch-off", FIRST, *GPT2, "--by", "resample", "--from", SECOND, "--top", "1", "--json")
    (first,) = json.loads(out)["off"]
    asked = Ask("headlight-gpt2", (FIRST,))
    word = answer(asked).model.vocabulary.index(first["word"])
    ranked = [of for part in stream(Rank(asked, 0, word, "resample", resample=Resample(SECOND))) for of in part]
    assert code == 0 and first["kl_bits"] == pytest.approx(max(of.effect.kl for of in ranked), abs=1e-9)


def test_named_heads_are_switched_off_together(ask):
    code, out, _err = ask("switch-off", FIRST, *GPT2, "--off", "L0H0, Layer2", "--by", "mean", "--word", "are")
    off = frozenset({(0, 0), *((1, head) for head in range(12))})
    after = answer(Ask("headlight-gpt2", (FIRST,), off=off, off_by="mean"))
    share = probabilities(after, 0)[after.model.vocabulary.index("␣are")]
    assert code == 0 and out.startswith("L0H0,L1 ") and out.endswith(f"-> {share:.4f}\n")
