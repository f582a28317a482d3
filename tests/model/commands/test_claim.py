"""``python -m viz claim`` tests marked sentences; its exit code says whether the claim holds."""

import json
import subprocess
import sys
import weakref
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import REPOSITORY
from tests.known_heads import SHORT, TURTLE, write_known_heads
from viz.__main__ import main
from viz.analysis.claims.templates import fill_template, read_lists
from viz.analysis.claims.text import READY, read_sentences
from viz.drawing import diagrams
from viz.engine import forward, many_texts
from viz.engine.models import load_model
from viz.files import saved
from viz.names import folder_name

ADVERBS = READY[0].text


@pytest.fixture
def ask(capfd, tmp_path):
    """Give a function that tests sentences and gives its exit code, what it printed, and what it said on stderr."""

    def call(sentences: str, *arguments: object) -> tuple[int, str, str]:
        (tmp_path / "claim.txt").write_text(sentences, encoding="utf-8")
        capfd.readouterr()
        code = main(["claim", str(tmp_path / "claim.txt"), *map(str, arguments)])
        said = capfd.readouterr()
        return code, said.out, said.err

    return call


def test_the_adverb_head_of_the_shipped_model_holds_in_both_orders(ask):
    code, said, error = ask(ADVERBS, "--head", "Layer4_Head11")
    assert (code, error) == (0, "")
    assert said.startswith(
        "Holds: Layer4_Head11 · L3H10 looks most from the query word at the key word in 10 of 10 sentences"
    )
    assert "also when the order is swapped (5 of 5)." in said
    assert said.count("\nhit ") == 10
    assert "always the previous word: 5 of 10 hits" in said


def test_the_adverb_head_is_found_by_searching_all(ask):
    code, said, _error = ask(ADVERBS, "--json")
    answer = json.loads(said)
    assert code == 0
    assert (answer["head"], answer["holds"], answer["n_searched"], answer["rank"]) == ("Layer4_Head11", True, 72, 1)
    assert answer["p"] == pytest.approx((1 / 7) ** 10)
    assert answer["p_corrected"] == pytest.approx(72 * (1 / 7) ** 10)
    assert len(answer["best"]) == 5


def test_the_previous_token_head_of_the_shipped_model_follows_the_place(ask):
    code, said, _error = ask(ADVERBS, "--head", "L1H9")
    assert code == 1
    assert said.startswith("Follows position, not the word: Layer2_Head10 · L1H9")


def test_a_template_makes_sentences_on_which_the_head_holds(ask):
    lists = read_lists("animal: turtle, dog, cat\nverb: moves, runs\nadverb: slowly, quickly")
    template = "The {animal} _{verb}_ *{adverb}* across the road.\nThe {animal} *{adverb}* _{verb}_ across the road."
    code, said, _error = ask("\n".join(fill_template(template, lists, n=24)), "--head", "Layer4_Head11", "--json")
    assert code == 0
    assert json.loads(said)["total"] == 24


def test_a_model_that_reads_from_left_to_right_leaves_out_keys_behind_the_query(ask):
    code, said, _error = ask(ADVERBS, "--model", "headlight-gpt2", "--json")
    answer = json.loads(said)
    assert code == 1
    assert (answer["total"], len(answer["left_out"])) == (5, 5)
    assert answer["luck"] == pytest.approx(5 / 3)


def test_the_known_head_of_bert_gives_its_weight_in_a_file_of_four_entries(ask, tmp_path):
    write_known_heads(tmp_path / "known.npz", rows=(SHORT, TURTLE), padding_side="left")
    sentence = "The turtle _moves_ *slow* across the [MASK]."
    code, said, _error = ask(sentence, "--head", "Layer4_Head11", "--open", tmp_path / "known.npz", "--json")
    answer = json.loads(said)
    assert code == 1  # one sentence of seven candidates shows nothing
    assert (answer["hits"], answer["total"], answer["rank"], answer["n_heads"]) == (1, 1, 1, 144)
    assert answer["mean_weight"] == pytest.approx(0.87)
    assert answer["sentences"][0]["attention"] == pytest.approx(0.87)
    assert (answer["p"], answer["verdict"]) == (pytest.approx(1 / 7), "not shown")


def test_an_analysis_is_written_with_a_picture_of_each_sentence(ask, tmp_path):
    out = tmp_path / "new" / "analysis"
    code, _said, _error = ask(ADVERBS, "--head", "Layer4_Head11", "--out", out)
    assert code == 0
    pictures = sorted(path.name for path in out.glob("*.png"))
    assert len(pictures) == 10
    assert pictures[0] == "001_The_turtle_moves_slow_across_the_road_Attention_Layer4_Head11.png"
    with Image.open(out / pictures[0]) as image:
        assert min(image.size) > 40 * 10
    written = (out / "analysis.md").read_text(encoding="utf-8")
    assert all(f"]({name})" in written for name in pictures)
    assert "**Holds: Layer4_Head11" in written


