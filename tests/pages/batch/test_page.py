"""The page Batch of prompts without a browser: what each input leads to, and that nothing is lost."""

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.model import plain
from tests.pages.driver import figure, html, messages, open_app, press, table, title
from viz.engine import forward
from viz.shipped import MODELS_FOLDER

PAGE = "pages/batch/page.py"
PROMPTS = ["It will rain in the", "I want to eat a big bowl of", "My dog is"]
MASKED = "The turtle moves slow across the [MASK].\nShe is reading a [MASK]."


@pytest.fixture(scope="module")
def gpt2():
    """Give the shipped GPT-2 as plain transformers loads it."""
    torch.set_num_threads(1)
    return plain.load(MODELS_FOLDER / "headlight-gpt2", causal=True)


def ask(app: AppTest, text: str, *, model: str | None = None, side: str | None = None) -> AppTest:
    app.text_area(key="batch_text").set_value(text)
    if model is not None:
        app.selectbox(key="batch_model").set_value(model)
    if side is not None:
        app.radio(key="batch_side").set_value(side)
    return press(app, "Run")


def test_it_opens_with_three_prompts_already_run(gpt2):
    app = open_app(PAGE)
    assert app.text_area(key="batch_text").value.splitlines() == PROMPTS
    inputs = plain.tokenized(gpt2, PROMPTS, "left")
    _attentions, logits = plain.output(gpt2, inputs)
    expected = [gpt2.tokenizer.convert_ids_to_tokens(int(row[-1].argmax())).replace("Ġ", "␣") for row in logits]
    assert table(app, "word 1")["word 1"].tolist() == expected


def test_the_probabilities_are_the_models(gpt2):
    inputs = plain.tokenized(gpt2, PROMPTS, "left")
    _attentions, logits = plain.output(gpt2, inputs)
    expected = torch.tensor(logits[:, -1]).double().softmax(-1).max(-1).values.numpy()
    np.testing.assert_allclose(table(open_app(PAGE), "word 1")["probability 1"], expected, rtol=0, atol=1e-6)


def test_padding_is_shown_and_its_reason_and_share_are_said():
    app = open_app(PAGE)
    said = " ".join(messages(app.markdown))
    lengths = [
        len(ids) for ids in plain.load(MODELS_FOLDER / "headlight-gpt2", causal=True).tokenizer(PROMPTS)["input_ids"]
    ]
    n_padding = sum(max(lengths) - n for n in lengths)
    assert f"these prompts have {', '.join(map(str, lengths))} tokens" in said
    assert f"{n_padding / (max(lengths) * 3):.0%} of the batch is padding" in said
    assert "its end token, since it has no padding token of its own" in said
    assert html(app).count('class="p"') == n_padding + 1  # and one in the legend


def test_the_code_to_copy_is_what_the_model_was_given(gpt2):
    app = open_app(PAGE)
    app.session_state["numbers_open"] = True
    app.run()
    given = eval(app.code[0].value, {"tensor": torch.tensor})
    inputs = plain.tokenized(gpt2, PROMPTS, "left")
    for name in ("input_ids", "attention_mask", "position_ids"):
        assert torch.equal(given[name], inputs[name]), name


def test_the_address_opens_prompts_model_side_head_and_prompt(tiny_gpt2_folder):
    app = open_app(
        PAGE,
        text="The cat sat\nThe old dog ran fast",
        model=str(tiny_gpt2_folder),
        padding_side="right",
        head="L2H1",
        prompt="2",
    )
    assert app.text_area(key="batch_text").value == "The cat sat\nThe old dog ran fast"
    assert app.radio(key="batch_side").value == "right"
    assert title(app) == "Layer3_Head2 · L2H1"
    assert figure(app, "head_map")["layout"]["yaxis"]["ticktext"][1] == "␣old"
    assert app.query_params["prompt"] == "2"


def test_the_address_follows_what_was_run():
    app = ask(open_app(PAGE), "My dog is", side="right")
    assert app.query_params["text"] == "My dog is"
    assert app.query_params["padding_side"] == "right"


def test_another_prompt_keeps_the_head_and_makes_no_pass(monkeypatch):
    app = open_app(PAGE, head="L3H4")
    passes = count_passes(monkeypatch)
    app.segmented_control(key="prompt_number").set_value(1).run()
    assert title(app) == "Layer4_Head5 · L3H4"
    assert "␣bowl" in figure(app, "head_map")["layout"]["yaxis"]["ticktext"]
    app.number_input(key="layer_number").set_value(1).run()
    assert title(app) == "Layer1_Head5 · L0H4"
    assert passes == []


