"""The page Models in real Chromium: what is here, a download that is weighed, stopped and gone on with, the light."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settle
from tests.browser.server import running_app
from tests.model.small_hub import Hub, Manners, serving
from viz.shipped import MODELS_FOLDER

NAME = "someone/my-bert"
WEIGHTS = "model.safetensors"
NASTY = "<script>alert(1)</script> $x$ :red[x] **b** ![i](http://127.0.0.2/x.png) 😀 مرحبا"


@pytest.fixture(scope="module")
def hub():
    """Serve a copy of a shipped model: ten megabytes, in about seven seconds."""
    with serving(Hub({NAME: MODELS_FOLDER / "headlight-bert"}, manners=Manners(per_second=1_500_000))) as served:
        yield served


@pytest.fixture(scope="module")
def app(hub, tmp_path_factory):
    """Give an app of its own, with an empty cache, that may ask the stand-in Hub."""
    folder = tmp_path_factory.mktemp("models")
    with running_app(
        folder / "log.txt", HF_HUB_OFFLINE="", HF_HOME=str(folder / "hf"), HF_ENDPOINT=hub.endpoint
    ) as address:
        yield address


def open_models(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", name="On this computer")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("headlight-gpt2", exact=True)).to_be_visible(timeout=60_000)
    settle(page)


def weigh(page: Page, name: str) -> None:
    page.get_by_role("textbox", name="Name on the Hub, or folder").fill(name)
    page.get_by_role("button", name="How large is it?").click()


def test_a_model_is_weighed_fetched_stopped_gone_on_with_checked_and_opened(page, app, hub):
    open_models(page, f"{app}/models")
    weigh(page, NAME)
    expect(page.get_by_text("0 B of 10.5 MB")).to_be_visible()
    assert hub.n_sent[WEIGHTS] == 0
    page.get_by_role("button", name="Download 10.5 MB").click()
    expect(page.get_by_text(re.compile(r"^\d.* of 10\.5 MB · .* a second · \d+ s left$"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(re.compile(f"The download of {NAME} was stopped: .* of 10.5 MB are here"))).to_be_visible()
    n_sent = hub.n_sent[WEIGHTS]
    page.reload()  # the address knows the model, the server what came of its download
    page.get_by_role("button", name="Go on with the download").click()
    expect(page.get_by_text(f"{NAME} is on this computer, all of it.")).to_be_visible(timeout=60_000)
    assert hub.ranges[0] == "" and hub.ranges[1].startswith("bytes=")
    assert hub.n_sent[WEIGHTS] < n_sent + (MODELS_FOLDER / "headlight-bert" / WEIGHTS).stat().st_size
    page.get_by_role("button", name="Check that it loaded").click()
    expect(page.get_by_text("Green: it loaded as it should.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text(re.compile("Attention looks trained: evenness 0.5"))).to_be_visible()
    card = page.locator("[class*='st-key-model_hub_0']")
    expect(card.get_by_text(NAME)).to_be_visible()
    card.get_by_role("button", name="Masked word").click()
    page.locator(".st-key-head_map .gtitle").wait_for(timeout=60_000)
    expect(page).to_have_url(re.compile(f"model={quote(NAME, safe='')}"))


def test_a_page_that_is_left_and_found_again_and_a_name_that_is_no_name(page, app):
    open_models(page, f"{app}/models?model={quote(NASTY)}&mirror={quote(NASTY)}")
    field = page.get_by_role("textbox", name="Name on the Hub, or folder")
    expect(field).to_have_value(NASTY)
    page.get_by_role("button", name="Check that it loaded").click()
    said = page.get_by_role("alert").filter(has_text="<script>alert(1)</script>")
    expect(said).to_be_visible()
    expect(said).to_contain_text("$x$ :red[x] **b** ![i](http://127.0.0.2/x.png)")
    expect(field).to_have_value(NASTY)


def test_it_fits_a_phone(page, app):
    page.set_viewport_size({"width": 390, "height": 844})
    open_models(page, f"{app}/models")
    page.get_by_role("button", name="Check", exact=True).first.click()
    expect(page.get_by_text("Green: it loaded as it should.")).to_be_visible(timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
