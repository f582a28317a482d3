"""An SVG of a head is valid XML whatever its tokens are, and each cell carries its weight as colour and as number."""

import xml.etree.ElementTree as ET

import numpy as np

from tests import hand_made
from viz.drawing import svg
from viz.drawing.map_sheet import map_sheet

NASTY = ["<script>alert(1)</script>", "&", "&amp;", "]]>", '"', "'", "<!--", "<b>", "{left}", "%s", "北京", "👩‍🔬"]
SVG = "{http://www.w3.org/2000/svg}"


def picture(n_tokens: int = 2, *, tokens: list[str] | None = None, **fields) -> ET.Element:
    """Draw the first head of a run and parse the document."""
    names = tuple(tokens or [f"t{i}" for i in range(n_tokens)])
    run = hand_made.run(fields.pop("attention_mask", [[1] * len(names)]), batch_fields={"tokens": (names,)}, **fields)
    return ET.fromstring(svg.written(map_sheet(run, 0, 0, 0)))


def weights(*rows: list[float]) -> np.ndarray:
    return np.array([[rows]], dtype=np.float32)[None]


def cells(root: ET.Element) -> dict[tuple[int, int], ET.Element]:
    """Find the cells by (query, key): rectangles of 24 px, counted from the upper left one."""
    found = [
        rect
        for rect in root.iter(f"{SVG}rect")
        if rect.get("width") == "24" and rect.get("fill") not in ("none", None) and rect.get("x")
    ]
    frame = next(rect for rect in root.iter(f"{SVG}rect") if rect.get("fill") == "none")
    left, top = int(frame.get("x")), int(frame.get("y"))
    return {((int(r.get("y")) - top) // 24, (int(r.get("x")) - left) // 24): r for r in found}


def texts(root: ET.Element) -> list[str]:
    return [element.text for element in root.iter(f"{SVG}text")]


def test_nasty_tokens_are_text_and_nothing_else():
    root = picture(tokens=NASTY)
    shown = texts(root)
    for token in NASTY:
        assert shown.count(token) == 2, token  # once as query, once as key
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        "svg",
        "defs",
        "pattern",
        "rect",
        "path",
        "text",
        "title",
        "linearGradient",
        "stop",
    }


def test_a_nasty_model_name_is_text():
    model = hand_made.model_info(checkpoint="a<b>&c")
    assert "a<b>&c" in texts(picture(model=model))[-1]


def test_a_cell_has_the_colour_of_its_weight():
    for weight, fill in [
        (0.0, "#ffffff"),  # the first of seven stops
        (1.0, "#08306b"),  # the last
        # 0.5 is step 128 (127.5 to even) of 255: 128/255*6 = 3.0118 stops, so 0.0118 of the way from #6aaed6 to
        # #3787c0: 106-51*0.0118 = 105.4, 174-39*0.0118 = 173.5, 214-22*0.0118 = 213.7
        (0.5, "#69aed6"),
        # 0.2 is step 51: exactly 1.2 stops, a fifth of the way from #d6e6f4 to #abd0e6:
        # 214-43*0.2 = 205.4, 230-22*0.2 = 225.6, 244-14*0.2 = 241.2
        (0.2, "#cde2f1"),
    ]:
        root = picture(attentions=weights([weight, 1 - weight], [0.25, 0.75]))
        assert cells(root)[0, 0].get("fill") == fill, weight


def test_the_number_of_a_cell_is_its_weight_and_its_row_is_the_query():
    root = picture(attentions=weights([0.125, 0.875], [0.6, 0.4]))
    numbers = {place: float(cell.find(f"{SVG}title").text) for place, cell in cells(root).items()}
    assert numbers == {(0, 0): 0.125, (0, 1): 0.875, (1, 0): 0.6, (1, 1): 0.4}


def test_the_colour_is_that_of_the_same_query_and_key():
    fills = {place: cell.get("fill") for place, cell in cells(picture(attentions=weights([1, 1], [0, 1]))).items()}
    assert (fills[0, 1], fills[1, 0]) == ("#08306b", "#ffffff")


def test_query_labels_stand_beside_their_row_and_key_labels_above_their_column():
    root = picture(tokens=["first", "second"])
    corner = {name: int(cells(root)[0, 0].get(name)) for name in "xy"}
    for i, name in enumerate(["first", "second"]):
        beside, above = [element for element in root.iter(f"{SVG}text") if element.text == name]
        assert corner["y"] + 24 * i < float(beside.get("y")) < corner["y"] + 24 * (i + 1)
        assert float(beside.get("x")) < corner["x"]
        x = float(above.get("transform").split("(")[1].split(",")[0])
        assert corner["x"] + 24 * i < x < corner["x"] + 24 * (i + 1)


def test_later_keys_are_empty_in_a_causal_model():
    root = picture(3, model=hand_made.model_info(causal=True))
    assert sorted(cells(root)) == [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)]


def test_what_is_empty_in_a_causal_model_is_dotted_and_not_white_as_a_weight_of_zero():
    rects = list(picture(3, model=hand_made.model_info(causal=True)).iter(f"{SVG}rect"))
    (ground,) = [rect for rect in rects if rect.get("fill") == "url(#later)"]
    first_cell = next(rect for rect in rects if rect.get("width") == "24" and rect.get("x"))
    assert (ground.get("x"), ground.get("y")) == (first_cell.get("x"), first_cell.get("y"))
    assert ground.get("width") == ground.get("height") == str(3 * 24)
    assert rects.index(ground) < rects.index(first_cell)  # below the weights
    assert "url(#later)" not in {rect.get("fill") for rect in picture(3).iter(f"{SVG}rect")}


