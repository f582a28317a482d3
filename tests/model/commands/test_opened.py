"""``python -m viz --open FILE`` answers from a saved run: no model, no torch; what is wrong is one line."""

import json
import subprocess
import sys

import numpy as np
import pytest

from tests.conftest import REPOSITORY
from tests.known_heads import write_known_heads
from tests.saved_runs import full_run, three_kind_run
from viz.__main__ import main
from viz.drawing import diagrams
from viz.files import saved

SENTENCE = "The turtle moves slow across the [MASK]."


@pytest.fixture
def ask(capsys):
    """Give a function that calls the program here: the exit code, the lines it prints, and what it complains of."""

    def call(*arguments: object) -> tuple[int, list[str], str]:
        capsys.readouterr()
        code = main([*map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out.splitlines(), said.err

    return call


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_a_saved_run_answers_as_its_model_did(ask, tmp_path, tiny_bert_folder, ending):
    asked = ask(SENTENCE, "--model", tiny_bert_folder, "--top-k", 4, "--run", tmp_path / f"run.{ending}")
    code, (about, *words), error = ask("--open", tmp_path / f"run.{ending}", "--top-k", 4)
    assert (code, error) == (0, "")
    assert about.endswith("(pretrained weights), self: 2 layers of 3 heads")
    assert words == asked[1] and len(words) == 4
    _code, by_model, _error = ask(SENTENCE, "--model", tiny_bert_folder, "--top-k", 4, "--json")
    _code, by_file, _error = ask("--open", tmp_path / f"run.{ending}", "--top-k", 4, "--json")
    (text,) = json.loads("\n".join(by_file))["texts"]
    known = json.loads("\n".join(by_model))
    assert {name: known[name] for name in text} == text


def test_every_text_is_drawn_in_a_folder_of_its_own(ask, tmp_path):
    run = full_run()
    saved.write(run, tmp_path / "run.npz")
    code, lines, _error = ask("--open", tmp_path / "run.npz", "--out", tmp_path / "out")
    assert code == 0 and len(lines) == 1 + 2 * 3  # three of four words a text
    for row in (0, 1):
        drawn = {path.name: path.read_bytes() for path in (tmp_path / "out" / f"text{row + 1}").iterdir()}
        assert len(drawn) == 4
        assert drawn["Attention_Layer2_Head1.png"] == diagrams.png(diagrams.draw(run, row, 1, 0))


def test_all_kinds_of_a_translation_are_drawn_and_its_target_said(ask, tmp_path):
    saved.write(three_kind_run(), tmp_path / "run.npz")
    code, lines, _error = ask("--open", tmp_path / "run.npz", "--out", tmp_path / "out")
    assert code == 0
    assert "encoder: 2 layers of 2 heads; decoder: 3 layers of 2 heads; cross: 3 layers of 2 heads" in lines[0]
    assert [line.split(" → ")[1] for line in lines[1:]] == ["mouse", "<b>"]
    assert len(list((tmp_path / "out" / "text1").glob("Attention_Cross_Layer*_Head*.png"))) == 6
    assert len(list((tmp_path / "out" / "text2").iterdir())) == 16


def test_a_file_without_logits_says_that_it_has_no_predictions(ask, tmp_path):
    write_known_heads(tmp_path / "known.npz")
    code, lines, _error = ask("--open", tmp_path / "known.npz")
    assert code == 0 and lines[1].endswith("(no predictions in the file)")
    _code, lines, _error = ask("--open", tmp_path / "known.npz", "--json")
    assert json.loads("\n".join(lines))["texts"][0]["predictions"] == []


def test_a_run_is_written_in_the_other_format(ask, tmp_path):
    saved.write(full_run(), tmp_path / "run.npz")
    assert ask("--open", tmp_path / "run.npz", "--run", tmp_path / "run.safetensors")[0] == 0
    again = saved.read(tmp_path / "run.safetensors")
    np.testing.assert_array_equal(again.attentions, full_run().attentions)


def test_what_cannot_be_opened_is_said_in_one_sentence(ask, tmp_path):
    (tmp_path / "text.npz").write_text("no zip")
    for name, said in (
        ("none.npz", "there is no such file."),
        (".", "it is a folder."),
        ("text.npz", "it is neither an .npz nor a .safetensors file, or a damaged one."),
    ):
        code, lines, error = ask("--open", tmp_path / name, "--out", tmp_path / "out")
        assert (code, lines, error.count("\n")) == (2, [], 1)
        assert said in error
    assert not (tmp_path / "out").exists()


def test_a_text_beside_a_file_and_neither_are_refused(capfd):
    for arguments, said in (([], "TEXT --open is required"), (["a [MASK]", "--open", "x.npz"], "not allowed with")):
        with pytest.raises(SystemExit) as left:
            main(arguments)
        assert left.value.code == 2
        error = capfd.readouterr().err
        assert said in error and error.count("\n") == 1


def test_opening_a_run_imports_no_torch(tmp_path):
    saved.write(full_run(), tmp_path / "run.npz")
    program = (
        "import sys\nfrom viz.__main__ import main\n"
        "code = main(['--open', sys.argv[1], '--out', sys.argv[2]])\n"
        "assert code == 0 and not {'torch', 'transformers', 'tokenizers'} & set(sys.modules)"
    )
    command = [sys.executable, "-c", program, tmp_path / "run.npz", tmp_path / "out"]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, timeout=60)