@pytest.fixture
def alive(monkeypatch):
    """Count, at the start of each pass and of each file that is opened, the runs made before that are still held."""
    refs, counted = [], []

    def watched(make):
        def run(*arguments):
            counted.append(sum(ref() is not None for ref in refs))
            made = make(*arguments)
            refs.append(weakref.ref(made))
            return made

        return run

    monkeypatch.setattr(forward, "run", watched(forward.run))
    monkeypatch.setattr(saved, "read", watched(saved.read))
    monkeypatch.setattr(many_texts, "ROWS_AT_ONCE", 4)
    return counted


def test_one_run_is_held_at_a_time(alive, ask, tmp_path):
    code, _said, _error = ask(ADVERBS, "--head", "Layer4_Head11")
    assert (code, alive) == (0, [0, 0, 0])  # ten sentences, four a pass
    alive.clear()
    _code, _said, _error = ask(ADVERBS, "--head", "Layer4_Head11", "--out", tmp_path / "out")
    assert alive == [0] * 6  # and once more for the pictures
    assert len(list((tmp_path / "out").glob("*.png"))) == 10


def test_one_saved_run_is_held_at_a_time(alive, ask, tmp_path):
    files = [tmp_path / f"{day}.npz" for day in ("monday", "tuesday", "friday")]
    for file, tokens in zip(files, (SHORT, TURTLE, SHORT), strict=True):
        write_known_heads(file, rows=(tokens,))
    ask("The turtle _moves_ *slow* across the [MASK].", "--open", *files, "--out", tmp_path / "out")
    assert alive == [0] * 4  # each once to be searched, and Tuesday's again for its attention
    assert len(list((tmp_path / "out").glob("*.png"))) == 1


def test_a_picture_is_of_the_sentence_whose_number_it_has(ask, monkeypatch, tmp_path):
    monkeypatch.setattr(many_texts, "ROWS_AT_ONCE", 4)
    ask(ADVERBS, "--head", "Layer4_Head11", "--out", tmp_path)
    loaded = load_model("headlight-bert")
    numbers = {sentence.text: number for number, sentence in enumerate(read_sentences(ADVERBS), start=1)}
    for run in many_texts.runs(loaded, list(numbers)):
        for row, text in enumerate(run.batch.texts):
            (picture,) = tmp_path.glob(f"{numbers[text]:03}_{folder_name(text)}_*.png")
            with Image.open(picture) as image:
                assert image.tobytes() == diagrams.draw(run, row, 3, 10).tobytes()


@pytest.mark.parametrize(
    "sentences, arguments, said",
    [
        ("", [], "There is no sentence."),
        ("It moves *slow*.", [], "Line 1 marks 1 query words and 0 key words"),
        (ADVERBS, ["--head", "Head2"], "'Head2' is not the name of a head."),
        (ADVERBS, ["--head", "Layer7_Head1"], "Layer7_Head1 does not exist: this model has 6 layers of 12 heads."),
        ("*We* _run_. " + "go " * 130, [], "Text 1 has 1"),
    ],
)
def test_what_cannot_be_tested_is_said_in_one_sentence(sentences, arguments, said, ask):
    code, printed, error = ask(sentences, *arguments)
    assert (code, printed) == (2, "")
    assert error.startswith(said)
    assert error.count("\n") == 1


def test_a_sentence_that_a_saved_run_does_not_hold_is_named(ask, tmp_path):
    write_known_heads(tmp_path / "known.npz")
    code, _printed, error = ask("The *dog* _runs_.", "--open", tmp_path / "known.npz")
    assert (code, error) == (
        2,
        "None of the 1 texts that were run consists of the words of this sentence: The dog runs.\n",
    )


@pytest.mark.parametrize(
    "content, reason",
    [(None, "the system says: No such file or directory."), (b"\xff\xfe*a* _b_", "it is no text in UTF-8.")],
)
def test_a_file_that_cannot_be_read_is_named(content, reason, tmp_path, capfd):
    file = tmp_path / "claim.txt"
    if content is not None:
        file.write_bytes(content)
    assert main(["claim", str(file)]) == 2
    assert capfd.readouterr().err == f"Cannot read '{file}': {reason} Give a text file in UTF-8.\n"


def test_opening_runs_imports_no_torch(tmp_path):
    write_known_heads(tmp_path / "known.npz")
    (tmp_path / "claim.txt").write_text("The turtle _moves_ *slow* across the [MASK].")
    program = (
        "import sys\nfrom viz.__main__ import main\n"
        "code = main(['claim', *sys.argv[1:]])\n"
        "assert code == 1 and not {'torch', 'transformers', 'tokenizers'} & set(sys.modules)"
    )
    files = [tmp_path / "claim.txt", "--open", tmp_path / "known.npz", "--out", tmp_path / "out"]
    subprocess.run([sys.executable, "-c", program, *files], check=True, cwd=REPOSITORY, stdout=subprocess.DEVNULL)
    assert Path(tmp_path / "out" / "analysis.md").exists()
