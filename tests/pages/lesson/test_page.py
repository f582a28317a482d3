"""The page Lessons without a browser: packs are chosen, played and judged by the model, and every refusal is said."""

import pytest

from pages.lesson import keeping
from tests.packs import HEAD, LOOKS, PADDING, PART, pack, question
from tests.pages.driver import assert_no_failure, html, messages, open_app, press, title
from viz.packs.progress import Progress

PAGE = "pages/lesson/page.py"
PLACE, OWN = "try-it", "own:try-it"
SECOND = """\
- title: The end
  prose: Say it.
  questions:
  - id: free
    kind: word
    ask: Why?
    answer: {of: open}
"""
CLAIM = question("head", "{of: claim, at_least: 2}").replace("id: q", "id: claim")
SENTENCES = "The dog *quickly* _ran_ home.\nThe girl _sang_ *softly* at night.\nThe cat *slowly* _walked_ away."
HOSTILE = "<script>window.__pwned=1</script> $x$ :red[x] ![i](http://evil.example/x) [a](http://evil.example)"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Let the server offer a folder of packs."""
    monkeypatch.setenv("HEADLIGHT_PACKS", str(tmp_path))
    return tmp_path


@pytest.fixture
def two_parts(folder):
    """Offer one pack of two parts."""
    (folder / "try-it.en.yaml").write_bytes(pack(PADDING, LOOKS) + SECOND.encode())


def play(**address):
    return open_app(PAGE, pack="try-it", **address)


def form(app, question: str, text: str):
    """Type into a question's field and press its button."""
    fields = (*app.text_input, *app.text_area, *app.get("button_group"))
    widget = next(of for of in fields if of.key in (f"lesson_answer_{place}_{question}" for place in (PLACE, OWN)))
    widget.set_value(text)
    return send(app, question)


def send(app, question: str):
    button = next(b for b in app.button if getattr(b, "form_id", "") == f"lesson_form_{question}")
    button.click().run()
    assert_no_failure(app)
    return app


def said(app) -> str:
    return "\n".join(messages([*app.success, *app.info, *app.warning, *app.error, *app.caption, *app.markdown]))


def test_the_list_offers_packs_and_opens_one(two_parts):
    app = open_app(PAGE)
    assert "A try" in messages(app.subheader)
    assert any("15 minutes · 2 parts · 3 questions" in line for line in messages(app.caption))
    press(app, "Open “A try”")
    assert app.query_params["pack"] in ("try-it", ["try-it"])
    assert "Two texts" in messages(app.subheader)
    press(app, "All lessons")
    assert "Choose a lesson" in messages(app.header) and "pack" not in app.query_params


def test_parts_are_turned_and_stand_in_the_address(two_parts):
    app = play(part="2")
    assert "The end" in messages(app.subheader)
    press(app, "Back")
    assert "Two texts" in messages(app.subheader) and app.query_params["part"] in ("1", ["1"])
    app.selectbox(key="lesson_part_chosen").set_value(1).run()
    assert "The end" in messages(app.subheader)


@pytest.mark.parametrize("part", ["0", "99", "-1", "x", "9" * 5_000])
def test_a_part_that_is_not_there_is_the_nearest_one(two_parts, part):
    assert {"Two texts", "The end"} & set(messages(play(part=part).subheader))


def test_an_answer_is_judged_by_the_model_and_the_first_one_counts(two_parts):
    app = form(play(), "padding", "3")
    assert "That is not the model's number." in said(app) and "says 4" not in said(app)
    assert "Show the answer" not in [b.label for b in app.button]
    form(app, "padding", "5")
    press(app, "Show the answer")
    assert "The model says 4" in said(app)
    form(app, "padding", "4")
    assert "Right: the model says 4." in said(app) and "The first answer, 3, is the one that counts." in said(app)
    assert "Answered: 1 of 3. Right at the first try: 0 of 1 that the model decides." in said(app)


def test_the_same_answer_once_more_is_no_second_try(two_parts):
    app = send(form(play(), "padding", "3"), "padding")
    assert "Show the answer" not in [b.label for b in app.button]


