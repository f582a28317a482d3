"""Make an attention mask by hand: two boards on one page, changed by mouse, finger, keyboard and by Python."""

import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import settle
from tests.browser.server import running_app
from viz import theme

PAGE = """
import numpy as np
import streamlit as st

from pages.inside.board import mask_board
from pages.ui import media
from tests.browser.test_mask_board import LONG, SENTENCE, mask_text

media.fit()
state = st.session_state
tokens = LONG if st.toggle("long") else SENTENCE
n = len(tokens)
real = np.array([token != "[PAD]" for token in tokens])
fixed = ~(real[:, None] & real)
if state.get("side") != n:
    state.side, state.calls, state.small_calls = n, 0, 0
    state.mask, state.small_mask = np.ones((n, n), bool), np.ones((1, 1), bool)


def changed(mask):
    state.mask, state.calls = mask, state.calls + 1


def small_changed(mask):
    state.small_mask, state.small_calls = mask, state.small_calls + 1


def refuse(mask):
    state.calls += 1


if st.button("causal"):
    state.mask = np.tri(n, dtype=bool)
on_change = refuse if st.toggle("refuse") else changed
mask_board(tokens, state.mask, fixed, on_change)
mask_board(("one",), state.small_mask, np.zeros((1, 1), bool), small_changed, key="small")
n_hidden = int((~state.mask).sum())
st.text(f"calls {state.calls}, small {state.small_calls} {mask_text(state.small_mask)}, hidden {n_hidden}")
if n < 20:
    st.text(mask_text(state.mask))
"""
INJECTED = "<img src=x onerror=alert(1)>"
SENTENCE = ("The", "turtle", "moves", "slow", INJECTED, "{key}", "[PAD]", "[PAD]")
LONG = tuple(f"word{i}" for i in range(128))
N, REAL = len(SENTENCE), 6


def mask_text(mask: np.ndarray) -> str:
    """Write a mask as rows of 0 and 1."""
    return " ".join("".join(str(int(cell)) for cell in row) for row in mask)


def with_hidden(*cells: tuple) -> str:
    mask = np.ones((N, N), dtype=bool)
    for query, key in cells:
        mask[query, key] = False
    return mask_text(mask)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mask_board")
    script = folder / "two_masks.py"
    script.write_text(PAGE)
    with running_app(folder / "log.txt", script) as address:
        yield address


@pytest.fixture
def board(page, address):
    open_boards(page, address)
    return page


def open_boards(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".stage canvas[data-renders]")).to_have_count(2, timeout=60_000)
    settle(page)


def stage(page: Page, key: str = "mask_board"):
    return page.locator(f".st-key-{key} .stage")


def canvas(page: Page, key: str = "mask_board"):
    return stage(page, key).locator("canvas")


def centre(page: Page, query: float, key: float, n: int = N) -> tuple[float, float]:
    """Give a cell's centre on the screen; row or column -1 is the name of a key or query."""
    box = canvas(page).bounding_box()
    cell = box["width"] / n
    x = box["x"] + (cell * (key + 0.5) if key >= 0 else -15)
    return x, box["y"] + (cell * (query + 0.5) if query >= 0 else -15)


def click(page: Page, query: int, key: int) -> None:
    page.mouse.click(*centre(page, query, key))


def drag(page: Page, *places: tuple[int, int]) -> None:
    page.mouse.move(*centre(page, *places[0]))
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*centre(page, *place))
    page.mouse.up()


def expect_mask(page: Page, mask: str, calls: int) -> None:
    """Python has this mask after so many calls, and the cells on the screen show it."""
    expect(page.get_by_text(f"calls {calls},")).to_be_visible()
    expect(page.get_by_text(mask, exact=True)).to_be_visible()
    settle(page)
    picture = pixels_of(page)
    for query, row in enumerate(mask.split()):
        for key, allowed in enumerate(row):
            pixels = cell(picture, query, key)
            fixed = query >= REAL or key >= REAL
            assert (share(pixels, theme.PADDING) > 0.4) == fixed, (query, key)
            assert (share(pixels, theme.HIDDEN) > 0.4) == (not fixed and allowed == "0"), (query, key)
            assert (share(pixels, "#ffffff") == 1) == (not fixed and allowed == "1"), (query, key)


def pixels_of(page: Page) -> np.ndarray:
    """Read the board from its canvas: RGB ``[side, side, 3]``."""
    url = canvas(page).evaluate("canvas => canvas.toDataURL()")
    picture = Image.open(BytesIO(base64.b64decode(url.partition(",")[2])))
    return np.asarray(picture.convert("RGB"), dtype=int)


