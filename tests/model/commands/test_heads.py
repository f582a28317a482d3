"""``python -m viz heads`` ranks heads, of a model or of a saved run, for which no torch is imported."""

import json
import subprocess
import sys

import numpy as np
import pytest

from tests.conftest import REPOSITORY
from tests.known_heads import SHORT, TURTLE, write_known_heads
from tests.model import families, plain
from viz.__main__ import main

SENTENCE = "The turtle moves slow across the road."


@pytest.fixture
def ask(capfd):
    """Give a function that makes a call and gives its exit code, its lines, and what it said on stderr."""

    def call(*arguments: object) -> tuple[int, list[str], str]:
        capfd.readouterr()
        code = main(["heads", *map(str, arguments)])
        said = capfd.readouterr()
        return code, said.out.splitlines(), said.err

    return call


@pytest.fixture
def known(tmp_path):
    """Give a saved run of three texts, left-padded, with what is known of bert-base-uncased in it."""
    write_known_heads(tmp_path / "known.npz", rows=(SHORT, TURTLE, SHORT), padding_side="left")
    return tmp_path / "known.npz"


def ranking(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith("# ")]


@pytest.mark.parametrize("measure, best", [("next", "Layer1_Head6 · L0H5"), ("previous", "Layer2_Head10 · L1H9")])
def test_the_known_heads_of_the_shipped_model_come_first(measure, best, ask):
    code, lines, error = ask(SENTENCE, "--measure", measure, "--top", 3)
    assert (code, error) == (0, "")
    first, *others = ranking(lines)
    assert first.startswith(best)
    assert first.endswith("uniform 0.1000")  # eight words, [CLS] and [SEP]
    assert len(others) == 2


@pytest.mark.parametrize("causal", [False, True])
def test_values_are_those_of_plain_transformers(causal, ask, tiny_bert_folder, tiny_gpt2_folder):
    folder = tiny_gpt2_folder if causal else tiny_bert_folder
    model = plain.load(folder, causal=causal)
    attentions, _logits = plain.output(model, plain.tokenized(model, [SENTENCE]))
    expected = np.array(attentions)[0].diagonal(axis1=-2, axis2=-1).mean(axis=-1)  # [L, H]
    code, lines, _error = ask(SENTENCE, "--model", folder, "--measure", "self", "--json", "--top", 99)
    answer = json.loads("\n".join(lines))
    assert code == 0
    assert len(answer["heads"]) == expected.size
    assert isinstance(answer["uniform"], float)  # all layers agree
    for head in answer["heads"]:
        layer, number = map(int, head["index"][1:].split("H"))
        assert head["value"] == pytest.approx(float(expected[layer, number]), abs=1e-6)
    values = [head["value"] for head in answer["heads"]]
    assert values == sorted(values, reverse=True)


def test_the_known_heads_of_bert_are_found_in_a_file_of_four_entries(known, ask):
    code, lines, _error = ask("--open", known, "--measure", "next", "--top", 1)
    assert (code, ranking(lines)[0][:20]) == (0, "Layer3_Head5 · L2H4 ")
    assert "0.9900" in ranking(lines)[0]
    code, lines, _error = ask("--open", known, "--measure", "pair", "--query", "slow", "--key", "moves", "--top", 2)
    assert ranking(lines)[0].split() == ["Layer4_Head11", "·", "L3H10", "0.8700", "uniform", "0.1000"]
    assert "# 2 of 144 heads of bert-base-uncased (pretrained weights), measured in 1 of 3 texts" in lines


def test_a_position_may_be_given_for_a_word(known, tmp_path, ask):
    write_known_heads(tmp_path / "one.npz")
    code, lines, _error = ask(
        "--open", tmp_path / "one.npz", "--measure", "pair", "--query", 5, "--key", 4, "--top", 1, "--json"
    )
    assert code == 0
    answer = json.loads("\n".join(lines))
    assert answer["heads"] == [
        {"name": "Layer4_Head11", "index": "L3H10", "value": pytest.approx(0.87), "uniform": pytest.approx(0.1)}
    ]
    assert answer["model"] == "bert-base-uncased"


def test_the_even_value_of_a_layer_with_a_window_is_its_own(tmp_path, ask):
    folder = families.write(tmp_path, families.modernbert, families.wordpiece())
    call = ["the cat sat on the mat", "--model", folder, "--measure", "self"]
    code, lines, _error = ask(*call, "--json")
    answer = json.loads("\n".join(lines))
    # 8 tokens with [CLS] and [SEP]; the second layer sees two to either side: 3, 4, 5, 5, 5, 5, 4 and 3 of them.
    every, near = 1 / 8, (2 / 3 + 2 / 4 + 4 / 5) / 8
    assert (code, answer["uniform"]) == (0, [pytest.approx(every), pytest.approx(near, abs=1e-6)])
    for head in answer["heads"]:
        assert head["uniform"] == answer["uniform"][int(head["index"][1])]
    _code, lines, _error = ask(*call)
    said = {line.split()[2][:2]: line.split()[-1] for line in ranking(lines)}
    assert said == {"L0": f"{every:.4f}", "L1": f"{near:.4f}"}


