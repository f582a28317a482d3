"""The page Masked word without a browser: what each input leads to, and that nothing is lost."""

import base64

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from transformers import AutoModelForMaskedLM, AutoTokenizer

from tests.model import plain
from tests.pages.driver import figure, messages, open_app, title
from viz.shipped import MODELS_FOLDER

SENTENCE = "The turtle moves slow across the [MASK]."


def ask(app: AppTest, text: str, *, model: str | None = None) -> AppTest:
    app.text_input(key="text").set_value(text)
    if model is not None:
        app.selectbox(key="model").set_value(model)
    next(button for button in app.button if button.label == "Run").click()
    app.run()
    assert not app.exception
    return app


def completed(app: AppTest) -> list[str]:
    lists = [m.value for m in app.markdown if m.value.startswith("1. ")]
    assert len(lists) == 1
    return [line.split(". ", 1)[1].replace("\\", "") for line in lists[0].splitlines()]


@pytest.fixture(scope="module")
def plain_logits():
    """Give plain transformers' logits at the [MASK] of the first sentence, and the vocabulary."""
    folder = MODELS_FOLDER / "headlight-bert"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32).eval()
    inputs = tokenizer(SENTENCE, return_tensors="pt")
    with torch.inference_mode():
        logits = model(**inputs).logits[0]
    at = int((inputs["input_ids"][0] == tokenizer.mask_token_id).nonzero())
    return logits[at].double(), tokenizer


def test_it_opens_with_an_example_already_answered():
    app = open_app()
    assert app.text_input(key="text").value == SENTENCE
    assert title(app) == "Layer4_Head11 · L3H10"
    assert len(completed(app)) == 3
    assert any("slow: 1.00 at moves" in message for message in messages(app.markdown))
    # All heads, the mark on the chosen one, the walk over its cells, the shaded text, the visit.
    assert len(app.get("bidi_component")) == 5


def test_the_bars_are_the_models_probabilities(plain_logits):
    logits, tokenizer = plain_logits
    expected = logits.softmax(-1).topk(3)
    bars = figure(open_app(), "bars_0")["data"][0]
    names = [name.split(" ", 1)[1] for name in bars["y"]]
    assert names == tokenizer.convert_ids_to_tokens(expected.indices.tolist())
    shown = bars["x"] if isinstance(bars["x"], list) else np.frombuffer(bars["x"])
    np.testing.assert_allclose(shown, expected.values.numpy(), atol=1e-6)


def test_k_words_are_listed_when_k_is_chosen():
    app = open_app()
    app.number_input(key="k").set_value(7).run()
    assert len(completed(app)) == 7


def test_the_address_opens_model_text_and_head():
    app = open_app(model="headlight-gpt2", text="It will rain in the", head="L1H4")
    assert title(app) == "Layer2_Head5 · L1H4"
    assert [s.value for s in app.header][0] == "Next word"
    assert all(sentence.startswith("It will rain in the ") for sentence in completed(app))


def test_the_address_may_name_a_folder(tiny_bert_folder):
    app = open_app(model=str(tiny_bert_folder), text="the [MASK]", head="L1H2")
    assert app.selectbox(key="model").value == str(tiny_bert_folder)
    assert title(app) == "Layer2_Head3 · L1H2"


def test_untrained_weights_are_called_random(untrained_bert_folder):
    app = open_app(model=str(untrained_bert_folder), text="the [MASK]")
    assert any(
        message.startswith("The weights of this model are random, not trained") for message in messages(app.warning)
    )
    assert "random weights" in [note["text"] for note in figure(app, "head_map")["layout"]["annotations"]]


@pytest.mark.parametrize("name", ["Layer2_Head5", "L1H4", "layer 2 head 5"])
def test_a_head_opens_by_either_name(name):
    app = open_app()
    app.text_input(key="head_name").set_value(name).run()
    assert title(app) == "Layer2_Head5 · L1H4"
    assert app.query_params["head"] == "Layer2_Head5"
    assert (app.number_input(key="layer_number").value, app.number_input(key="head_number").value) == (2, 5)


def test_a_head_opens_by_its_numbers():
    app = open_app()
    app.number_input(key="layer_number").set_value(6).run()
    app.number_input(key="head_number").set_value(1).run()
    assert title(app) == "Layer6_Head1 · L5H0"
    assert app.text_input(key="head_name").value == "Layer6_Head1"


