"""A file larger than the server is set to take is refused in the browser; one of just that size is taken."""

import pytest
from playwright.sync_api import expect

from tests.browser.server import running_app

MB = 10**6  # as the browser counts


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Give the address of an app that takes files of 1 MB."""
    with running_app(tmp_path_factory.mktemp("app") / "log.txt", HEADLIGHT_MAX_UPLOAD_MB="1") as address:
        yield address


def test_an_upload_is_as_large_as_is_set(page, small):
    page.goto(f"{small}/saved")
    uploader = page.get_by_test_id("stFileUploader")
    expect(uploader).to_contain_text("1MB")
    files = {"large.npz": MB + 1, "right.npz": MB}
    for name, size in files.items():
        upload = {"name": name, "mimeType": "application/octet-stream", "buffer": bytes(size)}
        uploader.locator("input").set_input_files(upload)
        if name == "large.npz":
            expect(uploader).to_contain_text("1.0MB or smaller")
    expect(page.get_by_test_id("stAlert")).to_contain_text("'right.npz' is not a saved run")
