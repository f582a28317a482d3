"""What a server answers beside the app: readiness, counters where they are switched on, a line of JSON for each run."""

import json
import re
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import open_page, settle
from tests.browser.server import running_app

SECRET = "The purple turtle whispers to the [MASK]."


def get(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def lines(log: Path) -> list[dict]:
    """Read the log's lines of JSON."""
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def test_a_fresh_server_says_when_its_models_are_loaded(tmp_path):
    with running_app(tmp_path / "log.txt") as address:
        code, said = get(f"{address}/ready")
        assert (code, json.loads(said)) == (503, {"ready": False})
        ends = time.monotonic() + 60
        while get(f"{address}/ready")[0] != 200:
            assert time.monotonic() < ends
            time.sleep(0.2)
        assert json.loads(get(f"{address}/ready")[1]) == {"ready": True}
        assert get(f"{address}/metrics")[0] == 404


def counted(text: str, name: str) -> float:
    return sum(float(value) for value in re.findall(rf"^{re.escape(name)} (\S+)$", text, re.M))


@pytest.mark.parametrize("texts", ["", "1"])
def test_each_run_is_counted_and_gets_a_line_without_its_text(page, tmp_path, texts):
    log = tmp_path / "log.txt"
    with running_app(log, HEADLIGHT_METRICS="1", HEADLIGHT_LOG_TEXTS=texts) as address:
        open_page(page, address)
        before = get(f"{address}/metrics")[1]
        page.get_by_label("Sentence with [MASK]").fill(SECRET)
        page.get_by_role("button", name="Run").click()
        expect(page.get_by_text("The purple turtle whispers to the").first).to_be_visible()
        settle(page)
        after = get(f"{address}/metrics")[1]
    asks = 'headlight_requests_total{answer="made",request="Ask"}'
    assert counted(after, asks) - counted(before, asks) == 1
    assert counted(after, "headlight_queued_seconds_count") > 0
    assert counted(after, "headlight_kept_bytes") > 10_000
    assert counted(after, "headlight_model_bytes") > 20_000_000  # 5.1 million parameters as float32
    assert counted(after, "headlight_waiting") == 0
    assert "purple" not in after and "_created" not in after
    *_others, line = [line for line in lines(log) if line["request"] == "Ask"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", line["time"])
    assert re.fullmatch(r"[0-9a-f]{8}", line["session"])
    assert (line["model"], line["engine"], line["texts"]) == ("headlight-bert", "local", 1)
    assert line["tokens"] == 10 and line["bytes"] > 6 * 12 * 10 * 10 * 4
    assert line["ms_queued"] >= 0 and 0 < line["ms_computed"] < 60_000
    assert line.get("text") == ([SECRET] if texts else None)
    assert ("purple" in log.read_text()) == bool(texts)
