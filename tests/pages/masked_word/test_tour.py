"""The tour of Masked word without a browser: each step is true for what is shown, and nobody is made to take it."""

import numpy as np
import pytest

from tests.pages.driver import figure, messages, open_app, press, table


def said(app) -> str:
    """Give what the box of the tour says; empty where there is none."""
    texts = [text for text in messages(app.markdown) if text.startswith("**")]
    assert len(texts) == sum(caption.startswith("Tour, step") for caption in messages(app.caption)) <= 1
    return texts[0] if texts else ""


def step(app) -> str:
    return next((c for c in messages(app.caption) if c.startswith("Tour, step")), "")


def labels(app) -> list[str]:
    return [button.label for button in app.button]


def test_it_is_offered_and_nobody_is_made_to_take_it():
    app = open_app()
    assert {"Take the tour", "Not now"} <= set(labels(app))
    assert said(app) == "" and "tour" not in app.query_params
    press(app, "Not now")
    assert not {"Take the tour", "Not now"} & set(labels(app))
    app.switch_page("pages/batch/page.py").run().switch_page("pages/masked_word/page.py").run()
    assert "Take the tour" not in labels(app)


def test_it_leads_forth_and_back_through_every_part_and_ends():
    app = press(open_app(), "Take the tour")
    assert "Take the tour" not in labels(app)
    seen = []
    for number in range(1, 8):
        assert step(app) == f"Tour, step {number} of 7"
        assert app.query_params["tour"] == str(number)
        seen.append(said(app))
        press(app, "Next" if number < 7 else "Back")
    assert len(set(seen)) == 7 and step(app) == "Tour, step 6 of 7"
    press(press(app, "Next"), "End the tour")
    assert said(app) == "" and "tour" not in app.query_params
    assert "Take the tour" not in labels(app)


def test_it_can_be_left_at_any_step_and_taken_again_by_the_address():
    app = press(press(open_app(tour="3"), "Next"), "Leave the tour")
    assert said(app) == "" and "tour" not in app.query_params
    app.query_params["tour"] = "1"
    app.run()
    assert step(app) == "Tour, step 1 of 7"


@pytest.mark.parametrize("address, number", [("1", 1), ("5", 5), ("99", 7), ("0", 1), ("-3", 1)])
def test_an_address_opens_a_step(address, number):
    assert step(open_app(tour=address)) == f"Tour, step {number} of 7"


@pytest.mark.parametrize("address", ["", "x", "9" * 5_000])
def test_an_address_that_is_no_step_opens_none(address):
    assert said(open_app(tour=address)) == ""


def test_the_answer_is_that_of_the_bars():
    app = open_app(text="She is reading a [MASK].", tour="2")
    bars = figure(app, "bars_0")["data"][0]
    shares = bars["x"] if isinstance(bars["x"], list) else np.frombuffer(bars["x"])
    best = int(np.argmax(shares))
    assert f"{shares[best]:.1%} goes to “{bars['y'][best].split(' ', 1)[1]}”" in said(app)
    assert "other 12,287 words and pieces" in said(app)


@pytest.mark.parametrize(
    "asked, sentence",
    [
        ({"text": "She is reading a [MASK]."}, "It guesses the word behind [MASK] from all the others."),
        (
            {"text": "The [MASK] barked at the [MASK]."},
            "behind each [MASK] from the others, each on its own.",
        ),
        ({"text": "no mask here"}, "It guesses no word here"),
        ({"text": "My dog is", "model": "headlight-gpt2"}, "guesses the word that comes next"),
    ],
)
def test_the_first_step_says_what_is_guessed_of_how_many_tokens(asked, sentence):
    app = open_app(tour="1", **asked)
    assert sentence in said(app)
    n_tokens = len(next(pills for pills in app.pills if "Hide" in pills.label).options)
    assert f"reads {n_tokens} tokens" in said(app)


def test_without_a_guessed_word_the_tour_has_one_step_less():
    app = open_app(text="no mask here", tour="1")
    assert step(app) == "Tour, step 1 of 6"
    assert "All heads" in said(press(app, "Next"))
    app.run().text_input(key="text").set_value("The [MASK].")
    press(app, "Run")
    assert step(app) == "Tour, step 3 of 7"


def test_a_part_that_the_next_text_lacks_is_left_for_the_first():
    app = open_app(text="The [MASK].", tour="2")
    app.text_input(key="text").set_value("no mask here")
    press(app, "Run")
    assert step(app) == "Tour, step 1 of 6"


@pytest.mark.parametrize(
    "view, says",
    [({}, "Layers go down (6), heads across (12)"), ({"joined": "heads"}, "Layers go down (6), heads across (1)")],
)
def test_the_board_has_as_many_maps_as_are_said(view, says):
    assert says in said(open_app(tour="3", **view))


@pytest.mark.parametrize(
    "view, sums",
    [
        ({}, True),
        ({"hide": "special"}, False),
        ({"hide": "renormalised"}, True),
        ({"words": "1"}, True),
        ({"joined": "rollout"}, True),
    ],
)
def test_a_row_sums_to_what_is_said(view, sums):
    app = open_app(tour="5", **view)
    app.session_state["table_open"] = True
    app.run()
    rows = table(app, "query position").groupby("query position")["attention"].sum()
    assert ("it sums to 1" in said(app)) == sums
    assert np.allclose(rows, 1, atol=1e-4) == sums


def test_of_contributions_no_sum_is_said_and_of_a_causal_model_what_it_may_not_see():
    assert "have no fixed sum" in said(open_app(tour="5", shown="contribution"))
    assert "may not look ahead" in said(open_app(tour="5", text="My dog is", model="headlight-gpt2"))
    assert "look ahead" not in said(open_app(tour="5"))


def test_where_nothing_was_answered_there_is_no_step():
    app = open_app(text="the " * 150, tour="1")
    assert said(app) == "" and messages(app.error)
    app.text_input(key="text").set_value("The [MASK].")
    press(app, "Run")
    assert step(app) == "Tour, step 1 of 7"
