"""Two boards on one page: all heads of a prompt and one head of every prompt. Neither disturbs the other."""

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests import hand_made
from tests.browser.conftest import settle
from tests.browser.server import running_app
from viz import theme

PAGE = """
import streamlit as st

from pages.ui import head_choice, media
from pages.ui.head_grid import head_grid, mark_head, mark_prompt, prompt_grid
from tests.browser.test_boards import batch_of_six

media.fit()
run = st.cache_resource(batch_of_six)()
layer, head = head_choice.chosen(run.model)
row = st.session_state.setdefault("row", 1)
left, right = st.columns(2)
with left:
    head_grid(run, row)
    mark_head(layer, head)
with right:
    prompt_grid(run, layer, head, lambda chosen: st.session_state.update(row=chosen))
    mark_prompt(row)
st.text(f"row {row}, layer {layer}, head {head}")
"""
REAL = np.array([[0] * n + [1] * (8 - n) for n in (0, 3, 1, 7, 2, 5)], dtype=bool)  # padded on the left
SIZE, GAP, ABOVE = 192, 6, 38  # px of a tile, between tiles, and for the name above each
ACROSS, DOWN = SIZE + GAP, ABOVE + SIZE + GAP  # from one tile to the next
CELL = SIZE // 8


def batch_of_six():
    """Build six prompts of a causal model with four layers of three heads; the last was told nothing of padding."""
    weights = np.random.default_rng(0).dirichlet(np.ones(8), size=(6, 4, 3, 8)).astype(np.float32)
    told = REAL.copy()
    told[5] = True
    return hand_made.run(
        REAL.astype(int).tolist(), model=hand_made.model_info(4, 3, causal=True), attentions=weights, given_mask=told
    )


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("boards")
    script = folder / "two_boards.py"
    script.write_text(PAGE)
    with running_app(folder / "log.txt", script) as address:
        yield address


@pytest.fixture
def boards(page, address):
    page.goto(address)
    expect(page.locator(".stage canvas[data-chosen]")).to_have_count(2, timeout=60_000)
    settle(page)
    return page


def heads(page: Page):
    return page.locator(".st-key-head_grid .stage canvas")


def prompts(page: Page):
    return page.locator(".st-key-prompt_grid .stage canvas")


def click_tile(canvas, row: int, column: int, rows: int, columns: int) -> None:
    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] * (column + 0.5) / columns, "y": box["height"] * (row + 0.6) / rows})


