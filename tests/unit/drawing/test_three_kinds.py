"""Maps of a target's queries over a source's keys are drawn as they are: as wide as the source, as high as the target.

The run has 2 target tokens (the last is padding) over 3 source tokens (the first is padding), one layer of two heads.
"""

import io
import xml.etree.ElementTree as ET
import zipfile

import numpy as np
import pytest

from tests import hand_made
from tests.unit.drawing.test_overview import unpacked_tiles
from viz.analysis import tables
from viz.drawing import diagrams, heatmap, overview, svg
from viz.drawing.map_sheet import map_sheet

HEAD_1 = [[0.0, 0.25, 0.75], [0.2, 0.3, 0.5]]
HEAD_2 = [[0.0, 0.81, 0.19], [0.1, 0.1, 0.8]]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def run():
    return hand_made.translation([[0, 1, 1]], [[1, 0]], cross=np.array([[[HEAD_1, HEAD_2]]], dtype=np.float32))


def test_a_tile_is_as_wide_as_the_keys_and_as_high_as_the_queries(run):
    header, tiles = unpacked_tiles(overview.payload(run, 0, "a key", "cross"))
    assert (header["side"], header["high"], header["board"]) == (3, 2, "heads cross")
    assert header["titles"] == ["Cross Layer1_Head1 · L0H0", "Cross Layer1_Head2 · L0H1"]
    assert (header["real"][0], header["real_queries"][0]) == ("011", "10")
    # 250 √0.25 = 125, 250 √0.75 = 216.5 → 217 (0.75 is exact in float32), 250 √0.81 = 225, 250 √0.19 = 108.97
    assert tiles.tolist() == [[[252, 125, 217], [252] * 3], [[252, 225, 109], [252] * 3]]


def test_boards_of_other_kinds_have_other_keys(run):
    keys = {overview.picture_key(run, 0, kind) for kind in ("encoder", "decoder", "cross")}
    assert len(keys) == 3


def test_a_long_target_over_a_short_source_shares_its_pixels_alike():
    run = hand_made.translation([[1] * 3], [[1] * 85])  # 85 tokens at 42 px: 3 a pixel, both ways
    assert overview.thumbnails(run, 0, "cross").shape == (1, 2, 29, 1)
    assert overview.thumbnails(run, 0, "encoder").shape == (1, 2, 3, 3)


def test_the_large_map_has_the_targets_words_down_and_the_sources_across(run):
    figure = heatmap.head_map(run, 0, 0, 0, kind="cross", query=0)
    weights = figure.data[-1]
    assert [name.split()[-1] for name in weights.y] == ["w0", "w1"]
    assert [name.split()[-1] for name in weights.x] == ["t0", "t1", "t2"]
    np.testing.assert_array_equal(weights.z, [[np.nan, 0.25, 0.75], [np.nan] * 3])
    assert figure.layout.title.text == "Cross Layer1_Head1 · L0H0"


def test_the_row_that_writes_is_framed_over_the_whole_source(run):
    layout = heatmap.head_map(run, 0, 0, 0, kind="cross", query=0).to_dict()["layout"]
    (frame,) = [shape for shape in layout["shapes"] if shape["type"] == "rect"]
    assert (frame["x0"], frame["x1"], frame["y0"], frame["y1"]) == (0.5, 2.5, -0.5, 0.5)
    assert any("predicts the next token" in note["text"] for note in layout["annotations"])


def test_padding_is_hatched_once_through_every_padded_cell(run):
    layout = heatmap.head_map(run, 0, 0, 0, kind="cross").to_dict()["layout"]
    (hatch,) = [shape["path"] for shape in layout["shapes"] if shape["type"] == "path"]
    # Cells (q, k) that are padded: (0, 0), (1, 0), (1, 1), (1, 2). A line for each q + k, from its upper right corner.
    assert hatch == "M0.5,-0.5L-0.5,0.5M0.5,0.5L-0.5,1.5M1.5,0.5L0.5,1.5M2.5,0.5L1.5,1.5"


def test_nothing_is_framed_where_no_row_is_asked_for(run):
    for kind in ("encoder", "decoder", "cross"):
        layout = heatmap.head_map(run, 0, 0, 0, kind=kind).to_dict()["layout"]
        assert [shape for shape in layout["shapes"] if shape["type"] == "rect"] == [], kind


def test_the_grey_picture_has_a_square_for_every_cell(run):
    pixels = np.asarray(diagrams.draw(run, 0, 0, 1, "cross"))
    top = pixels.shape[0] - 8 - 2 * 40
    left = int(np.flatnonzero(pixels[top + 20] == 150)[0]) + 1
    grid = pixels[top : top + 80, left : left + 120]
    assert set(grid[:40, 40:80].ravel()) == {round(255 * np.float32(0.81))}
    assert set(grid[:40, 80:120].ravel()) == {round(255 * np.float32(0.19))}
    assert 90 in grid[40:, 40:80]  # the target's padding shows no weight but the grey of padding


def test_the_archive_holds_a_picture_for_each_head_of_the_kind(run):
    archive = zipfile.ZipFile(io.BytesIO(diagrams.zip_all(run, 0, "cross")))
    names = [name.split("/")[1] for name in archive.namelist()]
    assert names == ["Attention_Cross_Layer1_Head1.png", "Attention_Cross_Layer1_Head2.png"]


def test_the_svg_has_the_numbers_of_the_cells(run):
    root = ET.fromstring(svg.written(map_sheet(run, 0, 0, 0, "cross")))
    said = [title.text for title in root.iter(f"{SVG}title")]
    assert said == ["0.250000", "0.750000"]
    frame = next(rect for rect in root.iter(f"{SVG}rect") if rect.get("fill") == "none")
    assert (frame.get("width"), frame.get("height")) == ("72", "48")


def test_the_table_names_words_of_both_texts(run):
    table = tables.head_table(run, 0, 0, 0, kind="cross")
    assert table["query"] == ["w0", "w0"]
    assert table["key"] == ["t2", "t1"]
    assert table["key_position"] == [3, 2]
    assert tables.describe(run, 0, 0, 0, kind="cross") == "Strongest links: w0: 0.75 at t2; w0: 0.25 at t1."
