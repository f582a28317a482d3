"""``python -m viz`` answers on stdout and files; what is wrong is one line on stderr and exit code 2.

What depends on the process (files, pipes, encodings, the exit code) is called as one; the many refusals are called in
this process, where torch is loaded already, with everything that is written to either stream caught.
"""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import REPOSITORY
from tests.model import plain
from viz.__main__ import main

SENTENCE = "The turtle moves slow across the [MASK]."
BEGINNING = "The turtle moves"


def call(*arguments: object, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    """Run the program in a process of its own."""
    command = [sys.executable, "-m", "viz", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, cwd=REPOSITORY, env=os.environ | (environment or {}), timeout=120, check=False
    )


def call_writing_to(stdout, *arguments: str) -> subprocess.CompletedProcess:
    """Run the program with another stdout, buffered as it is by default: what it cannot write shows only at the end."""
    command = [sys.executable, "-m", "viz", *arguments]
    environment = os.environ | {"PYTHONUNBUFFERED": ""}
    return subprocess.run(
        command, stdout=stdout, stderr=subprocess.PIPE, cwd=REPOSITORY, env=environment, timeout=120, check=False
    )


@pytest.fixture
def call_here(capfd):
    """Give a function that makes a call in this process and catches what it writes, libraries included."""

    def call_main(*arguments: object) -> subprocess.CompletedProcess:
        capfd.readouterr()
        code = main([*map(str, arguments)])
        said = capfd.readouterr()
        return subprocess.CompletedProcess(arguments, code, said.out.encode(), said.err.encode())

    return call_main


def lines(done: subprocess.CompletedProcess) -> list[str]:
    """Give the lines of an answer that went well and said nothing else."""
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
    return done.stdout.decode("utf-8").split("\n")[:-1]


def refusal(done: subprocess.CompletedProcess) -> str:
    """Give the one sentence of an answer that was refused."""
    assert done.returncode == 2, done
    assert done.stdout == b""
    said = done.stderr.decode("utf-8")
    assert said.endswith("\n")
    assert said.count("\n") == 1, said
    return said.strip()


def own_probabilities(folder: Path, text: str, *, causal: bool) -> tuple[np.ndarray, list[str]]:
    """Give plain transformers' probabilities where the word is missing, and its tokens."""
    model = plain.load(folder, causal=causal)
    inputs = plain.tokenized(model, [text])
    _attentions, logits = plain.output(model, inputs)
    ids = inputs["input_ids"][0].tolist()
    row = logits[0, -1 if causal else ids.index(model.tokenizer.mask_token_id)].astype(np.float64)
    shares = np.exp(row) / np.exp(row).sum()
    return shares, model.tokenizer.convert_ids_to_tokens(list(range(len(row))))


def test_k_sentences_are_printed_best_first_and_files_written(tiny_bert_folder, tmp_path):
    out, file = tmp_path / "new" / "diagrams", tmp_path / "turtle.npz"
    done = call(SENTENCE, "--model", tiny_bert_folder, "--top-k", 5, "--out", out, "--run", file)
    shares, tokens = own_probabilities(tiny_bert_folder, SENTENCE, causal=False)
    best = [tokens[i] for i in np.argsort(-shares)[:5]]
    expected = [SENTENCE.replace(" [MASK]", word[2:] if word.startswith("##") else f" {word}") for word in best]
    assert lines(done) == expected
    assert_diagrams(out)
    assert_own_attentions(file, tiny_bert_folder)


def assert_diagrams(folder: Path) -> None:
    """Check that there is one picture a head, large enough for ten tokens."""
    expected = [f"Attention_Layer{layer}_Head{head}.png" for layer in (1, 2) for head in (1, 2, 3)]
    assert sorted(path.name for path in folder.iterdir()) == expected
    for path in folder.iterdir():
        with Image.open(path) as image:
            assert min(image.size) > 40 * 10


def assert_own_attentions(file: Path, folder: Path) -> None:
    """Check with plain numpy that a saved run holds what plain transformers compute."""
    model = plain.load(folder, causal=False)
    attentions, _logits = plain.output(model, plain.tokenized(model, [SENTENCE]))
    with np.load(file, allow_pickle=False) as arrays:
        np.testing.assert_allclose(arrays["attentions"], attentions, atol=1e-6)
        assert arrays["tokens"][0, 0] == "[CLS]"
        assert json.loads(str(arrays["meta"]))["texts"] == [SENTENCE]


@pytest.mark.parametrize("causal", [False, True])
def test_json_holds_the_models_own_probabilities(causal, tiny_bert_folder, tiny_gpt2_folder, call_here):
    folder, text = (tiny_gpt2_folder, BEGINNING) if causal else (tiny_bert_folder, SENTENCE)
    shares, _tokens = own_probabilities(folder, text, causal=causal)
    answer = json.loads("\n".join(lines(call_here(text, "--model", folder, "--json", "--top-k", 7))))
    assert answer["text"] == text
    assert answer["weights"] == "pretrained"
    assert len(answer["completed"]) == 7
    ((predicted,),) = [answer["predictions"]]
    assert predicted["position"] == (len(answer["tokens"]) - 1 if causal else answer["tokens"].index("[MASK]"))
    words = predicted["words"]
    assert [word["rank"] for word in words] == [1, 2, 3, 4, 5, 6, 7]
    assert [word["token_id"] for word in words] == np.argsort(-shares)[:7].tolist()
    np.testing.assert_allclose([word["probability"] for word in words], np.sort(shares)[::-1][:7], rtol=1e-4)


def test_a_text_for_gpt2_is_continued(tiny_gpt2_folder):
    shares, tokens = own_probabilities(tiny_gpt2_folder, BEGINNING, causal=True)
    first, *others = lines(call(BEGINNING, "--model", tiny_gpt2_folder, "--top-k", 20))
    assert first == BEGINNING + tokens[int(shares.argmax())].replace("Ġ", " ")
    assert len(others) == 19
    assert all(line.startswith(BEGINNING) for line in others)


def test_a_text_of_several_lines_is_answered_on_one_line_a_word(tiny_bert_folder, call_here):
    said = lines(call_here("The turtle\r\nmoves [MASK]", "--model", tiny_bert_folder))
    assert len(said) == 3
    assert all(line.startswith("The turtle␍⏎moves") for line in said)


@pytest.mark.parametrize(
    "text, said",
    [
        ("The turtle.", "There is no [MASK] in the text."),
        ("", "There is no text."),
        (" \n ", "There is no text."),
        ("cat " * 40 + "[MASK]", "Text 1 has 43 tokens; this model reads 32."),
        ("a" * 10_001, "The text has 10,001 characters; at most 10,000 are read."),
    ],
)
def test_a_text_that_cannot_be_answered_is_refused(text, said, tiny_bert_folder, call_here):
    assert refusal(call_here(text, "--model", tiny_bert_folder)).startswith(said)


def test_nothing_is_written_for_a_text_that_is_refused(tiny_bert_folder, tmp_path):
    done = call("The turtle.", "--model", tiny_bert_folder, "--out", tmp_path / "out", "--run", tmp_path / "x.npz")
    assert refusal(done).startswith("There is no [MASK] in the text.")
    assert list(tmp_path.iterdir()) == []


def test_a_mask_for_gpt2_is_refused(tiny_gpt2_folder, call_here):
    assert "reads from left to right and has no [MASK]" in refusal(call_here(SENTENCE, "--model", tiny_gpt2_folder))


@pytest.mark.parametrize(
    "model, said",
    [
        (
            "nobody/has-this",
            "Cannot load 'nobody/has-this': HF_HUB_OFFLINE is set, so the Hub is not asked",
        ),
        ("no such model", "There is no model 'no such model'."),
        ("", "There is no model ''."),
    ],
)
def test_a_model_that_is_not_here_is_named(model, said, call_here):
    assert refusal(call_here(SENTENCE, "--model", model)).startswith(said)


def test_a_model_that_is_not_here_is_named_without_the_hub(tmp_path):
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    said = refusal(call(SENTENCE, "--model", "nobody/has-this", environment=environment))
    assert said.endswith("give a folder with the weights, or start Headlight without HF_HUB_OFFLINE.")


def test_a_folder_without_a_model_is_refused(tmp_path, call_here):
    assert "has no config.json" in refusal(call_here(SENTENCE, "--model", tmp_path))


@pytest.mark.parametrize("k", ["0", "abc", "101", "-1", "1.5", "", "9" * 5000, "1\n2"])
def test_a_number_of_words_that_cannot_be_is_refused(k):
    said = refusal(call(SENTENCE, f"--top-k={k}"))
    assert "give a number from 1 to 100" in said
    assert said.endswith("See python -m viz --help.")


@pytest.mark.parametrize(
    "arguments, said",
    [
        ([], "One of the arguments TEXT --open is required."),
        ([SENTENCE, "second"], "Unrecognized arguments: second."),
        ([SENTENCE, "--colour"], "Unrecognized arguments: --colour."),
        ([SENTENCE, "two\nlines"], "Unrecognized arguments: two lines."),
        ([SENTENCE, "--out"], "Argument --out: expected one argument."),
    ],
)
def test_a_call_that_is_not_understood_is_refused(arguments, said):
    assert refusal(call(*arguments)).startswith(said)


def test_a_place_for_diagrams_that_is_none_is_named(tiny_bert_folder, tmp_path):
    (tmp_path / "file").write_text("in the way")
    place = tmp_path / "file" / "below"
    said = refusal(call(SENTENCE, "--model", tiny_bert_folder, "--out", place))
    assert said == f"Cannot write to '{place}': Not a directory. Choose another place."


def test_a_folder_is_no_place_for_a_run(tiny_bert_folder, tmp_path):
    said = refusal(call(SENTENCE, "--model", tiny_bert_folder, "--run", tmp_path))
    assert said.startswith(f"Cannot write to '{tmp_path}':")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full, a file that is always full")
def test_a_full_disk_is_said_in_one_line(tiny_bert_folder):
    with open("/dev/full", "wb") as full:
        done = call_writing_to(full, SENTENCE, "--model", str(tiny_bert_folder))
    assert done.returncode == 2
    assert done.stderr.decode() == "Cannot write to the output: No space left on device. Choose another place.\n"


@pytest.mark.parametrize("option, n_bytes", [("--run", 2_000), ("--out", 700)])
def test_a_disk_that_becomes_full_is_said_with_the_name_and_nothing_half_is_left(
    option, n_bytes, tiny_bert_folder, tmp_path
):
    place = tmp_path / "here"
    limited = ["sh", "-c", f'ulimit -f {n_bytes // 512}; exec "$@"', "sh"]  # in units of 512 bytes
    call = [sys.executable, "-m", "viz", SENTENCE, "--model", str(tiny_bert_folder), option, str(place)]
    done = subprocess.run([*limited, *call], capture_output=True, cwd=REPOSITORY, timeout=120, check=False)
    full = place if option == "--run" else place / "Attention_Layer1_Head1.png"
    assert refusal(done) == f"Cannot write to '{full}': File too large. Choose another place."
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_long_text_is_cut_on_request(tiny_bert_folder, call_here):
    assert len(lines(call_here("[MASK] " + "cat " * 40, "--model", tiny_bert_folder, "--cut", "--top-k", 2))) == 2


def test_help_is_quick_because_it_imports_no_torch():
    program = (
        "import sys\nfrom viz.__main__ import main\ntry:\n    main(['--help'])\nexcept SystemExit as done:\n"
        "    print(done.code, {'torch', 'transformers', 'numpy', 'pydantic'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout.splitlines()[-1] == "0 set()"
    assert 'python -m viz "The turtle moves slow across the [MASK]."' in done.stdout


def test_a_call_that_is_not_understood_is_refused_without_torch_too():
    program = (
        "import sys\nfrom viz.__main__ import main\ntry:\n    main(['x', '--top-k', '0'])\nexcept SystemExit as done:\n"
        "    print(done.code, {'torch', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout.split(maxsplit=1) == ["2", "set()\n"]


def test_output_is_utf_8_in_any_locale(tiny_bert_folder):
    environment = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    text = "我们 черепаха [MASK]."
    said = lines(call(text, "--model", tiny_bert_folder, environment=environment))
    assert all(line.startswith("我们 черепаха") for line in said)


def test_a_reader_that_leaves_ends_the_program_quietly(tiny_bert_folder):
    reader, writer = os.pipe()
    os.close(reader)
    done = call_writing_to(writer, SENTENCE, "--model", str(tiny_bert_folder))
    os.close(writer)
    assert done.stderr == b""
    assert done.returncode == 0


def test_a_model_may_be_named_by_a_relative_path_and_three_sentences_are_printed(
    tiny_bert_folder, call_here, monkeypatch
):
    monkeypatch.chdir(tiny_bert_folder.parent)
    assert len(lines(call_here(SENTENCE, "--model", f"./{tiny_bert_folder.name}"))) == 3


def test_an_encoder_decoder_is_refused_in_a_sentence(tiny_translator_folder, call_here):
    said = refusal(call_here("the old cat", "--model", tiny_translator_folder))
    assert "has an encoder and a decoder" in said


def test_contributions_are_written_as_pictures_and_tables(call_here, tmp_path, tiny_bert_folder):
    text = "the cat [MASK] on the mat"
    done = call_here(text, "--model", tiny_bert_folder, "--contribution", "--out", tmp_path / "out")
    assert done.returncode == 0
    assert "of the weight and" in done.stderr.decode()
    of = plain.load(tiny_bert_folder, causal=False)
    expected = plain.brought(of, plain.tokenized(of, [text]))[0, 1, 2]
    with (tmp_path / "out" / "Contribution_Layer2_Head3.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == expected.size
    for row in rows:
        query, key = int(row["query_position"]) - 1, int(row["key_position"]) - 1
        assert float(row["contribution"]) == pytest.approx(expected[query, key], rel=1e-5)
        assert float(row["share"]) == pytest.approx(expected[query, key] / expected[query].sum(), rel=1e-5)
    with Image.open(tmp_path / "out" / "Contribution_Layer2_Head3.png") as picture:
        assert 255 in np.unique(np.array(picture))
    assert len(list((tmp_path / "out").iterdir())) == 2 * 6


def test_contributions_without_a_folder_are_refused(call_here):
    done = call_here(SENTENCE, "--contribution")
    assert (done.returncode, done.stdout) == (2, b"")
    assert "Add --out DIR." in done.stderr.decode()
