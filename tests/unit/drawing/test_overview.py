"""A board sends one byte a cell: levels of the square root of each weight, states apart."""

import json
import struct

import numpy as np
import pytest

from tests import hand_made
from viz.drawing import overview


def run_of(shape: tuple[int, ...], attention_mask=None, seed: int = 0, **fields):
    """Build a run of one text with random weights ``[L, H, T, T]``."""
    values = np.random.default_rng(seed).random((1, *shape), dtype=np.float32)
    model = fields.pop("model", None) or hand_made.model_info(*shape[:2])
    return hand_made.run([attention_mask or [1] * shape[-1]], model=model, attentions=values, **fields)


def unpacked(data: bytes) -> tuple[dict, np.ndarray]:
    """Read a payload of square tiles as the browser does."""
    header, tiles = unpacked_tiles(data)
    assert header["side"] == header["high"]
    return header, tiles


def unpacked_tiles(data: bytes) -> tuple[dict, np.ndarray]:
    """Read a payload as the browser does."""
    (length,) = struct.unpack("<I", data[:4])
    header = json.loads(data[4 : 4 + length])
    shape = (len(header["titles"]), header["high"], header["side"])
    return header, np.frombuffer(data[4 + length :], dtype=np.uint8).reshape(shape)


def test_a_level_is_250_times_the_root_of_the_weight():
    for weight, level in [(0, 0), (1, 250), (0.25, 125), (0.01, 25), (0.0001, 2), (0.81, 225), (1.01, 250)]:
        # 250 * sqrt(0.0001) = 2.5, and 0.0001 as float32 is a little less than itself: 2
        run = hand_made.run([[1]], attentions=np.full((1, 1, 1, 1, 1), weight, dtype=np.float32))
        assert overview.thumbnails(run, 0).tolist() == [[[[level]]]], weight


def test_up_to_42_tokens_every_cell_has_a_pixel():
    for n_tokens in [1, 10, 42]:
        run = run_of((2, 3, n_tokens, n_tokens))
        exact = 250 * np.sqrt(run.attentions[0].astype(np.float64))
        levels = overview.thumbnails(run, 0)
        assert levels.shape == (2, 3, n_tokens, n_tokens), n_tokens
        assert np.abs(levels - exact).max() < 0.5001, n_tokens


