"""Two tabs of one student: each keeps its own text, run, open head and list of runs; closing one leaves the other."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import open_page, settle

TEXTS = ("The old turtle sleeps under the [MASK].", "The young dog runs along the [MASK].")
HEADS = ("Layer2_Head5", "Layer3_Head7")


def ask(tab: Page, text: str) -> None:
    tab.get_by_label("Sentence with [MASK]").fill(text)
    tab.get_by_role("button", name="Run", exact=True).click()


def keeps(tab: Page, number: int) -> None:
    """Check that a tab shows its own, and nothing of the other one's."""
    mine, others = (text.removesuffix(" [MASK].") for text in (TEXTS[number], TEXTS[1 - number]))
    expect(tab.get_by_label("Sentence with [MASK]")).to_have_value(TEXTS[number])
    expect(tab.get_by_text(mine).first).to_be_visible()
    expect(tab.get_by_text(others)).to_have_count(0)
    expect(tab.locator(".st-key-head_map .gtitle")).to_contain_text(HEADS[number])


def test_two_tabs_of_one_browser_take_nothing_from_each_other(page, app):
    tabs = (page, page.context.new_page())
    for tab, head in zip(tabs, HEADS):
        open_page(tab, f"{app}/masked_word?head={head}")
    for tab, text in zip(tabs, TEXTS):
        ask(tab, text)
    for number, tab in enumerate(tabs):
        keeps(tab, number)
    for number, tab in enumerate(tabs):  # what is asked in one is on its own list alone
        tab.get_by_role("link", name="Runs", exact=True).click()
        expect(tab.get_by_text(TEXTS[number][:20]).first).to_be_visible()
        settle(tab)
        expect(tab.get_by_text(TEXTS[1 - number][:20])).to_have_count(0)
        tab.get_by_role("link", name="Masked word").click()
        keeps(tab, number)
    tabs[1].close()
    keeps(page, 0)
    ask(page, TEXTS[0].replace("old", "small"))
    expect(page.get_by_text("The small turtle sleeps under the").first).to_be_visible()
