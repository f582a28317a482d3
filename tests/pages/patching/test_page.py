"""The page Patch from another sentence without a browser: what the board says, its words, and that nothing is lost."""

import base64

import numpy as np
import pytest

from tests.pages.driver import assert_no_failure, figure, messages, open_app, press, table
from viz.engine.reasons.requests import Patch
from viz.engine.service import answer

PAGE = "pages/patching/page.py"
FIRST, SECOND = "The dogs near the house [MASK] old.", "The dog near the house [MASK] old."


@pytest.fixture(scope="module")
def opened():
    """Give the page as it opens, for tests that only read it."""
    return open_app(PAGE)


def board(app) -> np.ndarray:
    cells = figure(app, "patch_board")["data"][0]["z"]
    shape = [int(n) for n in cells["shape"].split(",")]
    return np.frombuffer(base64.b64decode(cells["bdata"]), cells["dtype"]).reshape(shape)


def test_the_page_opens_with_two_sentences_and_a_board_of_heads(opened):
    said = " ".join(messages(opened.markdown))
    expected = answer(Patch("headlight-bert", FIRST, SECOND))
    assert "The sentences differ at: **3 dogs → dog**" in said
    assert f"logit(**{expected.words[0]}**) − logit(**{expected.words[1]}**), at token 7" in said
    np.testing.assert_allclose(board(opened), expected.shares, atol=6e-5)
    assert opened.query_params["text"] == FIRST and opened.query_params["other"] == SECOND


def test_states_a_token_and_words_come_from_the_address_and_stand_there():
    app = open_app(PAGE, text=FIRST, other=SECOND, answer="are", rival="is", patch="states")
    shown = board(app)
    assert shown.shape == (6, 11)
    np.testing.assert_allclose(shown[:, -1], 1, atol=1e-4)  # all states of a layer: as B
    assert app.query_params["patch"] == "states" and app.query_params["answer"] == "are"
    app = open_app(PAGE, text=FIRST, other=SECOND, answer="are", rival="is", token="3")
    expected = answer(Patch("headlight-bert", FIRST, SECOND, "are", "is", position=2))
    np.testing.assert_allclose(board(app), expected.shares, atol=6e-5)
    app.selectbox(key="patch_token").set_value(-1).run()
    assert_no_failure(app)
    assert "token" not in app.query_params
    assert np.abs(board(app) - expected.shares).max() > 0.01


def test_sentences_of_other_lengths_are_refused_and_the_last_answer_stays():
    app = open_app(PAGE)
    before = board(app)
    app.text_input(key="patch_other").set_value("The dog [MASK] old.")
    press(app, "Run")
    assert "first sentence has 10 tokens and the second 7" in " ".join(messages(app.error))
    np.testing.assert_array_equal(board(app), before)
    press(app, "Example: the next verb, for GPT-2")
    assert not app.error and "␣are" in " ".join(messages(app.markdown))


def test_the_table_has_every_patch():
    app = open_app(PAGE)
    app.session_state["patch_table_open"] = True
    app.run()
    shown = table(app, "share of the way")
    assert len(shown) == 6 * 13 and list(shown["head"][:2]) == ["Layer1_Head1", "Layer1_Head2"]
    np.testing.assert_allclose(np.array(shown["share of the way"]).reshape(6, 13), board(app), atol=6e-5)
