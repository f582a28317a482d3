"""Play a lesson to its end in Chromium, every answer the model's own, with one of two hands: mouse or keyboard."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import settle
from viz.analysis.claims.text import READY
from viz.engine.local import engine
from viz.packs import answer_kinds, schema
from viz.packs.measures import Truth, truth
from viz.packs.schema import AnyQuestion, Pack

MOST_STOPS = 200  # of the Tab key
CLAIM_HEAD, CLAIM_SENTENCES = "Layer4_Head11", READY[0].text


@dataclass(frozen=True)
class Hand:
    """Say how a person types, chooses and presses."""

    fill: Callable[[Page, Locator, str], None]
    choose: Callable[[Page, Locator, int], None]
    press: Callable[[Page, Locator], None]


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until an element has the focus."""
    wanted.wait_for()
    for _stop in range(MOST_STOPS):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("the Tab key does not come there")


def _fill_by_keys(page: Page, field: Locator, text: str) -> None:
    tab_to(page, field)
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def _choose_by_keys(page: Page, chips: Locator, at: int) -> None:
    tab_to(page, chips.first)
    for _step in range(at):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")


def _press_by_keys(page: Page, button: Locator) -> None:
    tab_to(page, button)
    page.keyboard.press("Enter")


KEYBOARD = Hand(_fill_by_keys, _choose_by_keys, _press_by_keys)
MOUSE = Hand(
    lambda _page, field, text: field.fill(text),
    lambda _page, chips, at: chips.nth(at).click(),
    lambda _page, button: button.click(),
)


def play(page: Page, pack: Pack, hand: Hand, *, first: int = 0, last: int | None = None) -> None:
    """Answer the questions of these parts, turning from one to the next."""
    parts = pack.parts[first:last]
    for number, part in enumerate(parts):
        expect(page.get_by_role("heading", level=3, name=part.title, exact=True)).to_be_visible()
        for question in part.questions:
            answer(page, pack, question, hand)
        if number < len(parts) - 1:
            turn(page, hand)


def turn(page: Page, hand: Hand) -> None:
    """Turn to the next part, at whose heading the page and the keyboard begin."""
    hand.press(page, page.get_by_role("button", name="Next", exact=True))
    expect(page.locator(".st-key-lesson_part_title h3")).to_be_focused()
    settle(page)


def answer(page: Page, pack: Pack, question: AnyQuestion, hand: Hand) -> None:
    """Give the model's answer to a question, and wait until it was judged."""
    panel, found = page.locator(f".st-key-lesson_question_{question.id}"), truth(pack, question, engine.ask)
    if isinstance(question.answer, answer_kinds.ClaimAnswer):
        for field, text in zip(
            panel.get_by_role("textbox").all(), (CLAIM_HEAD, CLAIM_SENTENCES, "An adverb."), strict=True
        ):
            hand.fill(page, field, text)
        hand.press(page, panel.get_by_role("button", name="Test"))
        expect(panel.get_by_test_id("stAlert").first).to_contain_text("Layer4_Head11 · L3H10")
    elif found is None:
        hand.fill(page, panel.get_by_role("textbox"), "Because it is so.")
        hand.press(page, panel.get_by_role("button", name="Keep"))
        expect(panel.get_by_test_id("stAlert")).to_contain_text("Kept.")
    else:
        if found.choices:
            hand.choose(page, panel.get_by_role("radio"), found.choices.index(str(found.value)))
        else:
            hand.fill(page, panel.get_by_role("textbox"), typed(question, found))
        hand.press(page, panel.get_by_role("button", name="Check"))
        expect(panel.get_by_test_id("stAlert")).to_contain_text("Right:")
    settle(page)


def typed(question: AnyQuestion, found: Truth) -> str:
    """Write the model's answer as a person would type it."""
    if not isinstance(question, schema.NumberQuestion):
        return str(found.value)
    return repr(float(found.value) * (100 if question.percent else 1))


def score(pack: Pack) -> str:
    """Say the score of whoever answered everything right at the first try."""
    n = len(pack.questions)
    decided = sum(not isinstance(q.answer, answer_kinds.OpenAnswer | answer_kinds.ClaimAnswer) for q in pack.questions)
    return f"Answered: {n} of {n}. Right at the first try: {decided} of {decided} that the model decides."
