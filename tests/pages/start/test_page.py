"""The start page without a browser: three lines, the doors that lead somewhere, the last runs and the way back."""

from tests.attacks.test_bad_files import good_file
from tests.conftest import REPOSITORY
from tests.pages.driver import assert_no_failure, messages, open_app

PAGE = "pages/start/page.py"


def links(app) -> dict[str, str]:
    """Give what each link of the page's own part is called, with the page and the address it leads to."""
    return {link.proto.label: f"{link.proto.page}?{link.proto.query_string}" for link in app.get("page_link")}


def last(app) -> list[str]:
    return [button.label.replace("\\", "") for button in app.button if (button.key or "").startswith("last_")]


def open_last(app, name: str):
    next(button for button in app.button if button.label.replace("\\", "") == name).click().run()
    assert_no_failure(app)
    return app


def test_it_says_what_this_is_and_opens_without_a_question():
    app = open_app(PAGE)
    assert app.title[0].value == "Headlight"
    assert len(messages(app.markdown)[:3]) == 3 and "attention head" in messages(app.markdown)[0]
    assert not app.get("plotly_chart") and not app.text_input
    assert any(said.startswith("None yet.") for said in messages(app.caption))


def test_its_doors_lead_to_pages_that_are_there_and_keep_the_language():
    app = open_app(PAGE, lang="ru")
    pages = {link.split("?")[0] for link in links(app).values()}
    assert {"masked_word", "batch"} <= pages
    assert ("lesson" in pages) == (REPOSITORY / "pages" / "lesson" / "page.py").is_file()
    assert all("lang=ru" in link for link in links(app).values())
    assert "masked_word?tour=1&lang=ru" in links(app).values()


def test_what_was_asked_elsewhere_stands_here_the_newest_first_and_leads_back():
    app = open_app(text="one [MASK].", head="L1H4")
    app.text_input(key="text").set_value("two [MASK].")
    next(button for button in app.button if button.label == "Run").click().run()
    app.switch_page(PAGE).run()
    assert last(app) == ["two [MASK].", "one [MASK]."]
    assert any(said.startswith("Masked word · headlight-bert · 1 text of") for said in messages(app.caption))
    open_last(app, "one [MASK].")
    assert app.title[0].value == "Masked word"
    assert app.text_input(key="text").value == "one [MASK]."


def test_who_is_led_back_is_not_guided_again():
    app = open_app(text="one [MASK].", tour="2")
    next(button for button in app.button if button.label == "Leave the tour").click().run()
    app.switch_page(PAGE).run()
    open_last(app, "one [MASK].")
    assert "tour" not in app.query_params
    assert not [said for said in messages(app.caption) if said.startswith("Tour, step")]


def test_a_batch_leads_back_to_the_batch():
    app = open_app("pages/batch/page.py", text="My dog is\nIt will", model="headlight-gpt2")
    app.switch_page(PAGE).run()
    open_last(app, "My dog is")
    assert app.title[0].value == "Batch of prompts"
    assert app.text_area(key="batch_text").value == "My dog is\nIt will"


def test_an_opened_file_leads_to_the_page_of_runs():
    app = open_app("pages/saved/page.py")
    app.file_uploader(key="saved_upload").set_value(("mine.npz", good_file(), "application/octet-stream")).run()
    app.switch_page(PAGE).run()
    open_last(app, "mine.npz")
    assert app.title[0].value == "Runs"
    assert app.get("plotly_chart")


def test_no_more_than_five_runs_are_listed():
    app = open_app("pages/masked_word/page.py", text="0 [MASK]")
    for number in range(1, 6):
        app.text_input(key="text").set_value(f"{number} [MASK]")
        next(button for button in app.button if button.label == "Run").click().run()
    app.switch_page(PAGE).run()
    assert last(app) == [f"{number} [MASK]" for number in (5, 4, 3, 2, 1)]
    assert "saved?" in links(app)["All runs"]
