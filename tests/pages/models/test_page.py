"""The page Models lists what is here, weighs before it fetches, and its light has the model's own numbers."""

import socket

import numpy as np
import pytest
import torch
from huggingface_hub import constants
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer

from pages.ui import turns
from tests import tiny
from tests.pages.driver import assert_no_failure, messages, open_app, press
from viz.engine import service
from viz.engine.prove import TRIAL
from viz.shipped import MODELS_FOLDER

PAGE = "pages/models/page.py"
NASTY = (
    " \n\t ",
    "x" * 10_000,
    "<script>alert(1)</script>",
    "$x$ :red[x] **b** {slot} `c` [a](http://127.0.0.1)",
    "😀 我们今天 مرحبا \u202e",
    "\u0000",
    "../../etc",
    "~nobody/x",
    "headlight-bert/",
)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, tmp_path):
    """Leave the settings of this computer out, and its Hub's cache."""
    for name in ("HEADLIGHT_MAX_MODEL_GB", "HEADLIGHT_MODELS", "HEADLIGHT_ALLOW", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))


def ask(app, name: str, label: str):
    """Type a name, press a button of the form; what was typed stays there."""
    app.text_input(key="models_name").set_value(name)
    press(app, label)
    assert app.text_input(key="models_name").value == name
    return app


def button_of(app, checkpoint: str, label: str):
    """Give the button of a listed model: cards that can be opened have one "Check" each, in the order of the names."""
    cards = [said for said in messages(app.markdown) if ":gray[" in said]
    number = next(number for number, said in enumerate(cards) if said.startswith(f"**{checkpoint}**"))
    check = [button for button in app.button if button.label == "Check"][number]
    ending = check.key.removeprefix("check")
    return next(button for button in app.button if button.label == label and button.key.endswith(ending))


# What is here


def test_the_shipped_models_are_listed_with_family_size_and_their_pages():
    app = open_app(PAGE)
    cards = [said for said in messages(app.markdown) if said.startswith("**headlight")]
    names = sorted(folder.name for folder in MODELS_FOLDER.iterdir() if folder.is_dir())
    assert sorted(said.split("**")[1] for said in cards) == names
    assert ":gray[bert · guesses masked words · " in cards[0]
    assert ":gray[gpt2 · guesses the next word · " in cards[1]
    for name, said in zip(("headlight-bert", "headlight-gpt2"), cards, strict=False):
        files = (MODELS_FOLDER / name).iterdir()
        read = sum(file.stat().st_size for file in files if file.suffix in (".json", ".safetensors", ".txt"))
        assert f"{read / 1e6:.1f} MB" in said
    labels = [button.label for button in app.button]
    assert labels[2:10] == ["Masked word", "Head board", "Inside the mask", "Check"] * 2
    assert any("Models of up to 3.00 GB are loaded here" in said for said in messages(app.caption))


def test_opening_the_page_asks_nobody_even_at_a_link_with_a_name_and_a_mirror(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "")
    with socket.socket() as mirror:
        mirror.bind(("127.0.0.1", 0))
        mirror.listen()
        mirror.settimeout(0.2)
        app = open_app(PAGE, model="some/tiny", mirror=f"http://127.0.0.1:{mirror.getsockname()[1]}")
        assert app.text_input(key="models_name").value == "some/tiny"
        with pytest.raises(TimeoutError):
            mirror.accept()


def test_folders_are_listed_and_one_that_cannot_be_opened_says_why(monkeypatch, tmp_path, tiny_bert_folder):
    folders = tmp_path / "folders"
    (folders / "mine").parent.mkdir()
    (folders / "mine").symlink_to(tiny_bert_folder)
    (folders / "pickled").mkdir()
    (folders / "pickled" / "config.json").write_text('{"model_type": "bert", "architectures": ["BertForMaskedLM"]}')
    (folders / "pickled" / "pytorch_model.bin").write_bytes(b"x")
    monkeypatch.setenv("HEADLIGHT_MODELS", str(folders))
    app = open_app(PAGE)
    assert "**In folders**" in messages(app.markdown)
    assert any(said.startswith(f"**{folders / 'mine'}**") for said in messages(app.markdown))
    (said,) = messages(app.warning)
    assert said.startswith("It cannot be opened: its weights are not in safetensors")
    checks = [button.key for button in app.button if button.label == "Check"]
    assert [key for key in checks if "folder" in key] == ["check_folder_0"]


