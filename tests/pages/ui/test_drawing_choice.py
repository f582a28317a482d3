"""A head as a map or as lines, with or without numbers: what the address brings, what is said, what long texts get."""

import json
import xml.etree.ElementTree as ET

import pytest

from tests.pages.driver import assert_no_failure, figure, messages, open_app

SHORT, LONGER = "the [MASK]", "The turtle moves slow across the road and the old man near the [MASK] smiles."
LONG = "the " * 70 + "[MASK]"


def is_map(app) -> bool:
    return any(chart.proto.id.endswith("-head_map") for chart in app.get("plotly_chart"))


def numbers(app) -> list[str]:
    """List what is written into the cells."""
    return [text for trace in figure(app, "head_map")["data"] if trace["type"] == "scatter" for text in trace["text"]]


def drawn_lines(app) -> ET.Element:
    """Parse the SVG that the page sends to its component."""
    sent = [json.loads(element.proto.json) for element in app.get("bidi_component") if element.proto.json]
    (svg,) = [data["svg"] for data in sent if isinstance(data, dict) and "svg" in data]
    return ET.fromstring(svg)


def test_lines_come_with_the_address_and_go_with_a_click():
    app = open_app(text=SHORT, drawing="lines", head="L1H4")
    assert not is_map(app)
    assert "Layer2_Head5 · L1H4" in [text.text for text in drawn_lines(app).iter() if text.tag.endswith("text")]
    app.segmented_control(key="drawing_shown").set_value("map").run()
    assert_no_failure(app)
    assert is_map(app) and "drawing" not in app.query_params


def test_lines_are_chosen_by_a_click_and_written_into_the_address():
    app = open_app(text=SHORT)
    app.segmented_control(key="drawing_shown").set_value("lines").run()
    assert_no_failure(app)
    assert not is_map(app)
    assert app.query_params["drawing"] == "lines"


def test_a_text_of_more_than_64_tokens_keeps_its_map_and_says_why():
    app = open_app(text=LONG, drawing="lines")
    assert is_map(app)
    assert any("The text has 73 tokens; lines are drawn for at most 64" in said for said in messages(app.caption))


@pytest.mark.parametrize("text, at_first", [(SHORT, True), (LONGER, False)])
def test_numbers_stand_in_the_cells_of_short_texts_at_first_and_can_be_switched(text, at_first):
    app = open_app(text=text)

    assert bool(numbers(app)) == at_first
    app.toggle(key="numbers_shown").set_value(not at_first).run()
    assert_no_failure(app)
    assert bool(numbers(app)) != at_first
    assert app.query_params["numbers"] == "01"[not at_first]


def test_numbers_come_with_the_address():
    assert len(numbers(open_app(text=LONGER, numbers="1"))) == 18 * 18


def test_a_text_without_room_for_numbers_offers_none():
    app = open_app(text="the " * 30 + "[MASK]", numbers="1")
    assert "numbers_shown" not in [toggle.key for toggle in app.toggle]
    assert not numbers(app)


def test_what_no_drawing_is_called_is_a_map():
    assert is_map(open_app(text=SHORT, drawing="<script>", numbers="maybe"))
