"""Click a place of a picture."""

from playwright.sync_api import Locator


def click_at(picture: Locator, across: float, down: float) -> None:
    """Click where it lies, given as shares of the picture's size."""
    box = picture.bounding_box()
    assert box is not None, "the picture is not on the page"
    picture.click(position={"x": box["width"] * across, "y": box["height"] * down})
