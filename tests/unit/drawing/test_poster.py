"""All heads on one PNG: each cell of each head has the colour of its weight, and states look like no weight."""

import io

import numpy as np
import pytest
from PIL import Image

from tests import hand_made
from viz.drawing import poster

STOPS = ("#ffffff", "#d6e6f4", "#abd0e6", "#6aaed6", "#3787c0", "#105ba4", "#08306b")
EDGE = (0x88, 0x88, 0x88)


def picture(run, row: int = 0, kind: str = "self", **options) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(poster.poster(run, row, kind, **options))).convert("RGB")).astype(int)


def tiles(pixels: np.ndarray) -> list[np.ndarray]:
    """Cut out the heads by their edges, in reading order; the scale of the caption comes first and is left out."""
    edge = (pixels == EDGE).all(axis=-1)
    corner = edge[1:-1, 1:-1] & edge[1:-1, 2:] & edge[2:, 1:-1] & ~edge[1:-1, :-2] & ~edge[:-2, 1:-1]
    found = []
    for top, left in np.argwhere(corner) + 1:
        wide, high = int(np.argmin(edge[top, left:])), int(np.argmin(edge[top:, left]))
        if min(wide, high) > 4:
            found.append(pixels[top + 1 : top + high - 1, left + 1 : left + wide - 1])
    return found[1:]


def weight_of(colour: np.ndarray) -> float:
    """Give the weight whose colour lies nearest: the square of where it stands on the scale."""
    rgb = np.array([list(bytes.fromhex(stop[1:])) for stop in STOPS])
    at = np.linspace(0, 1, 2_001)
    scale = np.stack([np.interp(at * 6, range(7), rgb[:, c]) for c in range(3)], axis=1)
    return float(at[np.abs(scale - colour).sum(axis=1).argmin()] ** 2)


def read_weights(tile: np.ndarray, n_queries: int, n_keys: int) -> np.ndarray:
    high, wide = tile.shape[0] / n_queries, tile.shape[1] / n_keys
    return np.array(
        [
            [weight_of(tile[int((q + 0.5) * high), int((k + 0.5) * wide)]) for k in range(n_keys)]
            for q in range(n_queries)
        ]
    )


def test_every_cell_of_every_head_has_the_colour_of_its_weight_layers_down_heads_across():
    raw = np.random.default_rng(2).random((1, 2, 3, 4, 4), dtype=np.float32) ** 3
    run = hand_made.run([[1] * 4], model=hand_made.model_info(2, 3), attentions=raw)
    found = tiles(picture(run))
    assert len(found) == 6
    for number, (layer, head) in enumerate(np.ndindex(2, 3)):
        # a step of 225 of the root, half of one off, and the nearest of the scale read back
        np.testing.assert_allclose(np.sqrt(read_weights(found[number], 4, 4)), np.sqrt(raw[0, layer, head]), atol=0.006)


def test_it_is_of_the_asked_row_and_kind():
    weights = np.zeros((2, 1, 2, 2, 3), np.float32)
    weights[1, 0, 1, 1, 2] = 1
    run = hand_made.translation([[1, 1, 1]] * 2, [[1, 1]] * 2, cross=weights)
    read = read_weights(tiles(picture(run, 1, "cross"))[1], 2, 3)
    assert np.argwhere(read > 0.9).tolist() == [[1, 2]] and read.sum() == pytest.approx(1, abs=0.02)


def test_padding_is_hatched_hidden_crossed_later_dotted_and_none_has_a_colour_of_the_scale():
    told = np.array([[True, False, True, True, False]])
    run = hand_made.run([[1, 1, 1, 1, 0]], model=hand_made.model_info(causal=True), given_mask=told)
    (tile,) = tiles(picture(run))
    size = len(tile) // 5

    def colours(query: int, key: int) -> set[str]:
        cell = tile[query * size : (query + 1) * size, key * size : (key + 1) * size].reshape(-1, 3)
        return {"#{:02x}{:02x}{:02x}".format(*colour) for colour in cell.tolist()}

    assert colours(0, 4) == colours(4, 0) == {"#bdbdbd", "#8f8f8f"}
    assert colours(2, 1) == {"#f6d0a8", "#b35806"}
    assert colours(0, 2) == {"#ebe5d9", "#8f8f8f"}
    assert len(colours(2, 0)) == 1


def test_a_row_that_may_look_at_nothing_is_struck():
    run = hand_made.run([[1, 1]], model=hand_made.model_info(causal=True), given_mask=np.array([[False, True]]))
    (tile,) = tiles(picture(run))
    assert {tuple(c) for c in tile[: len(tile) // 2].reshape(-1, 3).tolist()} == {
        (0xE2, 0xD9, 0xEE),
        (0x8B, 0x74, 0xB0),
    }


def test_a_weight_on_padding_keeps_its_colour_under_the_hatch():
    run = hand_made.run([[1, 0]], given_mask=np.ones((1, 2), dtype=bool))
    (tile,) = tiles(picture(run))
    cell = tile[: len(tile) // 2, len(tile) // 2 :].reshape(-1, 3)
    shown = {tuple(colour) for colour in cell.tolist()}
    assert (0x8F, 0x8F, 0x8F) in shown and len(shown) == 2
    (colour,) = shown - {(0x8F, 0x8F, 0x8F)}
    assert weight_of(np.array(colour)) == pytest.approx(0.5, abs=0.01)


def test_512_tokens_share_pixels_by_their_largest_weight_and_the_caption_says_so(monkeypatch):
    said = []
    monkeypatch.setattr(poster, "_write", lambda canvas, text, *place, **options: said.append(text))
    weights = np.zeros((1, 1, 1, 512, 512), np.float32)
    weights[0, 0, 0, 101, 300] = 1
    run = hand_made.run([[1] * 512], attentions=weights)
    (tile,) = tiles(picture(run))
    assert tile.shape[:2] == (256, 256)
    assert np.argwhere((tile == (0x08, 0x30, 0x6B)).all(axis=-1)).tolist() == [[50, 150]]
    assert "each pixel shows the largest of 2 x 2 weights" in " ".join(said)


def test_text_model_scale_names_and_tokens_are_written(monkeypatch):
    said = []
    monkeypatch.setattr(poster, "_write", lambda canvas, text, *place, **options: said.append(text))
    run = hand_made.run([[1, 1]], model=hand_made.model_info(1, 2, weights="random"))
    poster.poster(run, 0)
    assert said.count("t0") == 3 and said.count("t1") == 3  # beside the layer, above both heads
    assert {"Layer1_Head1 · L0H0", "Layer1_Head2 · L0H1", "0", "1", "text 0"} <= set(said)
    caption = " ".join(said)
    assert "square root of attention, from 0 to 1" in caption and "hand-made · random weights" in caption


def test_words_leave_ink_and_nothing_is_drawn_outside_the_canvas():
    fields = {"tokens": (("北京", "x" * 200, "\u202eabc", ""),), "texts": ("</script>" * 2_000,)}
    pixels = picture(hand_made.run([[1] * 4], batch_fields=fields))
    assert (pixels[:40] < 100).any()


def test_the_share_that_is_done_rises_to_one():
    heard = []
    poster.poster(hand_made.run([[1, 1]], model=hand_made.model_info(2, 2)), 0, hear=heard.append)
    assert heard == [0.25, 0.5, 0.75, 1]


def test_many_layers_and_heads_get_smaller_tiles():
    run = hand_made.run([[1] * 8], model=hand_made.model_info(48, 25))
    width, height = Image.open(io.BytesIO(poster.poster(run, 0))).size
    assert width * height < 85_000_000  # above 89 million pixels readers warn of it