def test_above_42_tokens_a_pixel_is_the_largest_weight_of_its_block():
    for n_tokens, block in [(43, 2), (84, 2), (85, 3), (100, 3), (128, 4), (512, 13)]:
        run = run_of((1, 2, n_tokens, n_tokens))
        levels = overview.thumbnails(run, 0)
        side = -(-n_tokens // block)
        assert levels.shape == (1, 2, side, side), n_tokens
        for head, i, j in [(0, 0, 0), (1, 0, side - 1), (0, side - 1, 3), (1, side // 2, 5), (0, side - 1, side - 1)]:
            cells = [
                float(run.attentions[0, 0, head, q, k])
                for q in range(block * i, min(block * (i + 1), n_tokens))
                for k in range(block * j, min(block * (j + 1), n_tokens))
            ]
            assert abs(levels[0, head, i, j] - 250 * max(cells) ** 0.5) < 0.5001, n_tokens


def test_a_line_of_one_cell_stays_visible_among_100_tokens():
    weights = np.zeros((1, 1, 1, 100, 100), dtype=np.float32)
    weights[..., 50] = 1
    levels = overview.thumbnails(hand_made.run([[1] * 100], attentions=weights), 0)
    assert (levels[0, 0, :, 16] == 250).all()  # 50 // 3
    assert levels.sum() == 34 * 250


def test_cells_without_a_weight_are_250_and_the_number_of_their_state():
    told = np.array([[False, True, True, False]])
    run = run_of((1, 1, 4, 4), [1, 1, 1, 0], given_mask=told, model=hand_made.model_info(causal=True))
    codes = overview.thumbnails(run, 0)[0, 0].astype(int)
    # 251 later key, 252 padding, 253 hidden, 255 a row that may look at nothing: its only key is hidden
    assert codes[codes > 250].tolist() == [255, 255, 255, 252, 253, 251, 252, 253, 252, 252, 252, 252, 252]
    assert (codes[[1, 2, 2], [1, 1, 2]] <= 250).all()


def test_each_layer_shows_its_own_window_and_so_does_a_prompt():
    near = np.tri(3, dtype=bool) & ~np.tri(3, k=-2, dtype=bool)
    windows = np.stack([np.tri(3, dtype=bool), near])[None]
    run = run_of((2, 1, 3, 3), model=hand_made.model_info(2, causal=True), allowed=windows)
    codes = overview.thumbnails(run, 0)[:, 0].astype(int)
    assert (codes[0, 2] <= 250).all()
    assert codes[1, 2, 0] == 254  # left out by the window
    assert (codes[1, 2, 1:] <= 250).all()
    for layer in (0, 1):
        _, levels = unpacked(overview.prompt_tiles(run, layer, 0, ""))
        assert levels[0].tolist() == codes[layer].tolist()
    assert overview.prompt_tiles_key(run, 0, 0) != overview.prompt_tiles_key(run, 1, 0)
    everywhere = run_of((2, 1, 3, 3), model=hand_made.model_info(2, causal=True))
    assert overview.picture_key(run, 0) != overview.picture_key(everywhere, 0)


def test_a_block_with_one_visible_cell_shows_its_weight_and_one_without_keeps_its_state():
    weights = np.full((1, 1, 1, 50, 50), 0.25, dtype=np.float32)
    run = hand_made.run([[1] * 47 + [0] * 3], attentions=weights)
    codes = overview.thumbnails(run, 0)[0, 0]  # blocks of two: tokens 46 and 47 share one
    assert codes.shape == (25, 25)
    assert (codes[:24, :24] == 125).all()
    assert (codes[24] == 252).all()
    assert (codes[:, 24] == 252).all()


def test_what_a_model_puts_into_padding_never_shows_in_a_block():
    weights = np.zeros((1, 1, 1, 50, 50), dtype=np.float32)
    weights[..., 47:] = 1
    assert (overview.thumbnails(hand_made.run([[1] * 47 + [0] * 3], attentions=weights), 0)[0, 0, :24, :24] == 0).all()


def test_thumbnails_are_of_the_asked_text():
    values = np.stack([np.full((1, 1, 2, 2), 0.25), np.full((1, 1, 2, 2), 1.0)]).astype(np.float32)
    run = hand_made.run([[1, 1], [1, 0]], attentions=values)
    assert overview.thumbnails(run, 0).tolist() == [[[[125, 125], [125, 125]]]]
    assert overview.thumbnails(run, 1).tolist() == [[[[250, 252], [252, 252]]]]


@pytest.mark.parametrize("n_tokens", [4, 60])
def test_thumbnails_leave_the_run_as_it_was(n_tokens):
    run = run_of((2, 2, n_tokens, n_tokens))
    before = run.attentions.tobytes()
    levels = overview.thumbnails(run, 0)
    assert run.attentions.tobytes() == before
    assert not np.shares_memory(levels, run.attentions)


def test_a_payload_is_a_header_and_one_byte_a_pixel():
    run = run_of((2, 3, 5, 5))
    header, levels = unpacked(overview.payload(run, 0, "a key"))
    assert (header["key"], header["rows"], header["columns"], header["side"], header["top"]) == ("a key", 2, 3, 5, 250)
    assert (levels.reshape(2, 3, 5, 5) == overview.thumbnails(run, 0)).all()
    assert header["titles"][3:] == ["Layer2_Head1 · L1H0", "Layer2_Head2 · L1H1", "Layer2_Head3 · L1H2"]
    assert (header["across"], header["down"], header["names"]) == (["1", "2", "3"], ["layer 1", "2"], [])
    assert header["states"] == {
        "1": [0xEB, 0xE5, 0xD9, 255],
        "2": [0xBD, 0xBD, 0xBD, 255],
        "3": [0xF6, 0xD0, 0xA8, 255],
        "4": [0xEB, 0xE5, 0xD9, 255],
        "5": [0xE2, 0xD9, 0xEE, 255],
    }
    assert len(header["colours"]) == 3 * 256
    assert header["colours"][:3] == [255, 255, 255]
    assert header["colours"][-3:] == [0x08, 0x30, 0x6B]


def test_a_payload_says_how_many_heads_there_are_and_whether_weights_are_random():
    words = unpacked(overview.payload(run_of((2, 3, 1, 1)), 0, ""))[0]["words"]
    assert words["label"].startswith("All heads: 2 layers down, 3 heads across.")
    assert words["stamp"] == ""
    random = run_of((2, 3, 1, 1), model=hand_made.model_info(2, 3, weights="random"))
    assert unpacked(overview.payload(random, 0, ""))[0]["words"]["stamp"] == "random weights"


def test_144_heads_of_128_tokens_are_under_400_000_bytes():
    assert len(overview.payload(run_of((12, 12, 128, 128)), 0, "0" * 16)) < 400_000


def test_equal_pictures_have_equal_keys():
    assert overview.picture_key(run_of((2, 2, 3, 3)), 0) == overview.picture_key(run_of((2, 2, 3, 3)), 0)


def test_another_picture_has_another_key():
    same = {"attention_mask": [1, 1, 1], "seed": 1}
    hidden = np.array([[True, False, True]])
    runs = [
        run_of((2, 2, 3, 3), **same),
        run_of((2, 2, 3, 3), attention_mask=[1, 1, 1], seed=2),  # another text, or a head switched off
        run_of((2, 2, 3, 3), attention_mask=[1, 1, 0], seed=1),
        run_of((2, 2, 3, 3), **same, given_mask=hidden),
        run_of((2, 2, 3, 3), attention_mask=[1, 0, 1], seed=1, given_mask=hidden),  # told the same, but it is padding
        run_of((2, 2, 3, 3), **same, model=hand_made.model_info(2, 2, causal=True)),
        run_of((2, 2, 3, 3), **same, model=hand_made.model_info(2, 2, weights="random")),
        run_of((4, 1, 3, 3), **same),
        run_of((1, 4, 3, 3), **same),
    ]
    assert len({overview.picture_key(run, 0) for run in runs}) == len(runs)


def test_a_key_is_of_the_asked_text():
    values = np.random.default_rng(0).random((2, 1, 1, 2, 2), dtype=np.float32)
    run = hand_made.run([[1, 1], [1, 1]], attentions=values)
    assert overview.picture_key(run, 0) != overview.picture_key(run, 1)


def test_two_files_that_name_no_model_and_no_ids_have_keys_of_their_own():
    unnamed = {"input_ids": np.full((1, 3), -1)}
    keys = {overview.picture_key(run_of((1, 1, 3, 3), seed=seed, batch_fields=unnamed), 0) for seed in range(5)}
    assert len(keys) == 5


def prompts_of(attention_mask: list[list[int]], n_layers: int = 2, n_heads: int = 3, **fields):
    """Build a run of several prompts with random weights."""
    n_prompts, n_tokens = np.shape(attention_mask)
    values = np.random.default_rng(5).random((n_prompts, n_layers, n_heads, n_tokens, n_tokens), dtype=np.float32)
    model = fields.pop("model", None) or hand_made.model_info(n_layers, n_heads)
    return hand_made.run(attention_mask, model=model, attentions=values, **fields)


def test_prompts_stand_four_across_and_the_last_line_may_be_shorter():
    for n_prompts, rows, columns in [(1, 1, 1), (3, 1, 3), (4, 1, 4), (5, 2, 4), (8, 2, 4), (9, 3, 4)]:
        header, levels = unpacked(overview.prompt_tiles(prompts_of([[1, 1]] * n_prompts), 0, 0, "k"))
        names = [f"prompt {number}" for number in range(1, n_prompts + 1)]
        assert (header["key"], header["board"]) == ("k", "prompts")
        assert (header["rows"], header["columns"]) == (rows, columns), n_prompts
        assert header["titles"] == header["names"] == names
        assert header["across"] == header["down"] == [], n_prompts
        assert levels.shape == (n_prompts, 2, 2), n_prompts


def test_prompt_tiles_are_the_asked_head_of_every_prompt():
    run = prompts_of([[1, 1, 1]] * 5)
    for layer, head in np.ndindex(2, 3):
        _, levels = unpacked(overview.prompt_tiles(run, layer, head, ""))
        assert np.abs(levels - 250 * np.sqrt(run.attentions[:, layer, head].astype(np.float64))).max() < 0.5001


def test_each_prompt_has_its_own_padding_and_later_keys():
    run = prompts_of([[0, 1, 1], [1, 1, 1]], model=hand_made.model_info(2, 3, causal=True))
    header, levels = unpacked(overview.prompt_tiles(run, 1, 2, ""))
    # 251 later key, 252 padding
    assert np.where(levels > 250, levels, 0).tolist() == [
        [[252, 252, 252], [252, 0, 251], [252, 0, 0]],
        [[0, 251, 251], [0, 0, 251], [0, 0, 0]],
    ]
    assert header["real"] == ["011", "111"]


def test_a_weight_that_an_untold_model_puts_on_padding_is_shown_and_its_column_is_said_to_be_padding():
    weights = np.full((1, 1, 1, 2, 2), 0.25, dtype=np.float32)
    run = hand_made.run([[1, 0]], attentions=weights, given_mask=np.ones((1, 2), dtype=bool))
    for header, levels in (unpacked(overview.prompt_tiles(run, 0, 0, "")), unpacked(overview.payload(run, 0, ""))):
        assert levels[0].tolist() == [[125, 125], [252, 252]]
        assert header["real"] == ["10"]


def test_up_to_96_tokens_of_a_prompt_have_a_pixel_each():
    for n_tokens, side in [(96, 96), (97, 49), (192, 96), (193, 65), (512, 86)]:
        run = prompts_of([[1] * n_tokens], 1, 1)
        header, levels = unpacked(overview.prompt_tiles(run, 0, 0, ""))
        assert levels.shape == (1, side, side), n_tokens
        assert header["real"] == ["1" * side], n_tokens
        assert levels.max() == np.rint(250 * np.sqrt(run.attentions.max())), n_tokens


def test_a_pixel_with_one_real_token_is_no_padding():
    # 97 tokens: pixels of two; tokens 94 and 95 share pixel 47, token 96 stands alone in pixel 48.
    header, levels = unpacked(overview.prompt_tiles(prompts_of([[1] * 95 + [0] * 2], 1, 1), 0, 0, ""))
    assert header["real"] == ["1" * 48 + "0"]
    assert (levels[0, 48] == 252).all()
    assert (levels[0, :48, :48] <= 250).all()


def test_prompts_say_their_head_their_number_and_whether_weights_are_random():
    words = unpacked(overview.prompt_tiles(prompts_of([[1]] * 6), 1, 2, ""))[0]["words"]
    assert words["label"].startswith("Layer2_Head3 · L1H2, one map for each of 6 prompts.")
    assert words["stamp"] == ""
    random = prompts_of([[1]], model=hand_made.model_info(2, 3, weights="random"))
    assert unpacked(overview.prompt_tiles(random, 0, 0, ""))[0]["words"]["stamp"] == "random weights"


def test_other_prompt_tiles_have_another_key_and_equal_ones_the_same():
    untold = {"given_mask": np.ones((2, 2), dtype=bool)}
    runs = [
        prompts_of([[1, 1], [1, 1]]),
        prompts_of([[1, 1], [1, 0]]),
        prompts_of([[1, 1], [1, 0]], **untold),
        prompts_of([[1, 1], [1, 1]], model=hand_made.model_info(2, 3, causal=True)),
        prompts_of([[1, 1], [1, 1]], model=hand_made.model_info(2, 3, weights="random")),
        prompts_of([[1, 1]]),
    ]
    keys = [overview.prompt_tiles_key(run, layer, head) for run in runs for layer, head in np.ndindex(2, 3)]
    assert len(set(keys)) == len(runs) * 6
    assert not set(keys) & {overview.picture_key(run, 0) for run in runs}
    assert keys[:6] == [
        overview.prompt_tiles_key(prompts_of([[1, 1], [1, 1]]), layer, head) for layer, head in np.ndindex(2, 3)
    ]


def test_heads_with_equal_weights_have_keys_of_their_own_because_their_name_is_on_the_board():
    run = hand_made.run([[1, 1]], model=hand_made.model_info(1, 2))
    assert overview.prompt_tiles_key(run, 0, 0) != overview.prompt_tiles_key(run, 0, 1)


def test_the_same_weights_on_a_word_and_on_padding_are_two_pictures():
    told = np.ones((1, 3), dtype=bool)
    runs = [hand_made.run([real], given_mask=told) for real in ([1, 1, 1], [1, 1, 0], [1, 0, 1])]
    assert (
        len({overview.picture_key(run, 0) for run in runs})
        == len({overview.prompt_tiles_key(run, 0, 0) for run in runs})
        == 3
    )


def test_16_prompts_of_128_tokens_are_under_100_000_bytes():
    # 128 tokens share pixels by two: 16 tiles of 64 x 64 bytes are 65,536.
    assert len(overview.prompt_tiles(prompts_of([[1] * 128] * 16, 1, 1), 0, 0, "0" * 16)) < 100_000
