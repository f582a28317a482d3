"""The page Switch heads off without a browser: what is off, what that does, the ranking, and that nothing is lost."""

import copy

import numpy as np
import pytest
import torch

from pages.switch_off.ranking import Ranking
from tests.model import plain
from tests.pages.driver import assert_no_failure, figure, messages, open_app, press, table, title
from viz.engine import forward, switch_off
from viz.errors import ModelNotFound
from viz.shipped import MODELS_FOLDER

PAGE = "pages/switch_off/page.py"
SENTENCE = "The turtle moves slow across the [MASK]."
BEGINNING = "It will rain in the"


@pytest.fixture(scope="module")
def bert():
    """Give the shipped BERT as plain transformers loads it."""
    torch.set_num_threads(1)
    return plain.load(MODELS_FOLDER / "headlight-bert", causal=False)


@pytest.fixture(scope="module")
def gpt2():
    """Give the shipped GPT-2 as plain transformers loads it."""
    torch.set_num_threads(1)
    return plain.load(MODELS_FOLDER / "headlight-gpt2", causal=True)


@pytest.fixture(scope="module")
def opened():
    """Give the page as it opens, for tests that only read it."""
    return open_app(PAGE)


def shares(model, sentence: str, off=(), mask: int = 0) -> torch.Tensor:
    """Give the probabilities at a [MASK] or the last token; the heads' columns of the projection are zeroed by hand."""
    edited = plain.Plain(copy.deepcopy(model.model), model.tokenizer)
    with torch.no_grad():
        for layer, head in off:
            if model.tokenizer.mask_token is None:
                weight = edited.model.transformer.h[layer].attn.c_proj.weight
                weight[slice(*_part(weight.shape[0], head))] = 0
            else:
                weight = edited.model.bert.encoder.layer[layer].attention.output.dense.weight
                weight[:, slice(*_part(weight.shape[1], head))] = 0
    inputs = plain.tokenized(edited, [sentence])
    logits = plain.output(edited, inputs)[1][0]
    masks = np.flatnonzero(inputs["input_ids"][0].numpy() == model.tokenizer.mask_token_id)
    at = -1 if model.tokenizer.mask_token is None else masks[mask]
    return torch.tensor(logits[at]).double().softmax(-1)


def _part(width: int, head: int) -> tuple[int, int]:
    return head * width // 12, (head + 1) * width // 12


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


def run_text(app, text: str, model: str | None = None):
    app.text_input(key="switch_text").set_value(text)
    if model is not None:
        app.selectbox(key="switch_model").set_value(model)
    return press(app, "Run")


def name_off(app, names: str):
    app.text_input(key="off_names").set_value(names).run()
    assert_no_failure(app)
    return app


def expect_word(app, word: str):
    app.text_input(key="expected").set_value(word).run()
    assert_no_failure(app)
    return app


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


def rank(app):
    return press(app, "Rank all 72 heads")


def test_the_cost_is_said_before_anything_is_ranked(opened):
    notes = "\n".join(messages(opened.caption))
    assert (
        "Each head is switched off alone: 7 passes, about " in notes
    )  # one with all heads on, one for each of 6 layers
    assert "Nothing was ranked yet" in notes


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_the_ranking_has_every_head_with_the_numbers_of_a_model_edited_by_hand(family, bert, gpt2):
    model, sentence = (bert, SENTENCE) if family == "bert" else (gpt2, BEGINNING)
    app = rank(open_app(PAGE, model=f"headlight-{family}", text=sentence))
    ranked = table(app, "KL in bits")
    assert len(ranked) == 72 and ranked["from 0"].nunique() == 72
    assert ranked["KL in bits"].is_monotonic_decreasing
    before = shares(model, sentence)
    best = int(before.argmax())
    for _number, row in ranked.iloc[[0, 1, 20, 71]].iterrows():
        layer, head = (int(part) for part in row["from 0"][1:].split("H"))
        after = shares(model, sentence, [(layer, head)])
        assert row["after"] == pytest.approx(float(after[best]), abs=1e-6)
        assert row["KL in bits"] == pytest.approx(float((before * (before / after).log2()).sum()), abs=1e-5)
    assert sum(len(trace["customdata"]) for trace in figure(app, "effect_scatter")["data"]) == 72
    assert [button for button in app.button if button.key in ("rank_all", "stop_ranking")] == []


def test_a_named_head_opens_its_map_without_any_pass(monkeypatch):
    app = rank(open_app(PAGE))
    passes = count_passes(monkeypatch)
    button = next(button for button in app.button if (button.key or "").startswith("strong_"))
    name = button.label.replace("\\", "").split(":")[0]
    button.click().run()
    assert_no_failure(app)
    assert title(app).startswith(name)
    app.number_input(key="layer_number").set_value(4).run()
    assert title(app).startswith("Layer4_")
    assert passes == []


def test_switching_a_head_is_one_pass_and_the_ranking_stays(monkeypatch):
    app = rank(open_app(PAGE))
    passes = count_passes(monkeypatch)
    name_off(app, "L3H7, L4H11, L0H2")
    assert len(passes) == 1 and len(table(app, "KL in bits")) == 72
    name_off(app, "L1H9")  # known from before
    assert len(passes) == 1


def count_passes(monkeypatch) -> list:
    """Collect every pass the app makes from here on, rankings too; the real pass is still made."""
    passes = []
    for module, name in ((forward, "run"), (switch_off, "rank_all")):
        real = getattr(module, name)

        def counted(*arguments, _real=real, **options):
            passes.append(arguments)
            return _real(*arguments, **options)

        monkeypatch.setattr(module, name, counted)
    return passes


def test_a_ranking_that_was_stopped_shows_what_it_has_and_goes_on():
    app = rank(open_app(PAGE))
    whole = table(app, "KL in bits")
    done = app.session_state["ranking"]
    stopped = app.session_state["ranking"] = Ranking(done.asked)
    stopped.add(done.done[:24])
    app.run()
    assert "Stopped after 24 of 72 heads; what follows is of these." in messages(app.info)
    assert len(table(app, "KL in bits")) == 24
    press(app, "Go on ranking")
    assert table(app, "KL in bits").equals(whole)


def test_a_ranking_that_fails_midway_says_why_keeps_what_it_has_and_does_not_begin_again(monkeypatch):
    real = switch_off.rank_all

    def failing(*arguments, **options):
        yield next(real(*arguments, **options))
        raise ModelNotFound(checkpoint="headlight-bert", shipped="another")

    monkeypatch.setattr(switch_off, "rank_all", failing)
    app = rank(open_app(PAGE))
    assert messages(app.error)[0].startswith("There is no model 'headlight-bert'")
    assert len(table(app, "KL in bits")) == 12
    app.run()
    assert not app.error and "Stopped after 12 of 72 heads; what follows is of these." in messages(app.info)


def test_another_word_or_sentence_is_ranked_anew():
    app = expect_word(rank(open_app(PAGE)), "field")
    assert "Nothing was ranked yet for this sentence and this word." in messages(app.caption)
    rank(app)
    assert set(table(app, "KL in bits")["expected word"]) == {"field"}


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
    press(app, "Rank all 72 heads")
    assert len(table(app, "KL in bits")) == 72
