"""The page Inside the mask with an encoder-decoder: its three masks, and nothing that needs one stack."""

import pytest

from tests.model.families import write
from tests.model.translators import marian, marian_tokenizer
from tests.pages.driver import html, messages, open_app, press

PAGE = "pages/inside/page.py"
SOURCES = "the turtle sat near the river\nthe cat"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return str(write(tmp_path_factory.mktemp("translators") / "marian", marian, marian_tokenizer()))


def stations(app) -> list:
    """Give the tables of stations, one a mask."""
    return [table.value for table in app.dataframe if "station" in table.value.columns]


def test_it_follows_three_masks(checkpoint):
    app = open_app(PAGE, model=checkpoint, text=SOURCES)
    assert [heading.value for heading in app.header] == [
        "The encoder's mask: source looks at source",
        "The decoder's own mask: target looks at earlier target",
        "How the decoder receives the encoder's mask: target looks at source",
    ]
    encoder, decoder, cross = stations(app)
    assert encoder["shape"][1] == cross["shape"][1] == "[2, 9]"
    n_target = int(decoder["shape"][1].strip("[]").split(", ")[1])
    assert encoder["shape"][3] == "[2, 1, 9, 9]"
    assert cross["shape"][3] == f"[2, 1, {n_target}, 9]"
    assert cross["values"][4] == "-3.4028e+38, 0"
    assert "three masks" in messages(app.info)[0]
    assert not app.error
    assert "source 2" in html(app)
    assert "target 2" in html(app)


def test_the_second_text_is_the_target(checkpoint):
    app = open_app(PAGE, model=checkpoint, text="the turtle sat near the river", second="the cat sat")
    decoder, cross = stations(app)[1:]
    assert decoder["shape"][1] == "[1, 5]"
    assert cross["shape"][5] == "[1, 4, 5, 9]"
    assert any("invert_attention_mask" in said for said in messages(app.caption))


def test_a_layer_behind_the_encoders_last_shows_its_last(checkpoint):
    app = open_app(PAGE, model=checkpoint, text=SOURCES, layer="3")
    encoder, decoder, _cross = stations(app)
    assert encoder["station"][4] == "what is added to the scores, layer 2"
    assert decoder["station"][4] == "what is added to the scores, layer 3"
    assert "This stack ends with layer 2, which is shown." in messages(app.caption)


def test_an_example_opens_our_own_translator():
    app = press(open_app(PAGE), "Example: an encoder-decoder, three masks")
    assert len(stations(app)) == 3
    assert "headlight-en-fr has an encoder and a decoder" in messages(app.info)[0]
    assert app.query_params["model"] in ("headlight-en-fr", ["headlight-en-fr"])
