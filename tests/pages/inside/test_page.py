"""The page Inside the mask without a browser: stages, layers, values that hide, and what is refused."""

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.model import plain
from tests.pages.driver import figure, html, messages, open_app, press, table, title
from viz.analysis.masks.by_hand import to_address
from viz.engine import forward

PAGE = "pages/inside/page.py"
TEXTS = ["The dog runs fast to the [MASK].", "The old turtle moves slow across the narrow [MASK]."]
PAIR = {"text": "Where is the cat?", "second": "The old cat sleeps in the [MASK]."}
LOWEST = f"{np.finfo(np.float32).min:.5g}"


def stage_rows(app: AppTest) -> dict[str, list[float]]:
    rows = table(app, "stage").set_index("stage")
    return {name: [float(value) for value in rows.loc[name]] for name in rows.index}


def toggle(app: AppTest, label: str, on: bool = True) -> AppTest:
    next(t for t in app.toggle if t.label.startswith(label)).set_value(on).run()
    assert not app.exception
    return app


def hide(app: AppTest, *positions: int) -> AppTest:
    pills = next(group for group in app.get("button_group") if "Hide tokens" in group.label)
    pills.set_value(list(positions)).run()
    assert not app.exception
    return app


def test_it_opens_on_a_padded_text_whose_mask_hides_something(bert):
    app = open_app(PAGE)
    rows = stage_rows(app)
    attentions, _logits = plain.output(bert, plain.tokenized(bert, TEXTS))
    assert title(app, "attention_map") == "Layer4_Head11 · L3H10"
    np.testing.assert_allclose(rows["softmax = attention"], attentions[0, 3, 10, 4], rtol=1e-4, atol=1e-6)
    assert table(app, "stage").iloc[1, -1] == LOWEST
    assert rows["+ mask"][:10] == [0.0] * 10


def test_the_chosen_cell_is_written_out_and_comes_to_its_attention():
    app = open_app(PAGE)
    written = app.code[0].value
    assert written.startswith("fast → runs:")
    assert float(written.rsplit("= ", 1)[1]) == pytest.approx(stage_rows(app)["softmax = attention"][3], rel=1e-3)


def test_another_query_head_or_key_needs_no_pass(monkeypatch):
    app = open_app(PAGE)
    passes, real = [], forward.run
    monkeypatch.setattr(forward, "run", lambda *a, **o: (passes.append(a), real(*a, **o))[1])
    app.selectbox(key="choose_query").set_value(7).run()
    app.selectbox(key="choose_key").set_value(2).run()
    app.text_input(key="head_name").set_value("L0H5").run()
    assert app.code[0].value.startswith("[MASK] → dog:")
    assert title(app, "attention_map") == "Layer1_Head6 · L0H5"
    assert app.query_params["query"] == "8"
    assert passes == []


def test_a_hidden_token_gets_the_smallest_number_and_no_attention(bert):
    app = hide(open_app(PAGE), 3)
    rows = stage_rows(app)
    assert table(app, "stage").iloc[1, 1 + 3] == LOWEST and rows["softmax = attention"][3] == 0
    inputs = plain.tokenized(bert, TEXTS)
    allowed = inputs["attention_mask"].bool()[:, None, None].repeat(1, 1, inputs["input_ids"].shape[1], 1)
    allowed[0, :, :, 3] = False
    inputs["attention_mask"] = torch.zeros(allowed.shape).masked_fill(~allowed, float(np.finfo(np.float32).min))
    attentions, logits = plain.output(bert, inputs)
    np.testing.assert_allclose(rows["softmax = attention"], attentions[0, 3, 10, 4], rtol=1e-4, atol=1e-6)
    bars = {bar["name"]: bar for bar in figure(app, "effect_shift_0")["data"]}
    best = bert.tokenizer.convert_ids_to_tokens(int(logits[0, 7].argmax()))
    assert any(name.endswith(f" {best}") for name in bars["after"]["y"])


def test_a_causal_mask_on_bert_hides_later_keys():
    app = toggle(open_app(PAGE), "causal")
    weights = stage_rows(app)["softmax = attention"]
    assert weights[5:] == [0.0] * len(weights[5:]) and sum(weights[:5]) == pytest.approx(1, abs=1e-3)
    assert app.query_params["layers"] == "causal"


def test_the_layers_are_drawn_with_their_product():
    app = toggle(open_app(PAGE), "causal")
    names = [note["text"] for note in figure(app, "layer_product")["layout"]["annotations"]]
    assert names == ["padding", "causal", "×", "the mask", "="]


def test_a_gpt2_may_be_let_see_later_keys():
    app = open_app(PAGE, model="headlight-gpt2", text="It will rain in the", query="2")
    assert stage_rows(app)["softmax = attention"][2:] == [0.0, 0.0, 0.0]
    toggle(app, "causal", on=False)
    assert min(stage_rows(app)["softmax = attention"][2:]) > 0


def test_padding_may_be_shown_to_the_model():
    app = toggle(open_app(PAGE), "padding", on=False)
    assert table(app, "stage").iloc[1, -1] == "0"
    assert stage_rows(app)["softmax = attention"][-1] > 0


def test_only_itself_leaves_one_weight():
    app = toggle(open_app(PAGE), "only itself")
    weights = stage_rows(app)["softmax = attention"]
    assert weights[4] == 1 and sum(weights) == 1


def test_segments_of_a_pair_are_kept_apart_when_asked():
    app = open_app(PAGE, **PAIR, query="3")
    n_first = html(app).count("1 · A")
    assert max(stage_rows(app)["softmax = attention"][n_first:]) > 0
    toggle(app, "segments apart")
    assert max(stage_rows(app)["softmax = attention"][n_first:]) == 0