def test_the_most_focused_head_comes_first_for_entropy(known, ask):
    _code, lines, _error = ask("--open", known, "--measure", "entropy", "--top", 1)
    assert ranking(lines)[0].startswith("Layer3_Head5 · L2H4")
    assert any("lowest first" in line for line in lines)


def test_induction_is_measured_on_random_words_that_stand_there_twice(ask):
    call = ["--repeated", "0", "--model", "headlight-gpt2", "--measure", "induction", "--json", "--top", "1"]
    code, lines, _error = ask(*call)
    answer = json.loads("\n".join(lines))
    assert code == 0 and answer["heads"][0]["name"] == "Layer6_Head10" and answer["n_texts_measured"] == 8
    halves = [text.split() for text in answer["texts"]]
    assert all(words[:20] == words[20:] for words in halves)
    assert ask(*call)[1] == lines
    assert ask("--repeated", "1", *call[2:])[1] != lines


@pytest.mark.parametrize("seed", ["-1", "100000000", "99999999999999999999", "x"])
def test_a_seed_out_of_bounds_is_refused(seed, ask):
    with pytest.raises(SystemExit) as left:
        ask(f"--repeated={seed}", "--measure", "induction")
    assert left.value.code == 2


def test_special_tokens_are_left_out_on_request(known, ask):
    _code, lines, _error = ask("--open", known, "--measure", "self", "--no-special", "--json")
    answer = json.loads("\n".join(lines))
    assert answer["special_tokens_counted"] is False
    assert len(answer["heads"]) == 10


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--measure", "pair"], "A query and a key are given, both, for the measure 'pair'"),
        (["--measure", "pair", "--query", "slow"], "A query and a key are given, both, for the measure 'pair'"),
        (["--measure", "self", "--key", "slow"], "The measure is 'self'."),
        (
            ["--measure", "pair", "--query", "slow", "--key", "xyz"],
            "The word 'xyz' is not in text 2. Its words are: [CLS], the, turtle, moves",
        ),
        (
            ["--measure", "pair", "--query", "slow", "--key", "the"],
            "The word 'the' stands in text 2 more than once, at positions 2, 7.",
        ),
        (["--measure", "pair", "--query", "99", "--key", "1"], "The tokens at positions 99 do not exist"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_sentence(arguments, said, known, ask):
    write_known_heads(known, rows=(SHORT, TURTLE))
    code, lines, error = ask("--open", known, *arguments)
    assert (code, lines) == (2, [])
    assert error.count("\n") == 1
    assert said in error


def test_opening_a_run_imports_no_torch(known):
    program = (
        "import sys\nfrom viz.__main__ import main\n"
        "code = main(['heads', '--open', sys.argv[1], '--measure', 'previous'])\n"
        "assert code == 0 and not {'torch', 'transformers', 'tokenizers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program, known], check=True, cwd=REPOSITORY, stdout=subprocess.DEVNULL)


def test_help_says_what_each_measure_is():
    done = subprocess.run(
        [sys.executable, "-m", "viz", "heads", "--help"], capture_output=True, cwd=REPOSITORY, check=True
    )
    assert "Attention of a token at itself" in done.stdout.decode()


def test_a_job_is_measured_by_contribution(ask, tiny_bert_folder):
    model = plain.load(tiny_bert_folder, causal=False)
    brought = plain.brought(model, plain.tokenized(model, [SENTENCE]))[0]
    expected = (brought / brought.sum(axis=-1, keepdims=True))[..., 0].mean(axis=-1)
    asked = (SENTENCE, "--model", tiny_bert_folder, "--measure", "first", "--by", "contribution", "--top", 99)
    code, lines, _error = ask(*asked, "--json")
    answer = json.loads("\n".join(lines))
    assert (code, answer["by"], len(answer["heads"])) == (0, "contribution", expected.size)
    for head in answer["heads"]:
        layer, number = map(int, head["index"][1:].split("H"))
        assert head["value"] == pytest.approx(expected[layer, number], rel=1e-5)
    assert any("A[q, k] is not the weight" in line for line in ask(*asked)[1])


def test_a_run_of_others_has_no_contributions_to_measure(ask, known):
    code, lines, error = ask("--open", known, "--measure", "first", "--by", "contribution")
    assert (code, lines) == (2, [])
    assert "contribute is not known, only their weights" in error
