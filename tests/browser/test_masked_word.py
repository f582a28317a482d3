"""The page Masked word, in a real browser, on the shipped BERT."""

import io
import re
import zipfile
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import open_page, settle
from tests.browser.server import REPOSITORY, running_app
from tests.model.plain import attentions_of

FOLDER = REPOSITORY / "assets" / "models" / "headlight-bert"
SENTENCE = "The turtle moves slow across the [MASK]."


@pytest.fixture(scope="module")
def plain():
    """Give what plain transformers says about the first sentence: tokens, and attentions [L, H, Q, K]."""
    return attentions_of(FOLDER, SENTENCE)


def head_title(page: Page):
    return page.locator(".st-key-head_map .gtitle")


def click_head(page: Page, layer: int, head: int, n_layers: int = 6, n_heads: int = 12) -> None:
    canvas = page.locator(".stage canvas")
    canvas.wait_for()
    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] * (head + 0.5) / n_heads, "y": box["height"] * (layer + 0.5) / n_layers})


def chip(page: Page, token: str):
    """Find the chip that hides a token."""
    return page.get_by_role("toolbar").get_by_role("button", name=re.compile(rf"^\d+ {token}$"))


def hover_cell(page: Page, query: int, key: int, n_tokens: int) -> str:
    """Put the pointer on a cell of the open head and read what is shown there."""
    plot = page.locator(".st-key-head_map .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    x = box["x"] + box["width"] * (key + 0.5) / n_tokens
    y = box["y"] + box["height"] * (query + 0.5) / n_tokens
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    label = page.locator(".st-key-head_map .hoverlayer .hovertext")
    expect(label.first).to_be_visible()
    return label.first.text_content()


def test_the_first_visitor_of_a_fresh_server_may_come_by_a_deep_link(page, tmp_path):
    with running_app(tmp_path / "log.txt") as address:
        open_page(page, f"{address}/masked_word?text={quote('She is reading a [MASK].')}&head=L1H4")
        expect(page.get_by_role("heading", name="Masked word")).to_be_visible()
        expect(head_title(page)).to_have_text(["Layer2_Head5 · L1H4"])
        expect(page.get_by_label("Sentence with [MASK]")).to_have_value("She is reading a [MASK].")


def test_it_opens_filled_and_drawn(page, app):
    open_page(page, app)
    expect(page.get_by_label("Sentence with [MASK]")).to_have_value(SENTENCE)
    expect(head_title(page)).to_have_text(["Layer4_Head11 · L3H10"])
    expect(page.locator(".st-key-bars_0 .bars .point")).to_have_count(3)
    completed = page.get_by_role("listitem").filter(has_text="The turtle moves slow across the")
    expect(completed).to_have_count(3)


@pytest.mark.parametrize("query, key", [(0, 0), (4, 3), (7, 6), (9, 8)])
def test_the_number_under_the_pointer_is_the_models_own(page, app, plain, query, key):
    tokens, attentions = plain
    open_page(page, f"{app}/masked_word?head=Layer2_Head5")
    shown = hover_cell(page, query, key, len(tokens))
    named = [f"{at + 1} {tokens[at]}" for at in (query, key)]  # counted from 1, as in every table
    assert shown == f"{named[0]} → {named[1]}: {attentions[1, 4, query, key]:.4f}"


def test_the_overview_has_the_colours_of_the_weights(page, app, plain):
    tokens, attentions = plain
    open_page(page, app)
    n, layer, head = len(tokens), 1, 4
    size = n * -(-96 // n)
    read = """(canvas, [x, y]) => [...canvas.getContext('2d').getImageData(x, y, 1, 1).data]"""
    shades = []
    for query in range(n):
        for key in range(n):
            x = head * (size + 6) + (key + 0.5) * size / n
            y = layer * (size + 6) + (query + 0.5) * size / n
            red, green, blue, alpha = page.locator(".stage canvas").evaluate(read, [int(x), int(y)])
            assert alpha == 255
            shades.append(red + green + blue)
    # Lightness falls with the weight: sorted by weight, no cell is lighter than the one before it.
    ordered = np.array(shades)[np.argsort(np.rint(250 * np.sqrt(attentions[layer, head].ravel())), kind="stable")]
    assert (np.diff(ordered) <= 0).all()
    assert ordered[0] > 700 and ordered[-1] < 200


def test_hovering_the_overview_names_the_head(page, app):
    open_page(page, app)
    canvas = page.locator(".stage canvas")
    box = canvas.bounding_box()
    canvas.hover(position={"x": box["width"] * 6.5 / 12, "y": box["height"] * 4.5 / 6})
    expect(page.locator(".grid .tip")).to_have_text("Layer5_Head7 · L4H6")


def test_a_click_opens_the_head_and_the_address_opens_it_elsewhere(page, app):
    open_page(page, app)
    renders = page.locator(".stage canvas").get_attribute("data-renders")
    click_head(page, 1, 4)
    expect(head_title(page)).to_have_text(["Layer2_Head5 · L1H4"])
    expect(page).to_have_url(re.compile("head=Layer2_Head5"))
    expect(page.get_by_label("Head, as")).to_have_value("Layer2_Head5")
    assert page.locator(".stage canvas").get_attribute("data-renders") == renders, "the overview was drawn again"
    other = page.context.new_page()
    open_page(other, page.url)
    expect(head_title(other)).to_have_text(["Layer2_Head5 · L1H4"])
    expect(other.locator(".stage canvas")).to_have_attribute("data-chosen", "Layer2_Head5 · L1H4")


def test_a_click_while_the_page_is_still_being_drawn_loses_nothing(page, app):
    page.goto(f"{app}/masked_word")
    page.locator(".stage canvas[data-key]").wait_for(timeout=60_000)
    click_head(page, 1, 4)
    expect(chip(page, "slow")).to_be_visible()
    expect(head_title(page)).to_have_text(["Layer2_Head5 · L1H4"])


def test_a_second_click_and_the_chips_do_not_bring_the_old_head_back(page, app):
    open_page(page, app)
    click_head(page, 1, 4)
    expect(head_title(page)).to_have_text(["Layer2_Head5 · L1H4"])
    chip(page, "slow").click()
    expect(page.locator(".st-key-changes_board .js-plotly-plot")).to_be_visible()
    expect(head_title(page)).to_have_text(["Layer2_Head5 · L1H4"])


def test_a_head_is_chosen_by_either_name_by_numbers_and_by_arrow_keys(page, app):
    open_page(page, app)
    name = page.get_by_label("Head, as")
    for typed, title in (("L0H2", "Layer1_Head3 · L0H2"), ("Layer6_Head12", "Layer6_Head12 · L5H11")):
        name.fill(typed)
        name.press("Enter")
        expect(head_title(page)).to_have_text([title])
    layer = page.get_by_role("spinbutton", name="Layer")
    layer.fill("2")
    layer.press("Enter")
    expect(head_title(page)).to_have_text(["Layer2_Head12 · L1H11"])
    page.locator(".stage canvas").press("ArrowLeft")
    expect(head_title(page)).to_have_text(["Layer2_Head11 · L1H10"])


def test_a_wrong_head_is_refused_in_words_and_the_last_one_stays(page, app):
    open_page(page, app)
    name = page.get_by_label("Head, as")
    name.fill("Layer9_Head1")
    name.press("Enter")
    expect(page.get_by_test_id("stAlert")).to_contain_text(
        "Layer9_Head1 does not exist: this model has 6 layers of 12 heads."
    )
    expect(head_title(page)).to_have_text(["Layer4_Head11 · L3H10"])
    expect(name).to_have_value("Layer9_Head1")


def test_hiding_a_word_crosses_its_column_and_names_the_heads_that_moved(page, app):
    open_page(page, app)
    chip(page, "slow").click()
    expect(page.locator(".st-key-shifts_0 .legendtext").first).to_have_text("before")
    expect(page.locator(".st-key-edit_map_1 .shapelayer path")).to_have_count(1)
    ranking = page.locator("[class*=st-key-open_] button")
    expect(ranking).to_have_count(5)
    first = ranking.first
    label = re.match(r"(Layer\d+_Head\d+) · (L\d+H\d+): ([\d.]+)%", first.inner_text())
    first.click()
    expect(head_title(page)).to_have_text([f"{label[1]} · {label[2]}"])


def test_another_word_is_put_in_place_of_a_token(page, app):
    open_page(page, app)
    page.get_by_label("Put another word in place of").click()
    page.keyboard.type("turtle")
    expect(page.get_by_role("option")).to_have_count(1)
    page.get_by_role("option").click()
    word = page.get_by_label("this word")
    expect(word).to_be_enabled()
    word.fill("dog")
    word.press("Enter")
    expect(page.locator(".st-key-edit_map_1 .ytick", has_text="dog")).to_have_count(1)
    expect(page.locator(".st-key-edit_map_0 .ytick", has_text="turtle")).to_have_count(1)


def test_a_text_that_is_too_long_is_refused_with_both_numbers_and_cut_on_request(page, app):
    open_page(page, app)
    text = page.get_by_label("Sentence with [MASK]")
    text.fill("[MASK] " + "the turtle " * 100)
    page.get_by_role("button", name="Run", exact=True).click()
    alert = page.get_by_test_id("stAlert").first
    expect(alert).to_contain_text("Text 1 has 203 tokens; this model reads 128. Shorten it, or allow cutting.")
    expect(head_title(page)).to_have_text(["Layer4_Head11 · L3H10"])
    page.get_by_role("button", name="Cut it to 128 tokens").click()
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    expect(page.get_by_text("The text was cut to 128 tokens")).to_be_visible()


NASTY = [
    "<script>alert(1)</script> [MASK]",
    "$x^2$ and [MASK]",
    ":red[x] :smile: [MASK]",
    "![x](http://e.invalid/a) <img src=x onerror=a()> [MASK]",
    "😀 👩‍👩‍👧 [MASK] \u202e abc",
    "我们今天去[MASK]北京。",
    "السلام [MASK] hello",
    "[MASK]",
    "no mask here",
    "[mask] in small letters",
    "#000001 %{x} {y} &amp; &lt;b&gt; [MASK]",
]


@pytest.mark.parametrize("text", NASTY)
def test_any_text_is_drawn_as_it_is(page, app, text):
    open_page(page, f"{app}/masked_word?text={quote(text)}")
    expect(page.get_by_label("Sentence with [MASK]")).to_have_value(text)
    tokens = page.get_by_role("toolbar").get_by_role("button")
    ticks = page.locator(".st-key-head_map .ytick text")
    expect(ticks).to_have_count(tokens.count())
    assert [name.split(" ", 1)[-1] for name in tokens.all_inner_texts()] == ticks.all_text_contents()


def test_a_text_without_a_mask_keeps_its_maps_and_says_what_to_do(page, app):
    open_page(page, f"{app}/masked_word?text=no%20mask%20here")
    expect(page.get_by_test_id("stAlert")).to_contain_text("There is no [MASK] in the text.")
    expect(head_title(page)).to_be_visible()


def download(page: Page, button: str) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button, exact=True).click()
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


def test_the_downloads_hold_the_models_numbers(page, app, plain):
    tokens, attentions = plain
    open_page(page, f"{app}/masked_word?head=Layer4_Head11")
    page.get_by_role("button", name="Download").click()
    name, content = download(page, "This head as PNG")
    assert name == "Attention_Layer4_Head11.png"
    assert Image.open(io.BytesIO(content)).width >= 40 * len(tokens)
    name, content = download(page, "This head as SVG")
    assert name == "Attention_Layer4_Head11.svg" and content.startswith(b"<svg")
    name, content = download(page, "This head as CSV")
    rows = content.decode("utf-8-sig").splitlines()
    assert name == "Attention_Layer4_Head11.csv" and len(rows) == 1 + len(tokens) ** 2
    assert float(rows[1].split(",")[-1]) == pytest.approx(attentions[3, 10].max(), abs=1e-6)
    name, content = download(page, "All heads as ZIP")
    inside = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert name == "The_turtle_moves_slow_across_the_MASK.zip" and len(inside) == 72
    assert "The_turtle_moves_slow_across_the_MASK/Attention_Layer4_Head11.png" in inside
    name, content = download(page, "The run as .npz")
    saved = np.load(io.BytesIO(content), allow_pickle=False)
    np.testing.assert_allclose(saved["attentions"][0], attentions, atol=1e-6)


def test_gpt2_guesses_the_next_word_and_leaves_later_keys_empty(page, app):
    open_page(page, f"{app}/masked_word?model=headlight-gpt2&text={quote('It will rain in the')}")
    expect(page.get_by_role("heading", name="Next word")).to_be_visible()
    expect(page.get_by_text("this row predicts the next token")).to_be_visible()
    assert hover_cell(page, 0, 3, 5).endswith("no weight (masked)")


def test_pressing_run_puts_the_text_into_the_address(page, app):
    open_page(page, app)
    page.get_by_label("Sentence with [MASK]").fill("She is reading a [MASK].")
    page.get_by_label("Sentence with [MASK]").press("Enter")
    expect(page.get_by_role("listitem").filter(has_text="She is reading a")).to_have_count(3)
    expect(page).to_have_url(re.compile(r"text=She\+is\+reading"))


def test_pressing_run_many_times_at_once_breaks_nothing(page, app):
    open_page(page, app)
    for text in ("She is reading a [MASK].", "The [MASK] is red.", SENTENCE):
        page.get_by_label("Sentence with [MASK]").fill(text)
        page.get_by_role("button", name="Run", exact=True).dblclick()
        click_head(page, 0, 0)
    settle(page)
    expect(head_title(page)).to_have_text(["Layer1_Head1 · L0H0"])
    expect(page.locator(".st-key-head_map .ytick text").nth(2)).to_have_text("turtle")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_everything_without_scrolling_sideways(browser, app, scheme):
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    open_page(page, app)
    width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    context.close()
    assert width <= 390
