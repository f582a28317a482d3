"""Predict first: a map and all that would answer is hidden until a token is chosen; then the guess is judged."""

import json
import re
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from pages.ui import predict_first, token_chips
from pages.ui.predict_kinds import WAYS
from tests.model import plain
from tests.pages.driver import assert_no_failure, figure, messages, open_app, press, title
from viz.analysis.guesses.score import Score
from viz.analysis.guesses.which_token import TokenQuestion
from viz.names import parse_head
from viz.shipped import MODELS_FOLDER

SENTENCE = "The turtle moves slow across the [MASK]."
MASKED_WORD, BOARD = "pages/masked_word/page.py", "pages/board/page.py"
QUESTION = re.compile(r"Which token does '(.+)' look at most\?")


@pytest.fixture(scope="module")
def model() -> plain.Plain:
    torch.set_num_threads(1)
    return plain.load(MODELS_FOLDER / "headlight-bert", causal=False)


@pytest.fixture(scope="module")
def tokens(model) -> list[str]:
    return model.tokenizer.convert_ids_to_tokens(plain.tokenized(model, [SENTENCE])["input_ids"][0].tolist())


@pytest.fixture(scope="module")
def weights(model) -> np.ndarray:
    """Give plain transformers' attention of the head that opens first, ``[Q, K]``."""
    return plain.output(model, plain.tokenized(model, [SENTENCE]))[0][0, 3, 10]


def choices(app: AppTest) -> Any:
    """Give the tokens to choose from; there is one question."""
    found = {group.key: group for group in app.get("button_group") if (group.key or "").startswith("predict_")}
    found.pop("predict_ask_shown")
    (group,) = found.values()
    return group


def offers(app: AppTest) -> list[str]:
    return [option.replace("\\", "") for option in choices(app).options]


def asks(app: AppTest) -> str:
    """Give the query that is asked about."""
    (found,) = filter(None, map(QUESTION.fullmatch, messages(app.markdown)))
    return found[1]


def position(name: str, tokens: list[str]) -> int:
    """Find a named token: ``the (2)`` stands at the second place."""
    found = re.fullmatch(r"(.+) \((\d+)\)", name)
    return int(found[2]) - 1 if found else tokens.index(name)


def guess(app: AppTest, key: int) -> AppTest:
    """Choose a key, by its place in the text, and reveal the map."""
    choices(app).set_value(key).run()
    return press(app, "Reveal")


def said(app: AppTest) -> list[str]:
    return messages([*app.success, *app.info])


def scored(app: AppTest) -> list[str]:
    return [caption for caption in messages(app.caption) if caption.startswith("This visit:")]


def has_map(app: AppTest) -> bool:
    return any(chart.proto.id.endswith("-head_map") for chart in app.get("plotly_chart"))


def framed(app: AppTest) -> list[float]:
    """Give the middle of each frame around a row of the open map."""
    shapes = figure(app, "head_map")["layout"].get("shapes", [])
    return [(shape["y0"] + shape["y1"]) / 2 for shape in shapes if shape["type"] == "rect"]


def test_it_is_off_at_first_and_then_nothing_is_hidden():
    app = open_app()
    assert app.toggle(key="predict_shown").value is False
    assert has_map(app)
    assert "predict" not in app.query_params
    assert "Reveal" not in [button.label for button in app.button]


@pytest.mark.parametrize("page", [MASKED_WORD, BOARD])
def test_while_it_asks_nothing_on_the_panel_answers(page):
    before, app = open_app(page, text=SENTENCE), open_app(page, text=SENTENCE, predict="1")
    assert has_map(before) and not has_map(app)
    for shown, is_there in ((before, True), (app, False)):
        assert any("Strongest links" in message for message in messages(shown.markdown)) is is_there
        assert ("Table of this head" in [expander.label for expander in shown.expander]) is is_there
        assert any(element.proto.id.endswith("-shaded_text") for element in shown.get("bidi_component")) is is_there
        assert ("Download" in [block.proto.popover.label for block in shown.get("popover")]) is is_there
    assert app.query_params["predict"] == "1"


