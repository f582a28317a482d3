"""The page Hand-ins without a browser: files are read, bad ones named, the class judged, its claims tested again."""

import io
import json

import pytest

from tests.hand_ins import PACK_FILE, handed, told, zipped
from tests.pages.driver import assert_no_failure, figure, messages, open_app, table
from viz.packs import classroom

PAGE = "pages/hand_ins/page.py"
ANN = {"padding": "4", "look": "moved", "who": "Layer2_Head10", "claim": "Layer4_Head11", "why": "so"}


@pytest.fixture(autouse=True)
def offered(tmp_path, monkeypatch):
    """Let the server offer the pack."""
    monkeypatch.setenv("HEADLIGHT_PACKS", str(tmp_path))
    (tmp_path / "try-it.en.yaml").write_bytes(PACK_FILE)
    return tmp_path


def upload(app, **files: io.BytesIO):
    given = [(f"{name}.zip", file.getvalue(), "application/zip") for name, file in files.items()]
    app.file_uploader(key="hand_ins_files").set_value(given).run()
    assert_no_failure(app)
    return app


def opened(**files: io.BytesIO):
    return upload(open_app(PAGE), **files)


def chosen(app, question: str):
    app.selectbox(key="hand_ins_question").set_value(question).run()
    assert_no_failure(app)
    return app


def test_it_opens_empty():
    app = open_app(PAGE)
    assert [title.value for title in app.title] == ["Hand-ins"]
    assert not app.dataframe
    assert not app.header


def test_a_class_is_shown_with_its_bad_files_named():
    app = opened(
        a=handed("Ann", **ANN),
        b=handed("Bo", padding="3", look="turtle", claim="L3H10"),
        x=io.BytesIO(b"no zip"),
        y=zipped({"notes.txt": b"x"}),
    )
    (warning,) = messages(app.warning)
    assert warning.startswith("2 hand-ins were read. 2 files are left out:")
    assert "'x.zip' is left out: it is no ZIP" in warning
    assert "'y.zip' is left out: it has no answers.json" in warning
    students = table(app, "student")
    assert list(students["student"]) == ["Ann", "Bo"]
    assert list(students["right at first"]) == ["3 / 3", "0 / 2"]
    assert list(students["1.1 padding"]) == ["✓ 4", "✗ 3"]
    claims = table(app, "claimed by")
    assert list(claims["claimed by"]) == ["Ann, Bo"]
    assert list(students["1.4 claim"])[0][0] == claims["result"][0][0]


def test_questions_are_gone_through_one_by_one():
    app = opened(a=handed("Ann", **ANN), b=handed("Bo", padding="3", look="turtle"))
    assert "Answered by 2 of 2. The model says 4. Right at the first try: 1 of 2; in the end: 1." in messages(
        app.markdown
    )
    assert not app.get("plotly_chart")
    chosen(app, "look")
    bars = figure(app, "hand_ins_guesses")["data"]
    assert bars[0]["text"][bars[0]["y"].index("moved")] == "50%"
    chosen(app, "who")
    counts = figure(app, "hand_ins_guesses")["data"][1]
    assert (counts["x"], counts["y"], counts["text"]) == (["10"], ["2"], ["1"])
    chosen(app, "why")
    assert list(table(app, "first answer")["result"]) == ["open"]


def test_other_files_take_the_place_of_the_first_ones():
    app = upload(opened(a=handed("Ann", padding="4")), b=handed("Bo", padding="3"))
    assert list(table(app, "student")["student"]) == ["Bo"]
    assert not upload(app).dataframe


def test_nothing_is_judged_twice_for_another_question(monkeypatch):
    app, judged = opened(a=handed("Ann", **ANN)), []
    monkeypatch.setattr(classroom, "judged", lambda *_of: judged.append(1))
    chosen(app, "look")
    assert judged == []


def test_of_several_lessons_one_is_looked_at(offered):
    (offered / "other.en.yaml").write_bytes(
        PACK_FILE.replace(b"pack: try-it", b"pack: other").replace(b"A try", b"Other")
    )
    other = told("Zoe")
    other["progress"] |= {"pack": "other"}
    app = opened(
        a=handed("Ann", padding="4"), b=handed("Bo", padding="3"), z=zipped({"answers.json": json.dumps(other)})
    )
    assert list(table(app, "student")["student"]) == ["Ann", "Bo"]
    app.selectbox(key="hand_ins_pack").set_value("other").run()
    assert_no_failure(app)
    assert list(table(app, "student")["student"]) == ["Zoe"]
    assert any("played another version of this lesson" in said for said in messages(app.info))


def test_a_lesson_that_is_not_here_is_asked_for_and_opened_beside_the_files(offered):
    (offered / "try-it.en.yaml").unlink()
    app = opened(a=handed("Ann", padding="4"))
    assert any("There is no pack 'try-it' here." in said for said in messages(app.warning))
    assert not app.dataframe
    app.file_uploader(key="hand_ins_packs").set_value([("mine.yaml", PACK_FILE, "application/yaml")]).run()
    assert_no_failure(app)
    assert list(table(app, "student")["student"]) == ["Ann"]


def test_a_lesson_that_is_wrong_is_refused_and_the_page_stays():
    app = opened(a=handed("Ann", padding="4"))
    app.file_uploader(key="hand_ins_packs").set_value([("mine.yaml", b"pack: [", "application/yaml")]).run()
    assert_no_failure(app)
    assert any("Cannot use the pack 'mine.yaml'." in said for said in messages(app.error))
    assert list(table(app, "student")["student"]) == ["Ann"]


def test_what_students_typed_is_shown_as_its_characters():
    hostile = "<b>x</b> :red[x] $x$ ![i](http://evil.example/x)"
    app = opened(a=handed(hostile, padding="4", why=hostile), b=handed(hostile, padding="3"))
    said = [element.value for element in (*app.markdown, *app.info, *app.caption)]
    assert not [line for line in said if "<b>x</b>" in line or ":red[x]" in line or "![i](" in line]
    assert list(table(app, "student")["student"]) == [f"{hostile} (1)", f"{hostile} (2)"]
    assert any(hostile in line for line in messages(app.info))


def test_names_and_answers_are_not_logged(capfd, monkeypatch):
    monkeypatch.setenv("HEADLIGHT_LOG_TEXTS", "1")
    opened(a=handed("Ann Secretname", padding="4", why="a secret thought"))
    out, err = capfd.readouterr()
    assert "Secretname" not in out + err
    assert "secret thought" not in out + err


def test_it_speaks_the_readers_language():
    app = open_app(PAGE, lang="ru")
    app = upload(app, a=handed("Ann", padding="4"), x=io.BytesIO(b"x"))
    assert [title.value for title in app.title] == ["Сданные работы"]
    assert any(said.startswith("Прочитана 1 работа. Не принят 1 файл:") for said in messages(app.warning))
