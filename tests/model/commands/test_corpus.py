"""``python -m viz corpus``: what it prints is what was read; wrong files and heads are one sentence."""

import csv
import json

import numpy as np
import pytest

from tests.model import plain
from viz.__main__ import main
from viz.files.corpus import SAMPLE, sample
from viz.shipped import MODELS_FOLDER

TEXT = "\n".join(
    ["The turtle moves slow across the road.", "", "She is reading a book.", "word " * 200, "The old dog ran home.", ""]
)


@pytest.fixture
def file(tmp_path):
    (tmp_path / "book.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path / "book.txt"


def test_the_strongest_cell_is_the_models_own(file, capsys):
    assert main(["corpus", str(file), "--head", "Layer4_Head11", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    model = plain.load(MODELS_FOLDER / "headlight-bert", causal=False)
    maps = plain.output(model, plain.tokenized(model, [TEXT.split("\n", maxsplit=1)[0]]))[0][0]
    best = said["strongest"][0]
    assert (best["line"], best["query"], best["key"]) == (1, "slow", "moves")
    assert best["strength"] == pytest.approx(maps[3, 10, 4, 3], abs=1e-5)
    assert maps[3, 10, 4, 3] == np.max([maps[3, 10, q, k] for q in range(1, 8) for k in range(1, 8) if q != k])
    assert said["left_out"] == [
        {"line": 2, "reason": "empty", "n": 0, "limit": 0},
        {"line": 4, "reason": "too long", "n": 202, "limit": 128},
    ]


def test_it_prints_what_was_left_out_and_writes_every_table(file, capsys, tmp_path):
    out = tmp_path / "out"
    assert main(["corpus", str(file), "--head", "L3H10", "--top", "1", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "5 of 5 lines were read, 3 of them run. 2 lines were left out: 1 is empty; line 4 has 202 tokens" in printed
    assert "slow → moves  | The turtle moves slow across the road." in printed
    with (out / "texts.csv").open(encoding="utf-8-sig", newline="") as texts:
        rows = list(csv.DictReader(texts))
    assert [row["rank"] for row in rows] == ["1", "2", "3"] and {row["line"] for row in rows} == {"1", "3", "5"}
    assert {path.name for path in out.iterdir()} == {"texts.csv", "jobs.csv", "links.csv", "left_out.csv"}


def test_the_sample_is_read_from_its_first_line_on(capsys):
    assert main(["corpus", "--sample", "--lines", "3", "--head", "L0H0", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["n_lines"], said["n_lines_read"]) == (2_000, 3)
    assert {one["text"] for one in said["strongest"]} == set(sample()[:3])


def test_the_sample_is_small_and_of_different_sentences():
    assert SAMPLE.stat().st_size < 300_000
    assert len(sample()) == len(set(sample())) == 2_000
    assert all(5 <= len(line.split()) <= 25 for line in sample())


@pytest.mark.parametrize(
    "content, head, sentence",
    [
        (b"\xff\xfe\x00", "L0H0", "it is no text in UTF-8. Give a text file in UTF-8."),
        (b"\n \n", "L0H0", "of 2 lines none has a word"),
        (b"The cat.", "Layer9_Head1", "Layer9_Head1"),
        (b"a" * 2_000_001, "L0H0", "has 2.0 MB; a corpus may have 2 MB here"),
    ],
)
def test_what_is_wrong_is_one_sentence(content, head, sentence, tmp_path, capsys):
    (tmp_path / "book.txt").write_bytes(content)
    assert main(["corpus", str(tmp_path / "book.txt"), "--head", head]) == 2
    error = capsys.readouterr().err
    assert sentence in error and error.count("\n") == 1


def test_a_missing_file_is_one_sentence(tmp_path, capsys):
    assert main(["corpus", str(tmp_path / "none.txt"), "--head", "L0H0"]) == 2
    assert "No such file" in capsys.readouterr().err