def test_words_to_choose_from_are_chips_and_luck_is_told(two_parts):
    app = play()
    chips = next(of for of in app.get("button_group") if of.key == f"lesson_answer_{PLACE}_q")
    assert [of.content.replace("\\", "") for of in chips.proto.options][:4] == ["[CLS]", "the (2)", "turtle", "moved"]
    press(app, "Hint")
    assert "The verb." in said(app)
    form(app, "q", "moved")
    assert "Right: moved." in said(app) and "An adverb." in said(app)
    assert "1 of 1; by luck 0.1" in said(app)
    assert app.session_state["lesson_progress"]["try-it"].answers["q"].hinted


def test_what_the_model_says_waits_until_all_of_the_part_is_answered(two_parts):
    app = form(play(), "padding", "4")
    assert not app.get("plotly_chart") and "[PAD]" not in html(app)
    form(app, "q", "turtle")
    assert title(app).startswith("Layer4_Head11")
    assert html(app).count("[PAD]") >= 4
    assert any("Text 1, position 8: " in line for line in messages(app.markdown))


def test_an_open_answer_is_kept_with_its_sentence(two_parts):
    app = form(play(part="2"), "free", "Because.")
    assert "Kept. No number of the model decides this one" in said(app)
    assert app.session_state["lesson_progress"]["try-it"].answers["free"].last == "Because."


def test_a_claim_is_tested_on_marked_sentences(folder):
    (folder / "try-it.yaml").write_bytes(pack(CLAIM))
    app = play()
    app.text_area(key=f"lesson_answer_{PLACE}_claim_words").set_value("An adverb looks at its verb.")
    app.text_area(key=f"lesson_answer_{PLACE}_claim_sentences").set_value(SENTENCES.splitlines()[0])
    form(app, "claim", "Layer4_Head11")
    assert "The number of marked sentences is 1; this question asks for at least 2." in said(app)
    app.text_area(key=f"lesson_answer_{PLACE}_claim_sentences").set_value(SENTENCES)
    send(app, "claim")
    assert "Layer4_Head11 · L3H10 looks most from the query word at the key word in 3 of 3 sentences" in said(app)
    kept = app.session_state["lesson_progress"]["try-it"].answers["claim"]
    assert (kept.last, kept.sentences, kept.words) == ("Layer4_Head11", SENTENCES, "An adverb looks at its verb.")


@pytest.mark.parametrize("given, answer", [("four", "This is no number."), ("", "This is no number.")])
def test_what_is_no_answer_is_said_and_not_counted(two_parts, given, answer):
    app = form(play(), "padding", given)
    assert answer in said(app) and "Answered: 0 of 3." in said(app)


def test_an_answer_too_long_to_be_kept_is_refused_and_stays_in_its_field(two_parts):
    app = form(play(part="2"), "free", "x" * 10_000)
    assert "The answer has 10,000 characters, and 2,000 are kept." in said(app)
    assert len(app.text_area(key=f"lesson_answer_{PLACE}_free").value) == 10_000
    assert "Answered: 0 of 3." in said(app)


def test_hostile_text_is_shown_as_it_was_typed(folder):
    hostile = HEAD.replace("A try", f"'{HOSTILE}'").replace("What a batch is.", f"'{HOSTILE}'")
    part = PART.replace("Two texts", f"'{HOSTILE}'").replace("Look at *both*.", f"'{HOSTILE}'")
    part = part.replace("The [MASK] sat.", f"'{HOSTILE}'").replace("The same on its page", f"'{HOSTILE}'")
    asked = PADDING.replace("How many positions of text 2 are padding?", f"'{HOSTILE}'")
    (folder / "try-it.yaml").write_bytes(pack(asked, head=hostile, part=part))
    for app in (open_app(PAGE), play()):
        written = [of.value for of in (*app.markdown, *app.header, *app.subheader)] + [b.label for b in app.button]
        found = [text for text in written if "pwned" in text]
        assert found and all("\\<script\\>" in text and "](" not in text and "\\$x\\$" in text for text in found)
    form(app, "padding", HOSTILE)


def test_an_uploaded_pack_is_played_and_is_not_one_of_the_list(two_parts):
    app = open_app(PAGE)
    app.file_uploader(key="lesson_file").set_value(("mine.yaml", pack(PADDING), "text/yaml")).run()
    assert_no_failure(app)
    assert "Two texts" in messages(app.subheader) and app.query_params["pack"] in ("own:try-it", ["own:try-it"])
    assert "Right: the model says 4." in said(form(app, "padding", "4"))


