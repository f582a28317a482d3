"""The offline page of a run in Chromium, from a file: nothing is asked, and what it shows is what the run holds."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests import hand_made
from viz import notebook
from viz.files import page_html

HOSTILE = ("</script>", "<img src=x onerror=alert(1)>", "$x$", ":red[x]", "北京", "<b>", "&lt;", "[PAD]")
N = len(HOSTILE)


def weights(n_layers: int, n_heads: int, n_tokens: int, n_rows: int = 1) -> np.ndarray:
    raw = np.random.default_rng(3).random((n_rows, n_layers, n_heads, n_tokens, n_tokens), dtype=np.float32) ** 4
    return raw / raw.sum(axis=-1, keepdims=True)


@pytest.fixture
def show(page: Page, tmp_path):
    """Give a function that opens a run's page from a file; at the end nothing but that file was asked for."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))

    def show(run, **options) -> Page:
        file = tmp_path / "run.html"
        file.write_bytes(page_html.page(run, **options))
        page.goto(file.as_uri())
        page.locator(".stage canvas[data-drawn]").wait_for()
        page.locator(".map[data-drawn]").wait_for()
        return page

    yield show
    assert asked == [(tmp_path / "run.html").as_uri()]


@pytest.fixture
def hostile():
    """Give a run of two layers of three heads over nasty tokens; the last one is padding."""
    real = [[1] * (N - 1) + [0]]
    fields = {"tokens": (HOSTILE,), "texts": ("</script><img src=x onerror=alert(1)> 北京",)}
    maps = weights(2, 3, N)
    return hand_made.run(real, model=hand_made.model_info(2, 3), batch_fields=fields, attentions=maps)


def point_at_cell(page: Page, query: int, key: int) -> str:
    """Put the pointer on a cell of the open head and read what is said."""
    place = page.locator(".map").evaluate("(canvas) => canvas.layout")
    x, y = (place[side] + (at + 0.5) * place["cell"] for side, at in (("left", key), ("top", query)))
    page.locator(".map").hover(position={"x": x, "y": y})
    return page.locator(".said").inner_text()


def point_at_tile(page: Page, run, layer: int, head: int, query: int, key: int) -> str:
    """Put the pointer on a cell of a small map and read the tip."""
    canvas = page.locator(".stage canvas")
    n_layers, n_heads, n_queries, n_keys = run.attentions.shape[1:]
    box, wide, high = canvas.bounding_box(), *canvas.evaluate("(canvas) => [canvas.width, canvas.height]")
    tile, tall = (wide + 6) / n_heads, (high + 6) / n_layers
    x = head * tile + (key + 0.5) * (tile - 6) / n_keys
    y = layer * tall + (query + 0.5) * (tall - 6) / n_queries
    canvas.hover(position={"x": x * box["width"] / wide, "y": y * box["height"] / high})
    expect(page.locator(".tip")).to_be_visible()
    return page.locator(".tip").inner_text()


def open_title(page: Page):
    return page.locator(".one h2")


def test_the_number_under_the_pointer_is_the_runs_and_tokens_are_text(show, hostile):
    page = show(hostile, place=(1, 2))
    expect(open_title(page)).to_have_text("Layer2_Head3 · L1H2")
    expect(page.get_by_role("heading", level=1)).to_have_text(hostile.batch.texts[0])
    for query, key in ((0, 1), (1, 0), (4, 6), (6, 2)):
        weight = hostile.attentions[0, 1, 2, query, key]
        expected = f"{query + 1} {HOSTILE[query]} → {key + 1} {HOSTILE[key]}: {weight:.6f}"
        assert point_at_cell(page, query, key) == expected
    assert point_at_cell(page, 0, N - 1) == f"1 </script> → {N} [PAD]: padding"
    assert page.locator("img").count() == 0


def test_the_small_maps_tell_their_numbers_too(show, hostile):
    page = show(hostile)
    for layer, head, query, key in ((0, 0, 0, 0), (1, 2, 4, 6), (0, 1, 6, 2)):
        title, cell = point_at_tile(page, hostile, layer, head, query, key).split("\n")
        assert title == f"Layer{layer + 1}_Head{head + 1} · L{layer}H{head}"
        assert cell.endswith(f"→ {key + 1} {HOSTILE[key]}: {hostile.attentions[0, layer, head, query, key]:.6f}")


def test_a_head_opens_by_click_and_by_arrow_keys_and_its_cells_are_walked(show, hostile):
    page = show(hostile)
    point_at_tile(page, hostile, 1, 1, 3, 3)
    page.mouse.down()
    page.mouse.up()
    expect(open_title(page)).to_have_text("Layer2_Head2 · L1H1")
    board = page.locator(".stage canvas")
    board.press("ArrowRight")
    expect(open_title(page)).to_have_text("Layer2_Head3 · L1H2")
    board.press("ArrowRight")  # there is none
    board.press("ArrowUp")
    expect(open_title(page)).to_have_text("Layer1_Head3 · L0H2")
    board.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".said")).to_have_text(re.compile(r"^2 <img .* → 1 </script>: "))
    shown = page.locator(".said").inner_text()
    assert shown.endswith(f"{hostile.attentions[0, 0, 2, 1, 0]:.6f}")
    page.keyboard.press("Escape")
    expect(board).to_be_focused()


