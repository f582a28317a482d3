"""The clock of the computer is set back and forth while the app runs: every question is answered, files are taken."""

from playwright.sync_api import expect

from tests.browser.conftest import open_page, settle
from tests.browser.server import running_app

DAY = 86_400
# Python imports a module of this name at start: whoever asks for the time of day is told another one.
MODULE = """
import os, time
told = time.time
def moved():
    open(os.environ["CLOCK"] + " was asked", "w").close()
    with open(os.environ["CLOCK"]) as file:
        return told() + float(file.read() or 0)
time.time, time.time_ns = moved, lambda: int(moved() * 1e9)
"""


def test_a_page_answers_and_takes_files_whatever_the_clock_says(page, tmp_path):
    log, clock = tmp_path / "log.txt", tmp_path / "clock"
    (tmp_path / "sitecustomize.py").write_text(MODULE)
    clock.write_text("0")
    with running_app(log, PYTHONPATH=str(tmp_path), CLOCK=str(clock)) as address:
        open_page(page, address)
        for number, seconds in enumerate((-DAY, 400 * DAY, -30 * 365 * DAY)):
            clock.write_text(str(seconds))
            page.get_by_label("Sentence with [MASK]").fill(f"Turtle number {number} moves across the [MASK].")
            page.get_by_role("button", name="Run", exact=True).click()
            expect(page.get_by_text(f"Turtle number {number} moves across the").first).to_be_visible()
            settle(page)
        page.goto(f"{address}/board")
        page.get_by_text("From a file").click()
        page.locator('input[type="file"]').set_input_files(
            {"name": "texts.txt", "mimeType": "text/plain", "buffer": b"the file arrives\nall of it"}
        )
        expect(page.get_by_label("Texts, one a line")).to_have_value("the file arrives\nall of it")
    assert (tmp_path / "clock was asked").exists()
    assert "Traceback" not in log.read_text()