def test_padding_and_hidden_cells_have_a_pattern_and_no_number():
    told = np.array([[True, False, False]])
    root = picture(3, attention_mask=[[1, 1, 0]], given_mask=told)
    fills = {place: cell.get("fill") for place, cell in cells(root).items()}
    assert fills[0, 0] == fills[1, 0] == "#abd0e6"  # 1/3 is step 85: exactly the second stop
    assert fills[0, 1] == fills[1, 1] == "url(#hidden)"
    assert {fills[place] for place in [(0, 2), (1, 2), (2, 0), (2, 1), (2, 2)]} == {"url(#padding)"}
    for place, cell in cells(root).items():
        assert (cell.find(f"{SVG}title") is not None) == (place in [(0, 0), (1, 0)])
    assert {pattern.get("id") for pattern in root.iter(f"{SVG}pattern")} == {
        "padding",
        "on-padding",
        "hidden",
        "later",
        "nothing",
    }


def test_a_row_that_may_look_at_nothing_is_struck_and_says_so():
    told = np.array([[False, True]])
    root = picture(2, model=hand_made.model_info(causal=True), given_mask=told)
    fills = {place: cell.get("fill") for place, cell in cells(root).items()}
    assert fills[0, 0] == fills[0, 1] == "url(#nothing)"
    assert cells(root)[0, 1].findtext(f"{SVG}title") == "may look at nothing"
    assert (fills[1, 0], fills[1, 1]) == ("url(#hidden)", "#69aed6")


def test_what_a_window_leaves_out_is_dotted_as_a_later_key_is():
    allowed = np.array([[[[True, False], [True, True]]]])
    root = picture(2, allowed=allowed)  # an encoder: the key is told, and not let through
    assert sorted(cells(root)) == [(0, 0), (1, 0), (1, 1)]
    assert "url(#later)" in {rect.get("fill") for rect in root.iter(f"{SVG}rect")}


def test_a_weight_on_padding_is_hatched_and_keeps_its_colour_and_number():
    root = picture(
        2, attention_mask=[[1, 0]], given_mask=np.ones((1, 2), dtype=bool), attentions=weights([0, 1], [0, 1])
    )
    drawn = [
        (rect.get("fill"), rect.findtext(f"{SVG}title"))
        for rect in root.iter(f"{SVG}rect")
        if rect.get("width") == "24" and rect.get("x")
    ]
    assert drawn == [
        ("#ffffff", "0.000000"),
        ("#08306b", "1.000000"),
        ("url(#on-padding)", "1.000000"),
        ("url(#padding)", None),
        ("url(#padding)", None),
    ]


def test_a_weight_above_one_has_the_last_colour():
    assert cells(picture(1, attentions=weights([1.01])))[0, 0].get("fill") == "#08306b"


def test_the_head_has_both_names():
    run = hand_made.run([[1]], model=hand_made.model_info(4, 11))
    assert "Layer4_Head11 · L3H10" in texts(ET.fromstring(svg.written(map_sheet(run, 0, 3, 10))))


def test_random_weights_are_said():
    assert "random weights" in texts(picture(model=hand_made.model_info(weights="random")))[-1]
    assert "random" not in texts(picture())[-1]


def test_a_long_label_and_a_long_model_name_stay_inside_the_picture():
    root = picture(tokens=["internationalization" * 3], model=hand_made.model_info(checkpoint="/a/folder" * 20))
    left, top = (int(cells(root)[0, 0].get(name)) for name in "xy")
    assert min(left, top) > 60 * 6  # 60 letters of 13 px, at least 6 px wide
    assert int(root.get("width")) > len(texts(root)[-1]) * 6  # 11 px letters are less wide
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"


def test_an_svg_is_of_the_asked_text_layer_and_head():
    values = np.zeros((2, 2, 2, 1, 1), dtype=np.float32)
    for row, layer, head in np.ndindex(2, 2, 2):
        values[row, layer, head] = (4 * row + 2 * layer + head) / 8
    run = hand_made.run([[1], [1]], model=hand_made.model_info(2, 2), attentions=values)
    for row, layer, head in np.ndindex(2, 2, 2):
        root = ET.fromstring(svg.written(map_sheet(run, row, layer, head)))
        assert float(cells(root)[0, 0].find(f"{SVG}title").text) == (4 * row + 2 * layer + head) / 8


def test_the_caption_says_text_scale_and_model():
    said = " ".join(texts(picture()))
    for words in ("text 0", "colour from 0 to 1", "rows: query, columns: key", "hand-made"):
        assert words in said, words


def test_a_long_text_is_cut_in_the_caption_and_says_so():
    run = hand_made.run([[1]], batch_fields={"texts": ("word " * 2_000,)})
    said = " ".join(texts(ET.fromstring(svg.written(map_sheet(run, 0, 0, 0)))))
    assert said.count("word") in (59, 60) and "…" in said


def test_numbers_stand_in_the_cells_when_they_are_asked_for_in_an_ink_that_can_be_read():
    run = hand_made.run([[1, 1]], attentions=weights([0.0, 1.0], [0.25, 0.754]))
    found = {
        text.text: text.get("fill", "#000000")
        for text in ET.fromstring(svg.written(map_sheet(run, 0, 0, 0, numbers=True))).iter(f"{SVG}text")
        if text.get("text-anchor") == "middle"
    }
    assert found == {"0.00": "#000000", "1.00": "#ffffff", "0.25": "#000000", "0.75": "#ffffff"}
    assert not [t for t in texts(ET.fromstring(svg.written(map_sheet(run, 0, 0, 0)))) if t == "0.25"]
