"""A head as PDF, read back with another library: its words, its fonts, its size, its cells, and nothing that runs."""

import io
import re
import subprocess
import sys

import numpy as np
import pytest
from pypdf import PdfReader

from tests import hand_made
from tests.conftest import REPOSITORY
from viz.drawing import fonts, lines, pdf
from viz.drawing.map_sheet import map_sheet
from viz.errors import NeedsShaping, NoFontFor

TOKENS = ("[CLS]", "the", "Größe", "</script>", "$x$", "это")


def some_run(n_padding: int = 0, **fields):
    """Make a run of six tokens whose weights are all different, the last ones padding."""
    n = len(TOKENS)
    real = [[1] * (n - n_padding) + [0] * n_padding]
    weights = np.arange(n * n, dtype=np.float32).reshape(1, 1, 1, n, n) / (n * n)
    names = {"tokens": (TOKENS,), "texts": ("the text itself",)}
    return hand_made.run(real, batch_fields=names, attentions=weights, **fields)


def read(data: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(data), strict=True)


def written(run, **options) -> PdfReader:
    return read(pdf.written(map_sheet(run, 0, 0, 0, **options)))


def lines_of(reader: PdfReader) -> list[str]:
    return reader.pages[0].extract_text().splitlines()


def filled(reader: PdfReader) -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
    """List what is filled: (red, green, blue), (left, lower edge, width, height) in points."""
    content, colour, found = reader.pages[0].get_contents().get_data().decode("latin-1"), (), []
    for line in content.splitlines():
        if match := re.fullmatch(r"([\d.]+) ([\d.]+) ([\d.]+) rg", line):
            colour = tuple(map(float, match.groups()))
        elif match := re.fullmatch(r"([\d.]+) ([\d.]+) g", line) or re.fullmatch(r"([\d.]+) g", line):
            colour = (float(match[1]),) * 3
        elif match := re.fullmatch(r"([\d.-]+) ([\d.-]+) ([\d.-]+) ([\d.-]+) re f", line):
            found.append((colour, tuple(map(float, match.groups()))))
    return found


def test_it_says_the_head_by_both_names_the_tokens_the_text_the_model_and_the_scale():
    said = " ".join(lines_of(written(some_run())))
    for words in ("Layer1_Head1 · L0H0", *TOKENS, "the text itself", "hand-made", "colour from 0 to 1"):
        assert words in said, words


def test_every_font_is_embedded_and_only_the_letters_that_are_used():
    data = pdf.written(map_sheet(some_run(), 0, 0, 0))
    found = read(data).pages[0]["/Resources"]["/Font"]
    assert found
    for font in found.values():
        inner = font.get_object()["/DescendantFonts"][0].get_object()
        assert "/FontFile2" in inner["/FontDescriptor"].get_object()
    assert len(data) < 60_000  # DejaVu Sans alone has 757 kB


def test_the_page_is_as_large_as_the_picture_and_there_is_one():
    sheet = map_sheet(some_run(), 0, 0, 0)
    reader = read(pdf.written(sheet))
    assert len(reader.pages) == 1
    box = reader.pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx((0.75 * sheet.width, 0.75 * sheet.height), abs=0.01)


def test_nothing_in_it_runs_or_leads_away():
    run = some_run(model=hand_made.model_info(checkpoint="javascript:alert(1) http://e.invalid"))
    data = pdf.written(map_sheet(run, 0, 0, 0))
    reader = read(data)
    root = reader.trailer["/Root"]
    assert not {"/AA", "/Names", "/AcroForm"} & set(root)
    assert isinstance(root["/OpenAction"], list)  # how the page is shown: a place, and no action
    assert "/Annots" not in reader.pages[0]
    assert not re.search(rb"/(JavaScript|JS|URI|Launch|EmbeddedFile)\b", data)


