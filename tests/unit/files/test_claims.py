"""A claim is written up as analysis.md and one diagram a sentence."""

import io
import zipfile

import pytest
from PIL import Image

from tests import hand_made
from tests.known_heads import TURTLE, write_known_heads
from viz.analysis.claims import verdict
from viz.analysis.claims.readings import gather, marked_tokens
from viz.analysis.claims.report import verdict_sentence
from viz.analysis.claims.text import read_sentences
from viz.drawing import diagrams
from viz.files import claims, saved

SENTENCE = "The turtle _moves_ *slow* across the [MASK]."


@pytest.fixture
def tested(tmp_path):
    write_known_heads(tmp_path / "run.npz", rows=(TURTLE,))
    runs = [saved.read(tmp_path / "run.npz")]
    readings, left_out = gather(runs, read_sentences(SENTENCE))
    return runs, verdict.judge(readings, (3, 10), left_out)


def test_the_zip_holds_the_analysis_and_a_picture_that_it_names(tested):
    runs, result = tested
    archive = zipfile.ZipFile(io.BytesIO(claims.as_zip(runs, result)))
    picture, text = archive.namelist()
    assert (picture, text) == ("001_The_turtle_moves_slow_across_the_MASK_Attention_Layer4_Head11.png", "analysis.md")
    written = archive.read(text).decode()
    assert f"**{verdict_sentence(result)}**" in written and f"({picture})" in written
    drawn = Image.open(io.BytesIO(archive.read(picture)))
    assert drawn.tobytes() == diagrams.draw(runs[0], 0, 3, 10).tobytes()


def test_the_marked_tokens_are_those_under_the_marks(tested):
    runs, result = tested
    assert marked_tokens(runs[0], result.readings[0]) == ((TURTLE.index("slow"),), (TURTLE.index("moves"),))


def test_of_rows_with_the_same_words_the_one_with_the_very_text_is_read():
    tokens = ("the", "dog", "runs")
    run = hand_made.run(
        [[1, 1, 1]] * 2, batch_fields={"tokens": (tokens, tokens), "texts": ("the dog runs", "The dog runs")}
    )
    assert gather([run], read_sentences("The *dog* _runs_"))[0][0].row == 1
    assert gather([run], read_sentences("the *dog* _runs_"))[0][0].row == 0
    assert gather([run], read_sentences("THE *dog* _runs_"))[0][0].row == 0
