"""Hand-ins in Chromium: a class's files are chosen, bad ones named, questions gone through, the CSV read back."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.attacks.hostile import HOSTILE, MARKER
from tests.browser.conftest import settle
from tests.browser.pages import choose_option, wait_until_drawn
from tests.browser.server import running_app
from tests.hand_ins import PACK_FILE, handed, zipped

ANN = {"padding": "4", "look": "moved", "who": "Layer2_Head10", "claim": "Layer4_Head11", "why": "=1+1"}
BO = {"padding": "3", "look": "turtle", "claim": "L3H10"}


@pytest.fixture(scope="module")
def classes(tmp_path_factory) -> Iterator[str]:
    """Give the address of an app that offers the lesson."""
    folder = tmp_path_factory.mktemp("packs")
    (folder / "try-it.en.yaml").write_bytes(PACK_FILE)
    with running_app(tmp_path_factory.mktemp("app") / "log.txt", HEADLIGHT_PACKS=str(folder)) as address:
        yield address


def choose(page: Page, folder: Path, **files: io.BytesIO) -> None:
    """Choose files of the disk, as a person does."""
    paths = [folder / f"{name}.zip" for name in files]
    for path, file in zip(paths, files.values(), strict=True):
        path.write_bytes(file.getvalue())
    page.locator("input[type=file]").first.set_input_files(paths)


def open_class(page: Page, address: str, folder: Path, **files: io.BytesIO) -> None:
    page.goto(f"{address}/hand_ins")
    expect(page.get_by_role("heading", name="Hand-ins")).to_be_visible(timeout=60_000)
    settle(page)
    choose(page, folder, **files)
    expect(page.get_by_role("heading", name="Students").first).to_be_visible()  # at a second run there may be two
    wait_until_drawn(page)


def choose_question(page: Page, begins: str) -> None:
    choose_option(page, page.get_by_role("combobox", name="Question"), re.compile(begins))


def test_a_class_is_opened_and_its_csv_read_back(page, classes, tmp_path):
    bad = {"broken": io.BytesIO(b"no zip"), "notes": zipped({"notes.txt": b"x"})}
    open_class(page, classes, tmp_path, ann=handed("Ann", **ANN), bo=handed("Bo", **BO), **bad)
    said = page.get_by_role("alert").filter(has_text="2 hand-ins were read. 2 files are left out:")
    expect(said).to_contain_text("'broken.zip' is left out: it is no ZIP, or a damaged one.")
    expect(said).to_contain_text("'notes.zip' is left out: it has no answers.json.")
    expect(page.get_by_text(re.compile(r"[01] of 1 claim holds when it is tested again"))).to_be_visible()
    settle(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="All answers as CSV").click()
    assert waiting.value.suggested_filename == "hand_ins_try-it.csv"
    rows = list(csv.DictReader(waiting.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert [(row["student"], row["question"], row["first_is"]) for row in rows if row["question"] != "claim"] == [
        ("Ann", "padding", "right"),
        ("Ann", "look", "right"),
        ("Ann", "who", "right"),
        ("Ann", "why", "open"),
        ("Bo", "padding", "wrong"),
        ("Bo", "look", "wrong"),
    ]
    assert {row["last_answer"] for row in rows if row["question"] == "why"} == {"'=1+1"}
    assert len({row["verdict"] for row in rows if row["question"] == "claim"} - {""}) == 1


def test_the_classs_guesses_are_drawn_beside_the_model(page, classes, tmp_path):
    open_class(page, classes, tmp_path, ann=handed("Ann", **ANN), bo=handed("Bo", **BO))
    expect(page.get_by_text("Right at the first try: 1 of 2; in the end: 1.")).to_be_visible()
    choose_question(page, r"^1\.2 ")
    chart = page.locator(".st-key-hand_ins_guesses")
    expect(chart.locator(".legendtext").first).to_have_text("class: share of the guesses")
    expect(chart.locator(".ytick", has_text="turtle")).to_be_visible()
    expect(page.get_by_text("The class: turtle 50%, moved 50%. The model: most at moved")).to_be_visible()
    choose_question(page, r"^1\.3 ")
    expect(page.get_by_text("The class named: Layer2_Head10 · L1H9: 1.")).to_be_visible()


def test_one_zip_of_all_is_read_and_other_files_take_its_place(page, classes, tmp_path):
    inner = {
        f"{name}_assignsubmission/hand-in.zip": handed(name, padding="4").getvalue() for name in ("Ann", "Bo", "Cy")
    }
    open_class(page, classes, tmp_path, all=zipped(inner))
    expect(page.get_by_text("3 hand-ins were read.")).to_be_visible()
    choose(page, tmp_path, di=handed("Di", padding="4"))
    expect(page.get_by_text("4 hand-ins were read.")).to_be_visible()  # files are added to those that are there


def test_what_students_typed_is_text_and_nothing_runs(page, classes, tmp_path):
    files = {
        f"h{at}": handed(text.encode(errors="replace").decode()[:100], padding="4", look=text[:200], why=text[:1_000])
        for at, text in enumerate(HOSTILE.values())
        if not any("\ud800" <= c <= "\udfff" for c in text)
    }
    open_class(page, classes, tmp_path, **files)
    for number in (2, 5):
        choose_question(page, rf"^1\.{number} ")
        settle(page)
    assert page.evaluate(f"window.{MARKER}") is None
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_with_a_class_does_not_grow_sideways(page, classes, tmp_path, width):
    page.set_viewport_size({"width": width, "height": 900})
    open_class(page, classes, tmp_path, ann=handed("Ann", **ANN), x=io.BytesIO(b"x" * 10))
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
