"""A diagram shows every weight as round(255 * weight), and what has no weight as no grey at all."""

import io
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image

from tests import hand_made
from tests.conftest import REPOSITORY
from viz.drawing import diagrams

CELL = 40
WEIGHTS = [[0.0, 0.25, 0.75], [0.1, 0.2, 0.7], [0.998, 0.001, 0.001]]
LEVELS = [[0, 64, 191], [26, 51, 178], [254, 0, 0]]  # 255 times those, rounded by hand


def one_head(weights=WEIGHTS, **fields):
    n_tokens = len(weights)
    return hand_made.run([[1] * n_tokens], attentions=np.array([[[weights]]], dtype=np.float32), **fields)


def named(tokens: list[str], attention_mask: list[int] | None = None, **fields):
    """Build a run of one head whose tokens have these names."""
    return hand_made.run([attention_mask or [1] * len(tokens)], batch_fields={"tokens": (tuple(tokens),)}, **fields)


def grid_of(image: Image.Image, n_tokens: int, cell: int = CELL) -> np.ndarray:
    """Cut the grid out: it ends 8 px before the lower edge, and its frame of grey 150 begins one pixel before it."""
    pixels = np.asarray(image)
    side = cell * n_tokens
    bottom = pixels.shape[0] - 8
    middle = pixels[bottom - side // 2]
    left = int(np.flatnonzero(middle == 150)[0]) + 1
    return pixels[bottom - side : bottom, left : left + side]


def cell_of(grid: np.ndarray, query: int, key: int) -> np.ndarray:
    return grid[CELL * query : CELL * (query + 1), CELL * key : CELL * (key + 1)]


def test_every_pixel_of_a_cell_is_255_times_its_weight_rounded():
    grid = grid_of(diagrams.draw(one_head(), 0, 0, 0), 3)
    for query in range(3):
        for key in range(3):
            expected = LEVELS[query][key]
            assert expected == round(255 * WEIGHTS[query][key])
            assert np.unique(cell_of(grid, query, key)).tolist() == [expected]


def test_a_weight_above_one_is_white_and_not_black_again():
    grid = grid_of(diagrams.draw(one_head([[1.01, 0], [0.5, 0.5]]), 0, 0, 0), 2)
    assert np.unique(cell_of(grid, 0, 0)).tolist() == [255]


def test_a_diagram_is_of_the_asked_text_layer_and_head():
    weights = np.zeros((2, 2, 3, 1, 1), dtype=np.float32)
    for row, layer, head in np.ndindex(2, 2, 3):
        weights[row, layer, head] = (40 * row + 10 * layer + head + 1) / 255
    run = hand_made.run([[1], [1]], model=hand_made.model_info(2, 3), attentions=weights)
    for row, layer, head in np.ndindex(2, 2, 3):
        grid = grid_of(diagrams.draw(run, row, layer, head), 1)
        assert np.unique(grid).tolist() == [40 * row + 10 * layer + head + 1]


def test_files_are_named_as_in_the_exercise_and_show_what_is_drawn(tmp_path):
    run = hand_made.run([[1, 1]], model=hand_made.model_info(2, 3), attentions=random_rows((1, 2, 3, 2, 2)))
    written = diagrams.write_all(run, 0, tmp_path / "new" / "folder")
    names = [f"Attention_Layer{layer}_Head{head}.png" for layer in (1, 2) for head in (1, 2, 3)]
    assert [path.name for path in written] == names
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == names
    for path, (layer, head) in zip(written, np.ndindex(2, 3)):
        with Image.open(path) as image:
            assert image.format == "PNG"
            assert_same_picture(image.convert("L"), diagrams.draw(run, 0, layer, head))


LEFT_PADDED = [0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    "attention_mask, fields",
    [
        ([1, 1, 1, 1, 1], {"weights": "random"}),
        ([1, 1, 1, 1, 1], {"causal": True}),
        (LEFT_PADDED, {"causal": True}),
        (LEFT_PADDED[::-1], {}),
        ([1] * 1001, {}),  # cells of 3 px, lower than a letter
    ],
)
def test_a_file_shows_what_is_drawn_in_every_state(attention_mask, fields, tmp_path):
    n_tokens = len(attention_mask)
    run = hand_made.run(
        [attention_mask],
        model=hand_made.model_info(1, 2, **fields),
        given_mask=np.arange(n_tokens)[None] != 3,  # the fourth token is hidden
        attentions=random_rows((1, 1, 2, n_tokens, n_tokens)),
    )
    for head, path in enumerate(diagrams.write_all(run, 0, tmp_path)):
        with Image.open(path) as image:
            assert_same_picture(image.convert("L"), diagrams.draw(run, 0, 0, head))


def test_every_grey_level_survives_the_file(tmp_path):
    run = one_head((np.arange(256).reshape(16, 16) / 255).tolist())
    (path,) = diagrams.write_all(run, 0, tmp_path)
    with Image.open(path) as image:
        grid = grid_of(image.convert("RGB").getchannel("G"), 16)
    assert grid[CELL // 2 :: CELL, CELL // 2 :: CELL].ravel().tolist() == list(range(256))


def test_a_zip_holds_one_picture_a_head_in_a_folder_named_after_the_text():
    run = hand_made.run(
        [[1, 1], [1, 1]],
        model=hand_made.model_info(1, 2),
        batch_fields={"texts": ("first", "The turtle/moves: [MASK]!")},
        attentions=random_rows((2, 1, 2, 2, 2)),
    )
    with zipfile.ZipFile(io.BytesIO(diagrams.zip_all(run, 1))) as archive:
        assert archive.testzip() is None
        folder = "The_turtle_moves_MASK"
        assert archive.namelist() == [f"{folder}/Attention_Layer1_Head1.png", f"{folder}/Attention_Layer1_Head2.png"]
        for head, name in enumerate(archive.namelist()):
            with Image.open(io.BytesIO(archive.read(name))) as image:
                assert_same_picture(image.convert("L"), diagrams.draw(run, 1, 0, head))


@pytest.mark.parametrize("longest", ["a", "international", "internationalization" * 3])
def test_nothing_of_the_longest_label_is_cut(longest):
    tokens = ["a", longest, *"bcdefgh"]
    pixels = np.asarray(diagrams.draw(named(tokens), 0, 0, 0))
    height, width = pixels.shape
    left, top = width - 9 * CELL - 8, height - 9 * CELL - 8  # nine cells are wider than the title
    beside = pixels[top + CELL : top + 2 * CELL, : left - 1]
    above = pixels[40 : top - 1, left + CELL : left + 2 * CELL]  # below the title
    assert (ink(np.rot90(above, -1)) == ink(beside)).all()
    assert ink(beside).shape[1] > 7 * len(longest)  # letters are 7 px wide at least
    assert not beside[:, :8].any()  # the label ends before the edge of the picture
    assert not above[0].any()


def test_the_margin_grows_with_the_longest_label():
    widths = [diagrams.draw(named(["a", token, "b"] * 4), 0, 0, 0).width for token in ("a", "turtle", "turtle" * 4)]
    assert widths == sorted(set(widths))


def test_the_title_is_never_cut_by_a_small_grid():
    for weights in ("pretrained", "random"):
        picture = diagrams.draw(named(["a"], model=hand_made.model_info(1, 1, weights=weights)), 0, 0, 0)
        assert not np.asarray(picture)[:, -8:].any()


def test_a_full_stop_stands_on_the_ground_and_is_no_dot_in_the_middle():
    pixels = np.asarray(diagrams.draw(named([".", "l"] * 4), 0, 0, 0))
    left, top = pixels.shape[1] - 8 * CELL - 8, pixels.shape[0] - 8 * CELL - 8
    rows = (pixels[top + CELL * i : top + CELL * (i + 1), : left - 1] for i in (0, 1))
    stop, letter = (np.flatnonzero(row.any(axis=1)) for row in rows)
    assert stop[-1] == letter[-1]
    assert stop[0] > letter[0] + 10


@pytest.mark.parametrize("state", ["causal", "padding", "hidden"])
def test_a_cell_without_a_weight_is_no_flat_grey(state):
    causal = hand_made.model_info(causal=state == "causal")
    told = np.array([[True, state != "hidden"]])
    run = named(
        ["a", "b"], [1, state != "padding"], model=causal, given_mask=told, attentions=random_rows((1, 1, 1, 2, 2))
    )
    grid = grid_of(diagrams.draw(run, 0, 0, 0), 2)
    assert len(np.unique(cell_of(grid, 0, 1))) > 1
    assert len(np.unique(cell_of(grid, 0, 0))) == 1


def test_the_three_states_without_a_weight_look_different():
    told = np.array([[False, True, True]])
    run = named(["a", "b", "c"], [1, 1, 0], model=hand_made.model_info(causal=True), given_mask=told)
    grid = grid_of(diagrams.draw(run, 0, 0, 0), 3)
    hidden, causal, padding = (cell_of(grid, 0, key).tobytes() for key in (0, 1, 2))
    assert len({hidden, causal, padding}) == 3


@pytest.mark.parametrize("side, attention_mask", [("left", [0, 0, 1, 1]), ("right", [1, 1, 0, 0])])
def test_a_padded_row_shows_weights_between_real_tokens_only(side, attention_mask):
    weights = random_rows((1, 1, 1, 4, 4))
    run = hand_made.run([attention_mask], batch_fields={"padding_side": side}, attentions=weights)
    grid = grid_of(diagrams.draw(run, 0, 0, 0), 4)
    for query in range(4):
        for key in range(4):
            seen = np.unique(cell_of(grid, query, key)).tolist()
            if attention_mask[query] and attention_mask[key]:
                assert seen == [round(255 * float(weights[0, 0, 0, query, key]))]
            else:
                assert len(seen) > 1


def test_padding_is_grey_and_hatched():
    cell = cell_of(grid_of(diagrams.draw(named(["a", "b"], [1, 0]), 0, 0, 0), 2), 0, 1)
    assert np.unique(cell).tolist() == [90, 150]
    assert 0.1 < (cell == 150).mean() < 0.5


def test_a_weight_on_padding_is_hatched_where_the_model_was_not_told_and_the_zip_draws_it_too():
    weights = np.full((1, 1, 1, 2, 2), 0.2, dtype=np.float32)
    run = named(["a", "b"], [1, 0], given_mask=np.ones((1, 2), dtype=bool), attentions=weights)
    grid = grid_of(diagrams.draw(run, 0, 0, 0), 2)
    hatched, padding = cell_of(grid, 0, 1), cell_of(grid, 1, 1)
    assert np.unique(cell_of(grid, 0, 0)).tolist() == [51]  # 255 * 0.2
    assert np.unique(hatched).tolist() == [51, 150]
    assert ((hatched == 150) == (padding == 150)).all()
    with zipfile.ZipFile(io.BytesIO(diagrams.zip_all(run, 0))) as archive:
        packed = Image.open(io.BytesIO(archive.read(archive.namelist()[0])))
        assert_same_picture(packed, diagrams.draw(run, 0, 0, 0))


def test_a_row_of_a_batch_is_drawn_as_it_is_alone():
    weights = random_rows((2, 1, 1, 3, 3))
    masks, tokens = [[1, 1, 1], [0, 1, 1]], (("one", "two", "three"), ("[PAD]", "turtle", "moves"))
    batch = hand_made.run(masks, batch_fields={"tokens": tokens}, attentions=weights)
    for row in (0, 1):
        alone = named(list(tokens[row]), masks[row], attentions=weights[row : row + 1])
        assert_same_picture(diagrams.draw(batch, row, 0, 0), diagrams.draw(alone, 0, 0, 0))


def test_a_state_takes_no_pixel_of_the_weight_beside_it():
    run = named(["a", "b", "c"], given_mask=np.array([[True, False, True]]))
    grid = grid_of(diagrams.draw(run, 0, 0, 0), 3)
    assert np.unique(cell_of(grid, 1, 0)).tolist() == np.unique(cell_of(grid, 1, 2)).tolist() == [round(255 / 3)]


def test_a_text_of_512_tokens_has_a_grid_of_at_most_4000_pixels():
    weights = random_rows((1, 1, 1, 512, 512))
    image = diagrams.draw(hand_made.run([[1] * 512], attentions=weights), 0, 0, 0)
    grid = grid_of(image, 512, cell=7)  # 4000 // 512
    assert max(image.size) < 4000 + 100
    assert (grid[3::7, 3::7] == np.rint(255 * weights[0, 0, 0])).all()
    assert (grid[::7, ::7] == grid[6::7, 6::7]).all()


@pytest.mark.parametrize("n_tokens", [100, 101])
def test_cells_keep_the_exercises_40_pixels_as_long_as_they_fit(n_tokens):
    cell = {100: 40, 101: 39}[n_tokens]
    image = diagrams.draw(hand_made.run([[1] * n_tokens]), 0, 0, 0)
    assert image.width < image.height < cell * n_tokens + 150
    assert image.width > cell * n_tokens


def test_labels_of_cells_lower_than_a_letter_do_not_cover_each_other():
    """With 1,000 tokens a cell is 4 px high: every second label is drawn, each with a line of its own."""
    pixels = np.asarray(diagrams.draw(named(["l"] * 1000), 0, 0, 0))
    beside = pixels[-8 - 4000 : -8, : pixels.shape[1] - 8 - 4000 - 1].any(axis=1)
    starts = np.flatnonzero(beside[1:] & ~beside[:-1])
    assert len(starts) == 500 - beside[0] * 1
    assert set(np.diff(starts)) == {8}


def test_a_model_with_random_weights_is_stamped():
    trained, random = (
        np.asarray(diagrams.draw(named(["turtle"] * 9, model=hand_made.model_info(weights=weights)), 0, 0, 0))
        for weights in ("pretrained", "random")
    )
    assert trained.shape == random.shape
    changed = np.argwhere(trained != random)
    assert len(changed) > 100
    assert changed[:, 0].max() < 40  # in the line of the title, not on a weight


def test_the_title_names_the_head_and_changes_with_it():
    run = hand_made.run([[1]], model=hand_made.model_info(1, 2))
    first, second = (np.asarray(diagrams.draw(run, 0, 0, head)) for head in (0, 1))
    changed = np.argwhere(first != second)
    assert len(changed)
    assert changed[:, 0].max() < 40


def test_the_same_token_twice_has_two_rows():
    weights = [[0.2, 0.8], [0.6, 0.4]]
    grid = grid_of(diagrams.draw(one_head(weights, batch_fields={"tokens": (("the", "the"),)}), 0, 0, 0), 2)
    assert [[cell_of(grid, q, k)[0, 0] for k in range(2)] for q in range(2)] == [[51, 204], [153, 102]]


def test_drawing_leaves_the_run_as_it_was():
    run = one_head()
    before = run.attentions.tobytes()
    diagrams.draw(run, 0, 0, 0)
    assert run.attentions.tobytes() == before


def test_drawing_needs_no_torch_and_no_plotly():
    program = (
        "import sys; from tests import hand_made; from viz.drawing import diagrams\n"
        "diagrams.zip_all(hand_made.run([[1, 1]]), 0)\n"
        "print({'torch', 'transformers', 'plotly', 'streamlit'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout.strip() == "set()"


def random_rows(shape: tuple[int, ...]) -> np.ndarray:
    """Give random weights whose rows sum to 1."""
    weights = np.random.default_rng(3).random(shape, dtype=np.float32)
    return weights / weights.sum(axis=-1, keepdims=True)


def ink(pixels: np.ndarray) -> np.ndarray:
    """Cut away the empty edges of a label."""
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def assert_same_picture(one: Image.Image, other: Image.Image) -> None:
    assert one.size == other.size
    assert one.tobytes() == other.tobytes()
