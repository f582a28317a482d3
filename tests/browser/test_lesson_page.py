"""Lessons in Chromium: played to the end by mouse and by keyboard; answers outlive a reload and the server."""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.attacks.hostile import HOSTILE, MARKER
from tests.browser.conftest import settle
from tests.browser.held_up import HeldUp
from tests.browser.lessons import KEYBOARD, MOUSE, Hand, answer, play, score, turn
from tests.browser.server import free_port, running_app, started_app
from tests.packs import HEAD, LOOKS, PADDING, PART, pack
from viz.packs import shelf
from viz.packs.reading import read

LAST = """\
- title: The end
  prose: Say it.
  show:
    texts: [The turtle moved slowly across the [MASK].]
  questions:
  - {id: who, kind: head, ask: "Which?", answer: {of: head, query: slowly, key: moved}}
  - {id: share, kind: number, ask: "How likely?", answer: {of: probability}, percent: true, within: 1}
  - {id: first, kind: word, ask: "Which word?", answer: {of: prediction}}
  - {id: claim, kind: head, ask: "Which head?", answer: {of: claim}}
  - {id: free, kind: word, ask: "Why?", answer: {of: open}}
""".replace("[The turtle", "['The turtle").replace("[MASK].]", "[MASK].']")
SMALL = pack(PADDING, LOOKS) + LAST.encode()
PACK = read(SMALL, "try-it.yaml")
KEPT = "headlight-lesson:try-it"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Write a folder of packs for the server to offer."""
    folder = tmp_path_factory.mktemp("packs")
    (folder / "try-it.en.yaml").write_bytes(SMALL)
    return folder


@pytest.fixture(scope="module")
def lessons(folder, tmp_path_factory) -> Iterator[str]:
    """Give the address of an app that offers them."""
    with running_app(tmp_path_factory.mktemp("app") / "log.txt", HEADLIGHT_PACKS=str(folder)) as address:
        yield address


def open_lesson(page: Page, address: str, more: str = "") -> None:
    page.goto(f"{address}/lesson?pack=try-it{more}")
    expect(page.get_by_text("Answered: ")).to_be_visible(timeout=60_000)
    settle(page)


def answered(page: Page, n: int) -> None:
    expect(page.get_by_text(f"Answered: {n} of 7.")).to_be_visible()


def kept(page: Page) -> dict:
    return json.loads(page.evaluate(f"localStorage.getItem('{KEPT}')"))["progress"]


@pytest.mark.parametrize("hand", [MOUSE, KEYBOARD], ids=["mouse", "keyboard"])
def test_a_lesson_is_chosen_and_played_to_its_end(page, lessons, hand):
    page.goto(f"{lessons}/lesson")
    hand.press(page, page.get_by_role("button", name="Open “A try”"))
    expect(page).to_have_url(re.compile("pack=try-it"))
    play(page, PACK, hand)
    expect(page.get_by_text(score(PACK))).to_be_visible()
    expect(page.get_by_role("heading", name="What the model says")).to_be_visible()
    hand.fill(page, page.get_by_label("Your name or an alias"), "Ada")
    page.keyboard.press("Tab")
    page.wait_for_timeout(1_000)  # until the name has begun its way to the server
    settle(page)
    with page.expect_download() as download:
        hand.press(page, page.get_by_role("button", name="Download the hand-in (ZIP)"))
    assert download.value.suggested_filename == "try-it_Ada.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        told = json.loads(archive.read("answers.json"))
        assert (told["name"], len(told["progress"]["answers"])) == ("Ada", 7)
        assert {"analysis.md"} <= set(archive.namelist())


@pytest.mark.parametrize("hand", [MOUSE, KEYBOARD], ids=["mouse", "keyboard"])
@pytest.mark.parametrize("name", shelf.SHIPPED)
def test_a_shipped_lesson_is_played_to_its_end(page, app, name, hand: Hand):
    of = shelf.find(name, "en").pack
    page.goto(f"{app}/lesson?pack={name}")
    expect(page.get_by_text("Answered: 0")).to_be_visible(timeout=60_000)
    settle(page)
    play(page, of, hand)
    expect(page.get_by_text(score(of))).to_be_visible()


def test_answers_outlive_a_reload_and_are_in_this_browser_alone(page, lessons):
    open_lesson(page, lessons)
    for question_of in PACK.parts[0].questions:
        answer(page, PACK, question_of, MOUSE)
    turn(page, MOUSE)
    assert kept(page)["answers"]["q"]["first"] == "moved" and kept(page)["part"] == 1
    page.goto(f"{lessons}/lesson?pack=try-it")
    answered(page, 2)
    expect(page.get_by_role("heading", level=3, name="The end")).to_be_visible()
    page.get_by_role("button", name="Back").click()
    expect(page.locator(".st-key-lesson_question_padding").get_by_role("textbox")).to_have_value("4.0")
    expect(page.get_by_role("radio", name="moved", exact=True)).to_be_checked()


def test_answers_outlive_the_server(page, folder, tmp_path):
    log, port = tmp_path / "log.txt", free_port()
    with started_app(log, port=port, HEADLIGHT_PACKS=str(folder)) as (address, process):
        open_lesson(page, address)
        play(page, PACK, MOUSE, last=1)
        turn(page, MOUSE)
        field = page.locator(".st-key-lesson_question_share").get_by_role("textbox")
        field.fill("12")
        field.press("Tab")  # typed, not checked
        settle(page)
        process.kill()
        process.wait()
        expect(field).to_be_disabled()
    with started_app(log, port=port, HEADLIGHT_PACKS=str(folder)):
        expect(field).to_be_enabled(timeout=60_000)
        answered(page, 2)
        expect(page.get_by_role("heading", level=3, name="The end")).to_be_visible()
        expect(field).to_have_value("12")
        play(page, PACK, MOUSE, first=1)
        expect(page.get_by_text(score(PACK))).to_be_visible()


def test_an_opened_file_outlives_a_reload_with_its_answers(page, lessons):
    own = SMALL.replace(b"pack: try-it", b"pack: my-own").replace(b"title: A try", "title: Моё".encode())
    page.goto(f"{lessons}/lesson")
    page.get_by_test_id("stFileUploader").locator("input").set_input_files(
        {"name": "mine.yaml", "mimeType": "text/yaml", "buffer": own}
    )
    expect(page.get_by_role("heading", level=2, name="Моё")).to_be_visible()
    settle(page)
    answer(page, PACK, PACK.questions[0], MOUSE)
    page.reload()
    expect(page.get_by_role("heading", level=2, name="Моё")).to_be_visible()
    answered(page, 1)
    page.evaluate("localStorage.clear()")
    page.reload()
    expect(page.get_by_text("not kept in this browser. Open the file again.")).to_be_visible()
    expect(page.get_by_role("heading", name="Choose a lesson")).to_be_visible()


def test_a_browsers_answer_that_is_lost_on_its_way_is_given_again(page, lessons):
    """The server is not told what the browser keeps: the first message that says so never arrives."""
    lost = []

    def pass_on(socket):
        server = socket.connect_to_server()

        def told(message):
            says_it = not lost and b"lesson_in_browser" in message and b"session" in message
            lost.append(message) if says_it else server.send(message)

        socket.on_message(told)

    open_lesson(page, lessons)
    answer(page, PACK, PACK.questions[0], MOUSE)
    page.wait_for_function(f"localStorage.getItem('{KEPT}')")
    page.route_web_socket(re.compile("_stcore/stream"), pass_on)
    page.reload()
    answered(page, 1)
    assert len(lost) == 1


def test_two_tabs_hold_the_same_answers(page, lessons):
    open_lesson(page, lessons)
    other = page.context.new_page()
    open_lesson(other, lessons, "&part=2")
    answer(page, PACK, PACK.questions[0], MOUSE)
    answered(other, 1)
    expect(other.get_by_text("open in another tab too")).to_be_visible()
    expect(other.get_by_role("heading", level=3, name="The end")).to_be_visible()
    answer(other, PACK, PACK.parts[1].questions[0], MOUSE)
    answered(page, 2)
    page.get_by_role("button", name="Begin anew").click()
    page.get_by_role("button", name="Forget my answers").click()
    answered(page, 0)
    answered(other, 0)
    assert (kept(page)["answers"], kept(page)["begun_anew"]) == ({}, 1)
    other.close()


def test_a_tab_that_is_drawn_late_takes_nothing_from_another(page, lessons):
    """What one tab answered stays, though another is drawn from before, and keeps what it is drawn with."""
    other = page.context.new_page()
    held = HeldUp(other)
    open_lesson(page, lessons)
    open_lesson(other, lessons)
    held.holds = True
    other.get_by_role("button", name="Hint").click()
    other.wait_for_timeout(1_500)
    from_before = len(held.waiting)
    assert from_before
    answer(page, PACK, PACK.questions[0], MOUSE)
    held.let_through(from_before)
    expect(other.locator(".st-key-lesson_said_hint_q")).to_be_visible()
    other.wait_for_timeout(500)
    held.let_go()
    answered(other, 1)
    settle(other)
    answered(page, 1)
    assert set(kept(page)["answers"]) == {"padding"}
    expect(page.locator(".st-key-lesson_question_padding").get_by_role("textbox")).to_have_value("4.0")
    other.close()


def test_what_two_tabs_answer_at_once_is_kept_by_both(page, lessons):
    other = page.context.new_page()
    held = HeldUp(other)
    open_lesson(page, lessons)
    open_lesson(other, lessons)
    panel = other.locator(".st-key-lesson_question_q")
    held.holds = True
    panel.get_by_role("radio", name="moved", exact=True).click()
    panel.get_by_role("button", name="Check").click()
    other.wait_for_timeout(1_500)
    answer(page, PACK, PACK.questions[0], MOUSE)
    held.let_go()
    answered(other, 2)
    answered(page, 2)
    settle(page)
    assert set(kept(page)["answers"]) == {"padding", "q"}
    expect(panel.get_by_role("radio", name="moved", exact=True)).to_be_checked()
    other.close()


NO_STORAGE = "Object.defineProperty(window, 'localStorage', {get() {throw new DOMException('no', 'SecurityError')}})"
FULL = """Storage.prototype.setItem = function (key) {
  if (key.startsWith('headlight-lesson')) throw new DOMException('full', 'QuotaExceededError');
}"""


@pytest.mark.parametrize("script, said", [(NO_STORAGE, "keeps nothing"), (FULL, "storage of this browser is full")])
def test_a_browser_that_keeps_nothing_plays_all_the_same(page, lessons, script, said):
    page.add_init_script(script)
    open_lesson(page, lessons)
    answer(page, PACK, PACK.questions[0], MOUSE)
    expect(page.get_by_text(said)).to_be_visible()
    answered(page, 1)


@pytest.mark.parametrize("value", ["{nonsense", "3", "{}", '{"progress": {"pack": "try-it", "answers": {"q": 1}}}'])
def test_what_cannot_be_read_is_said_and_replaced(page, lessons, value):
    page.add_init_script(f"if (!window.name) localStorage.setItem('{KEPT}', {json.dumps(value)}); window.name = 'set'")
    open_lesson(page, lessons)
    expect(page.get_by_text("cannot be read; the lesson begins anew")).to_be_visible()
    answer(page, PACK, PACK.questions[0], MOUSE)
    page.wait_for_function(f"JSON.parse(localStorage.getItem('{KEPT}')).progress.answers.padding.last === '4.0'")


def test_prose_is_marked_as_of_its_language(page, lessons, folder):
    (folder / "russian.yaml").write_bytes(
        SMALL.replace(b"language: en", b"language: ru").replace(b"try-it", b"russian")
    )
    page.goto(f"{lessons}/lesson?pack=russian")
    expect(page.get_by_text("in another language: Русский")).to_be_visible(timeout=60_000)
    expect(page.locator(".st-key-lesson_said_part_0")).to_have_attribute("lang", "ru")
    (folder / "russian.yaml").unlink()


def test_hostile_prose_is_shown_as_text_and_runs_nothing(page, lessons, folder):
    lines = [" ".join(text.split()) for text in HOSTILE.values()]
    kept = " ".join(line for line in lines if not set(line) & set("*_`\\|"))
    prose = " ".join("".join(c for c in kept if c.isprintable()).split())
    data = (
        HEAD.replace("try-it", "hostile")
        + PART.replace("Look at *both*.", json.dumps(prose, ensure_ascii=False))
        + "  "
        + "  ".join(PADDING.splitlines(keepends=True))
    )
    (folder / "hostile.yaml").write_text(data, encoding="utf-8")
    page.goto(f"{lessons}/lesson?pack=hostile")
    said = page.locator(".st-key-lesson_said_part_0")
    expect(said).to_be_visible(timeout=60_000)
    settle(page)
    shown = " ".join(said.evaluate("element => element.textContent").split())
    assert shown == " ".join(prose.split())
    assert said.locator("a, img, script, iframe, .katex").count() == 0
    assert page.evaluate(f"window.{MARKER}") is None
    (folder / "hostile.yaml").unlink()
