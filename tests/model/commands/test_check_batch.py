"""``python -m viz check-batch`` prints plain transformers' differences; its exit code says whether all are the same."""

import json
import os
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest

from tests.conftest import REPOSITORY
from tests.model import plain
from viz.__main__ import main
from viz.analysis.batches.museum import MUSEUM
from viz.commands.check_batch import _aligned
from viz.shipped import MODELS_FOLDER

BEGINNINGS = ["She was happy", "The turtle moves slow across the river", "The"]
SENTENCES = ["The [MASK] sat.", "The turtle moves slow across the [MASK].", "the [mask]"]


@pytest.fixture
def prompts_file(tmp_path):
    """Give a function that writes a file of prompts."""

    def write(content: str | bytes):
        file = tmp_path / "prompts.txt"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return write


@pytest.fixture
def call_here(capfd):
    """Give a function that makes a call in this process: exit code, stdout, stderr."""

    def call(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main(["check-batch", *map(str, arguments)])
        said = capfd.readouterr()
        return code, said.out, said.err

    return call


def call(*arguments: object, **options) -> subprocess.CompletedProcess:
    """Run the program in a process of its own."""
    command = [sys.executable, "-m", "viz", "check-batch", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, cwd=REPOSITORY, timeout=120, check=False, **options)


def refusal(done: tuple[int, str, str]) -> str:
    """Give the one sentence of a call that was refused."""
    code, out, err = done
    assert (code, out) == (2, "")
    assert err.endswith("\n")
    assert err.count("\n") == 1, err
    return err.strip()


def own_differences(
    folder, texts: list[str], side: str, forgotten: tuple[str, ...] = (), *, last_column: bool = False
) -> list[float]:
    """Compute with plain transformers how far each prompt of a GPT-2's batch is from itself alone."""
    second = plain.load(folder, causal=True)
    inputs = plain.tokenized(second, texts, side)
    real = inputs["attention_mask"].numpy().astype(bool)
    _attentions, logits = plain.output(
        second, {name: tensor for name, tensor in inputs.items() if name not in forgotten}
    )
    alone = [plain.output(second, plain.tokenized(second, [text]))[1][0, -1] for text in texts]
    columns = [-1 if last_column else np.flatnonzero(row)[-1] for row in real]
    return [float(np.abs(logits[row, at] - alone[row]).max()) for row, at in enumerate(columns)]


FORGOTTEN = {"--no-mask": "attention_mask", "--no-position-ids": "position_ids"}


@pytest.mark.parametrize(
    "side, switches",
    [
        ("left", []),
        ("right", []),
        ("left", ["--no-mask"]),
        ("right", ["--no-mask"]),
        ("left", ["--no-position-ids"]),
        ("right", ["--no-position-ids"]),
        ("left", ["--no-mask", "--no-position-ids"]),
        ("left", ["--last-column"]),
        ("right", ["--last-column"]),
    ],
)
def test_json_holds_plain_numbers_and_the_exit_code_follows_them(
    side, switches, prompts_file, tiny_gpt2_folder, call_here
):
    file = prompts_file("\n".join(BEGINNINGS) + "\n")
    code, out, err = call_here(file, "--model", tiny_gpt2_folder, "--padding-side", side, "--json", *switches)
    forgotten = tuple(FORGOTTEN[switch] for switch in switches if switch in FORGOTTEN)
    expected = own_differences(tiny_gpt2_folder, BEGINNINGS, side, forgotten, last_column="--last-column" in switches)
    said = json.loads(out)
    assert err == ""
    assert [prompt["text"] for prompt in said["prompts"]] == BEGINNINGS
    np.testing.assert_allclose([prompt["max_difference"] for prompt in said["prompts"]], expected, rtol=0, atol=1e-4)
    np.testing.assert_allclose(said["largest_difference"], max(expected), rtol=0, atol=1e-4)
    same = [difference <= 1e-3 for difference in expected]
    assert [prompt["same"] for prompt in said["prompts"]] == same
    assert said["same"] == all(same)
    assert code == (0 if all(same) else 1)
    assert said["tolerance"] == 1e-3


def test_json_says_what_was_asked_and_how_it_was_run(prompts_file, tiny_gpt2_folder, call_here):
    file = prompts_file("\n".join(BEGINNINGS) + "\n\n\nThe cat")
    _code, out, _err = call_here(
        file, "--model", tiny_gpt2_folder, "--json", "--no-mask", "--no-position-ids", "--pad-word", "the"
    )
    said = json.loads(out)
    assert said["model"] == str(tiny_gpt2_folder)
    assert said["weights"] == "pretrained"
    assert said["padding_side"] == "left"
    assert said["mistakes"] == {
        "no_attention_mask": True,
        "no_position_ids": True,
        "right_padding": False,
        "pad_word": "the",
        "mask_from_ids": False,
        "mask_per_query": False,
        "double_special": False,
    }
    assert said["n_empty_lines_dropped"] == 2
    width = len(said["prompts"][0]["tokens"])
    assert [prompt["position_ids"] for prompt in said["prompts"]] == [list(range(width))] * 4
    assert said["prompts"][2]["tokens"][0] == "␣the"
    assert said["prompts"][2]["padding_mass"] > 0
    assert said["prompts"][2]["worst_head"].startswith("Layer")
    assert said["prompts"][1]["worst_head"] is None
    assert said["verdict"].startswith("3 of 4 prompts answer differently than alone (largest difference ")


def test_json_has_the_words_of_the_model_alone(prompts_file, tiny_gpt2_folder, tiny_gpt2, call_here):
    _code, out, _err = call_here(prompts_file("\n".join(BEGINNINGS)), "--model", tiny_gpt2_folder, "--json")
    second = plain.load(tiny_gpt2_folder, causal=True)
    for text, prompt in zip(BEGINNINGS, json.loads(out)["prompts"]):
        logits = plain.output(second, plain.tokenized(second, [text]))[1][0, -1].astype(np.float64)
        share = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
        assert prompt["token_alone"] == prompt["token_in_batch"] == tiny_gpt2.info.vocabulary[int(share.argmax())]
        np.testing.assert_allclose(
            [prompt["probability_alone"], prompt["probability_in_batch"]], share.max(), rtol=1e-4
        )
        assert prompt["n_compared"] == 1


def test_the_table_has_a_line_a_prompt_and_the_verdict_comes_last(prompts_file, tiny_gpt2_folder, call_here):
    file = prompts_file("\n".join(BEGINNINGS))
    code, out, err = call_here(file, "--model", tiny_gpt2_folder, "--no-position-ids")
    title, header, *rows, last = out.splitlines()
    assert (code, err) == (1, "")
    assert title == f"{tiny_gpt2_folder} (pretrained weights), padded on the left"
    assert header.split("  ")[0] == "prompt"
    differences = own_differences(tiny_gpt2_folder, BEGINNINGS, "left", ("position_ids",))
    assert [row.split()[:2] for row in rows] == [["1", "DIFFERENT"], ["2", "same"], ["3", "DIFFERENT"]]
    assert [rows[0].split()[2], rows[2].split()[2]] == [f"{differences[0]:.2f}", f"{differences[2]:.2f}"]
    assert f"2 of 3 prompts answer differently than alone (largest difference {max(differences):.2f}, prompt " in last
    assert last.endswith(" Tolerance: 1.0e-3.")


def test_columns_stand_under_their_heads_and_long_rows_are_shortened(prompts_file, call_here):
    long = "The turtle moves slow across the river and the old cat sat on the small mat in the garden"
    _code, out, _err = call_here(prompts_file(f"{long}\nShe"), "--model", "headlight-gpt2", "--no-mask")
    header, first, second = out.splitlines()[1:4]
    n_tokens = len(plain.load(MODELS_FOLDER / "headlight-gpt2", causal=True).tokenizer(long)["input_ids"])
    ends = " ".join(map(str, range(n_tokens - 6, n_tokens)))
    at = header.index("position_ids")
    assert first[at:] == f"0 1 2 3 4 5 … {ends}"
    assert second[at:] == "0 0 0 0 0 0 … 0 0 0 0 0 0"
    assert second[header.index("worst head") :].startswith("Layer")
    assert first[header.index("worst head") :].startswith("–")
    for name in ("answer", "max |Δlogit|", "top word", "probability", "on padding"):
        assert all(row[header.index(name) - 1] == " " != row[header.index(name)] for row in (first, second))


def test_wide_characters_take_two_columns():
    assert _aligned([("a", "x", "end"), ("北京", "y", "end"), ("e\u0301", "z", "end")]) == [
        "a     x  end",
        "北京  y  end",
        "e\u0301     z  end",
    ]


def test_dropped_lines_are_said(prompts_file, tiny_gpt2_folder, call_here):
    code, out, _err = call_here(prompts_file("The\n\n \nThe cat\n"), "--model", tiny_gpt2_folder)
    assert code == 0
    assert out.splitlines()[-2] == "Empty lines dropped: 2."
    _code, out, _err = call_here(prompts_file("The\nThe cat\n"), "--model", tiny_gpt2_folder)
    assert "dropped" not in out


@pytest.mark.parametrize(
    "texts, model",
    [(SENTENCES, "headlight-bert"), (BEGINNINGS, "headlight-gpt2"), (["The cat.", "A [Mask]."], "headlight-bert")],
)
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_model_follows_the_prompts_and_a_correct_batch_is_the_same(side, texts, model, prompts_file, call_here):
    code, out, _err = call_here(prompts_file("\n".join(texts)), "--json", "--padding-side", side)
    said = json.loads(out)
    assert (code, said["model"], said["padding_side"]) == (0, model, side)
    assert all(prompt["max_difference"] <= 1e-3 for prompt in said["prompts"])


def test_where_there_is_no_answer_the_table_has_a_dash(prompts_file, call_here, tiny_bert_folder):
    code, out, _err = call_here(prompts_file("The cat.\nThe [MASK] sat."), "--model", tiny_bert_folder)
    assert code == 0
    assert out.splitlines()[2].split()[:5] == ["1", "same", out.split()[out.split().index("same") + 1], "–", "–"]
    _code, out, _err = call_here(prompts_file("The cat.\nThe [MASK] sat."), "--model", tiny_bert_folder, "--json")
    without, with_mask = json.loads(out)["prompts"]
    assert (without["token_alone"], without["probability_in_batch"], without["n_compared"]) == (None, None, 5)
    assert with_mask["n_compared"] == 1


def test_windows_files_are_read(prompts_file, tiny_gpt2_folder, call_here):
    code, out, _err = call_here(prompts_file(b"\xef\xbb\xbfThe\r\nThe cat\r\n"), "--model", tiny_gpt2_folder, "--json")
    assert code == 0
    assert [prompt["text"] for prompt in json.loads(out)["prompts"]] == ["The", "The cat"]


def test_prompts_may_come_from_a_pipe(tiny_gpt2_folder):
    done = call("-", "--model", tiny_gpt2_folder, "--json", "--no-mask", input="\ufeffThe cat\nThe\n".encode())
    assert (done.returncode, done.stderr) == (1, b"")
    assert [prompt["text"] for prompt in json.loads(done.stdout)["prompts"]] == ["The cat", "The"]


@pytest.mark.parametrize(
    "content, said",
    [
        ("", "There is no prompt."),
        (" \n\t\r\n\n", "There is no prompt."),
        (b"\xff\xfeT\x00h\x00e\x00", "it is not text in UTF-8."),
        (b"caf\xe9", "it is not text in UTF-8."),
        ("The\n" * 257, "There are 257 prompts; at most 256 are run in one batch."),
        ("a" * 10_001, "The text has 10,001 characters"),
        ("The\n" + "cat " * 40, "Text 2 has "),
        (b"a" * 10_300_001, "it has more than 10,300,000 bytes."),
        ("The [MASK]", "reads from left to right and has no [MASK]"),
    ],
    ids=["empty", "blank", "utf-16", "latin-1", "many", "large", "long", "huge", "mask"],
)
def test_prompts_that_cannot_be_checked_are_refused(content, said, prompts_file, tiny_gpt2_folder, call_here):
    assert said in refusal(call_here(prompts_file(content), "--model", tiny_gpt2_folder))


def test_as_many_prompts_as_allowed_are_checked(prompts_file, tiny_gpt2_folder, call_here):
    code, out, _err = call_here(prompts_file("The\nThe cat\n" * 128), "--model", tiny_gpt2_folder, "--json")
    assert (code, len(json.loads(out)["prompts"])) == (0, 256)


def test_a_batch_that_does_not_fit_is_refused(prompts_file, call_here):
    text = "The cat sat. " * 30
    assert "A batch of 256 x " in refusal(call_here(prompts_file(f"{text}\n" * 256), "--model", "headlight-gpt2"))


def test_a_file_that_is_none_is_named(tmp_path, call_here):
    missing = tmp_path / "missing.txt"
    said = refusal(call_here(missing))
    assert said == (
        f"Cannot read '{missing}': the system says: No such file or directory. "
        "Give a text file in UTF-8 with one prompt a line."
    )
    assert refusal(call_here(tmp_path)).startswith(f"Cannot read '{tmp_path}': the system says: Is a directory.")
    assert refusal(call_here("")).startswith("Cannot read '': the system says: No such file or directory.")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_that_may_not_be_read_is_named(prompts_file, call_here):
    file = prompts_file("The")
    file.chmod(0)
    assert "Permission denied" in refusal(call_here(file))


def test_a_closed_input_is_said_in_one_line():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, sys; os.close(0); os.execv(sys.executable, [sys.executable, '-m', 'viz', 'check-batch', '-'])",
        ],
        capture_output=True,
        cwd=REPOSITORY,
        timeout=120,
        check=False,
    )
    assert refusal((done.returncode, done.stdout.decode(), done.stderr.decode())).startswith(
        "Cannot read 'standard input': it is closed."
    )