def test_it_is_switched_on_by_a_click_and_off_again():
    app = open_app()
    app.toggle(key="predict_shown").set_value(True).run()
    assert_no_failure(app)
    assert not has_map(app) and app.query_params["predict"] == "1"
    app.toggle(key="predict_shown").set_value(False).run()
    assert_no_failure(app)
    assert has_map(app) and "predict" not in app.query_params


def test_a_reload_asks_about_the_same_word_and_another_head_about_others(tokens):
    asked = [asks(open_app(text=SENTENCE, predict="1", head="L3H10")) for _time in range(2)]
    assert asked[0] == asked[1]
    assert asked[0] not in ("[CLS]", "[SEP]")
    heads = {asks(open_app(text=SENTENCE, predict="1", head=f"L{layer}H1")) for layer in range(6)}
    assert len(heads) > 1


def test_every_token_is_offered_with_its_position(tokens):
    app = open_app(text=SENTENCE, predict="1")
    assert offers(app) == [f"{at} {token}" for at, token in enumerate(tokens, 1)]


@pytest.mark.parametrize("page", [MASKED_WORD, BOARD])
def test_the_right_token_is_right_and_its_row_is_framed(page, tokens, weights):
    app = open_app(page, text=SENTENCE, predict="1")
    query = position(asks(app), tokens)
    best = int(weights[query].argmax())
    guess(app, best)
    largest = f"{weights[query, best]:.2f}"
    assert any(message.endswith(f" got {largest}, the largest of 10.") for message in said(app))
    assert [metric.value for metric in app.metric][-2:] == [largest, largest]
    assert framed(app) == [query]
    assert scored(app) == ["This visit: 1 of 1 right; by luck 0.10."]
    assert title(app) == "Layer4_Head11 · L3H10"


def test_a_wrong_token_is_told_its_number_its_rank_and_the_largest(tokens, weights):
    app = open_app(text=SENTENCE, predict="1")
    query = position(asks(app), tokens)
    order = np.argsort(-weights[query])
    guess(app, int(order[3]))
    (sentence,) = [message for message in said(app) if "Rank" in message]
    assert f" got {weights[query, order[3]]:.2f}; the largest is {weights[query, order[0]]:.2f}, at " in sentence
    assert sentence.endswith("Rank 4 of 10.")
    assert scored(app) == ["This visit: 0 of 1 right; by luck 0.10."]


def test_reveal_without_a_choice_reveals_nothing():
    app = press(open_app(predict="1"), "Reveal")
    assert not has_map(app) and scored(app) == []
    assert any("Choose a token first" in message for message in messages(app.caption))


def test_another_query_is_another_one_until_all_were_asked(tokens, weights):
    app = open_app(text=SENTENCE, predict="1")
    words = [token for token in tokens if token not in ("[CLS]", "[SEP]")]
    seen = []
    for _word in words:
        query = position(asks(app), tokens)
        seen.append(query)
        guess(app, int(weights[query].argmax()))
        press(app, "Another question")
    assert sorted(tokens[query] for query in seen) == sorted(words)
    assert any("Every token of this map was asked about" in message for message in messages(app.markdown))
    assert has_map(app) and framed(app) == []
    assert scored(app) == ["This visit: 8 of 8 right; by luck 0.80."]


def test_what_was_revealed_of_one_head_is_there_again_and_counts_once():
    app = guess(open_app(text=SENTENCE, predict="1", head="L3H10"), 3)
    once = scored(app), said(app)
    app.text_input(key="head_name").set_value("L1H4").run()
    assert not has_map(app) and scored(app) == once[0]
    app.text_input(key="head_name").set_value("L3H10").run()
    assert has_map(app) and (scored(app), said(app)) == once