def test_many_folders_are_listed_when_all_are_asked_for(monkeypatch, tmp_path):
    for number in range(12):
        (tmp_path / "many" / f"model{number:02}").mkdir(parents=True)
        (tmp_path / "many" / f"model{number:02}" / "config.json").write_text("{}")
    monkeypatch.setenv("HEADLIGHT_MODELS", str(tmp_path / "many"))
    app = open_app(PAGE)
    assert len(app.warning) == 8
    assert app.toggle[0].label == "Show all 12"
    app.toggle[0].set_value(True).run()
    assert_no_failure(app)
    assert len(app.warning) == 12


# The light


def measured_plainly(folder, loader) -> tuple[float, float]:
    """Give the largest distance of a row's sum from 1, and the mean evenness, by transformers alone."""
    model = loader.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
    ids = AutoTokenizer.from_pretrained(folder)(TRIAL)["input_ids"]
    with torch.no_grad():
        attentions = torch.stack(model(torch.tensor([ids]), output_attentions=True).attentions).double().numpy()
    n_keys = (attentions > 0).sum(axis=-1)
    entropy = -(attentions * np.log(np.where(attentions > 0, attentions, 1))).sum(axis=-1)
    even = entropy[n_keys > 1] / np.log(n_keys[n_keys > 1])
    return float(np.abs(attentions.sum(axis=-1) - 1).max()), float(even.mean())


@pytest.mark.parametrize("name", ["headlight-bert", "headlight-gpt2"])
def test_a_shipped_model_is_green_with_the_numbers_of_plain_transformers(name):
    app = ask(open_app(PAGE), name, "Check that it loaded")
    assert messages(app.success) == ["Green: it loaded as it should."]
    loader = AutoModelForMaskedLM if name == "headlight-bert" else AutoModelForCausalLM
    row_sum_error, evenness = measured_plainly(MODELS_FOLDER / name, loader)
    shown = {metric.label: metric.value for metric in app.metric}
    assert abs(float(shown["Evenness of attention"]) - evenness) < 6e-5
    assert float(shown["Rows: largest distance of a sum from 1"]) < 1e-6 and row_sum_error < 1e-6
    assert shown["Numbers that are none (NaN)"] == "0"
    (findings,) = [said for said in messages(app.markdown) if said.startswith("- ")]
    assert findings.count("**fine:**") == 6


def test_the_light_is_said_in_words_signs_and_remedies_not_by_colour_alone(untrained_bert_folder):
    app = ask(open_app(PAGE), str(untrained_bert_folder), "Check that it loaded")
    assert messages(app.error) == ["Red: what it shows means nothing."]
    assert [element.icon for element in app.error] == [":material/cancel:"]
    (findings,) = [said for said in messages(app.markdown) if said.startswith("- ")]
    assert ":material/cancel:] **wrong:** The weights are random, not trained" in findings
    assert "Choose a trained model" in findings


def test_a_card_checks_its_own_model():
    app = open_app(PAGE)
    button_of(app, "headlight-gpt2", "Check").click().run()
    assert_no_failure(app)
    assert messages(app.header)[0] == "Did headlight-gpt2 load?"
    assert app.text_input(key="models_name").value == "headlight-gpt2"


def test_what_came_of_a_click_stays_when_the_page_is_drawn_again(monkeypatch):
    app = ask(open_app(PAGE), "headlight-bert", "Check that it loaded")
    monkeypatch.setattr(service, "load_model", None)  # nothing is loaded again
    app.run()
    assert_no_failure(app)
    assert messages(app.success) == ["Green: it loaded as it should."]


# What goes wrong


@pytest.mark.parametrize("label", ["How large is it?", "Check that it loaded"])
def test_without_a_name_nothing_is_looked_for(label):
    app = ask(open_app(PAGE), "", label)
    assert messages(app.error) == [
        "No model is named. Type a name on the Hub, for example: bert-base-uncased, or a folder."
    ]


def test_any_name_is_answered_in_words_and_stays_in_the_field():
    app = open_app(PAGE)
    for number, name in enumerate(NASTY):
        ask(app, name, ("How large is it?", "Check that it loaded")[number % 2])
        assert len(app.error) == 1, name


