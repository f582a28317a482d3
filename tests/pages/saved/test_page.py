"""The page Runs without a browser: what was asked and opened is listed, opened, renamed, saved and forgotten."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest

from pages.ui import visit
from tests.attacks.test_bad_files import good_file
from tests.conftest import REPOSITORY
from tests.known_heads import SHORT, TURTLE, write_known_heads
from tests.pages.driver import assert_no_failure, figure, html, messages, open_app, press, title
from tests.saved_runs import assert_same, foreign, full_run, three_kind_run
from viz.files import saved

PAGE = "pages/saved/page.py"


@pytest.fixture
def known(tmp_path) -> bytes:
    """Give a file of two texts, as others would write it."""
    write_known_heads(tmp_path / "run.npz", rows=(TURTLE, SHORT))
    return (tmp_path / "run.npz").read_bytes()


def upload(app, name: str, data: bytes):
    app.file_uploader(key="saved_upload").set_value((name, data, "application/octet-stream")).run()
    assert_no_failure(app)
    return app


def listed(app) -> list[str]:
    return [button.label.replace("\\", "") for button in app.button if (button.key or "").startswith("show_")]


def more(app, at: int = 0):
    """Open the menu of a run of the list."""
    keys = [button.key.removeprefix("show_") for button in app.button if (button.key or "").startswith("show_")]
    app.session_state[f"more_{keys[at]}"] = True
    return app.run()


def page_shown(app, name: str):
    app.switch_page(f"pages/{name}/page.py").run()
    assert_no_failure(app)
    return app


def test_it_opens_empty_and_says_what_will_stand_here():
    app = open_app(PAGE)
    assert any(said.startswith("None yet.") for said in messages(app.caption))
    assert listed(app) == []
    assert not app.get("plotly_chart")


def test_an_uploaded_run_is_shown_without_its_model(known):
    app = upload(open_app(PAGE), "mine.npz", known)
    assert listed(app) == ["mine.npz"]
    assert any(
        "bert-base-uncased · 2 texts of 10 tokens · Self-attention: 12 layers of 12 heads" in said
        for said in messages(app.caption)
    )
    assert "This run holds no predictions of this text" in messages(app.info)[0]
    app.text_input(key="head_name").set_value("Layer4_Head11").run()
    run = saved.read(io.BytesIO(known))
    assert title(app) == "Layer4_Head11 · L3H10"
    assert run.attentions[0, 3, 10, 4, 3] == pytest.approx(0.87, abs=0.01)
    assert any("slow: 0.87 at moves" in said for said in messages(app.markdown))
    app.run().segmented_control(key="prompt_number").set_value(1).run()
    assert any("dogs" in said for said in messages(app.caption))


def test_a_run_with_logits_has_its_predictions():
    app = upload(open_app(PAGE), "full.safetensors", saved.as_bytes(full_run(), "safetensors"))
    assert figure(app, "bars_0")["data"][0]["y"]
    logits = full_run().readout_logits[0].astype(np.float64)
    shares = np.exp(logits) / np.exp(logits).sum()
    best = f"{shares.max():.1%}"
    assert any(f"{best}" in said for said in (figure(app, "bars_0")["data"][0]["text"] or []))
    assert any(said.startswith("The weights of this model are random") for said in messages(app.warning))


def test_a_run_of_two_stacks_shows_its_three_kinds():
    app = upload(open_app(PAGE), "three.npz", saved.as_bytes(three_kind_run()))
    assert {"Encoder", "Decoder", "Cross-attention"} <= {heading.value for heading in app.header}
    assert "mouse" in html(app)
    app.segmented_control(key="kind_shown").set_value("encoder").run()
    assert app.query_params["kind"] == "encoder"


def test_rows_that_do_not_sum_to_one_are_said(known):
    weights = np.full((1, 2, 4, 3, 3), 1 / 3)
    weights[0, 1, 2, 0] = [0.5, 0.25, 0.05]
    app = upload(open_app(PAGE), "off.npz", foreign(attentions=weights).getvalue())
    assert [said for said in messages(app.warning) if "sum to 1" in said] == [
        "Self-attention: 1 of 24 rows do not sum to 1, so they are no shares of attention. The furthest sums to 0.800: "
        "Layer2_Head3 · L1H2, query 1 my in text 1. The maps show the numbers as they are in the file."
    ]
    app = upload(app, "known.npz", known)
    assert not [said for said in messages(app.warning) if "sum to 1" in said]
    assert any("every row sums to 1" in said for said in messages(app.caption))


def test_a_bad_file_says_why_and_the_open_run_stays(known):
    app = upload(open_app(PAGE), "mine.npz", known)
    address = dict(app.query_params)
    for data in (
        b"",
        b"PK nonsense",
        good_file()[:10_000],
        foreign(attentions=np.full((1, 2, 4, 3, 3), np.nan)).getvalue(),
    ):
        upload(app, "<b>bad</b>.npz", data)
        (said,) = messages(app.error)
        assert said.startswith("'<b>bad</b>.npz' is not a saved run: ") and said.endswith(".")
        assert listed(app) == ["mine.npz"] and dict(app.query_params) == address
        assert title(app).startswith("Layer")


def test_what_is_asked_elsewhere_is_listed_opened_and_led_back_to():
    app = open_app(text="The turtle moves slow across the [MASK].", head="L1H4")
    app = page_shown(app, "saved")
    assert listed(app) == ["The turtle moves slow across the [MASK]."]
    app.button(key=next(b.key for b in app.button if (b.key or "").startswith("show_"))).click().run()
    assert_no_failure(app)
    assert title(app) == "Layer2_Head5 · L1H4"
    assert figure(app, "bars_0")["data"][0]["y"]
    more(app)
    press(app, "Open where it was asked")
    assert app.text_input(key="text").value == "The turtle moves slow across the [MASK]."


def test_the_same_question_is_listed_once_the_newest_first():
    app = open_app(text="one [MASK].")
    for text in ("two [MASK].", "one [MASK]."):
        app.text_input(key="text").set_value(text)
        press(app, "Run")
    assert listed(page_shown(app, "saved")) == ["one [MASK].", "two [MASK]."]


def test_a_run_is_renamed_and_keeps_its_name_when_it_is_asked_again():
    app = page_shown(open_app(text="one [MASK]."), "saved")
    more(app)
    name = next(field for field in app.text_input if field.key.startswith("name_"))
    name.set_value("  :red[best] $x$ ").run()
    assert listed(app) == [":red[best] $x$"]
    page_shown(app, "masked_word")
    assert listed(page_shown(app, "saved")) == [":red[best] $x$"]


def test_a_run_is_forgotten_with_its_bytes(known):
    app = upload(open_app(PAGE), "mine.npz", known)
    key = next(b.key for b in app.button if (b.key or "").startswith("show_")).removeprefix("show_")
    place = (app.session_state["visit"], key)
    assert visit._files.find(place).data == known
    more(app)
    app.button(key=f"forget_{key}").click().run()
    assert_no_failure(app)
    assert listed(app) == [] and visit._files.find(place) is None


def test_both_formats_are_saved_with_the_same_bits():
    app = upload(open_app(PAGE), "full.npz", saved.as_bytes(full_run()))
    more(app)
    names = [button.proto.label for button in app.get("download_button")]
    assert {"Save as .npz", "Save as .safetensors"} <= set(names)
    for ending in ("npz", "safetensors"):
        assert_same(full_run(), saved.read(io.BytesIO(saved.as_bytes(full_run(), ending))))


@pytest.mark.parametrize(
    "page, says", [("board", "A is the saved run mine.npz"), ("claim", "Tested on saved runs: mine.npz")]
)
def test_another_page_opens_with_the_run(known, page, says):
    app = upload(open_app(PAGE), "mine.npz", known)
    more(app)
    app.button(key=next(b.key for b in app.button if (b.key or "").startswith(f"door_{page}"))).click().run()
    assert not app.exception
    assert any(says in said for said in messages(app.caption))


def test_a_translation_opens_on_its_page_and_other_pages_offer_it():
    app = upload(open_app(PAGE), "three.npz", saved.as_bytes(three_kind_run()))
    more(app)
    app.button(key=next(b.key for b in app.button if (b.key or "").startswith("door_cross"))).click().run()
    assert_no_failure(app)
    assert any("Below is the saved run three.npz" in said for said in messages(app.caption))
    press(page_shown(app, "cross"), "Run")
    assert not any("Below is the saved run" in said for said in messages(app.caption))
    app.button(key=next(b.key for b in app.button if (b.key or "").startswith("cross_opened_"))).click().run()
    assert any("Below is the saved run three.npz" in said for said in messages(app.caption))


def test_a_visit_is_shown_nothing_of_another(known):
    app = upload(open_app(PAGE), "mine.npz", known)
    other = open_app(PAGE, mine=app.session_state["asked_saved"].mine)
    assert listed(other) == []
    assert messages(other.error)[0].startswith("This link leads to a run of another visit ('")
    assert not other.get("plotly_chart")
    assert listed(open_app("pages/board/page.py")) == []


def test_a_file_that_had_to_make_room_says_so(known, monkeypatch):
    app = upload(open_app(PAGE), "mine.npz", known)
    monkeypatch.setattr(visit, "_files", visit.Kept(10))
    app.run()
    assert messages(app.error)[0].startswith("'mine.npz' is no longer kept here")
    more(app)
    assert_no_failure(app)


def test_the_address_names_a_run_that_the_server_offers(tmp_path, monkeypatch, known):
    folder = tmp_path / "offered"
    folder.mkdir()
    (folder / "offered.npz").write_bytes(known)
    (folder / "secret.txt").write_bytes(known)
    monkeypatch.setenv("HEADLIGHT_RUNS", str(folder))
    app = open_app(PAGE, run="offered.npz", head="Layer4_Head11")
    assert app.selectbox(key="saved_choice").options == ["offered.npz"]
    assert title(app) == "Layer4_Head11 · L3H10"
    for name in ("secret.txt", "../offered.npz", "nothing.npz", "<script>"):
        refused = open_app(PAGE, run=name)
        assert messages(refused.error) == [
            f"This server offers no saved run '{name}'. Choose one from the list, or open a file of yours."
        ]
        assert not refused.get("plotly_chart")


def test_opening_a_run_of_a_fresh_server_imports_no_torch(tmp_path, known):
    (tmp_path / "offered.npz").write_bytes(known)
    program = (
        "import sys, time\n"
        "from tests.pages.driver import open_app, title\n"
        f"app = open_app({PAGE!r}, run='offered.npz', head='Layer4_Head11')\n"
        "assert title(app) == 'Layer4_Head11 · L3H10'\n"
        "time.sleep(2)\n"  # what is loaded beside the page would come by now
        "found = {'torch', 'transformers', 'tokenizers'} & set(sys.modules)\n"
        "assert not found, found"
    )
    environment = os.environ | {"HEADLIGHT_RUNS": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, env=environment, check=True, timeout=120)


def test_only_so_many_runs_are_remembered(monkeypatch):
    monkeypatch.setenv("HEADLIGHT_KEPT_RUNS", "3")
    app = open_app(PAGE)
    for at in range(5):
        upload(app, f"{at}.npz", foreign(tokens=np.array([["a", "b", str(at)]])).getvalue())
    assert listed(app) == ["4.npz", "3.npz", "2.npz"]
