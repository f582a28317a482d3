"""The page Translate and cross-attention without a browser, on a tiny Marian, against plain transformers."""

import io

import numpy as np
import pytest
import torch

from pages.cross import form
from tests import hand_made
from tests.model.translators import load_plain
from tests.pages.driver import figure, html, messages, open_app, press, table, title
from viz.engine import service
from viz.engine.requests import Translate
from viz.files import saved

PAGE = "pages/cross/page.py"
SOURCES = ("The turtle moves slow across the river", "the old cat")
TARGETS = ("a cat", "the turtle was slow near the old tree")


@pytest.fixture(scope="module")
def checkpoint(tiny_translator_folder) -> str:
    return str(tiny_translator_folder)


@pytest.fixture(autouse=True)
def offered(checkpoint, monkeypatch):
    """Offer the tiny model in the list, where a test without a browser can leave it chosen."""
    monkeypatch.setattr(form, "MODELS", (checkpoint, "headlight-gpt2"))


@pytest.fixture(scope="module")
def plain(checkpoint):
    """Give plain transformers' answer to both sources with both targets: outputs, and how long each target is."""
    torch.set_num_threads(1)
    run = service.answer(Translate(checkpoint, SOURCES, TARGETS))
    notebook = load_plain(checkpoint)
    return notebook.output(notebook.sources(SOURCES), run.target.input_ids, run.target.attention_mask), run


def opened(checkpoint, **query):
    return open_app(PAGE, **({"model": checkpoint, "text": "\n".join(SOURCES), "target": "\n".join(TARGETS)} | query))


def weights_shown(app) -> list[float]:
    """Read the four decimals under the pointer of every piece of the shaded source."""
    shaded = html(app).rpartition('<div class="hl-shaded">')[2]
    return [float(part.split('"')[0].split(" (")[0].rsplit(": ", 1)[1]) for part in shaded.split('title="')[1:]]


def test_the_numbers_at_a_step_are_plain_transformers(checkpoint, plain):
    output, run = plain
    app = opened(checkpoint, prompt="2", step="3", k="5")
    shares = output.logits[1, 2].double().softmax(-1)
    best = shares.topk(5)
    bars = figure(app, "cross_words")["data"][0]
    np.testing.assert_allclose(bars["x"], best.values, atol=1e-6)
    words = [run.model.vocabulary[i] for i in best.indices.tolist()]
    assert [name.split(" ", 1)[0] for name in bars["y"]] == ["1", "2", "3", "4", "5"]
    assert words[0] in bars["y"][0].replace("&lt;", "<").replace("&gt;", ">")


def test_the_source_is_shaded_by_the_row_that_writes_the_step(checkpoint, plain):
    output, run = plain
    last = len(output.cross_attentions) - 1
    app = opened(checkpoint, prompt="2", step="3")
    mean = output.cross_attentions[last][1].mean(dim=0)[2].numpy()
    real = run.batch.attention_mask[1]
    np.testing.assert_allclose(weights_shown(app), mean[real], atol=6e-5)
    assert any("mean over the 4 heads of Layer3" in said for said in messages(app.markdown))


def test_a_pinned_word_is_shaded_by_the_row_before_it_or_by_its_own(checkpoint, plain):
    output, run = plain
    app = opened(checkpoint, prompt="2", shade="Layer2_Head3", pin="4", step="1")
    head = output.cross_attentions[1][1, 2].numpy()
    real = run.batch.attention_mask[1]
    np.testing.assert_allclose(weights_shown(app), head[3][real], atol=6e-5)  # step 4 is written by position 4 of T
    app.radio(key="cross_look_shown").set_value("word").run()
    np.testing.assert_allclose(weights_shown(app), head[4][real], atol=6e-5)
    assert app.query_params["look"] == "word"


def test_the_large_head_is_that_of_its_kind_with_padding_grey(checkpoint, plain):
    output, run = plain
    for kind, returned in (
        ("cross", output.cross_attentions),
        ("decoder", output.decoder_attentions),
        ("encoder", output.encoder_attentions),
    ):
        app = opened(checkpoint, prompt="1", kind=kind, head="Layer2_Head2")
        assert title(app) == f"{kind.capitalize()} Layer2_Head2 · L1H1"
        layers = [layer for layer in figure(app, "head_map")["data"] if layer.get("colorbar")]
        shown = np.array([[np.nan if cell is None else cell for cell in row] for row in decoded(layers[0]["z"])])
        maps = run.maps[kind]
        visible = maps.allowed[0, 0] & maps.query_mask[0][:, None]
        np.testing.assert_allclose(shown[visible], returned[1][0, 1].numpy()[visible], atol=6e-5)
        assert np.isnan(shown[~visible]).all()