def colours(page: Page, prompt: int) -> np.ndarray:
    """Read a prompt's tile from the canvas: RGBA ``[192, 192, 4]``."""
    x, y = ACROSS * (prompt % 4), DOWN * (prompt // 4) + ABOVE
    read = "(canvas, [x, y, n]) => [...canvas.getContext('2d').getImageData(x, y, n, n).data]"
    return np.array(prompts(page).evaluate(read, [x, y, SIZE])).reshape(SIZE, SIZE, 4)


def cell(tile: np.ndarray, query: int, key: int) -> np.ndarray:
    """Give a cell's inner pixels; the frame of a tile is drawn over its outer ones."""
    return tile[query * CELL + 2 : (query + 1) * CELL - 2, key * CELL + 2 : (key + 1) * CELL - 2, :3].reshape(-1, 3)


def share(pixels: np.ndarray, colour: str) -> float:
    return (pixels == theme.rgba(colour)[:3]).all(axis=1).mean()


def test_a_prompt_is_chosen_by_a_click_and_the_head_stays(boards):
    expect(boards.get_by_text("row 1, layer 3, head 2")).to_be_visible()
    expect(prompts(boards)).to_have_attribute("data-chosen", "prompt 2")
    renders = prompts(boards).get_attribute("data-renders")
    for prompt in (4, 0, 3, 5):
        click_tile(prompts(boards), prompt // 4, prompt % 4, 2, 4)
        expect(boards.get_by_text(f"row {prompt}, layer 3, head 2")).to_be_visible()
        expect(prompts(boards)).to_have_attribute("data-chosen", f"prompt {prompt + 1}")
        expect(heads(boards)).to_have_attribute("data-chosen", "Layer4_Head3 · L3H2")
    assert prompts(boards).get_attribute("data-renders") == renders, "the tiles were drawn again"


def test_a_head_is_chosen_by_a_click_and_the_prompt_stays(boards):
    click_tile(heads(boards), 0, 2, 4, 3)
    expect(boards.get_by_text("row 1, layer 0, head 2")).to_be_visible()
    expect(heads(boards)).to_have_attribute("data-chosen", "Layer1_Head3 · L0H2")
    expect(prompts(boards)).to_have_attribute(
        "aria-label", "Layer1_Head3 · L0H2, one map for each of 6 prompts. Arrow keys choose a prompt."
    )
    expect(prompts(boards)).to_have_attribute("data-chosen", "prompt 2")
    expect(prompts(boards)).to_have_attribute("data-renders", "2")
    mark = boards.locator(".st-key-prompt_grid .mark").bounding_box()
    tile = prompts(boards).bounding_box()
    assert mark["x"] + mark["width"] / 2 == pytest.approx(
        tile["x"] + tile["width"] * (ACROSS + SIZE / 2) / (4 * ACROSS - GAP), abs=2
    )
    assert mark["y"] + mark["height"] / 2 == pytest.approx(
        tile["y"] + tile["height"] * (ABOVE + SIZE / 2) / (2 * DOWN - GAP), abs=2
    )


def test_padded_rows_and_columns_are_grey_and_hatched_and_later_keys_flat(boards):
    tile = colours(boards, 1)
    for query in range(8):
        for key in range(8):
            pixels = cell(tile, query, key)
            padded = query < 3 or key < 3
            assert (share(pixels, theme.PADDING) > 0.5) == padded, (query, key)
            # The stroke is blended with what is below it: not all pixels are of one colour.
            assert (len(np.unique(pixels, axis=0)) > 1) == padded, (query, key)
            assert (share(pixels, theme.CAUSAL) == 1) == (not padded and key > query), (query, key)


def test_weights_have_the_colour_of_their_root(boards):
    table = theme.lookup_table(theme.WEIGHT_STOPS)
    weights = batch_of_six().attentions[2, 3, 2]
    tile = colours(boards, 2)
    for query in range(1, 8):
        for key in range(1, query + 1):
            level = np.rint(250 * np.sqrt(weights[query, key]))
            assert (cell(tile, query, key) == table[int(np.floor(level / 250 * 255 + 0.5))]).all()


def test_a_weight_on_padding_is_shown_and_hatched(boards):
    tile = colours(boards, 5)
    seen, unseen = cell(tile, 6, 2), cell(tile, 2, 1)
    assert share(seen, theme.PADDING) == 0
    assert len(np.unique(seen, axis=0)) > 1
    assert share(unseen, theme.PADDING) > 0.5
    assert len(np.unique(cell(tile, 6, 5), axis=0)) == 1  # a weight on a word


def test_arrow_keys_stay_on_the_tiles_there_are(boards):
    expected = [
        ("ArrowRight", 2),
        ("ArrowDown", 2),
        ("ArrowLeft", 1),
        ("ArrowDown", 5),
        ("ArrowRight", 5),
        ("ArrowUp", 1),
        ("ArrowLeft", 0),
    ]
    prompts(boards).focus()
    for key, row in expected:
        prompts(boards).press(key)
        expect(prompts(boards)).to_have_attribute("data-chosen", f"prompt {row + 1}")
        expect(boards.get_by_text(f"row {row}, layer 3, head 2")).to_be_visible()
    expect(heads(boards)).to_have_attribute("data-chosen", "Layer4_Head3 · L3H2")


def test_the_empty_place_of_the_last_line_cannot_be_clicked(boards):
    click_tile(prompts(boards), 1, 2, 2, 4)
    expect(boards.locator(".st-key-prompt_grid .tip")).to_be_hidden()
    click_tile(prompts(boards), 1, 1, 2, 4)
    expect(boards.get_by_text("row 5, layer 3, head 2")).to_be_visible()
    expect(boards.locator(".st-key-prompt_grid .tip")).to_have_text("prompt 6")
    click_tile(prompts(boards), 1, 3, 2, 4)
    settle(boards)
    expect(prompts(boards)).to_have_attribute("data-chosen", "prompt 6")


def test_each_tile_has_its_name_above_it(boards):
    names = boards.locator(".st-key-prompt_grid .names span")
    expect(names).to_have_text([f"prompt {number}" for number in range(1, 7)])
    canvas = prompts(boards).bounding_box()
    for prompt in range(6):
        name = names.nth(prompt).bounding_box()
        top = canvas["y"] + canvas["height"] * (DOWN * (prompt // 4) + ABOVE - GAP) / (2 * DOWN - GAP)
        assert name["y"] + name["height"] == pytest.approx(top, abs=1.5)
        middle = canvas["x"] + canvas["width"] * (ACROSS * (prompt % 4) + SIZE / 2) / (4 * ACROSS - GAP)
        assert name["x"] + name["width"] / 2 == pytest.approx(middle, abs=1.5)
