"""Every page opens a model without words: maps, boards and claims are drawn, why no word is there is said calmly."""

import shutil

import pytest
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertModel

from pages.compare import form as compare_form
from pages.ui import question
from tests.pages.driver import messages, open_app
from tests.pages.test_bad_inputs import ask
from viz.shipped import SHIPPED

TEXT = "the cat sat on the mat"
SHOWN_MAP = ("masked_word", "batch", "same_alone", "inside", "board", "claim", "compare")
ABOUT_WORDS = ("generation", "training", "switch_off", "attribution", "patching", "importance")


@pytest.fixture(scope="module")
def models(tiny_bert_folder, tmp_path_factory) -> dict[str, str]:
    """Write the tiny BERT as a class without a word head, and without the weights of its head."""
    folder = tmp_path_factory.mktemp("wordless")
    none, missing = (shutil.copytree(tiny_bert_folder, folder / name) for name in ("none", "missing"))
    BertModel.from_pretrained(none, config=BertConfig.from_pretrained(none)).save_pretrained(none)
    tensors = load_file(missing / "model.safetensors")
    body = {name: tensor for name, tensor in tensors.items() if not name.startswith("cls.")}
    save_file(body, missing / "model.safetensors", metadata={"format": "pt"})
    return {"none": str(none), "missing": str(missing)}


@pytest.fixture(autouse=True)
def offered(models, monkeypatch):
    """Offer the models in the forms: a test can choose only what is listed there."""
    monkeypatch.setattr(question, "SHIPPED", (*SHIPPED, *models.values()))
    monkeypatch.setattr(compare_form, "OFFERED", (*SHIPPED, *models.values()))


SAID = {"none": "has no layer that gives words a probability", "missing": "is not in its files"}


def asked(page: str, model: str):
    app = open_app(f"pages/{page}/page.py", claim="Layer1_Head1")  # the example's head is none of so small a model
    ask(app, page, "the _cat_ *sat* on the mat" if page == "claim" else TEXT, model)
    assert not [said for said in messages(app.error) if "Not shown" not in said]  # a claim's verdict is drawn like one
    return app


@pytest.mark.parametrize("words", SAID)
@pytest.mark.parametrize("page", SHOWN_MAP)
def test_maps_boards_and_claims_are_drawn(page, words, models):
    app = asked(page, models[words])
    assert app.get("plotly_chart") or app.get("bidi_component")
    assert not [said for said in messages(app.caption) if "last answer" in said]


@pytest.mark.parametrize("words", SAID)
@pytest.mark.parametrize("page", ["masked_word", "batch", "compare", *ABOUT_WORDS])
def test_why_there_are_no_words_is_said_and_is_no_error(page, words, models):
    app = asked(page, models[words])
    assert [said for said in messages(app.info) if SAID[words] in said]


def test_what_compares_answers_compares_attention_instead(models):
    app = asked("same_alone", models["none"])
    assert [said for said in messages(app.caption) if "has no words to compare, so its attention is" in said]


def test_a_changed_mask_is_compared_by_its_maps(models):
    app = asked("inside", models["none"])
    assert not [said for said in (*messages(app.info), *messages(app.caption)) if "There is no [MASK]" in said]