def test_a_causal_model_offers_no_later_token():
    app = open_app(model="headlight-gpt2", text="The turtle moves slow across the", predict="1")
    query = asks(app).split(" (")[0]
    assert 2 <= len(offers(app)) < 8
    assert offers(app)[-1].split(" ", 1)[1] == query


def test_padding_is_not_offered():
    app = open_app("pages/batch/page.py", text="It will rain in the\nMy dog is", predict="1", prompt="2")
    assert 2 <= len(offers(app)) <= 3
    assert not any("endoftext" in option for option in offers(app))


@pytest.mark.parametrize("kind", ["encoder", "decoder", "cross"])
def test_every_kind_of_attention_of_a_translator_is_asked_about(kind):
    app = open_app("pages/cross/page.py", predict="1", kind=kind)
    assert len(offers(app)) >= 2
    choices(app).set_value(int(offers(app)[0].split(" ")[0]) - 1).run()
    press(app, "Reveal")
    assert has_map(app) and len(scored(app)) == 1


def test_merged_words_and_contributions_are_asked_about_as_the_map_shows_them():
    app = open_app(text="The unhappiest turtles moved [MASK].", predict="1", words="1")
    assert "unhappiest" in [option.split(" ", 1)[1] for option in offers(app)]
    app = open_app(text=SENTENCE, predict="1", shown="contribution")
    assert any(message.startswith("Which token contributes most to '") for message in messages(app.markdown))
    guess(app, 1)
    assert title(app).endswith("· contribution")


@pytest.mark.parametrize("page", ["generation", "training", "claim", "switch_off", "positions", "patching", "head"])
def test_every_page_with_a_map_asks_and_reveals(page):
    app = open_app(f"pages/{page}/page.py", predict="1", part="heads")
    first = int(offers(app)[0].split(" ")[0]) - 1
    assert not has_map(app)
    guess(app, first)
    assert has_map(app) and len(framed(app)) == 1


def test_a_long_text_has_a_list_in_place_of_chips(monkeypatch):
    monkeypatch.setattr(token_chips, "MAX_CHIPS", 9)
    app = open_app(text=SENTENCE, predict="1")
    (choice,) = [box for box in app.selectbox if (box.key or "").startswith("predict_")]
    choice.set_value(1).run()
    press(app, "Reveal")
    assert len(scored(app)) == 1


def without_numbers():
    """Draw a head whose map is NaN, as a model in half precision may give it."""
    import numpy as np

    from pages.ui.head_panel import head_view
    from tests import hand_made

    run = hand_made.run([[1] * 3], attentions=np.full((1, 1, 1, 3, 3), np.nan, dtype=np.float32))
    head_view(lambda: run, 0, 0, 0, link=False)


def test_a_map_without_numbers_says_so_and_asks_nothing():
    app = AppTest.from_function(without_numbers, default_timeout=60)
    app.query_params["predict"] = "1"
    app.run()
    assert_no_failure(app)
    assert any("no numbers (NaN" in message for message in said(app))
    assert "Reveal" not in [button.label for button in app.button]


def test_what_is_asked_in_the_address_is_on_or_off_and_nothing_else():
    for given in ("0", "yes", "<script>"):
        assert has_map(open_app(predict=given))


def test_a_guess_stands_in_no_address():
    app = guess(open_app(text=SENTENCE, predict="1"), 2)
    written = json.dumps(dict(app.query_params))
    assert set(app.query_params) - {"predict"} == set(open_app(text=SENTENCE).query_params), written


def test_a_second_click_that_comes_before_the_page_is_drawn_anew_counts_nothing(monkeypatch):
    state: dict[str, Any] = {"chosen": 1}
    monkeypatch.setattr(predict_first.st, "session_state", state)
    asked = TokenQuestion(0, "a", (0, 1), ("a", "b"), ("a", "b"), (0.25, 0.75), of_contribution=False)
    guesses = predict_first._Guesses()
    for _click in range(2):
        predict_first._reveal(WAYS["token"], asked, guesses, "chosen")
    assert state["predict_score"] == Score(hits=1, n=1, luck=0.5)