def test_every_problem_of_a_file_is_said_with_its_line(folder):
    app = open_app(PAGE)
    wrong = pack(PADDING).replace(b"minutes: 15", b"minutes: many").replace(b"is: 4", b"is: four\n  colour: red")
    app.file_uploader(key="lesson_file").set_value(("<b>.yaml", wrong, "text/yaml")).run()
    assert_no_failure(app)
    (message,) = messages(app.error)
    assert "Cannot use the pack '<b>.yaml'" in message
    assert [line.split(":")[0] for line in message.splitlines() if line.startswith("- ")][0].startswith("- Line 4")
    assert message.count("- Line") == 3
    app.file_uploader(key="lesson_file").set_value(("x.yaml", b"\xff\xfe", "text/yaml")).run()
    assert "this is no text in UTF-8" in said(app) and "Line 4" not in said(app)


@pytest.mark.parametrize("name", ["nothing-such", "x" * 5_000, "own:never-opened", "../../etc/passwd", "\u0000"])
def test_a_pack_that_is_not_there_is_said_and_the_list_is_offered(two_parts, name):
    app = open_app(PAGE, pack=name)
    assert "Choose a lesson" in messages(app.header) or "looking whether this browser kept it" in said(app)
    if not name.startswith("own:"):
        assert any("There is no pack" in line for line in messages(app.error))


def test_a_pack_for_a_model_that_is_not_here_is_read_all_the_same(folder):
    (folder / "try-it.yaml").write_bytes(pack(PADDING, head=HEAD.replace("headlight-bert", "nobody/nothing")))
    app = form(play(), "padding", "4")
    assert any("Cannot load" in line for line in messages(app.error))
    assert app.session_state["lesson_progress"]["try-it"].answers["padding"].last == "4"


def test_a_pack_in_another_language_says_so(folder):
    (folder / "try-it.yaml").write_bytes(pack(PADDING, head=HEAD.replace("language: en", "language: ru")))
    assert "in another language: Русский" in said(play())
    (folder / "try-it.yaml").write_bytes(pack(PADDING, head=HEAD.replace("language: en", "language: qq")))
    assert "in another language: qq" in said(play())


def test_a_link_opens_its_page_with_what_it_names(two_parts):
    app = press(play(), "The same on its page")
    assert app.text_area(key="batch_text").value == "The cat sat."


def test_a_link_to_no_page_says_so(folder):
    (folder / "try-it.yaml").write_bytes(pack(part=PART.replace("page: batch", "page: nowhere")))
    assert "'nowhere', which is not in this app" in said(play())


def test_answers_to_an_earlier_version_are_kept_where_their_questions_still_are(two_parts):
    app = play()
    before = Progress("try-it", "d" * 64).answering("padding", "4").answering("gone", "x")
    app.session_state["lesson_progress"] = {"try-it": before}
    app.run()
    assert "You answered another version of this lesson" in said(app) and "Answered: 1 of 3." in said(app)


def test_the_last_part_offers_the_hand_in_with_the_name_that_was_typed(two_parts):
    assert not any(of.key == "lesson_hand_in" for of in play().get("download_button"))
    app = form(play(part="2"), "free", "Because.")
    app.text_input(key="lesson_student").set_value("Ada / <b>").run()
    assert_no_failure(app)
    (offered,) = app.get("download_button")
    assert "Download the hand-in" in offered.proto.label


def test_beginning_anew_forgets_every_answer(two_parts):
    app = press(form(play(), "padding", "4"), "Forget my answers")
    assert "Answered: 0 of 3." in said(app) and app.text_input(key=f"lesson_answer_{PLACE}_padding").value == ""


TOLD = Progress("try-it", "d" * 64).answering("padding", "4").as_plain()


@pytest.mark.parametrize("value", [{}, {"progress": None}, {"progress": {**TOLD, "part": "x"}}, {"progress": [1]}])
def test_what_a_browser_keeps_is_checked(two_parts, value):
    assert keeping.kept_progress(value) is None
    assert keeping.kept_progress({"progress": TOLD}) == Progress.from_plain(TOLD)
