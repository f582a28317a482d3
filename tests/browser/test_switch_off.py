"""Switching heads off in real Chromium: clicks, keys, ranking, and what no text may do to the page."""

import re
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settle
from tests.browser.held_up import HeldUp
from viz.shipped import MODELS_FOLDER

LONG = "the old dog and the cat sat near the river " * 11 + "and saw the [MASK]."


def open_switches(page: Page, address: str) -> None:
    """Open the page and wait until the switches and the open head are drawn."""
    page.goto(address)
    page.locator(".st-key-head_map .gtitle").wait_for(timeout=60_000)
    switch(page, "L0H0").wait_for()
    settle(page)


def switch(page: Page, index: str):
    return page.get_by_role("switch", name=re.compile(f"· {index}$"))


def off_now(page: Page):
    return page.get_by_role("textbox", name="Heads that are off")


def test_a_click_switches_a_head_off_and_another_one_on_again(page, app):
    open_switches(page, f"{app}/switch_off")
    expect(switch(page, "L1H9")).to_have_attribute("aria-checked", "false")
    expect(page.get_by_text("Best word: river, as before")).to_be_visible()
    switch(page, "L1H9").click()
    expect(page.get_by_text("No head is off")).to_be_visible()
    expect(off_now(page)).to_have_value("")
    switch(page, "L3H2").click()
    expect(page.get_by_text("Off: Layer4_Head3 · L3H2")).to_be_visible()
    expect(page).to_have_url(re.compile("off=L3H2&"))
    expect(page.locator(".st-key-head_map .gtitle")).to_have_text(["Layer4_Head3 · L3H2"])


def test_clicks_that_do_not_wait_for_the_page_all_count(page, app):
    open_switches(page, f"{app}/switch_off?text={quote('She is reading a [MASK].')}")
    for index in ("L0H1", "L2H3", "L4H5", "L5H11"):
        switch(page, index).click(no_wait_after=True)
    expect(off_now(page)).to_have_value("L0H1, L2H3, L4H5, L5H11")
    for index in ("L0H1", "L2H3", "L4H5", "L5H11"):
        expect(switch(page, index)).to_have_attribute("aria-checked", "false")


def switch_unheard(page: Page, app: str, *indices: str) -> HeldUp:
    """Click on switches, each once the server has answered the one before, while the browser hears of none."""
    held = HeldUp(page)
    open_switches(page, f"{app}/switch_off?text={quote('She is reading a [MASK].')}&off=")
    held.holds = True
    for n_clicks, index in enumerate(indices, start=1):
        switch(page, index).click()
        held.wait_until_drawn(n_clicks)
    return held


def test_clicks_count_where_the_page_comes_late(page, app):
    """A second click tells of the head that was open before the first: the names of the first are not lost by that."""
    switch_unheard(page, app, "L0H1", "L2H3").let_go()
    expect(off_now(page)).to_have_value("L0H1, L2H3")
    expect(page.get_by_text("Off: Layer1_Head2 · L0H1, Layer3_Head4 · L2H3")).to_be_visible()


def test_a_click_that_comes_early_does_not_undo_the_one_before(page, app):
    """What a browser sends with a click is as it was before the last one, where it has not heard of that yet."""
    held = switch_unheard(page, app, "L0H1")
    page.get_by_text("its mean over the text's tokens").click()
    held.wait_until_drawn(2)
    held.let_go()
    expect(page).to_have_url(re.compile("off=L0H1&.*by=mean&head=Layer1_Head2"))
    expect(off_now(page)).to_have_value("L0H1")
    expect(page.locator(".st-key-head_map .gtitle")).to_have_text(["Layer1_Head2 · L0H1"])


def test_a_click_in_a_part_of_the_page_that_comes_early_leaves_the_head_open(page, app):
    held = switch_unheard(page, app, "L0H1")
    page.get_by_text("Numbers in the cells").click()
    held.wait_until_drawn(2)
    held.let_go()
    expect(page).to_have_url(re.compile("head=Layer1_Head2&numbers=0"))
    expect(page.locator(".st-key-head_map .gtitle")).to_have_text(["Layer1_Head2 · L0H1"])


def test_a_number_switches_a_whole_layer_or_column(page, app):
    open_switches(page, f"{app}/switch_off?text={quote('She is reading a [MASK].')}")
    page.get_by_role("button", name="All heads of layer 2").click()
    expect(off_now(page)).to_have_value("L1")
    page.get_by_role("button", name="Head 12 of every layer").click()
    expect(off_now(page)).to_have_value("L0H11, L1, L2H11, L3H11, L4H11, L5H11")
    page.get_by_role("button", name="All heads of layer 2").click()
    expect(off_now(page)).to_have_value("L0H11, L2H11, L3H11, L4H11, L5H11")
    page.get_by_role("button", name="All on").click()
    expect(page.get_by_text("No head is off")).to_be_visible()
    expect(page.locator(".switches button.off")).to_have_count(0)


def test_the_keyboard_reaches_every_switch(page, app):
    open_switches(page, f"{app}/switch_off?text={quote('She is reading a [MASK].')}")
    switch(page, "L0H0").focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft", "Space"):
        page.keyboard.press(key)
    expect(off_now(page)).to_have_value("L2H0")


