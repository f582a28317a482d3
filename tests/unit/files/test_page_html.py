"""The offline page of a run: its numbers, read back with zlib, are the run's; it is small, and it asks nobody."""

import base64
import hashlib
import json
import re
import zlib
from html.parser import HTMLParser

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.masks.cells import row_states
from viz.files import page_html

HOSTILE = ["</script>", "<!--", "<img src=x onerror=alert(1)>", "{{js}}", "&lt;", "\u2028", "$x$", "👩‍🔬"]


class Elements(HTMLParser):
    """Collect what a page is made of: elements with their attributes, and what stands in scripts."""

    def __init__(self, page: bytes):
        super().__init__()
        self.found, self.scripts, self._in = [], [], None
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self._in = tag
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data):
        if self._in == "script":
            self.scripts[-1] += data

    def handle_endtag(self, tag):
        self._in = None


def data_of(page: bytes) -> dict:
    return json.loads(Elements(page).scripts[0])


def unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text), -15)


def weights_of(data: dict, row: int, kind: str, number: int) -> np.ndarray:
    """Read a head's weights as the format says: steps of 1 / unit, low bytes of all cells first."""
    of = data["rows"][row][kind]
    planes = np.frombuffer(unpacked(of["weights"][number]), np.uint8).reshape(data["planes"], -1).astype(np.int64)
    steps = sum(plane << (8 * n) for n, plane in enumerate(planes))
    return (steps / data["unit"]).reshape(len(of["queries"]), len(of["keys"]))


def random_maps(n_tokens: int, n_layers: int, n_heads: int, spread: float = 1.0) -> np.ndarray:
    draw = np.random.default_rng(5)
    scores = spread * draw.standard_normal((1, n_layers, n_heads, n_tokens, n_tokens), dtype=np.float32)
    weights = np.exp(scores)
    return weights / weights.sum(axis=-1, keepdims=True)


def random_run(n_tokens: int, n_layers: int = 12, n_heads: int = 12, spread: float = 1.0):
    maps = random_maps(n_tokens, n_layers, n_heads, spread)
    return hand_made.run([[1] * n_tokens], model=hand_made.model_info(n_layers, n_heads), attentions=maps)


def test_every_weight_is_the_runs_to_a_millionth_where_a_text_is_short():
    run = random_run(9, 2, 3)
    data = data_of(page_html.page(run))
    assert "numbers to 0.000001" in data["note"]
    for number, (layer, head) in enumerate(np.ndindex(2, 3)):
        np.testing.assert_allclose(
            weights_of(data, 0, "self", number), run.attentions[0, layer, head], rtol=0, atol=0.5001e-6
        )


