"""The page Same alone? without a browser: which mistake breaks which prompt, and by how much."""

import numpy as np
import pytest
import torch

from tests.model import plain
from tests.pages.driver import assert_no_failure, figure, html, messages, open_app, press, table, title
from viz.analysis.batches.museum import MUSEUM

PAGE = "pages/same_alone/page.py"
PROMPTS = ["It will rain in the", "I want to eat a big bowl of", "My dog is"]
MASKED = "The turtle moves slow across the [MASK].\nShe is reading a [MASK]."


def alone(model, prompt: str) -> np.ndarray:
    return plain.output(model, plain.tokenized(model, [prompt]))[1][0, -1]


def answers(app) -> list[bool]:
    return [answer.startswith("✓") for answer in table(app, "answer")["answer"]]


def differences(app) -> list[float]:
    return [float(value) for value in table(app, "answer")["largest |Δlogit|"]]


def switch(app, *keys: str):
    for key in keys:
        app.toggle(key=key).set_value(True).run()
    assert not app.exception
    return app


def test_without_a_mistake_all_prompts_answer_as_they_do_alone():
    app = open_app(PAGE)
    assert messages(app.success)[0].startswith("All 3 prompts answer as they do alone (largest difference ")
    assert answers(app) == [True, True, True]
    assert max(differences(app)) <= 1e-3


def test_a_forgotten_mask_breaks_the_padded_prompts_by_the_models_own_numbers(gpt2):
    app = switch(open_app(PAGE), "no_mask")
    inputs = plain.tokenized(gpt2, PROMPTS, "left")
    inputs["attention_mask"] = torch.ones_like(inputs["attention_mask"])
    logits = plain.output(gpt2, inputs)[1][:, -1]
    expected = [np.abs(row - alone(gpt2, prompt)).max() for row, prompt in zip(logits, PROMPTS)]
    assert answers(app) == [False, True, False]
    np.testing.assert_allclose([differences(app)[0], differences(app)[2]], [expected[0], expected[2]], atol=0.006)
    assert messages(app.error)[0].startswith("2 of 3 prompts answer differently than alone")


def test_forgotten_positions_break_them_too_and_are_shown():
    app = switch(open_app(PAGE), "no_positions")
    assert answers(app) == [False, True, False]
    assert [note for note in (str(n) for n in range(8)) if html(app).count(f"<small>{note}</small>") != 3] == []


def test_the_last_column_of_right_padding_is_no_answer():
    app = switch(open_app(PAGE), "last_column")
    assert answers(app) == [False, True, False]
    pairs = table(app, "goes on alone")
    assert pairs["same"].tolist() == ["✗", "✓", "✗"]
    assert pairs["goes on alone"][0] == " morning."


def test_a_real_word_as_padding_does_harm_only_without_the_mask():
    app = switch(open_app(PAGE), "pad_with_word")
    assert answers(app) == [True, True, True]
    switch(app, "no_mask")
    assert answers(app) == [False, True, False]


def test_a_word_that_is_no_single_token_is_refused_and_the_maps_before_it_can_come_back():
    app = switch(open_app(PAGE), "pad_with_word")
    app.text_input(key="pad_word").set_value("hippopotamus elephants").run()
    assert len(app.error) == 1 and "hippopotamus elephants" in messages(app.error)[0]
    app.text_input(key="pad_word").set_value("the").run()
    assert not app.error


def test_the_worst_head_on_padding_is_named_and_opens():
    app = switch(open_app(PAGE), "no_mask")
    label = next(b.label.replace("\\", "") for b in app.button if b.key == "worst_2")
    app.button(key="worst_2").click().run()
    assert title(app) in label and label.startswith("prompt 3: Layer")
    assert app.query_params["prompt"] == "3"
    weights = figure(app, "head_map")
    assert len(weights["layout"]["shapes"]) >= 1


def test_bert_answers_the_same_on_either_side():
    for side in ("left", "right"):
        app = open_app(PAGE, text=MASKED, model="headlight-bert", padding_side=side)
        assert answers(app) == [True, True]
    assert app.toggle(key="last_column").disabled
    assert "goes on alone" not in str([list(t.value.columns) for t in app.dataframe])


def test_bert_without_its_mask_is_broken_where_there_is_padding():
    app = switch(open_app(PAGE, text=MASKED, model="headlight-bert"), "no_mask")
    assert answers(app) == [True, False]


def test_one_prompt_is_compared_with_itself():
    app = open_app(PAGE, text="My dog is")
    assert messages(app.success)[0].startswith("One prompt has no padding")


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("", "There is no prompt."),
        ("My dog is\n" * 17, "There are 17 prompts"),
        ("The [MASK] sat", "headlight-gpt2 reads from left"),
    ],
)
def test_bad_prompts_are_refused_in_words_and_the_last_check_stays(text, sentence):
    app = open_app(PAGE)
    app.text_area(key="batch_text").set_value(text)
    press(app, "Run")
    assert messages(app.error)[0].startswith(sentence)
    assert answers(app) == [True, True, True]


@pytest.mark.parametrize("exhibit", MUSEUM.values(), ids=list(MUSEUM))
def test_a_mistake_of_the_museum_is_red_at_a_click_and_green_repaired(exhibit):
    app = open_app(PAGE)
    app.button(key=f"museum_{exhibit.name}_mistake").click().run()
    assert_no_failure(app)
    assert len(app.error) == 1 and not all(answers(app))
    assert app.query_params["museum"] == exhibit.name and "repaired" not in app.query_params
    assert any(exhibit.thread.split()[1] in said and "From the museum:" in said for said in messages(app.markdown))
    app.button(key=f"museum_{exhibit.name}_repaired").click().run()
    assert not app.error and all(answers(app))
    assert (app.query_params["museum"], app.query_params["repaired"]) == (exhibit.name, "1")


def test_a_link_leads_to_a_mistake_of_the_museum_and_another_switch_leaves_it():
    app = open_app(PAGE, museum="doubled_ends")
    assert app.selectbox(key="batch_model").value == "headlight-bert" and app.toggle(key="double_special").value
    assert answers(app) == [False] * 3
    switch(app, "no_positions")
    assert "museum" not in app.query_params
    for name in ("nothing", "<script>"):
        assert "museum" not in open_app(PAGE, museum=name).query_params
