"""What a notebook displays holds the run's numbers, and no token of it stands in the notebook's own HTML."""

import base64
import io
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from tests import hand_made
from tests.unit.files.test_page_html import data_of, weights_of
from viz import notebook
from viz.errors import HeadOutOfRange, TooManyForLines

NASTY = ("</script>", '"><img src=x onerror=alert(1)>', "'", "&quot;")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def run():
    draw = np.random.default_rng(4).random((1, 2, 3, 4, 4), dtype=np.float32)
    fields = {"tokens": (NASTY,), "texts": (" ".join(NASTY),)}
    return hand_made.run([[1] * 4], model=hand_made.model_info(2, 3), batch_fields=fields, attentions=draw)


class Only(HTMLParser):
    """Read the one element that a display consists of."""

    def __init__(self, text: str):
        super().__init__()
        self.elements = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        assert not data.strip()


def shown(display) -> tuple[str, dict]:
    (element,) = Only(display._repr_html_()).elements
    return element


def content(source: str) -> bytes:
    return base64.b64decode(source.split(",", 1)[1])


def test_a_head_is_one_picture_with_its_numbers_and_says_its_strongest_links(run):
    tag, attributes = shown(notebook.head(run, layer=1, head=2))
    assert tag == "img" and attributes["src"].startswith("data:image/svg+xml;base64,")
    assert attributes["alt"].startswith("Layer2_Head3 · L1H2. Strongest links: ")
    root = ET.fromstring(content(attributes["src"]))
    numbers = [float(title.text) for title in root.iter(f"{SVG}title")]
    np.testing.assert_allclose(numbers, run.attentions[0, 1, 2].ravel(), atol=1e-6)
    assert sum(text.text == f"{run.attentions[0, 1, 2, 0, 0]:.2f}" for text in root.iter(f"{SVG}text")) >= 1


def test_a_head_as_lines_has_a_line_for_every_number(run):
    root = ET.fromstring(content(shown(notebook.head(run, layer=1, head=2, as_lines=True))[1]["src"]))
    said = [line.findtext(f"{SVG}title") for line in root.iter(f"{SVG}line") if line.find(f"{SVG}title") is not None]
    assert len(said) == (run.attentions[0, 1, 2] >= 0.01).sum()


def test_the_overview_is_a_picture_of_all_heads(run):
    tag, attributes = shown(notebook.overview(run))
    assert tag == "img" and attributes["alt"] == "All heads: 2 layers down, 3 heads across."
    assert Image.open(io.BytesIO(content(attributes["src"]))).format == "PNG"


def test_the_page_stands_in_a_frame_that_reaches_nothing_and_holds_every_number(run):
    tag, attributes = shown(notebook.page(run))
    assert tag == "iframe" and attributes["sandbox"] == "allow-scripts"
    data = data_of(attributes["srcdoc"].encode())
    for number in range(6):
        np.testing.assert_allclose(
            weights_of(data, 0, "self", number), run.attentions[0, number // 3, number % 3], atol=1e-6
        )


def test_each_is_saved_as_the_file_it_is(run, tmp_path):
    plain = hand_made.run([[1, 1]])
    notebook.head(plain).save(tmp_path / "a.svg")
    notebook.head(plain).save(tmp_path / "a.PDF")
    notebook.overview(run).save(str(tmp_path / "b.png"))
    notebook.page(run).save(tmp_path / "c.html")
    assert ET.fromstring((tmp_path / "a.svg").read_text()).tag == f"{SVG}svg"
    assert "Layer1_Head1" in PdfReader(tmp_path / "a.PDF").pages[0].extract_text()
    assert (tmp_path / "b.png").read_bytes()[:4] == b"\x89PNG"
    assert (tmp_path / "c.html").read_bytes().startswith(b"<!doctype html>")


def test_what_does_not_exist_is_refused_in_words(run):
    with pytest.raises(HeadOutOfRange, match="Layer3_Head1 does not exist: this model has 2 layers of 3 heads"):
        notebook.head(run, layer=2)
    with pytest.raises(HeadOutOfRange):
        notebook.head(run, layer=-1)
    with pytest.raises(TooManyForLines):
        notebook.head(hand_made.run([[1] * 65]), as_lines=True)


def test_of_two_stacks_cross_attention_is_shown_unless_another_is_asked_for():
    run = hand_made.translation([[1, 1, 1]], [[1, 1]])
    assert shown(notebook.head(run))[1]["alt"].startswith("Cross Layer1_Head1")
    assert shown(notebook.head(run, kind="encoder"))[1]["alt"].startswith("Encoder Layer1_Head1")


def test_numbers_can_be_left_out_and_are_not_in_longer_texts(run):
    def written(display) -> list[str]:
        root = ET.fromstring(content(shown(display)[1]["src"]))
        return [text.text for text in root.iter(f"{SVG}text") if re.fullmatch(r"\d\.\d\d", text.text or "")]

    assert len(written(notebook.head(run))) == 16
    assert written(notebook.head(run, numbers=False)) == []
    assert written(notebook.head(hand_made.run([[1] * 13]))) == []
