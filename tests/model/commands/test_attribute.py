"""``python -m viz attribute`` prints and writes what the engine shares out."""

import csv
import json

import numpy as np
import pytest

from viz.__main__ import main
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import load_model

TEXT = "The boys near the house"


@pytest.fixture(scope="module")
def logits() -> dict[str, float]:
    loaded = load_model("headlight-gpt2")
    values = run(loaded, encode(loaded, [TEXT])).readout_logits[0].astype(np.float64)
    return dict(zip(loaded.info.vocabulary, values.tolist()))


def test_parts_come_largest_first_under_the_models_own_difference(logits, capsys):
    assert main(["attribute", TEXT, "--answer", "were", "--rival", "was", "--top", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    difference = logits["␣were"] - logits["␣was"]
    assert (
        lines[1] == f"# logit(␣were) - logit(␣was) = {difference:+.4f} in the model; 88 parts sum to {difference:+.4f}"
    )
    values = [abs(float(line.split()[-1])) for line in lines[2:5]]
    assert values == sorted(values, reverse=True)
    assert lines[5].startswith("# after each layer")
    assert len(lines) == 6 + 7
    assert lines[-1].split()[-1] == max(logits, key=logits.__getitem__)


def test_json_and_tables_hold_every_part_and_they_sum(logits, capsys, tmp_path):
    parts, lens = tmp_path / "parts.csv", tmp_path / "lens.csv"
    assert (
        main(["attribute", TEXT, "--answer", "were", "--alone", "--json", "--csv", str(parts), "--lens", str(lens)])
        == 0
    )
    said = json.loads(capsys.readouterr().out)
    assert said["rival"] is None
    assert sum(part["contribution"] for part in said["parts"]) == pytest.approx(logits["␣were"], abs=1e-4)
    rows = list(csv.DictReader(parts.read_text(encoding="utf-8-sig").splitlines()))
    assert sum(float(row["contribution"]) for row in rows) == pytest.approx(logits["␣were"], abs=1e-4)
    words = list(csv.DictReader(lens.read_text(encoding="utf-8-sig").splitlines()))
    assert len(words) == 7 * 10
    assert float(words[-10]["answer_logit"]) == pytest.approx(logits["␣were"], abs=1e-4)


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["the [MASK] sat", "--model", "headlight-bert"], "not linear"),
        ([TEXT, "--answer", "two words"], "two words"),
        ([TEXT, "--rival", "was", "--alone"], "not allowed with"),
    ],
)
def test_what_cannot_be_shared_out_is_said_in_one_line(arguments, said, capsys):
    try:
        code = main(["attribute", *arguments])
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert said in capsys.readouterr().err
