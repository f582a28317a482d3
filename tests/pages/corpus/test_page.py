"""The page of a head over a corpus, without a browser: its texts, jobs and links, files, and what it refuses."""

import numpy as np
import pytest
import torch

from pages.corpus.form import CorpusQuestion
from tests.model import plain
from tests.pages.driver import assert_no_failure, figure, html, messages, open_app, press, spoken, table
from viz.analysis.corpus.links import LEAST
from viz.files.corpus import sample
from viz.shipped import MODELS_FOLDER

PAGE = "pages/corpus/page.py"
FILE = "The turtle moves slow across the road.\n\nShe is reading a book.\n<b>$x$</b> :red[hey] *you*\nA dog ran home.\n"


@pytest.fixture(scope="module")
def opened():
    """Give the page over 40 sentences of the sample, for tests that only read it."""
    return open_app(PAGE, lines="40", head="Layer4_Head11")


def upload(app, name: str, data: bytes):
    app.file_uploader(key="corpus_file").set_value((name, data, "text/plain")).run()
    assert_no_failure(app)
    return app


def test_it_says_what_was_read_and_shows_three_groups(opened):
    assert "40 of 2,000 lines of the sample were read." in messages(opened.caption)
    assert {"Strongest", "Around the median", "Weakest"} <= {of.value for of in opened.header}
    said = [of for of in messages(opened.markdown) if of.startswith("Line ")]
    assert len(said) == 9
    assert "rank 1 of 40" in said[0] and "rank 40 of 40" in said[-1]


def test_previous_token_spreads_as_plain_transformers_say(opened):
    torch.set_num_threads(1)
    model = plain.load(MODELS_FOLDER / "headlight-bert", causal=False)
    values = []
    for text in sample()[:40]:
        maps = plain.output(model, plain.tokenized(model, [text]))[0][0, 3, 10]
        values.append(np.mean([maps[q, q - 1] for q in range(1, len(maps))]))
    row = table(opened, "5%").iloc[0]
    assert row["job"] == "previous token"
    assert row["mean"] == pytest.approx(np.mean(values), abs=1e-5)
    assert row["least"] == pytest.approx(min(values), abs=1e-5)
    assert row["median"] == pytest.approx(np.quantile(values, 0.5, method="inverted_cdf"), abs=0.0006)
    assert figure(opened, "corpus_spread")["layout"]["title"]["text"] == "Layer4_Head11 · L3H10"
    said = spoken(opened, "corpus_spread")
    assert said.startswith("Layer4_Head11 · L3H10, previous token: over 40 texts from ")
    assert f"from {min(values):.3f} to {max(values):.3f}" in said and f"mean {np.mean(values):.3f}" in said


def test_links_stand_at_enough_places(opened):
    links = table(opened, "times even")
    assert len(links) > 0 and links["places"].min() >= LEAST
    assert links["times even"].is_monotonic_decreasing


def test_another_head_reads_no_corpus_again(opened, monkeypatch):
    monkeypatch.setattr("viz.engine.reasons.corpus.read", lambda *_args, **_options: pytest.fail("read again"))
    app = open_app(PAGE, lines="40", head="Layer4_Head11")
    app.text_input(key="head_name").set_value("L0H0").run()
    assert_no_failure(app)
    assert app.query_params["head"] == "Layer1_Head1"


def test_a_file_is_read_as_text_and_its_empty_line_is_named():
    app = upload(open_app(PAGE, lines="3", head="Layer4_Head11"), "my [book].txt", FILE.encode())
    assert "5 of 5 lines of my [book].txt were read." in " ".join(messages(app.caption))
    assert messages(app.warning) == ["1 line was left out: 1 is empty."]
    said = [of for of in messages(app.markdown) if of.startswith("Line ")]
    assert said[0].startswith("Line 1, rank 1 of 4: “slow” gives")
    assert "<b>" not in html(app).replace("<bdi>", "") and "&lt;" in html(app)
    press(app, "Back to the sample")
    assert "of 2,000 lines of the sample were read." in " ".join(messages(app.caption))


@pytest.mark.parametrize("data, said", [(b"\n\n", "none has a word"), (b"\xff\xff", "no text in UTF-8")])
def test_a_file_that_is_none_is_refused_and_the_answer_stays(data, said):
    app = upload(open_app(PAGE, lines="3"), "a.txt", data)
    assert said in messages(app.error)[0]
    assert "3 of 2,000 lines of the sample were read." in messages(app.caption)


def test_the_address_brings_the_question():
    app = open_app(PAGE, lines="4", model="headlight-gpt2", special="1", head="L5H9")
    assert "4 of 2,000 lines of the sample were read." in messages(app.caption)
    assert app.toggle(key="corpus_special").value is True
    address = {name: app.query_params[name] for name in ("lines", "model", "special")}
    assert address == {"lines": "4", "model": "headlight-gpt2", "special": "1"}


@pytest.mark.parametrize("lines", ["-1", "0", "x", "9" * 5_000, "999999999"])
def test_a_number_of_lines_that_is_none_is_brought_within_bounds(lines, monkeypatch):
    monkeypatch.setenv("HEADLIGHT_MAX_CORPUS_LINES", "5")
    app = open_app(PAGE, lines=lines)
    assert 1 <= app.number_input(key="corpus_lines").value <= 5


def test_a_model_that_is_none_is_said_and_the_answer_stays():
    app = open_app(PAGE, lines="3")
    app.session_state["asked_corpus"] = CorpusQuestion("nobody/nothing", n_lines=3)
    app.run()
    assert_no_failure(app)
    assert "nobody/nothing" in messages(app.error)[0]
    assert "3 of 2,000 lines of the sample were read." in messages(app.caption)


def test_what_was_stopped_is_not_begun_again_before_it_is_asked():
    app = open_app(PAGE, lines="3")
    app.session_state["corpus_stopped"] = CorpusQuestion(n_lines=3)
    app.run()
    assert "Reading was stopped" in messages(app.info)[0]
    press(app, "Read")
    assert not app.info
    assert "3 of 2,000 lines of the sample were read." in messages(app.caption)
