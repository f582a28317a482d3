"""The log of runs says who ran what and how long it took, and never what was typed unless that is switched on."""

import json
import logging

import pytest

from tests import hand_made
from viz import journal
from viz.engine.requests import Ask, Trace
from viz.journal import Entry


@pytest.fixture
def written(caplog):
    """Give a function that writes an entry and reads its line."""
    caplog.set_level(logging.INFO, "headlight.runs")

    def write(entry: Entry) -> dict:
        journal.write(entry)
        return json.loads(caplog.records[-1].getMessage())

    return write


def test_a_line_says_model_sizes_and_times(written):
    run = hand_made.run([[1, 1, 0], [1, 1, 1]])
    line = written(Entry(Ask("my-model", ("a", "b")), "visitor", 0.25, 0.0123, record=run))
    assert line | {"time": "", "session": ""} == {
        "time": "",
        "session": "",
        "request": "Ask",
        "model": "my-model",
        "texts": 2,
        "tokens": 3,
        "bytes": run.nbytes,
        "ms_queued": 250.0,
        "ms_computed": 12.3,
        "engine": "local",
    }


def test_a_visitor_keeps_a_number_that_is_not_their_name(written):
    numbers = [written(Entry(Ask("m", ("a",)), name, 0, 0))["session"] for name in ("one", "two", "one")]
    assert numbers[0] == numbers[2] != numbers[1]
    assert "one" not in numbers[0]


@pytest.mark.parametrize("switched_on", [False, True])
def test_texts_are_written_only_where_that_is_switched_on(written, monkeypatch, switched_on):
    monkeypatch.setenv("HEADLIGHT_LOG_TEXTS", "1" if switched_on else "0")
    request = Trace(Ask("m", ("a\nsecret",), mask=None), 0)
    line = written(Entry(request, None, 0, 0, error="AllTokensHidden"))
    assert line.get("text") == (["a\nsecret"] if switched_on else None)
    assert (line["request"], line["error"], "session" in line) == ("Trace", "AllTokensHidden", False)


def test_an_error_nobody_foresaw_has_the_number_of_the_page(caplog):
    caplog.set_level(logging.INFO, "headlight.runs")
    journal.write_error("a1b2c3", ValueError("holds a secret"))
    line = json.loads(caplog.records[-1].getMessage())
    assert (line["error"], line["number"]) == ("ValueError", "a1b2c3")
    assert "secret" not in caplog.text