def test_typed_names_are_drawn_on_the_board(page, app):
    open_switches(page, f"{app}/switch_off")
    off_now(page).fill("Layer1")
    off_now(page).press("Enter")
    expect(page.locator(".switches button.off")).to_have_count(12)


def test_all_heads_are_ranked_and_a_point_opens_its_head(page, app):
    text = quote("I want to eat a big bowl of")
    open_switches(page, f"{app}/switch_off?model=headlight-gpt2&text={text}")
    expect(page.get_by_text("7 passes, about")).to_be_visible()
    page.get_by_role("button", name="Rank all 72 heads").click()
    expect(page.get_by_text("Each of the 72 heads was switched off alone.")).to_be_visible()
    expect(page.get_by_role("button", name="Stop ranking")).to_have_count(0)
    points = page.locator(".st-key-effect_scatter .scatterlayer .point")
    expect(points).to_have_count(72)
    diamond = page.locator(".st-key-effect_scatter .trace").nth(2).locator(".point").first
    diamond.scroll_into_view_if_needed()
    box = diamond.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".st-key-head_map .gtitle")).to_have_text([re.compile("^Layer(3_Head3|1_Head10) ")])
    expect(points).to_have_count(72)


@pytest.fixture(scope="module")
def deep_bert_folder(tmp_path_factory) -> Path:
    """Give the folder of a BERT of 32 layers of 12 heads: ranking all of them takes some seconds."""
    from transformers import BertConfig, BertForMaskedLM

    folder = tmp_path_factory.mktemp("checkpoints") / "deep-bert"
    sizes = {"hidden_size": 96, "intermediate_size": 384, "num_hidden_layers": 32, "max_position_embeddings": 128}
    BertForMaskedLM(BertConfig(vocab_size=12_288, **sizes)).save_pretrained(folder)
    for file in (MODELS_FOLDER / "headlight-bert").glob("tokenizer*"):
        shutil.copy(file, folder / file.name)
    return folder


def test_a_ranking_streams_in_can_be_stopped_and_goes_on(page, app, deep_bert_folder):
    open_switches(page, f"{app}/switch_off?model={quote(str(deep_bert_folder))}&text={quote(LONG)}")
    page.get_by_role("button", name="Rank all 384 heads").click()
    expect(page.get_by_text(re.compile(r"^\d+ of 384 heads$"))).to_be_visible()
    expect(page.locator(".scatterlayer .point").first).to_be_visible()
    page.get_by_role("button", name="Stop ranking").click()
    stopped = page.get_by_text(re.compile(r"Stopped after \d+ of 384 heads"))
    expect(stopped).to_be_visible()
    n_done = int(re.search(r"after (\d+)", stopped.inner_text())[1])
    assert 0 < n_done < 384 and n_done % 12 == 0
    expect(page.locator(".st-key-effect_scatter .scatterlayer .point")).to_have_count(n_done)
    page.get_by_role("button", name="Go on ranking").click()
    page.get_by_text("Each of the 384 heads was switched off alone.").wait_for(timeout=180_000)
    expect(page.get_by_role("button", name="Stop ranking")).to_have_count(0)
    expect(page.locator(".st-key-effect_scatter .scatterlayer .point")).to_have_count(384)


def test_what_people_type_stays_text(page, app):
    text = "<script>alert(1)</script> <img src=x onerror=alert(2)> $x^2$ :red[x] **b** 😀 مرحبا 我们 [MASK]"
    bad = quote("<img src=x onerror=alert(3)>")
    open_switches(page, f"{app}/switch_off?text={quote(text)}&word={bad}&off={bad}")
    expect(page.get_by_text("'<img src=x onerror=alert(3)>' is not the name of a head.")).to_be_visible()
    expect(page.get_by_text("'<img src=x onerror=alert(3)>' is not one of headlight-bert's tokens")).to_be_visible()
    page.get_by_role("button", name="Rank all 72 heads").click()
    expect(page.get_by_text("Each of the 72 heads was switched off alone.")).to_be_visible()
    expect(page.locator("[data-testid=stMain] img[src=x]")).to_have_count(0)


def test_from_the_first_page_and_back_the_sentence_stays(page, app):
    open_switches(page, f"{app}/switch_off?text={quote('She is reading a [MASK].')}&off=L2H3")
    page.get_by_role("link", name="Masked word").click()
    expect(page.get_by_label("Sentence with [MASK]")).to_have_value("The turtle moves slow across the [MASK].")
    settle(page)
    page.get_by_role("link", name="Switch heads off").click()
    expect(page.get_by_label("Sentence with [MASK], or a beginning")).to_have_value("She is reading a [MASK].")
    expect(off_now(page)).to_have_value("L2H3")
    expect(switch(page, "L2H3")).to_have_attribute("aria-checked", "false")


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_shows_all_of_it_without_scrolling_sideways(page, app, dark):
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.set_viewport_size({"width": 390, "height": 800})
    open_switches(page, f"{app}/switch_off")
    page.get_by_role("button", name="Rank all 72 heads").click()
    expect(page.get_by_text("Each of the 72 heads was switched off alone.")).to_be_visible()
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    box = switch(page, "L5H11").bounding_box()
    assert box["x"] + box["width"] <= 390 and box["width"] >= 18
