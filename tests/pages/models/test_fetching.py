"""Fetching from a stand-in Hub: weighed first, one download for all, stopped for real, gone on with, never unasked."""

import time
from pathlib import Path

import pytest
from huggingface_hub import constants

from tests.model.small_hub import Hub, Manners, serving
from tests.pages.driver import assert_no_failure, messages, open_app, press
from viz.engine.local import engine
from viz.engine.requests import StopDownload, Watch

PAGE = "pages/models/page.py"
WEIGHTS = "model.safetensors"
SECONDS = 30


@pytest.fixture
def name(request) -> str:
    """Name the model of a test: what became of the last download of a name is remembered."""
    return f"some/{request.node.name[:40]}"


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path, name):
    """Allow requests, to loopback alone, and keep what is fetched in a folder of the test."""
    for name in ("HEADLIGHT_MAX_MODEL_GB", "HEADLIGHT_MODELS", "HEADLIGHT_ALLOW"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # where nobody listens: only the field leads anywhere
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    yield
    engine.ask(StopDownload(name))


@pytest.fixture
def slow_hub(tiny_bert_folder, name):
    """Serve a model at a rate that leaves time to look: its weights take ten seconds."""
    per_second = (tiny_bert_folder / WEIGHTS).stat().st_size // 10
    with serving(Hub({name: tiny_bert_folder}, manners=Manners(per_second=per_second))) as hub:
        yield hub


@pytest.fixture
def quick_hub(tiny_bert_folder, name):
    with serving(Hub({name: tiny_bert_folder})) as hub:
        yield hub


def weigh(hub: Hub, name: str):
    """Open the page, type a name and a mirror, and ask how large it is."""
    app = open_app(PAGE)
    app.text_input(key="models_name").set_value(name)
    app.text_input(key="models_mirror").set_value(hub.endpoint)
    return press(app, "How large is it?")


def fetch(hub: Hub, name: str):
    """Weigh, and begin the download."""
    app = weigh(hub, name)
    return press(app, next(button.label for button in app.button if button.label.startswith("Download")))


def wait_for(done, what: str):
    """Wait until something is so; gives what it gave."""
    deadline = time.monotonic() + SECONDS
    while not (value := done()):
        assert time.monotonic() < deadline, f"waited {SECONDS} s for {what}"
        time.sleep(0.02)
    return value


def fetched(name: str) -> bool:
    return engine.ask(Watch(name)).status == "done"


def look_again(app):
    app.run()
    assert_no_failure(app)
    return app


def progress(app) -> str:
    (bar,) = app.get("progress")
    return bar.proto.text.replace("\\", "")


def test_its_size_is_said_before_a_byte_of_it_is_fetched(quick_hub, tiny_bert_folder, name):
    app = weigh(quick_hub, name)
    shown = {metric.label: metric.value for metric in app.metric}
    needed = [file for file in tiny_bert_folder.iterdir() if file.name != "README.md"]
    n_bytes = sum(file.stat().st_size for file in needed)
    assert shown["To download"] == f"{n_bytes / 1e3:,.0f} kB"
    assert shown["On this computer"] == f"0 B of {n_bytes / 1e3:,.0f} kB"
    assert [text.value for text in app.text] == [f"Asked: {quick_hub.endpoint}"]
    assert quick_hub.n_sent[WEIGHTS] == 0
    assert any(button.label == f"Download {n_bytes / 1e3:,.0f} kB" for button in app.button)


def test_a_model_that_is_not_here_is_weighed_and_not_fetched_when_it_is_to_be_checked(quick_hub, name):
    app = open_app(PAGE, model=name, mirror=quick_hub.endpoint)
    press(app, "Check that it loaded")
    assert messages(app.info) == ["It is not on this computer yet, so it cannot be checked. Download it first."]
    assert not any("/resolve/" in seen and seen.startswith("GET") for seen in quick_hub.seen)


def test_a_fetched_model_is_listed_and_can_be_checked(quick_hub, name):
    app = fetch(quick_hub, name)
    wait_for(lambda: fetched(name), "the download")
    look_again(app)
    assert messages(app.success) == [f"{name} is on this computer, all of it."]
    assert "**Downloaded from the Hub**" in messages(app.markdown)
    assert any(said.startswith(f"**{name}**") for said in messages(app.markdown))
    press(app, "Check that it loaded")
    assert messages(app.success) == ["Green: it loaded as it should."]


def test_bytes_rate_and_time_left_are_told_while_it_comes(slow_hub, name):
    app = fetch(slow_hub, name)
    wait_for(lambda: slow_hub.n_sent[WEIGHTS], "the first bytes")
    told = wait_for(lambda: " a second" in (said := progress(look_again(app))) and said, "the rate")
    assert " of " in told and told.endswith(" left")


def test_cancel_stops_the_bytes_and_the_next_download_goes_on_from_there(slow_hub, tiny_bert_folder, name):
    app = fetch(slow_hub, name)
    wait_for(lambda: engine.ask(Watch(name)).n_done > (tiny_bert_folder / WEIGHTS).stat().st_size // 5, "some bytes")
    press(look_again(app), "Cancel")
    n_sent = slow_hub.n_sent[WEIGHTS]
    time.sleep(0.5)
    assert slow_hub.n_sent[WEIGHTS] <= n_sent + slow_hub.manners.per_second // 5  # what was on its way
    (said,) = messages(look_again(app).info)
    assert said.startswith(f"The download of {name} was stopped: ") and said.endswith("It goes on from there.")
    slow_hub.manners.per_second = None
    press(app, "Go on with the download")
    wait_for(lambda: fetched(name), "the rest")
    assert slow_hub.ranges[0] == "" and slow_hub.ranges[-1].startswith("bytes=")
    here = next(iter(Path(constants.HF_HUB_CACHE).glob(f"*/snapshots/*/{WEIGHTS}")))
    assert here.read_bytes() == (tiny_bert_folder / WEIGHTS).read_bytes()


def test_two_visitors_share_one_download_and_both_see_it(slow_hub, name):
    first, second = weigh(slow_hub, name), weigh(slow_hub, name)
    for app in (first, second):
        press(app, next(button.label for button in app.button if button.label.startswith("Download")))
    wait_for(lambda: slow_hub.n_sent[WEIGHTS], "the first bytes")
    assert " of " in progress(look_again(first)) and " of " in progress(look_again(second))
    press(first, "Cancel")
    for app in (first, second):
        assert messages(look_again(app).info)[0].startswith(f"The download of {name} was stopped")
    assert len(slow_hub.ranges) == 1


def test_two_clicks_begin_one_download(slow_hub, name):
    app = weigh(slow_hub, name)
    button = next(button for button in app.button if button.label.startswith("Download"))
    button.click().run()
    states = app._tree.get_widget_states()  # the second click comes from the page as it was before the first
    states.widgets.add(id=button.id, trigger_value=True)
    app._run(states)
    assert_no_failure(app)
    wait_for(lambda: slow_hub.n_sent[WEIGHTS], "the first bytes")
    assert len(slow_hub.ranges) == 1


def test_a_download_goes_on_without_its_visitor_and_is_there_when_they_come_back(slow_hub, name):
    app = fetch(slow_hub, name)
    assert progress(open_app(PAGE, model=name))  # after a reload, or in another window
    app.query_params.clear()  # as the menu does
    app.switch_page("pages/claim/page.py").run()
    assert_no_failure(app)
    wait_for(lambda: fetched(name), "the download that nobody looks at")
    app.switch_page(PAGE).run()
    assert_no_failure(app)
    assert messages(app.success) == [f"{name} is on this computer, all of it."]
    assert len(slow_hub.ranges) == 1


def test_a_download_that_breaks_off_says_why_and_can_be_gone_on_with(tiny_bert_folder, name):
    manners = Manners(cut_after=1_000)
    with serving(Hub({name: tiny_bert_folder}, manners=manners)) as hub:
        app = fetch(hub, name)
        (said,) = wait_for(lambda: messages(look_again(app).error), "the error")
        assert said.startswith(f"The download of '{name}' broke off at ")
        assert "the connection was cut" in said
        manners.cut_after = None
        press(app, "Go on with the download")
        wait_for(lambda: fetched(name), "the rest")
    assert not look_again(app).error


@pytest.mark.parametrize(
    "status, headers, said",
    [
        (404, {}, "There is no model 'some/other'"),
        (403, {"X-Error-Code": "GatedRepo"}, "its owner asks for permission on the Hub first"),
        (500, {}, "the Hub cannot be reached"),
    ],
)
def test_what_a_mirror_refuses_is_said_and_what_was_typed_stays(status, headers, said):
    with serving(Hub({}, status, headers)) as hub:
        app = weigh(hub, "some/other")
        assert len(app.error) == 1 and said in messages(app.error)[0]
        assert app.text_input(key="models_name").value == "some/other"
        assert app.text_input(key="models_mirror").value == hub.endpoint


def test_a_model_over_the_limit_is_not_offered(quick_hub, monkeypatch, name):
    monkeypatch.setenv("HEADLIGHT_MAX_MODEL_GB", "0.00001")
    app = weigh(quick_hub, name)
    assert len(app.error) == 1 and "GB" in messages(app.error)[0]
    assert not any(button.label.startswith("Download") for button in app.button)
    assert quick_hub.n_sent[WEIGHTS] == 0