def decoded(values) -> np.ndarray:
    """Read an array as Plotly writes it."""
    if isinstance(values, list):
        return np.array(values, dtype=float)
    import base64

    shape = [int(n) for n in values["shape"].split(",")]
    return np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"]).reshape(shape)


def test_the_address_restores_everything(checkpoint):
    asked = {"prompt": "2", "step": "3", "pin": "2", "head": "Layer2_Head4", "kind": "decoder", "shade": "Layer1_Head2"}
    app = opened(checkpoint, **asked, off="L1H2", by="mean", padding_side="left", look="word")
    assert title(app) == "Decoder Layer2_Head4 · L1H3"
    assert app.slider(key="cross_step_slider").value == 3
    assert app.pills(key="cross_pins").value == 1
    assert app.text_input(key="cross_off_names").value == "L1H2"
    assert {name: app.query_params[name] for name in asked} == asked
    assert any("Cross Layer1_Head2 · L0H1" in said for said in messages(app.markdown))


def test_arrows_and_slider_walk_through_the_target(checkpoint):
    app = opened(checkpoint, prompt="1", step="1")
    press(app, "→")
    assert app.query_params["step"] == "2"
    last = int(app.slider(key="cross_step_slider").max)
    app.slider(key="cross_step_slider").set_value(last).run()
    assert next(button for button in app.button if button.label == "→").disabled
    assert ">end<" in html(app)
    press(app, "←")
    assert app.query_params["step"] == str(last - 1)


def test_a_head_of_cross_attention_that_is_opened_shades_the_source(checkpoint):
    app = opened(checkpoint)
    assert app.selectbox(key="cross_weights_shown").value == (2, None)
    app.text_input(key="head_name").set_value("L1H2").run()
    assert app.selectbox(key="cross_weights_shown").value == (1, 2)
    app.segmented_control(key="kind_shown").set_value("encoder").run()
    app.text_input(key="head_name").set_value("L0H0").run()
    assert app.selectbox(key="cross_weights_shown").value == (1, 2)  # that was a head of the encoder


def test_heads_that_are_off_move_the_answer_as_zeroed_columns_do(checkpoint, plain):
    _output, run = plain
    notebook = load_plain(checkpoint)
    with torch.no_grad():  # head 3 of layer 2: columns 12 to 18 of 24
        notebook.model.model.decoder.layers[1].encoder_attn.out_proj.weight[:, 12:18] = 0
    edited = notebook.output(notebook.sources(SOURCES), run.target.input_ids, run.target.attention_mask)
    app = opened(checkpoint, prompt="2", step="3", off="Layer2_Head3")
    before, after = figure(app, "cross_shifts")["data"]
    assert before["name"] == "before"
    shares = edited.logits[1, 2].double().softmax(-1)
    names = [name.split(" ", 1)[1].replace("&lt;", "<").replace("&gt;", ">") for name in after["y"]]
    ids = [run.model.vocabulary.index(name.replace("&#35;", "#")) for name in names]
    np.testing.assert_allclose(after["x"], shares[ids], atol=1e-6)
    assert any("was not written by this model" in said for said in messages(app.caption))


def test_a_given_target_and_a_greedy_one_are_told_apart(checkpoint):
    assert any("The target was given" in said for said in messages(opened(checkpoint).caption))
    app = opened(checkpoint, target="")
    assert any("Written by the model, greedily" in said for said in messages(app.caption))


def test_switching_off_the_head_that_is_open_takes_one_click(checkpoint):
    app = opened(checkpoint, head="Layer1_Head2")
    press(app, "Switch Layer1\\_Head2 off")
    assert app.query_params["off"] == "L0H1"
    press(app, "All on")
    assert "off" not in app.query_params


def test_a_name_that_is_no_head_is_explained_and_the_last_heads_stay_off(checkpoint):
    app = opened(checkpoint, off="L1H2")
    app.text_input(key="cross_off_names").set_value("Layer9").run()
    assert len(app.error) == 1
    assert app.query_params["off"] == "L1H2"