HEADS = re.compile(r"Which of these 4 heads looks most from '(.+)' at '(.+)'\?")
NUMBERS = re.compile(r"How many percent of its attention does '(.+)' give to '(.+)'\?")


def cell(app: AppTest, question: re.Pattern, tokens: list[str]) -> tuple[int, int]:
    """Give the query and key that are asked about, by their positions."""
    (found,) = filter(None, map(question.fullmatch, messages(app.markdown)))
    return position(found[1], tokens), position(found[2], tokens)


def all_weights(model) -> np.ndarray:
    """Give plain transformers' attention of all heads, ``[L, H, Q, K]``."""
    return plain.output(model, plain.tokenized(model, [SENTENCE]))[0][0]


def test_a_head_is_guessed_among_four_and_told_with_all_their_numbers(tokens, model):
    app = open_app(text=SENTENCE, predict="1", ask="head", head="L3H10")
    query, key = cell(app, HEADS, tokens)
    assert not has_map(app) and app.query_params["ask"] == "head"
    assert "Layer4_Head11" in offers(app)
    of = {name: parse_head(name, 6, 12) for name in offers(app)}
    there = {name: float(all_weights(model)[*place, query, key]) for name, place in of.items()}
    best = max(there, key=lambda name: there[name])
    guess(app, of[best])
    assert has_map(app)
    (sentence,) = [message for message in said(app) if message.startswith(f"Right: {best} gives")]
    assert all(f"{name} {value:.3f}" in sentence for name, value in there.items())
    assert scored(app) == ["This visit: 1 of 1 right; by luck 0.25."]


def test_a_number_is_guessed_within_five_points(tokens, weights):
    app = open_app(text=SENTENCE, predict="1", ask="number", head="L3H10")
    query, key = cell(app, NUMBERS, tokens)
    truth, near = float(weights[query, key]), np.abs(weights - weights[query, key]) <= 0.05
    far = 0 if truth > 0.5 else 100
    (field,) = [box for box in app.number_input if (box.key or "").startswith("predict_")]
    field.set_value(far).run()
    press(app, "Reveal")
    assert has_map(app)
    assert any(message.endswith(f"{truth:.1%}; you said {far}%.") for message in said(app))
    assert scored(app) == [f"This visit: 0 of 1 right; by luck {near.mean():.2f}."]
    assert any(
        f"Of all cells of this map {near.mean():.0%} lie within 5" in message for message in messages(app.caption)
    )


def test_another_kind_of_question_is_asked_by_a_click_and_stands_in_the_address():
    app = open_app(text=SENTENCE, predict="1")
    app.get("button_group")[[group.key for group in app.get("button_group")].index("predict_ask_shown")].set_value(
        "number"
    ).run()
    assert_no_failure(app)
    assert any(NUMBERS.fullmatch(message) for message in messages(app.markdown))
    assert app.query_params["ask"] == "number"
    app.toggle(key="predict_shown").set_value(False).run()
    assert not {"predict", "ask"} & set(app.query_params)


def test_a_view_of_one_map_has_no_head_to_choose():
    app = open_app(text=SENTENCE, predict="1", ask="head", joined="all")
    assert any("no second map" in message for message in said(app))
    assert has_map(app)


@pytest.mark.parametrize("asks", ["head", "number"])
@pytest.mark.parametrize("kind", ["encoder", "decoder", "cross"])
def test_every_kind_of_attention_is_asked_about_in_every_way(kind, asks):
    app = open_app("pages/cross/page.py", predict="1", kind=kind, ask=asks)
    assert any((HEADS if asks == "head" else NUMBERS).fullmatch(message) for message in messages(app.markdown))
    assert not has_map(app)
