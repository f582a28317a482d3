"""A server whose disk is full goes on: it answers, takes files and gives them; only its log ends."""

import resource

from playwright.sync_api import expect

from tests.browser.conftest import open_page, settle
from tests.browser.server import started_app
from viz.files import saved


def test_a_server_that_can_write_nothing_more_answers_and_gives_files(page, tmp_path):
    log = tmp_path / "log.txt"
    with started_app(log) as (address, process):
        open_page(page, address)
        full = log.stat().st_size
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (full, full))
        page.get_by_label("Sentence with [MASK]").fill("The old turtle sleeps under the [MASK].")
        page.get_by_role("button", name="Run", exact=True).click()
        expect(page.get_by_text("The old turtle sleeps under the").first).to_be_visible()
        settle(page)
        page.get_by_role("button", name="Download").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="The run as .npz").click()
        run = saved.read(str(download.value.path()), "a run.npz")
        assert run.batch.texts == ("The old turtle sleeps under the [MASK].",)
        page.goto(f"{address}/saved")
        page.locator('input[type="file"]').first.set_input_files(
            {"name": "mine.npz", "mimeType": "application/octet-stream", "buffer": saved.as_bytes(run)}
        )
        expect(page.get_by_text("mine").first).to_be_visible()
        settle(page)
        assert page.get_by_test_id("stAlertContentError").count() == 0
        assert process.poll() is None
        assert log.stat().st_size == full
