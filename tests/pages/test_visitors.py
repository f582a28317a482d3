"""On a server for strangers no page opens a folder of theirs, typed or in an address, or says whether it is there."""

import shutil

import pytest

from pages.compare import form as compare_form
from pages.cross import form as cross_form
from pages.ui import question
from tests.pages.driver import assert_no_failure, messages, open_app
from tests.pages.test_bad_inputs import PAGES, ask
from viz.shipped import MODELS_FOLDER

ADDRESSES = {page: {"model": "{folder}"} for page in PAGES} | {"compare": {"model_a": "{folder}", "text_a": "the cat"}}


@pytest.fixture
def folder(tmp_path, monkeypatch) -> str:
    """Give a folder with a model that works, on a server for strangers that lists none."""
    monkeypatch.setenv("HEADLIGHT_VISITORS", "strangers")
    monkeypatch.delenv("HEADLIGHT_MODELS", raising=False)
    monkeypatch.delenv("HEADLIGHT_ALLOW", raising=False)
    shutil.copytree(MODELS_FOLDER / "headlight-gpt2", tmp_path / "there")
    return str(tmp_path / "there")


def errors(app) -> list[str]:
    return [said.replace("nowhere", "there") for said in messages(app.error)]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_the_same_of_a_folder_that_is_there_and_of_one_that_is_not(page, folder, monkeypatch):
    nowhere = folder.replace("there", "nowhere")
    for form, names in ((question, "SHIPPED"), (cross_form, "MODELS"), (compare_form, "OFFERED")):
        monkeypatch.setattr(
            form, names, (*getattr(form, names), "/", folder, nowhere)
        )  # a test types only what is offered
    said = {}
    for path in (folder, nowhere):
        address = {name: value.format(folder=path) for name, value in ADDRESSES[page].items()}
        app = open_app(f"pages/{page}/page.py", **address)
        said[path] = errors(app)
        ask(app, page, "the *cat* _sat_", "/")
        assert "opens no folder that it does not list, and '/' is none of them" in "".join(messages(app.error))
    there, nowhere = said.values()
    assert there == nowhere
    assert f"'{folder}' is none of them" in "".join(there)


@pytest.mark.parametrize("label", ["How large is it?", "Check that it loaded"])
def test_the_page_models_neither_weighs_nor_checks_a_folder_and_asks_no_mirror(label, folder):
    said = []
    for path in (folder, folder.replace("there", "nowhere")):
        app = open_app("pages/models/page.py", model=path, mirror="http://127.0.0.1:9")
        assert not [field for field in app.text_input if field.key == "models_mirror"]
        assert "Others can reach this server" in "".join(messages(app.caption))
        next(button for button in app.button if button.label == label).click().run()
        assert_no_failure(app)
        said.append(errors(app))
    assert said[0] == said[1] and "is none of them" in "".join(said[0])


def test_what_a_page_is_refused_is_listed_by_whoever_runs_the_server(folder, monkeypatch):
    monkeypatch.setenv("HEADLIGHT_MODELS", folder)
    app = open_app("pages/masked_word/page.py", model=folder, text="It will rain in the")
    assert messages(app.error) == []


def test_a_run_is_offered_by_name_alone(folder):
    app = open_app("pages/saved/page.py", run=f"{folder}/config.json")
    other = open_app("pages/saved/page.py", run=f"{folder}/nothing.npz")
    of_there, of_nothing = ("".join(messages(page.error)) for page in (app, other))
    assert of_there.replace("config.json", "nothing.npz") == of_nothing != ""