def test_as_many_targets_as_sources_are_asked_for_and_the_last_answer_stays(checkpoint):
    app = opened(checkpoint)
    app.text_area(key="cross_targets").set_value("a cat")
    press(app, "Run")
    assert "2 sources and 1 targets" in messages(app.error)[0]
    assert any("still the last answer" in said for said in messages(app.caption))
    assert title(app).startswith("Cross ")


@pytest.mark.parametrize(
    "text, said",
    [("", "There is no prompt"), ("the " * 70, "this model reads 64"), ("a\n" * 17, "17"), ("x" * 10_001, "10,00")],
)
def test_what_cannot_be_translated_is_said_and_the_last_answer_stays(checkpoint, text, said):
    app = opened(checkpoint, target="")
    app.text_area(key="cross_text").set_value(text)
    press(app, "Run")
    assert said in messages(app.error)[0]
    assert title(app).startswith("Cross ")


def test_a_model_of_one_stack_is_refused_in_words(checkpoint):
    app = opened(checkpoint)
    app.selectbox(key="cross_model").set_value("headlight-gpt2")
    press(app, "Run")
    assert "it has no cross-attention" in messages(app.error)[0]


@pytest.mark.parametrize("text", ["<script>alert(1)</script> $x$ :red[x] **b**", "😀 emoji", "我们今天 去", "مرحبا يا"])
def test_any_text_is_translated_and_stays_text(checkpoint, text):
    app = opened(checkpoint, text=text, target="")
    assert not app.error
    assert "<script>" not in html(app)


def test_a_saved_run_opens_without_its_model(checkpoint):
    run = service.answer(Translate(checkpoint, SOURCES, TARGETS))
    app = opened(checkpoint)
    app.file_uploader(key="cross_file").set_value(("monday.npz", saved.as_bytes(run), "application/octet-stream")).run()
    assert not app.error
    assert any("monday.npz" in said for said in messages(app.caption))
    assert TARGETS[1] in html(app)
    assert any("brings no model along" in said for said in messages(app.caption))
    assert "text" not in app.query_params


def test_a_saved_run_of_one_stack_is_sent_to_another_page(checkpoint):
    app = opened(checkpoint)
    data = saved.as_bytes(hand_made.run([[1, 1]]))
    app.file_uploader(key="cross_file").set_value(("old.npz", data, "application/octet-stream")).run()
    assert "Open it on the page 'Head board'" in messages(app.error)[0]
    assert title(app).startswith("Cross ")


def test_a_saved_translation_is_sent_here_by_the_head_board():
    app = open_app("pages/board/page.py")
    file = io.BytesIO(saved.as_bytes(hand_made.translation([[1, 1, 1]], [[1, 1]])))
    upload = ("monday.npz", file.getvalue(), "application/octet-stream")
    app.file_uploader(key="board_file_a").set_value(upload).run()
    assert "Open it on the page 'Translate and cross-attention'" in messages(app.error)[0]


def test_steps_heads_and_texts_need_no_pass(checkpoint, monkeypatch):
    app = opened(checkpoint)
    made = []
    answer = service.answer
    monkeypatch.setattr(service, "answer", lambda *a, **o: (made.append(a), answer(*a, **o))[1])
    app.segmented_control(key="prompt_number").set_value(1).run()
    press(app, "→")
    app.text_input(key="head_name").set_value("L1H2").run()
    app.pills(key="cross_pins").set_value(1).run()
    assert made == []
    app.text_input(key="cross_off_names").set_value("L0H3, L2H0").run()
    assert len(made) == 1


def test_the_table_of_a_head_names_words_of_both_texts(checkpoint):
    app = opened(checkpoint, prompt="2")
    app.session_state["table_open"] = True
    app.run()
    found = table(app, "attention")
    assert "</s>" in set(found["key"])


def test_the_page_opens_with_the_shipped_translator_and_its_example():
    app = open_app(PAGE)
    assert not app.error
    assert form.SWAP in html(app)
    assert any("Written by the model, greedily" in said for said in messages(app.caption))


def test_the_head_that_opens_first_is_one_of_the_model():
    app = open_app(PAGE)  # of three layers; elsewhere the fourth opens first
    assert messages(app.warning) == []
    assert app.text_input(key="head_name").value == "Layer3_Head11"