def count_passes(monkeypatch) -> list:
    """Collect every pass the app makes from here on; the real pass is still made."""
    passes = []
    real = forward.run

    def counted(*arguments, **options):
        passes.append(arguments)
        return real(*arguments, **options)

    monkeypatch.setattr(forward, "run", counted)
    return passes


def test_counting_sees_a_pass_where_there_is_one(monkeypatch):
    app, passes = open_app(PAGE), count_passes(monkeypatch)
    ask(app, "A prompt nobody asked before")
    assert len(passes) == 2  # the prompt, and the prompt with its continuation


def test_bert_is_asked_at_its_masks():
    app = ask(open_app(PAGE), MASKED, model="headlight-bert")
    assert table(app, "word 1")["[MASK] at"].tolist() == [8, 8]  # padded on the left, both end with [MASK] . [SEP]
    assert not app.warning and "How the prompts go on" not in [s.value for s in app.header]


def test_continuations_are_those_of_generate(gpt2):
    inputs = plain.tokenized(gpt2, PROMPTS, "left")
    inputs.pop("position_ids")
    with torch.no_grad():
        output = gpt2.model.generate(
            **inputs, max_new_tokens=10, do_sample=False, pad_token_id=gpt2.tokenizer.eos_token_id
        )
    app = open_app(PAGE)
    for row in output[:, inputs["input_ids"].shape[1] :]:
        assert gpt2.tokenizer.decode(row, skip_special_tokens=True) in html(app)


def test_right_padding_before_generation_is_warned_of():
    app = ask(open_app(PAGE), "\n".join(PROMPTS), side="right")
    assert any("Choose left padding" in message for message in messages(app.warning))


def test_both_ways_are_timed_when_asked():
    app = press(open_app(PAGE), "Measure")
    measured = table(app, "seconds (median)")
    assert (measured["seconds (median)"] > 0).all()
    lengths = [
        len(ids) for ids in plain.load(MODELS_FOLDER / "headlight-gpt2", causal=True).tokenizer(PROMPTS)["input_ids"]
    ]
    np.testing.assert_allclose(measured["real tokens a second"] * measured["seconds (median)"], sum(lengths))


def test_empty_lines_are_dropped_and_said_so():
    app = ask(open_app(PAGE), "My dog is\n\n   \nThe cat\n")
    assert "2 empty lines were dropped." in [c.value for c in app.caption]
    assert len(table(app, "word 1")) == 2


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("", "There is no prompt. Type one a line, for example: It will rain in the"),
        (" \n \n", "There is no prompt."),
        ("a" * 10_000, "Text 1 has"),
        ("a" * 10_001, "The text has 10,001 characters; at most 10,000 are read. Shorten it by 1."),
        ("My dog is\n" * 1_000, "There are 1,000 prompts; at most 16 are run in one batch. Remove 984 or more."),
        ("My dog is\n" + "the " * 400, "Text 2 has"),
        ("The [MASK] barked", "headlight-gpt2 reads from left to right and has no [MASK]"),
    ],
)
def test_bad_prompts_are_refused_in_words_and_the_last_answer_stays(text, sentence):
    app = ask(open_app(PAGE), text)
    assert messages(app.error)[0].startswith(sentence)
    assert app.text_area(key="batch_text").value == text
    assert len(table(app, "word 1")) == 3


@pytest.mark.parametrize(
    "text",
    [
        "<|endoftext|>",
        "<|endoftext|>\nMy dog is",
        "😀",
        "مرحبا my dog\nMy dog is",
        "<script>alert(1)</script>\n$x$ :red[x]",
        "我们 今天\nМой пёс",
        "[PAD] is a word\nMy dog",
        "a" * 100,
    ],
)
def test_any_prompts_get_a_picture(text):
    app = ask(open_app(PAGE), text)
    assert not app.error
    assert title(app).startswith("Layer")
    assert "<script>" not in html(app)


def test_a_pad_token_typed_as_text_is_a_token_and_no_padding():
    app = ask(open_app(PAGE), "the [PAD] is [MASK]\nthe cat is on the [MASK]", model="headlight-bert")
    assert not app.error
    assert html(app).count('class="p"') == 2 + 1  # 6 and 8 tokens: two of padding, and one in the legend


def test_a_batch_that_does_not_fit_is_refused_with_its_sizes(monkeypatch):
    monkeypatch.setattr("viz.settings.Settings.max_pass_bytes", 100_000)
    app = ask(open_app(PAGE), "\n".join(["the cat sat on the mat and the dog"] * 16))
    assert messages(app.error)[0].startswith("A batch of 16 x 9 tokens on 6 layers of 12 heads has")
