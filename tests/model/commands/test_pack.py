"""``python -m viz pack check`` names every problem of a pack; its exit code says whether there is one."""

import pytest

from tests.packs import pack
from viz.__main__ import main


@pytest.fixture
def check(tmp_path, capfd):
    """Give a function that checks packs and gives exit code, what was printed, and what was said on stderr."""

    def call(*packs: bytes, **options: bool) -> tuple[int, str, str]:
        files = [tmp_path / f"pack{n}.yaml" for n, _data in enumerate(packs)]
        for file, data in zip(files, packs, strict=True):
            file.write_bytes(data)
        capfd.readouterr()
        code = main(["pack", "check", *map(str, files), *(f"--{name}" for name, on in options.items() if on)])
        said = capfd.readouterr()
        return code, said.out.replace(f"{tmp_path}/", ""), said.err

    return call


def test_a_pack_that_is_well_prints_what_the_model_says(check):
    assert check(pack()) == (0, "  padding: 4\npack0.yaml: A try, 15 min, questions: 1; all is well\n", "")
    assert check(pack(), quiet=True) == (0, "", "")


def test_a_wrong_line_is_named(check):
    code, said, error = check(pack().replace(b"minutes: 15", b"minutes: 0"), pack())
    assert (code, error) == (1, "")
    assert said.splitlines()[0] == "pack0.yaml: Line 4, minutes: 0 is too small; the least is 1."
    assert said.splitlines()[-1].endswith("all is well")  # of the second


def test_an_answer_that_is_not_the_models_is_named(check):
    code, said, _error = check(pack().replace(b"is: 4", b"is: 5"))
    assert code == 1
    assert "question 'padding': the file expects 5, the model says 4." in said
    assert said.splitlines()[-1].endswith("problems: 1")


def test_a_model_that_is_not_there_is_said_of_each_question(check):
    code, said, _error = check(pack().replace(b"headlight-bert", b"no/such-model"))
    assert code == 1
    assert "question 'padding': " in said
    assert "no/such-model" in said


def test_a_file_that_is_not_there(capfd):
    assert main(["pack", "check", "gone.yaml"]) == 2
    assert "gone.yaml" in capfd.readouterr().err
