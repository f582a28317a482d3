"""The page Switch heads off without a browser: what is off, what that does, and that nothing is lost."""

import numpy as np

from tests.pages.driver import assert_no_failure, figure, messages, open_app, press, table, title
from tests.pages.switch_off.steps import BEGINNING, PAGE, SENTENCE, expect_word, name_off, rank, run_text, shares


def bars(app) -> tuple[list[str], list[float], list[float]]:
    """Give the words of the chart and their probabilities before and after."""
    before, after = figure(app, "switch_shifts")["data"]
    return [name.split(" ", 1)[1] for name in before["y"]], before["x"], after["x"]


def ids(model, words: list[str]) -> list[int]:
    return model.tokenizer.convert_tokens_to_ids([word.replace("␣", "Ġ") for word in words])


def check_bars(app, model, sentence: str, off, mask: int = 0) -> None:
    words, before, after = bars(app)
    places = ids(model, words)
    np.testing.assert_allclose(before, shares(model, sentence, mask=mask)[places].numpy(), atol=1e-6)
    np.testing.assert_allclose(after, shares(model, sentence, off, mask)[places].numpy(), atol=1e-6)


def said(app) -> str:
    return "\n".join(messages(app.markdown))


def test_it_opens_with_one_head_off_and_its_effect_in_numbers(bert, opened):
    app = opened
    check_bars(app, bert, SENTENCE, [(1, 9)])
    before, after = shares(bert, SENTENCE), shares(bert, SENTENCE, [(1, 9)])
    river = ids(bert, ["river"])[0]
    assert int(before.argmax()) == int(after.argmax()) == river
    kl = float((before * (before / after).log2()).sum())
    assert f"Probability of **river**: **{before[river]:.1%} → {after[river]:.1%}**" in said(app)
    assert "Best word: **river**, as before" in said(app)
    assert f"KL divergence: **{kl:.4f} bits** over all 12,288 words" in said(app)
    assert "Off: **Layer2_Head10 · L1H9**" in said(app)
    assert title(app).startswith("Layer2_Head10 · L1H9")  # the map of the head that is off
    assert (app.query_params["off"], app.query_params["by"]) == ("L1H9", "zero")


def test_an_address_says_what_is_off(bert, gpt2):
    app = open_app(PAGE, text="She is reading a [MASK].", off="L2H1,Layer4_Head5", by="zero")
    check_bars(app, bert, "She is reading a [MASK].", [(2, 1), (3, 4)])
    app = open_app(PAGE, text=BEGINNING, model="headlight-gpt2", off="L2,H0")
    check_bars(app, gpt2, BEGINNING, [(2, head) for head in range(12)] + [(layer, 0) for layer in range(6)])
    assert app.query_params["off"] == "L0H0,L1H0,L2,L3H0,L4H0,L5H0"


def test_the_mean_instead_of_zeros_is_another_answer_and_stands_in_the_address():
    app = open_app(PAGE, by="mean")
    assert app.radio(key="off_by").value == "mean"
    by_mean = bars(app)[2]
    app.radio(key="off_by").set_value("zero").run()
    assert app.query_params["by"] == "zero" and bars(app)[2] != by_mean


def test_nonsense_in_the_address_does_no_harm():
    digits = "9" * 5_000
    app = open_app(PAGE, by="<b>", mask=digits, prompt=digits, text="The [MASK] barked at the [MASK].")
    assert app.radio(key="off_by").value == "zero" and not app.error
    assert app.selectbox(key="followed_mask").value == 0 and app.query_params["mask"] == "3"


def test_heads_are_named_switched_on_and_switched_off():
    app = name_off(open_app(PAGE), "Layer1, L1H9")
    assert "and 10 more" in said(app) and app.query_params["off"] == "L0,L1H9"
    press(app, "All on")
    assert app.text_input(key="off_names").value == "" and app.query_params["off"] == ""
    assert messages(app.info)[0].startswith("No head is off")
    words, before, after = bars(app)
    assert before == after


def test_all_heads_off_is_an_answer_with_a_warning():
    app = name_off(open_app(PAGE), "L0,L1,L2,L3,L4,L5")
    assert messages(app.warning)[0].startswith("All 72 heads are off: no token knows of any other.")


WRONG_NAMES = {
    "L9H1": "L9H1 does not exist: this model has 6 layers of 12 heads.",
    "<script>": "'<script>' is not the name of a head.",
}


def test_a_head_that_does_not_exist_is_named_and_the_others_stay_off():
    app = open_app(PAGE)
    for names, sentence in WRONG_NAMES.items():
        name_off(app, names)
        assert messages(app.error)[0].startswith(sentence)
        assert "Off: **Layer2_Head10 · L1H9**" in said(app)
        assert app.text_input(key="off_names").value == names
        linked = open_app(PAGE, off=names)
        assert messages(linked.error)[0].startswith(sentence)
        assert messages(linked.info)[0].startswith("No head is off")


