"""Contributions beside weights, in real Chromium: the numbers of the map are those of plain transformers' matrices."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import open_page, settle
from tests.browser.server import REPOSITORY
from tests.browser.test_masked_word import SENTENCE, hover_cell
from tests.model import plain


@pytest.fixture(scope="module")
def brought():
    """Give plain transformers' tokens, and ‖α·f(x)‖ of every cell ``[L, H, Q, K]``."""
    model = plain.load(REPOSITORY / "assets" / "models" / "headlight-bert", causal=False)
    inputs = plain.tokenized(model, [SENTENCE])
    return model.tokenizer.convert_ids_to_tokens(inputs["input_ids"][0].tolist()), plain.brought(model, inputs)[0]


def test_the_map_shows_them_at_a_click_and_its_address_opens_it_again(page, app, brought):
    tokens, norms = brought
    open_page(page, f"{app}/masked_word?head=Layer2_Head5")
    page.get_by_test_id("stMain").get_by_role("radio", name="Contribution").click()
    expect(page).to_have_url(re.compile("shown=contribution"))
    for address in (None, page.url):
        if address:
            open_page(page, address)
        settle(page)
        for query, key in [(0, 0), (4, 3), (9, 8)]:
            hover_cell(page, query, key, len(tokens))
            label = page.locator(".st-key-head_map .hoverlayer .hovertext").first
            place = f"{query + 1} {tokens[query]} → {key + 1} {tokens[key]}: "  # counted from 1
            expect(label).to_have_text(re.compile(re.escape(place)))  # the label of the cell before stays for a moment
            number = label.text_content().removeprefix(place)
            assert float(number) == pytest.approx(norms[1, 4, query, key], abs=6e-5)
    page.get_by_test_id("stMain").get_by_role("radio", name="Weight").click()
    expect(page).not_to_have_url(re.compile("shown="))


def test_what_a_weight_hides_is_said_with_the_shares_of_both(page, app, brought):
    tokens, norms = brought
    open_page(page, f"{app}/masked_word?head=Layer1_Head1")
    said = page.get_by_text("of the contribution (mean over the queries)").first.inner_text()
    token, share = re.match(r"(.*?)(?: \(\d+\))? gets 0\.\d\d of the weight and (0\.\d\d) of the", said).groups()
    shares = (norms[0, 0] / norms[0, 0].sum(axis=1, keepdims=True)).mean(axis=0)
    of_token = [round(float(part), 2) for name, part in zip(tokens, shares, strict=True) if name == token]
    assert float(share) in of_token
