"""Lines of a head: as thick and dark as the weight, none to what is hidden, later or padding, words of any kind."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tests import hand_made
from viz.drawing import shapes, svg
from viz.drawing.lines import can_be_lines, lines_sheet
from viz.errors import TooManyForLines

SVG = "{http://www.w3.org/2000/svg}"
NASTY = ["<script>alert(1)</script>", "&amp;", "]]>", '"', "$x$", "北京"]


def drawn(run, kind: str = "self") -> ET.Element:
    return ET.fromstring(svg.written(lines_sheet(run, 0, 0, 0, kind)))


def links(root: ET.Element) -> dict[tuple[int, int], ET.Element]:
    """Find the lines by (query, key), counted from where the words stand: rows of 20 px from the first word's on."""
    found = [line for line in root.iter(f"{SVG}line") if line.find(f"{SVG}title") is not None]
    words = [text for text in root.iter(f"{SVG}text") if text.get("text-anchor") == "end" and text.text != "query"]
    top = min(float(text.get("y")) for text in words if not text.get("font-size")) - 13 / 3 - 10
    return {tuple(int((float(line.get(y)) - top) // 20) for y in ("y1", "y2")): line for line in found}


def of_weights(*rows: list[float], **fields):
    weights = np.array([[[rows]]], dtype=np.float32)
    return hand_made.run(fields.pop("attention_mask", [[1] * len(rows)]), attentions=weights, **fields)


def test_a_line_is_as_thick_and_as_dark_as_its_weight_and_says_it():
    root = drawn(of_weights([0.25, 0.75], [0.5, 0.5]))
    found = links(root)
    assert sorted(found) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    for (query, key), weight in {(0, 0): 0.25, (0, 1): 0.75, (1, 0): 0.5}.items():
        line = found[query, key]
        assert float(line.get("stroke-width")) == pytest.approx(7 * weight, rel=1e-3)
        assert float(line.get("stroke-opacity")) == pytest.approx(weight, rel=1e-3)
        assert line.findtext(f"{SVG}title") == f"t{query} → t{key}: {weight:.6f}"


def test_the_query_is_left_and_the_key_right():
    line = links(drawn(of_weights([0, 1], [0, 1])))[0, 1]
    assert float(line.get("x1")) < float(line.get("x2"))
    assert float(line.get("y1")) < float(line.get("y2"))


def test_a_faint_weight_has_no_line_and_the_picture_says_from_where_on():
    root = drawn(of_weights([0.0099, 0.0101], [1, 0]))
    assert sorted(links(root)) == [(0, 1), (1, 0)]
    assert "below 0.01 none is drawn" in " ".join(text.text for text in root.iter(f"{SVG}text"))


def test_the_strongest_lie_on_top():
    weights = [float(line.get("stroke-width")) for line in links(drawn(of_weights([0.6, 0.4], [0.1, 0.9]))).values()]
    assert weights == sorted(weights)


def test_later_hidden_and_padded_words_have_no_line_and_padding_is_grey():
    even = [[0.25] * 4] * 4
    causal = drawn(of_weights(*even, model=hand_made.model_info(causal=True)))
    assert sorted(links(causal)) == [(q, k) for q in range(4) for k in range(q + 1)]
    told = np.array([[True, False, True, False]])
    root = drawn(of_weights(*even, attention_mask=[[1, 1, 1, 0]], given_mask=told))
    assert sorted(links(root)) == [(q, k) for q in range(3) for k in (0, 2)]
    grey = [text.text for text in root.iter(f"{SVG}text") if text.get("fill") == "#9a9a9a"]
    assert grey == ["t3", "t3"]


def test_a_line_to_padding_that_the_model_was_not_told_of_says_so():
    run = of_weights([0, 1], [0, 1], attention_mask=[[1, 0]], given_mask=np.ones((1, 2), dtype=bool))
    (line,) = links(drawn(run)).values()
    assert line.findtext(f"{SVG}title") == "t0 → t1: 1.000000 (on padding)"
    assert line.get("stroke") == "#9a9a9a"


def test_nasty_words_are_text():
    root = drawn(hand_made.run([[1] * 6], batch_fields={"tokens": (tuple(NASTY),)}))
    shown = [text.text for text in root.iter(f"{SVG}text")]
    assert all(shown.count(token) == 2 for token in NASTY)
    assert not list(root.iter(f"{SVG}script"))


def test_cross_attention_joins_two_texts():
    run = hand_made.translation([[1, 1, 1]], [[1, 1]])
    shown = [text.text for text in drawn(run, "cross").iter(f"{SVG}text")]
    assert [text for text in shown if text[0] in "wt" and text[1:].isdigit()] == ["w0", "w1", "t0", "t1", "t2"]


def test_more_than_64_tokens_are_refused_in_words():
    assert can_be_lines(hand_made.run([[1] * 64]))
    assert not can_be_lines(hand_made.run([[1] * 65]))
    lines_sheet(hand_made.run([[1] * 64]), 0, 0, 0)
    with pytest.raises(TooManyForLines, match="The text has 65 tokens; lines are drawn for at most 64"):
        lines_sheet(hand_made.run([[1] * 65]), 0, 0, 0)


def test_everything_stands_inside_the_picture():
    sheet = lines_sheet(hand_made.run([[1]], batch_fields={"tokens": (("internationalization" * 2,),)}), 0, 0, 0)
    for shape in sheet.shapes:
        if isinstance(shape, shapes.Words):
            wide = shapes.text_px(shape.text, shape.px)
            left = shape.x - (wide if shape.anchor == "end" else 0)
            assert left >= 0 and left + wide <= sheet.width, shape.text
            assert 0 < shape.y < sheet.height