@pytest.mark.parametrize(
    "name, sentence",
    [
        ("Layer7_Head1", "Layer7_Head1 does not exist: this model has 6 layers of 12 heads."),
        ("Layer0_Head1", "Layer0_Head1 does not exist: this model has 6 layers of 12 heads."),
        ("turtle", "'turtle' is not the name of a head."),
        ("", "'' is not the name of a head."),
    ],
)
def test_a_wrong_head_keeps_the_last_one_and_says_why(name, sentence):
    app = open_app(head="L1H4")
    app.text_input(key="head_name").set_value(name).run()
    assert messages(app.warning)[0].startswith(sentence)
    assert title(app) == "Layer2_Head5 · L1H4"


def test_a_wrong_head_in_the_address_says_why_and_opens_the_usual_one():
    app = open_app(head="Layer40_Head1")
    assert messages(app.warning) == ["Layer40_Head1 does not exist: this model has 6 layers of 12 heads."]
    assert title(app) == "Layer4_Head11 · L3H10"


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("", "There is no text. Type a sentence, for example: The turtle moves slow across the [MASK]."),
        ("   ", "There is no text."),
        ("the " * 150 + "[MASK]", "Text 1 has 153 tokens; this model reads 128. Shorten it, or allow cutting."),
        ("a" * 10_001, "The text has 10,001 characters; at most 10,000 are read. Shorten it by 1."),
    ],
)
def test_bad_text_is_refused_in_words_and_the_last_answer_stays(text, sentence):
    app = ask(open_app(), text)
    assert messages(app.error)[0].startswith(sentence)
    assert app.text_input(key="text").value == text
    assert completed(app)[0].startswith("The turtle moves slow across the ")


def test_a_first_text_that_cannot_be_run_leaves_the_form_and_the_sentence():
    app = open_app(text="the " * 150)
    assert len(app.error) == 1
    assert app.get("plotly_chart") == []


def test_a_long_text_is_cut_on_request():
    app = ask(open_app(), "[MASK] " + "the turtle " * 100)
    next(button for button in app.button if button.label == "Cut it to 128 tokens").click().run()
    assert not app.error
    assert "The text was cut to 128 tokens, all that is read here." in [c.value for c in app.caption]
    ask(app, SENTENCE)
    assert not any("was cut" in c.value for c in app.caption)


def test_a_text_without_a_mask_still_shows_its_heads():
    app = ask(open_app(), "no mask here")
    assert messages(app.info) == ["There is no [MASK] in the text. Put one where the word should be guessed."]
    assert title(app) == "Layer4_Head11 · L3H10"


def test_a_mask_in_a_gpt2_text_is_explained():
    app = ask(open_app(), SENTENCE, model="headlight-gpt2")
    assert messages(app.error)[0].startswith("headlight-gpt2 reads from left to right and has no [MASK]")


@pytest.mark.parametrize("model", ["/no/such/folder", "no/such/model", "what is this"])
def test_an_unknown_model_is_refused_in_words(model):
    app = open_app(model=model, text="the [MASK]")
    assert len(app.error) == 1 and model in messages(app.error)[0]
    assert "headlight-bert" in messages(app.error)[0]
    assert app.text_input(key="text").value == "the [MASK]"


def test_an_example_is_taken_and_run():
    app = open_app()
    app.selectbox(key="example").set_value("She is reading a [MASK].").run()
    assert app.text_input(key="text").value == "She is reading a [MASK]."
    assert completed(app)[0].startswith("She is reading a ")


def test_an_example_without_a_mask_is_run_on_the_model_that_guesses_the_next_word():
    app = open_app()
    app.selectbox(key="example").set_value("My dog is").run()
    assert app.selectbox(key="model").value == "headlight-gpt2"
    assert completed(app)[0].startswith("My dog is ")
    app.selectbox(key="example").set_value(SENTENCE).run()
    assert app.selectbox(key="model").value == "headlight-bert"
    assert len(completed(app)) == 3


def test_two_masks_are_each_answered_and_filled():
    app = ask(open_app(), "The [MASK] barked at the [MASK].")
    assert figure(app, "bars_0") and figure(app, "bars_1")
    assert all("[MASK]" not in sentence for sentence in completed(app))


@pytest.mark.parametrize(
    "text",
    ["[MASK]", "<script>x</script> [MASK]", "$x$ [MASK]", ":red[x] [MASK]", "😀 [MASK]", "我们 [MASK]", "مرحبا [MASK]"],
)
def test_any_text_with_a_mask_is_answered(text):
    app = ask(open_app(), text)
    assert not app.error and not app.info
    assert len(completed(app)) == 3


