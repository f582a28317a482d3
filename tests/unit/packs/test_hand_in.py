"""A hand-in holds the answers, what the model says to them in the reader's language, and maps and runs that open."""

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from tests.hand_ins import LOOKS, PACK, PACK_FILE, progress
from tests.packs import PADDING, PART, pack, question
from viz import text
from viz.engine.local import engine
from viz.engine.requests import Ask
from viz.errors import EmptyText
from viz.files import saved
from viz.packs import hand_in
from viz.packs.errors import HandInTooLarge
from viz.packs.progress import Progress
from viz.packs.shelf import opened

ALL = {"padding": "3", "look": "moved", "who": "Layer4_Head11", "claim": "Layer4_Head11", "why": "Because *it*\nis."}


def made(of=PACK, name="Ann *B*", ask=engine.ask, **answers: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(hand_in.make(of, progress(of, **answers), name, ask)))


@pytest.fixture(scope="module")
def whole() -> zipfile.ZipFile:
    return made(**ALL)


def test_it_names_maps_as_the_exercise_does_and_keeps_one_run_a_part(whole):
    assert [name for name in whole.namelist() if not name.startswith("claims/")] == [
        "answers.json",
        "analysis.md",
        "pictures/part_1/text_1/Attention_Layer4_Head11.png",
        "pictures/part_1/text_1/Attention_Layer2_Head10.png",
        "runs/part_1.npz",
    ]
    claims = [name for name in whole.namelist() if name.startswith("claims/claim/")]
    assert len(claims) == 4
    assert claims[0].startswith("claims/claim/001_The_dog_quickly_ran_home_Attention_Layer4_Head11.png")
    for name in whole.namelist():
        if name.endswith(".png"):
            Image.open(io.BytesIO(whole.read(name))).verify()


def test_the_run_is_the_pass_that_was_asked_about(whole):
    run = saved.read(io.BytesIO(whole.read("runs/part_1.npz")))
    asked = engine.ask(Ask("headlight-bert", ("The turtle moved slowly across the [MASK].", "The [MASK] sat.")))
    np.testing.assert_array_equal(run.attentions, asked.attentions)
    assert run.batch.texts == asked.batch.texts
    assert (run.model.checkpoint, run.scores, len(run.readouts)) == ("headlight-bert", None, 0)


def test_a_map_with_mistakes_or_hidden_words_is_drawn_as_it_was_asked_about():
    one = PART.replace("    - The [MASK] sat.\n", "")
    cell = "{of: weight, query: slowly, key: moved, head: Layer4_Head11"
    hiding = question("number", f"{cell}, hide: [moved]}}")
    padded = "{of: weight, text: 2, query: sat, key: '[PAD]', head: Layer4_Head11"
    wrong = question("number", f"{padded}, mistakes: [no_attention_mask]}}")
    usual = question("number", f"{padded}}}").replace("id: q", "id: usual")
    for of, folder, given in (
        (opened(pack(hiding, part=one), "x"), "part_1/moved", {"q": "0"}),
        (opened(pack(wrong, usual), "x"), "part_1/text_2/no_attention_mask", {"q": "0", "usual": "0"}),
    ):
        archive = made(of, **given)
        usual_map = archive.read(f"pictures/{folder.rpartition('/')[0]}/Attention_Layer4_Head11.png")
        assert archive.read(f"pictures/{folder}/Attention_Layer4_Head11.png") != usual_map


def test_answers_json_holds_what_was_answered_and_nothing_else(whole):
    told = json.loads(whole.read("answers.json"))
    assert sorted(told) == ["format", "language", "name", "progress"]
    assert (told["format"], told["name"], told["language"]) == (1, "Ann *B*", "en")
    again = Progress.from_plain(told["progress"])
    assert again is not None
    assert again == progress(**ALL)


def test_the_analysis_says_how_each_answer_stands(whole):
    said = whole.read("analysis.md").decode()
    assert said.startswith("# A try\n\nBy Ann \\*B\\*.\n")
    for line in (
        "**The model says 4; right is within 0 of that.**",
        "**Right: moved.**",
        "> Because \\*it\\*\n> is.",
        "- The dog \\*quickly\\* \\_ran\\_ home.",
        "![pictures/part_1/text_1/Attention_Layer4_Head11.png](pictures/part_1/text_1/Attention_Layer4_Head11.png)",
    ):
        assert line in said, line
    assert "in 3 of 3 sentences" in said or "of 3 sentences" in said


def test_it_is_written_in_the_readers_language():
    text.read_language_from(lambda: "ru")
    try:
        said = made(padding="3").read("analysis.md").decode()
    finally:
        text.read_language_from(lambda: "en")
    assert "By Ann" not in said
    assert "No answer." not in said


def test_first_answers_tries_and_hints_are_told():
    twice = Progress("try-it", PACK.digest).answering("padding", "2", hinted=True).answering("padding", "4")
    archive = zipfile.ZipFile(io.BytesIO(hand_in.make(PACK, twice, "", engine.ask)))
    said = archive.read("analysis.md").decode()
    assert "Answer: 4\n\n- First answer: 2; number of tries: 2.\n- The hint was read before the first answer." in said
    assert "No name was given." in said
    assert said.count("No answer.") == 4


def test_answers_to_questions_of_another_version_are_not_handed_in():
    other = progress(padding="4").answering("gone", "x")
    told = json.loads(hand_in.answers(PACK, other, "Ann"))
    assert list(told["progress"]["answers"]) == ["padding"]


def test_a_model_that_refuses_is_told_and_the_rest_is_there():
    def refuse(_request):
        raise EmptyText(example="x")

    archive = made(ask=refuse, padding="4")
    assert archive.namelist() == ["answers.json", "analysis.md"]
    assert "There is no text." in archive.read("analysis.md").decode()


def test_two_hundred_fit_a_server_for_a_class(whole):
    # 60 MB of a visitor's files are kept there (deploy/class.env): 300 kB each.
    long_texts = "".join(f"    - {'The turtle moved slowly across the river. ' * 12}{n} [MASK].\n" for n in range(3))
    part = PART.replace("    - The turtle moved slowly across the [MASK].\n    - The [MASK] sat.\n", long_texts)
    large = opened(pack(PADDING.replace("text: 2", "text: 1"), LOOKS, part=part), "x.yaml")
    data = hand_in.make(large, progress(large, padding="4"), "Ann", engine.ask)
    assert len(data) <= 300_000
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert "runs/part_1.npz" not in archive.namelist()
    assert "- runs/part_1.npz" in archive.read("analysis.md").decode()


def test_answers_that_nobody_would_read_are_refused(monkeypatch):
    monkeypatch.setattr(hand_in, "MAX_ANSWERS_BYTES", 100)
    with pytest.raises(HandInTooLarge):
        hand_in.make(PACK, progress(padding="4"), "Ann", engine.ask)


def test_half_characters_of_a_name_do_not_stop_it():
    archive = made(name="A\ud800", padding="4")
    assert json.loads(archive.read("answers.json"))["name"] == "A?"


def test_the_pack_of_these_tests_is_one():
    assert len(opened(PACK_FILE, "x").pack.questions) == 5