def test_the_question_is_hidden_from_the_context_when_asked():
    app = open_app(PAGE, **PAIR, query="10")
    toggle(app, "hide the question")
    weights = stage_rows(app)["softmax = attention"]
    assert max(weights[1:6]) == 0 and weights[0] + sum(weights[6:]) == pytest.approx(1, abs=1e-3)


def test_the_table_of_values_says_what_is_known_of_them():
    rows = table(open_app(PAGE), "value").set_index("value")
    assert rows.loc["-1e4", "leak (float32)"] == "0"
    assert rows.loc["-1e9", "float16 holds"] == "-inf"
    assert rows.loc["-1e4", "bfloat16 holds"] == "-9984"
    assert rows.loc["-inf", "every key hidden (float32)"] == "NaN"
    assert rows.loc["finfo.min", "every key hidden (float32)"] == "uniform"
    assert rows.loc["-1e4", "every key hidden (float32)"] == "as if nothing were hidden"
    assert float(rows.loc["-1", "leak (float32)"]) > 0


def test_a_weak_value_changes_the_answer_and_a_strong_one_does_not(bert):
    def after(fill) -> list[float]:
        app.selectbox(key="fill").set_value(fill).run()
        assert not app.exception
        bars = {bar["name"]: bar for bar in figure(app, "fills_shift_0")["data"]}
        values = bars["after"]["x"]
        return values, bars["before"]["x"]

    app = open_app(PAGE)
    strong, before = after(-1e4)
    assert strong == before
    weak, before = after(-1.0)
    assert weak != before


def test_nothing_hidden_is_said_so():
    app = open_app(PAGE, text="The dog runs fast to the [MASK].")
    assert any("Nothing is hidden from this query" in message for message in messages(app.info))
    assert any("The model added nothing here" in c.value for c in app.caption)


def test_the_masks_life_has_the_shapes_of_this_version():
    stations = table(open_app(PAGE), "station").set_index("station")["shape"]
    assert stations["the tokenizer's attention_mask"] == "[2, 12]"
    assert stations["what is added to the scores, layer 4"] == "[2, 1, 12, 12]"
    modules = table(open_app(PAGE), "class")["class"].tolist()
    assert modules == ["BertForMaskedLM", "BertModel", "BertEncoder", "BertLayer", "BertAttention", "BertSelfAttention"]


def test_the_classical_forms_stand_beside_it():
    forms = table(open_app(PAGE), "formula")
    assert "[2, 1, 1, 12]" in forms["to"].tolist() and "[2, 1, 12, 12]" in forms["to"].tolist()


def test_the_address_brings_the_mask_along():
    cells = np.ones((12, 12), dtype=bool)
    cells[4, 3] = False
    app = open_app(PAGE, mask=to_address(cells), hidden="3", layers="window4")
    weights = stage_rows(app)["softmax = attention"]
    assert weights[3] == 0 and weights[2] == 0 and weights[9] == 0
    assert app.query_params["mask"] == to_address(cells)


def test_another_text_begins_without_the_mask_of_the_one_before_it():
    app = open_app(PAGE, text="The cat sat on the [MASK].", hidden="3", layers="causal")
    assert [pills.value for pills in app.pills] == [[2]]
    assert next(toggle for toggle in app.toggle if toggle.label.startswith("causal")).value
    app.text_area(key="inside_text").set_value("The dog ran to the [MASK].")
    press(app, "Run")
    assert [pills.value for pills in app.pills] == [[]]
    assert not next(toggle for toggle in app.toggle if toggle.label.startswith("causal")).value
    assert "hidden" not in app.query_params and "layers" not in app.query_params
    app.text_area(key="inside_text").set_value("The cat sat on the [MASK].")
    press(app, "Run")
    assert [pills.value for pills in app.pills] == [[2]]  # what this text was left with


def test_a_mask_of_the_wrong_size_is_refused_in_words_and_the_page_stays():
    app = open_app(PAGE, mask=to_address(np.ones((5, 5), dtype=bool)))
    assert "5 x 5" in messages(app.error)[0]
    assert len(stage_rows(app)["+ mask"]) == 12


def test_a_mask_that_hides_everything_is_refused_in_words_and_the_page_stays():
    app = hide(open_app(PAGE), *range(12))
    assert any("hidden: nothing is left to look at" in message for message in messages(app.error))
    assert stage_rows(app)["softmax = attention"][3] > 0


@pytest.mark.parametrize(
    "text, second, sentence",
    [
        ("", "", "There is no prompt."),
        ("a\nb", "second", "There are 2 prompts; at most 1"),
        ("the " * 100, "the " * 100, "Text 1 has"),
    ],
)
def test_bad_texts_are_refused_in_words_and_the_last_picture_stays(text, second, sentence):
    app = open_app(PAGE)
    app.text_area(key="inside_text").set_value(text)
    app.text_input(key="inside_second").set_value(second)
    press(app, "Run")
    assert messages(app.error)[0].startswith(sentence)
    assert len(stage_rows(app)["+ mask"]) == 12


@pytest.mark.parametrize(
    "text", ["<script>x</script> [MASK]", "$x$ :red[x] [MASK]", "😀 [MASK]", "我们 مرحبا", "[MASK]"]
)
def test_any_text_has_its_stages(text):
    app = open_app(PAGE, text=text)
    assert not app.error
    assert "<script>" not in html(app)


def test_a_single_short_text_opens_on_a_token_it_has():
    app = open_app(PAGE, text="[MASK]")
    assert app.selectbox(key="choose_query").value == 2