@pytest.mark.parametrize("name", NASTY[-3:])
def test_the_page_opens_at_any_address(name):
    open_app(PAGE, model=name, mirror=name)


@pytest.mark.parametrize("mirror", ["nonsense", "file:///etc/passwd", "http://user:word@127.0.0.1", "javascript:x"])
def test_a_mirror_that_is_no_address_is_refused_and_stays_in_the_field(mirror):
    app = open_app(PAGE)
    app.text_input(key="models_mirror").set_value(mirror)
    ask(app, "some/tiny", "How large is it?")
    (said,) = messages(app.error)
    assert said.startswith(f"Models cannot be fetched from '{mirror}'")
    assert app.text_input(key="models_mirror").value == mirror
    assert app.query_params["mirror"] == mirror


def test_offline_is_said_before_and_when_a_name_is_asked_for(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    app = open_app(PAGE)
    assert messages(app.info)[0].startswith("Offline: this server is set to ask nobody outside (HF_HUB_OFFLINE).")
    ask(app, "some/tiny", "How large is it?")
    assert "HF_HUB_OFFLINE is set, so the Hub is not asked" in messages(app.error)[0]


def test_an_allow_list_is_said_and_leaves_no_mirror_to_choose(monkeypatch):
    monkeypatch.setenv("HEADLIGHT_ALLOW", "bert-base-uncased, gpt2")
    app = open_app(PAGE)
    assert "Only these models may be opened on this server, beside the shipped ones: bert-base-uncased, gpt2." in (
        messages(app.info)
    )
    assert [field.key for field in app.text_input] == ["models_name"]
    ask(app, "some/other", "How large is it?")
    assert messages(app.error)[0].startswith("There is no model 'some/other'.")


def test_a_model_over_the_limit_is_refused_with_both_sizes(monkeypatch):
    monkeypatch.setenv("HEADLIGHT_MAX_MODEL_GB", "0.001")
    app = open_app(PAGE)
    assert any("Models of up to 1.0 MB are loaded here" in said for said in messages(app.caption))
    ask(app, "headlight-bert", "How large is it?")
    assert len(messages(app.error)) <= 1


# Opening a model elsewhere


def test_a_model_opens_on_masked_word_whatever_was_asked_there_before():
    app = open_app(text="She is reading a [MASK].")
    app.switch_page(PAGE).run()
    button_of(app, "headlight-gpt2", "Masked word").click().run()
    assert_no_failure(app)
    assert app.title[0].value == "Masked word"
    assert app.selectbox(key="model").value == "headlight-gpt2"
    assert "[MASK]" not in str(app.text_input(key="text").value)
    assert not app.error


@pytest.mark.parametrize("label, field", [("Head board", "board_model_a"), ("Inside the mask", "inside_model")])
def test_every_door_leads_to_its_page_with_the_model(label, field, monkeypatch, tiny_gpt2_folder):
    monkeypatch.setenv("HEADLIGHT_MODELS", str(tiny_gpt2_folder))
    app = open_app(PAGE)
    button_of(app, str(tiny_gpt2_folder), label).click().run()
    assert_no_failure(app)
    assert app.title[0].value == label
    assert app.selectbox(key=field).value == str(tiny_gpt2_folder)
    assert not app.error


def test_a_model_of_two_stacks_opens_where_translations_are_shown(monkeypatch, tiny_translator_folder):
    monkeypatch.setenv("HEADLIGHT_MODELS", str(tiny_translator_folder))
    app = open_app(PAGE)
    button_of(app, str(tiny_translator_folder), "Translate and cross-attention").click().run()
    assert_no_failure(app)
    assert app.title[0].value == "Translate and cross-attention"
    assert app.selectbox(key="cross_model").value == str(tiny_translator_folder)
    assert not app.error


# Drawing in turns


def test_the_turn_is_free_while_a_model_is_weighed_and_loaded(monkeypatch, tmp_path):
    held = []
    real = service.load_model
    monkeypatch.setattr(service, "load_model", lambda *given: (held.append(turns.held()), real(*given))[1])
    weigh = service.hub.weigh
    monkeypatch.setattr(service.hub, "weigh", lambda *given: (held.append(turns.held()), weigh(*given))[1])
    ask(open_app(PAGE), str(tiny.tiny_bert(tmp_path / "own")), "Check that it loaded")
    assert held and not any(held)