def test_unknown_words_that_the_model_cannot_tell_apart_keep_their_own_labels():
    for word in ("☃", "☂"):
        ticks = figure(ask(open_app(), f"The {word} [MASK]"), "head_map")["layout"]["yaxis"]["ticktext"]
        assert f"[UNK]·{word}" in ticks


def hide(app: AppTest, *positions: int) -> AppTest:
    chips = next(group for group in app.get("button_group") if group.key.startswith("hide_"))
    chips.set_value(list(positions)).run()
    assert not app.exception
    return app


def test_nothing_is_compared_before_something_is_changed():
    app = open_app()
    assert "Nothing is changed yet." in [c.value for c in app.caption]
    assert len(app.get("plotly_chart")) == 2


def test_hiding_a_token_shows_before_after_and_difference():
    app = hide(open_app(), 4)
    states = figure(app, "edit_map_1")["data"][0]["z"]
    assert states is not None
    assert len(figure(app, "edit_map_0")["layout"].get("shapes", [])) == 0
    assert len(figure(app, "edit_map_1")["layout"]["shapes"]) == 1  # the crosses on the hidden column
    assert len([b for b in app.button if b.key and b.key.startswith("open_")]) == 5


def test_before_and_after_are_shown_as_the_other_maps_are():
    app = open_app(text=SENTENCE, head="Layer2_Head5", hide="special", joined="heads")
    app.selectbox(key=next(s.key for s in app.selectbox if s.key.startswith("replace_"))).set_value(2).run()
    next(t for t in app.text_input if t.key.startswith("word_")).set_value("dog").run()
    bert = plain.load(MODELS_FOLDER / "headlight-bert", causal=False)
    before, after = (
        plain.output(bert, plain.tokenized(bert, [text]))[0][0, 1].mean(axis=0)[1:9, 1:9]
        for text in (SENTENCE, SENTENCE.replace("turtle", "dog"))
    )
    for n, expected in enumerate((before, after, after - before)):
        assert title(app, f"edit_map_{n}") == "Layer2: mean over its heads · no special tokens"
        z = figure(app, f"edit_map_{n}")["data"][-1]["z"]
        shown = np.frombuffer(base64.b64decode(z["bdata"]), dtype=z["dtype"]).reshape(8, 8)
        np.testing.assert_allclose(shown, expected, atol=6e-5)


def test_the_same_text_on_another_model_has_other_tokens_and_starts_without_edits():
    app = hide(ask(open_app(), "no mask here"), 4)
    assert "Nothing is changed yet." not in [c.value for c in app.caption]
    ask(app, "no mask here", model="headlight-gpt2")
    assert not app.error
    assert "Nothing is changed yet." in [c.value for c in app.caption]


def test_hiding_every_token_is_refused_in_words():
    app = open_app()
    hide(app, *range(10))
    assert messages(app.error) == ["All 10 tokens are hidden: nothing is left to look at. Show at least one token."]
    assert title(app) == "Layer4_Head11 · L3H10"


def test_replacing_the_mask_by_a_word_still_compares_the_maps():
    app = open_app()
    app.selectbox(key=next(s.key for s in app.selectbox if s.key.startswith("replace_"))).set_value(7).run()
    word = next(t for t in app.text_input if t.key.startswith("word_"))
    word.set_value("garden").run()
    assert not app.exception
    assert figure(app, "edit_map_2")
    assert any("no answer to compare" in message for message in messages(app.info))


def test_a_replacement_that_leaves_no_token_is_refused_in_words():
    app = open_app()
    app.selectbox(key=next(s.key for s in app.selectbox if s.key.startswith("replace_"))).set_value(2).run()
    next(t for t in app.text_input if t.key.startswith("word_")).set_value("  ").run()
    assert messages(app.error)[0].endswith("leaves no token to put in place. Type a word, or [MASK].")


def test_a_text_too_long_for_a_link_is_left_out_of_the_address_and_the_file_is_offered():
    said = "The address of this page leaves out a text of more than 1,500 characters"
    app = open_app(text="a" * 1_480 + " [MASK]")
    assert not any(message.startswith(said) for message in messages(app.caption))
    ask(app, "a" * 1_500 + " [MASK]")
    assert "text" not in app.query_params
    assert any(message.startswith(said) for message in messages(app.caption))