def test_the_numbers_in_the_cells_are_the_weights_in_the_order_of_queries_and_keys():
    run = some_run()
    numbers = re.findall(r"\b0\.\d\d\b", " ".join(lines_of(written(run, numbers=True))))
    expected = [f"{weight:.2f}" for weight in run.attentions.ravel().tolist()]
    assert sorted(numbers) == sorted(expected)
    assert not re.findall(r"\b0\.\d\d\b", " ".join(lines_of(written(run))))


def test_a_cell_lies_where_its_query_and_key_do_in_the_colour_of_its_weight():
    run = some_run()
    sheet = map_sheet(run, 0, 0, 0)
    drawn = {place: colour for colour, place in filled(read(pdf.written(sheet)))}
    for query, key in ((1, 0), (3, 4), (5, 5)):
        left, upper = 0.75 * (sheet.left + 24 * key), 0.75 * (sheet.height - sheet.top - 24 * query)
        (colour,) = [c for (x, y, *_size), c in drawn.items() if (x, y) == pytest.approx((left, upper), abs=0.02)]
        # Between the stops of the scale: sevenths written out, six of them from white to dark blue.
        stops = np.array(
            [
                [255, 255, 255],
                [214, 230, 244],
                [171, 208, 230],
                [106, 174, 214],
                [55, 135, 192],
                [16, 91, 164],
                [8, 48, 107],
            ]
        )
        at = 6 * (query * 6 + key) / 36
        expected = [np.interp(at, range(7), stops[:, c]) / 255 for c in range(3)]
        assert colour == pytest.approx(expected, abs=0.012)


def test_a_white_cell_is_left_to_the_page_and_equal_neighbours_are_one():
    weights = np.array([[[[[0, 0.5, 0.5, 0.5]] * 4]]], dtype=np.float32)
    reader = read(pdf.written(map_sheet(hand_made.run([[1] * 4], attentions=weights), 0, 0, 0)))
    assert [size[2] for _colour, size in filled(reader) if size[2] > 10] == [54] * 4  # three cells of 18 points


def test_padding_is_grey_and_hatched():
    content = written(some_run(n_padding=2)).pages[0].get_contents().get_data().decode("latin-1")
    assert "0.7412 g" in content  # #bdbdbd
    plain = written(some_run()).pages[0].get_contents().get_data().decode("latin-1")
    assert content.count(" l S") > plain.count(" l S") + 3 * 20


def test_lines_are_written_too():
    said = " ".join(lines_of(read(pdf.written(lines.lines_sheet(some_run(), 0, 0, 0)))))
    assert "query (this token looks)" in said
    assert "Layer1_Head1 · L0H0" in said


def test_characters_that_no_font_has_are_named_and_refused():
    run = hand_made.run([[1]], batch_fields={"tokens": (("\U0001f9ff\ue123",),)})
    with pytest.raises(NoFontFor, match="No installed font has these characters: .*\ue123"):
        pdf.written(map_sheet(run, 0, 0, 0))


@pytest.mark.parametrize("token", ["سلام", "שלום", "नमस्ते", "e\u0333", "\u202eabc"])
def test_letters_that_would_stand_wrongly_are_refused(token):
    run = hand_made.run([[1]], batch_fields={"tokens": ((token,),)})
    with pytest.raises(NeedsShaping, match="Take the SVG"):
        pdf.written(map_sheet(run, 0, 0, 0))


def test_letters_with_an_accent_apart_are_put_together():
    run = hand_made.run([[1]], batch_fields={"tokens": (("cafe\u0301",),)})
    assert "café" in " ".join(lines_of(written(run)))


def test_a_font_is_found_for_what_it_has_and_none_for_the_rest():
    assert fonts.path_for("a") is not None
    assert fonts.path_for("\ue123") is None


def test_who_writes_the_first_file_is_not_held_by_the_library():
    program = """if True:
        import gc, weakref
        from tests import hand_made
        from viz.drawing import pdf
        from viz.drawing.map_sheet import map_sheet

        def write():
            run = hand_made.run([[1]])
            pdf.written(map_sheet(run, 0, 0, 0))
            return weakref.ref(run)

        left = write()
        gc.collect()
        print(left() is None)
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout.strip() == "True", done.stderr