@pytest.mark.parametrize(
    "switches, said",
    [
        (["--pad-word", "turtle moves"], "'turtle moves' is not one word of "),
        (["--pad-word", ""], "'' is not one word of "),
        (["--model", "no such model"], "There is no model 'no such model'."),
    ],
)
def test_a_choice_that_cannot_be_is_refused(switches, said, prompts_file, tiny_gpt2_folder, call_here):
    assert refusal(call_here(prompts_file("The"), "--model", tiny_gpt2_folder, *switches)).startswith(said)


@pytest.mark.parametrize(
    "arguments, said",
    [
        ([], "The following arguments are required: FILE."),
        (["x.txt", "--padding-side", "top"], "Argument --padding-side: invalid choice: 'top'"),
        (["x.txt", "y.txt"], "Unrecognized arguments: y.txt."),
    ],
)
def test_a_call_that_is_not_understood_is_refused(arguments, said, capfd):
    with pytest.raises(SystemExit) as done:
        main(["check-batch", *arguments])
    out, err = capfd.readouterr()
    assert refusal((done.value.code, out, err)).startswith(said)
    assert err.strip().endswith("See python -m viz check-batch --help.")


def test_help_imports_no_torch():
    program = (
        "import sys\nfrom viz.__main__ import main\ntry:\n    main(['check-batch', '--help'])\nexcept SystemExit as "
        "done:\n"
        "    print(done.code, {'torch', 'transformers', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout.splitlines()[-1] == "0 set()"
    assert "python -m viz check-batch prompts.txt" in done.stdout


@pytest.mark.parametrize("name", ["mask_per_query", "end_is_padding", "doubled_ends"])
def test_the_mistakes_of_the_museum_have_options_of_their_own(name, prompts_file, call_here):
    exhibit = MUSEUM[name]
    option = {"end_is_padding": "--mask-from-ids", "doubled_ends": "--double-special"}.get(name, "--mask-per-query")
    call = (prompts_file(exhibit.text), "--padding-side", exhibit.padding_side, "--json")
    code, out, _err = call_here(*call, option)
    said = json.loads(out)
    assert code == 1 and not said["same"] and said["mistakes"] == asdict(exhibit.mistakes)
    code, out, _err = call_here(*call)
    assert code == 0 and json.loads(out)["same"]