@pytest.mark.parametrize("spread", [0.5, 1.0, 2.0])
def test_144_heads_of_128_tokens_fit_into_3_mb_and_the_page_says_how_precise_they_are(spread):
    run = random_run(128, spread=spread)
    page = page_html.page(run)
    data = data_of(page)
    assert len(page) <= 3_000_000
    step = float(re.search(r"numbers to ([\d.]+)", data["note"])[1])
    assert step == pytest.approx(1 / data["unit"]) and step <= 0.0002
    for number in (0, 77, 143):
        expected = run.attentions[0, number // 12, number % 12]
        np.testing.assert_allclose(weights_of(data, 0, "self", number), expected, rtol=0, atol=0.501 * step)


def test_a_file_that_came_out_too_large_is_written_again_with_coarser_numbers(monkeypatch):
    run = random_run(16, 2, 2)
    fine = page_html.page(run)
    monkeypatch.setattr(page_html, "_limit", lambda _run: len(fine) - 1)
    monkeypatch.setattr(page_html, "_FRAME_BYTES", 0)
    coarse = page_html.page(run)
    assert len(coarse) < len(fine)
    assert data_of(coarse)["unit"] < data_of(fine)["unit"]


def test_cells_without_a_weight_have_their_state_and_no_number():
    run = hand_made.run(
        [[1, 1, 1, 0]],
        model=hand_made.model_info(1, 2, causal=True),
        given_mask=np.array([[True, False, True, False]]),
    )
    data = data_of(page_html.page(run))
    of = data["rows"][0]["self"]
    states = np.frombuffer(unpacked(of["states"]), np.uint8).reshape(4, 4)
    np.testing.assert_array_equal(states, row_states(run, 0)[0])
    # later keys 1, padding 2, hidden 3: written out
    np.testing.assert_array_equal(states, [[0, 1, 1, 2], [0, 3, 1, 2], [0, 3, 0, 2], [2, 2, 2, 2]])
    np.testing.assert_allclose(weights_of(data, 0, "self", 1), np.where(states == 0, 0.25, 0), atol=1e-6)
    assert of["real"] == ["1110", "1110"]


def test_all_texts_and_kinds_are_in_it_with_both_names_of_every_head():
    run = hand_made.translation([[1, 1, 1], [1, 1, 0]], [[1, 1], [1, 1]])
    data = data_of(page_html.page(run, row=1, kind="cross", place=(0, 1)))
    assert [kind for kind, _name in data["kinds"]] == ["encoder", "decoder", "cross"]
    assert data["open"] == {"row": 1, "kind": "cross", "layer": 0, "head": 1}
    cross = data["rows"][1]["cross"]
    assert cross["titles"] == ["Cross Layer1_Head1 · L0H0", "Cross Layer1_Head2 · L0H1"]
    assert (cross["queries"], cross["keys"]) == (["w0", "w1"], ["t0", "t1", "t2"])
    np.testing.assert_allclose(weights_of(data, 1, "cross", 0), [[0.5, 0.5, 0], [0.5, 0.5, 0]], atol=1e-6)


def test_hostile_tokens_cannot_end_the_script_or_begin_another():
    fields = {"tokens": (tuple(HOSTILE),), "texts": (" ".join(HOSTILE),)}
    run = hand_made.run([[1] * len(HOSTILE)], batch_fields=fields, model=hand_made.model_info(checkpoint="</script>"))
    page = page_html.page(run)
    elements = Elements(page)
    assert [tag for tag, _attributes in elements.found].count("script") == 2
    assert "img" not in [tag for tag, _attributes in elements.found]
    assert json.loads(elements.scripts[0])["rows"][0]["self"]["queries"] == HOSTILE
    assert page.decode().count("</script>") == 2


def test_it_names_no_address_and_forbids_the_browser_to_ask_anybody():
    page = page_html.page(random_run(5, 1, 1))
    policy = next(a["content"] for _tag, a in Elements(page).found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none';")
    script = page.rsplit(b"<script>", 1)[1].split(b"</script>")[0]
    own = base64.b64encode(hashlib.sha256(script).digest()).decode()
    runs = [f"script-src 'sha256-{own}'", "base-uri 'none'", "form-action 'none'"]
    assert policy.split("; ")[1:] == ["style-src 'unsafe-inline'", *runs, "img-src data:"]
    assert not re.search(rb"https?:|//[a-z]+\.|@import|url\(|fetch\(|XMLHttp|WebSocket|sendBeacon|innerHTML", page)
    for tag, attributes in Elements(page).found:
        assert not {"src", "href", "action", "srcset"} & set(attributes), tag


def test_the_share_that_is_done_rises_to_one():
    heard = []
    page_html.page(random_run(6, 3, 4), hear=heard.append)
    assert heard == [n / 12 for n in range(1, 13)]


def test_random_weights_are_said():
    run = hand_made.run([[1]], model=hand_made.model_info(weights="random"))
    assert "random weights" in data_of(page_html.page(run))["note"]


def test_a_weight_above_one_keeps_its_number():
    run = hand_made.run([[1]], attentions=np.array([[[[[1.0009]]]]], dtype=np.float32))
    assert weights_of(data_of(page_html.page(run)), 0, "self", 0)[0, 0] == pytest.approx(1.0009, abs=1e-6)