def test_an_expected_word_is_followed_and_stands_in_the_address(bert):
    app = expect_word(open_app(PAGE), " field ")
    field = ids(bert, ["field"])[0]
    before, after = (shares(bert, SENTENCE, off)[field] for off in ([], [(1, 9)]))
    assert f"Probability of **field**: **{before:.1%} → {after:.1%}**" in said(app)
    assert app.query_params["word"] == " field "


def test_a_word_that_is_no_token_is_refused_and_the_models_own_is_followed():
    app = open_app(PAGE)
    for word in ("elephantine", "[SEP]", ":red[x]", "two words", "qxz " * 3000):
        expect_word(app, word)
        assert "is not one of headlight-bert's tokens" in messages(app.error)[0] and len(messages(app.error)[0]) < 400
        assert "Probability of **river**" in said(app)
        assert app.text_input(key="expected").value == word


def test_of_several_masks_one_is_followed(bert):
    sentence = "The [MASK] barked at the [MASK]."
    app = open_app(PAGE, text=sentence, off="L2H1", mask="7")
    check_bars(app, bert, sentence, [(2, 1)], mask=1)
    app.selectbox(key="followed_mask").set_value(0).run()
    check_bars(app, bert, sentence, [(2, 1)], mask=0)
    assert app.query_params["mask"] == "3"


BAD_INPUTS = (
    ("The turtle moves.", None, "There is no [MASK] in the text."),
    ("", None, "There is no text."),
    ("[MASK] " * 2000, None, "The text has 14,0"),
    ("[MASK] " + "the " * 700, None, "Text 1 has 703 tokens"),
    (SENTENCE, "headlight-gpt2", "headlight-gpt2 reads from left to right"),
)


def test_bad_input_is_refused_in_words_and_the_last_answer_stays():
    app = open_app(PAGE)
    for text, model, sentence in BAD_INPUTS:
        run_text(app, text, model)
        assert messages(app.error)[0].startswith(sentence)
        assert "Probability of **river**" in said(app) and "Off: **Layer2_Head10 · L1H9**" in said(app)
        assert app.text_input(key="switch_text").value == text


def test_an_unknown_model_in_the_address_is_explained():
    app = open_app(PAGE, model="no-such-model", text=SENTENCE)
    assert messages(app.error)[0].startswith("Cannot load 'no-such-model'")
    assert app.text_input(key="switch_text").value == SENTENCE


def test_a_lone_mask_and_text_that_looks_like_markup_are_run():
    app = open_app(PAGE)
    for text in ("[MASK]", "<script>alert(1)</script> $x$ :red[x] 😀 我们 مرحبا [MASK]"):
        run_text(app, text)
        assert not app.error and bars(app)[0]


def test_the_example_for_gpt2_opens_with_a_head_whose_absence_is_seen(gpt2):
    app = press(open_app(PAGE), "Example: the next word, for GPT-2")
    check_bars(app, gpt2, BEGINNING, [(2, 5)])
    assert app.query_params["off"] == "L2H5" and title(app).startswith("Layer3_Head6 · L2H5")


def test_random_weights_are_said(untrained_bert_folder):
    app = open_app(PAGE, model=str(untrained_bert_folder), text="the cat [MASK]", off="L1H2")
    assert messages(app.warning)[0].startswith("The weights of this model are random")


def test_from_another_page_and_back_everything_is_still_there():
    app = name_off(run_text(open_app(PAGE), "She is reading a [MASK]."), "L2H3")
    expect_word(app, "book")
    app.switch_page("pages/batch/page.py").run()
    app.switch_page(PAGE).run()
    assert_no_failure(app)
    assert app.text_input(key="switch_text").value == "She is reading a [MASK]."
    assert app.text_input(key="off_names").value == "L2H3" and app.text_input(key="expected").value == "book"


def test_a_heads_output_on_another_text_or_shuffled_takes_its_place_and_stands_in_the_address():
    other = "The children sit down in the [MASK]."
    app = open_app(PAGE, text=SENTENCE, model="headlight-bert", off="L1H9", by="resample", **{"from": other})
    assert app.text_input(key="off_from").value == other and app.number_input(key="off_seed").disabled
    assert "later layers may repair the loss" in " ".join(messages(app.caption))
    said = figure(app, "switch_shifts")
    app.text_input(key="off_from").set_value("The dog [MASK].").run()
    assert "first sentence has 10 tokens and the second 6" in " ".join(messages(app.error))
    app.text_input(key="off_from").set_value("").run()
    app.number_input(key="off_seed").set_value(4).run()
    assert_no_failure(app)
    assert app.query_params["seed"] == "4" and "from" not in app.query_params
    assert figure(app, "switch_shifts") != said
    rank(app)
    assert len(table(app, "KL in bits")) == 72