def pixel(page: Page, query: int, key: int, dx: float = 0.5, dy: float = 0.5) -> list[int]:
    read = """(canvas, [query, key, dx, dy]) => {
      const { left, top, cell } = canvas.layout, sharp = window.devicePixelRatio;
      const at = [(left + (key + dx) * cell) * sharp, (top + (query + dy) * cell) * sharp];
      return [...canvas.getContext('2d').getImageData(...at.map(Math.floor), 1, 1).data];
    }"""
    return page.locator(".map").evaluate(read, [query, key, dx, dy])


def test_padding_is_grey_and_hatched_and_later_keys_are_empty(show):
    run = hand_made.run([[1, 1, 1, 0]], model=hand_made.model_info(causal=True))
    page = show(run)
    page.locator(".numbers input").uncheck()
    assert pixel(page, 0, 2) == [0xEB, 0xE5, 0xD9, 255]  # later
    assert pixel(page, 1, 3, 0.2, 0.2)[:3] == [0xBD] * 3  # padding between the hatch
    assert pixel(page, 1, 3, 0.5, 0.5)[:3] != [0xBD] * 3  # and on it
    assert point_at_cell(page, 0, 2) == "1 t0 → 3 t2: a later key"


@pytest.mark.parametrize("n_tokens, at_first", [(12, True), (13, False)])
def test_numbers_stand_in_the_cells_of_short_texts_and_can_be_switched(show, n_tokens, at_first):
    page = show(hand_made.run([[1] * n_tokens], attentions=weights(1, 1, n_tokens)))
    box = page.get_by_label("Numbers in the cells")
    expect(box).to_be_checked(checked=at_first)
    before = page.locator(".map").evaluate("(canvas) => canvas.toDataURL()")
    box.click()
    assert page.locator(".map").evaluate("(canvas) => canvas.toDataURL()") != before


def test_lines_are_an_alternative_and_pointing_at_a_word_tells_its_links(show, hostile):
    page = show(hostile)
    page.get_by_role("button", name="Lines").click()
    page.locator(".map[data-drawn$=lines]").wait_for()
    place = page.locator(".map").evaluate("(canvas) => canvas.layout")
    page.locator(".map").hover(position={"x": 5, "y": place["top"] + 2.5 * place["cell"]})
    row = hostile.attentions[0, 0, 0, 2, : N - 1]  # the last key is padding: no link
    best = [f"3 $x$ → {key + 1} {HOSTILE[key]}: {row[key]:.6f}" for key in np.argsort(-row)[:3]]
    expect(page.locator(".said")).to_have_text("; ".join(best))


def test_more_than_64_tokens_have_no_lines_and_no_numbers(show):
    page = show(hand_made.run([[1] * 65], attentions=weights(1, 1, 65)))
    expect(page.get_by_role("button", name="Lines")).to_be_hidden()
    expect(page.get_by_label("Numbers in the cells")).to_be_hidden()


def test_kinds_are_tabs_and_texts_a_list(show):
    cross = weights(1, 2, 3, 2)[:, :, :, :2]
    run = hand_made.translation([[1, 1, 1], [1, 1, 1]], [[1, 1], [1, 1]], cross=cross)
    page = show(run)
    expect(open_title(page)).to_have_text("Cross Layer1_Head1 · L0H0")
    assert point_at_cell(page, 1, 2) == f"2 w1 → 3 t2: {cross[0, 0, 0, 1, 2]:.6f}"
    page.locator("select").select_option("1")
    expect(page.get_by_role("heading", level=1)).to_have_text("text 1")
    page.locator(".map[data-drawn^='1 cross 0']").wait_for()
    assert point_at_cell(page, 1, 2) == f"2 w1 → 3 t2: {cross[1, 0, 0, 1, 2]:.6f}"
    page.get_by_role("tab", name="Encoder").click()
    expect(open_title(page)).to_have_text("Encoder Layer1_Head1 · L0H0")
    page.locator(".map[data-drawn^='1 encoder 0']").wait_for()
    assert point_at_cell(page, 0, 0) == "1 t0 → 1 t0: 0.333333"


def test_of_a_long_text_the_largest_cell_under_the_pointer_is_told(show):
    run = hand_made.run([[1] * 90], attentions=weights(1, 1, 90))
    page = show(run)
    canvas = page.locator(".stage canvas")
    box = canvas.bounding_box()
    canvas.hover(position={"x": box["width"] * 0.5 / 30, "y": box["height"] * 0.5 / 30})  # blocks of 3 x 3
    expect(page.locator(".tip")).to_contain_text(f": {run.attentions[0, 0, 0, :3, :3].max():.6f}")


def test_a_phone_shows_it_without_scrolling_sideways_and_the_dark_one_on_a_dark_ground(browser, hostile, tmp_path):
    file = tmp_path / "run.html"
    file.write_bytes(page_html.page(hostile))
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = context.new_page()
    page.goto(file.as_uri())
    page.locator(".map[data-drawn]").wait_for()
    wide, ground = page.evaluate(
        "[document.documentElement.scrollWidth, getComputedStyle(document.body).backgroundColor]"
    )
    context.close()
    assert wide <= 390
    assert ground == "rgb(20, 24, 29)"


def test_in_a_notebooks_frame_it_works_too(page, hostile):
    page.set_content(f"<h1>notebook</h1>{notebook.page(hostile)._repr_html_()}")
    frame = page.frame_locator("iframe")
    frame.locator(".map[data-drawn]").wait_for()
    expect(frame.locator(".one h2")).to_have_text("Layer1_Head1 · L0H0")
    frame.locator(".stage canvas").press("ArrowRight")
    expect(frame.locator(".one h2")).to_have_text("Layer1_Head2 · L0H1")