def cell(picture: np.ndarray, query: int, key: int) -> np.ndarray:
    """Cut a cell out, without the line at its right and lower edge: RGB ``[side, side, 3]``."""
    side = len(picture) // N
    return picture[query * side : (query + 1) * side - 1, key * side : (key + 1) * side - 1]


def share(pixels: np.ndarray, colour: str) -> float:
    return (pixels == theme.rgba(colour)[:3]).all(axis=-1).mean()


def test_a_click_hides_a_cell_and_another_allows_it_again(board):
    click(board, 3, 2)
    expect_mask(board, with_hidden((3, 2)), 1)
    expect(board.locator(".st-key-mask_board .said")).to_have_text("query slow, key moves: hidden")
    click(board, 3, 2)
    expect_mask(board, with_hidden(), 2)
    expect(canvas(board)).to_have_attribute("data-renders", "1")  # cells were repainted, never the board


def test_a_hidden_cell_is_crossed(board):
    click(board, 3, 2)
    expect_mask(board, with_hidden((3, 2)), 1)
    blue = cell(pixels_of(board), 3, 2)[:, :, 2]
    background, side = theme.rgba(theme.HIDDEN)[2], len(blue)
    for at in range(1, side):
        assert blue[at, at] < background, "the line down is missing"
        assert blue[at, side - at] < background, "the line up is missing"
    assert blue[side // 2, 2] == background


def test_a_drag_paints_every_cell_it_crosses_with_the_new_value_of_the_first(board):
    click(board, 2, 3)
    expect_mask(board, with_hidden((2, 3)), 1)
    drag(board, (2, 0), (2, 5))  # one jump: no cell on the way is left out, the hidden one stays hidden
    expect_mask(board, with_hidden((2, slice(0, 6))), 2)
    drag(board, (2, 2), (0, 2), (0, 4))
    expect_mask(board, with_hidden((2, [0, 1, 3, 4, 5])), 3)


def test_a_drag_that_ends_outside_is_sent(board):
    x, y = centre(board, 5, 0)
    board.mouse.move(x, y)
    board.mouse.down()
    board.mouse.move(x - 400, y)
    board.mouse.up()
    expect_mask(board, with_hidden((5, 0)), 1)


def test_the_name_of_a_key_hides_it_from_every_query(board):
    click(board, -1, 1)
    expect_mask(board, with_hidden((slice(0, REAL), 1)), 1)
    expect(stage(board)).to_have_attribute("aria-label", "key turtle, every query: hidden")
    click(board, 4, 1)
    expect_mask(board, with_hidden(([0, 1, 2, 3, 5], 1)), 2)
    click(board, -1, 1)  # partly hidden: all of it
    expect_mask(board, with_hidden((slice(0, REAL), 1)), 3)
    click(board, -1, 1)
    expect_mask(board, with_hidden(), 4)


def test_the_name_of_a_query_hides_every_key_from_it(board):
    click(board, 3, -1)
    expect_mask(board, with_hidden((3, slice(0, REAL))), 1)
    click(board, 3, -1)
    expect_mask(board, with_hidden(), 2)


def test_fixed_cells_stay(board):
    click(board, 7, 7)
    click(board, 0, 6)
    click(board, -1, 7)
    click(board, 6, -1)
    expect(board.locator(".st-key-mask_board .said")).to_have_text("query [PAD] (7), every key: cannot be changed")
    expect_mask(board, with_hidden(), 0)
    drag(board, (0, 7), (0, 4))  # it begins on padding: the first word that it meets says what it paints
    expect_mask(board, with_hidden((0, [4, 5])), 1)


def test_the_keyboard_moves_toggles_and_says_where_it_is(board):
    stage(board).focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight"):
        stage(board).press(key)
    expect(stage(board)).to_have_attribute("aria-label", "query slow, key moves: allowed")
    stage(board).press("Space")
    expect(stage(board)).to_have_attribute("aria-label", "query slow, key moves: hidden")
    expect(board.locator(".st-key-mask_board [aria-live]")).to_have_text("query slow, key moves: hidden")
    expect_mask(board, with_hidden((3, 2)), 1)
    for _step in range(6):  # up to the name of the key, and no further
        stage(board).press("ArrowUp")
    expect(stage(board)).to_have_attribute("aria-label", "key moves, every query: partly hidden")
    stage(board).press("Space")
    expect_mask(board, with_hidden((slice(0, REAL), 2)), 2)
    for _step in range(4):
        stage(board).press("ArrowLeft")
    expect(stage(board)).to_have_attribute("aria-label", "key The, every query: allowed")  # not into the corner
    stage(board).press("ArrowDown")
    frame, first = board.locator(".st-key-mask_board .cursor").bounding_box(), centre(board, 0, 0)
    assert frame["x"] + frame["width"] / 2 == pytest.approx(first[0], abs=1)
    assert frame["y"] + frame["height"] / 2 == pytest.approx(first[1], abs=1)


def test_the_board_follows_python_and_answers_nothing(board):
    click(board, 0, 0)
    expect_mask(board, with_hidden((0, 0)), 1)
    board.get_by_role("button", name="causal").click()
    expect_mask(board, mask_text(np.tri(N, dtype=bool)), 1)
    click(board, 0, 3)
    mask = np.tri(N, dtype=bool)
    mask[0, 3] = True
    expect_mask(board, mask_text(mask), 2)


def test_the_board_takes_back_what_python_refuses(board):
    board.get_by_text("refuse").click()
    settle(board)
    click(board, 0, 0)
    expect_mask(board, with_hidden(), 1)


def test_fast_clicks_are_all_kept(board):
    cells = [(query, key) for query in range(5) for key in range(5)]
    for place in cells:
        click(board, *place)
    settle(board)
    expect(board.get_by_text(with_hidden(*cells), exact=True)).to_be_visible()
    picture = pixels_of(board)
    assert all(share(cell(picture, *place), theme.HIDDEN) > 0.4 for place in cells)


def test_two_boards_do_not_disturb_each_other(board):
    canvas(board, "small").click()
    expect(board.get_by_text("calls 0, small 1 0,")).to_be_visible()
    expect_mask(board, with_hidden(), 0)
    click(board, 1, 1)
    expect(board.get_by_text("calls 1, small 1 0,")).to_be_visible()
    expect(canvas(board, "small")).to_have_attribute("data-renders", "1")
    expect(board.locator(".st-key-small .legend")).to_have_text("allowedhidden")  # nothing there is fixed


def test_token_text_stays_text(board):
    names = stage(board).locator(".keys span")
    expect(names).to_have_text(list(SENTENCE))
    expect(stage(board).locator(".queries span")).to_have_text(list(SENTENCE))
    assert stage(board).locator("img").count() == 0
    click(board, 4, 5)
    expect(stage(board)).to_have_attribute("aria-label", f"query {INJECTED}, key {{key}}: hidden")


def test_128_tokens_are_drawn_at_once_with_names_that_can_be_read(board):
    board.get_by_text("long").click()
    expect(canvas(board)).to_have_attribute("data-renders", "2")
    settle(board)
    assert float(canvas(board).get_attribute("data-draw-ms")) < 200  # 1 to 5 on a quiet computer
    tops = [name.bounding_box() for name in stage(board).locator(".queries span").all()]
    assert 16 <= len(tops) < 128
    assert all(above["y"] + above["height"] <= below["y"] for above, below in zip(tops, tops[1:], strict=False))
    board.mouse.move(*centre(board, 100, 0, 128))
    board.mouse.down()
    board.mouse.move(*centre(board, 100, 127, 128), steps=20)
    board.mouse.up()
    expect(board.get_by_text("hidden 128")).to_be_visible()
    x, y = centre(board, 0, 77, 128)
    board.mouse.click(x, canvas(board).bounding_box()["y"] - 10)  # most names are not written; their places work
    expect(board.get_by_text("hidden 255")).to_be_visible()


def test_a_finger_paints_on_a_phone_and_nothing_sticks_out(browser: Browser, address):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, color_scheme="dark"
    )
    page = context.new_page()
    open_boards(page, address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = stage(page).bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    page.touchscreen.tap(*centre(page, 0, 1))
    expect_mask(page, with_hidden((0, 1)), 1)
    finger = context.new_cdp_session(page)
    for kind, place in (("touchStart", (2, 2)), ("touchMove", (3, 2)), ("touchMove", (5, 2)), ("touchEnd", None)):
        points = [dict(zip("xy", centre(page, *place), strict=True))] if place else []
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect_mask(page, with_hidden((0, 1), (slice(2, 6), 2)), 2)
    expect(page.locator(".st-key-mask_board .said")).to_have_text("query {key}, key moves: hidden")
    context.close()
