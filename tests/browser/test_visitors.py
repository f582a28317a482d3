"""A server that the room can reach, as ``make app`` starts it: shipped models open, and no folder does."""

import shutil
from urllib.parse import quote

from playwright.sync_api import expect

from tests.browser.conftest import open_page, settle
from tests.browser.server import running_app
from viz.shipped import MODELS_FOLDER


def test_a_server_that_others_can_reach_opens_its_own_models_and_no_folder(page, tmp_path):
    shutil.copytree(MODELS_FOLDER / "headlight-bert", tmp_path / "mine")
    with running_app(tmp_path / "log.txt", bound="0.0.0.0") as address:
        open_page(page, address)
        for folder in (tmp_path / "mine", tmp_path / "nobodys", "/etc"):
            page.goto(f"{address}/masked_word?model={quote(str(folder), safe='')}")
            said = f"opens no folder that it does not list, and '{folder}' is none of them"
            expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible(timeout=60_000)
            settle(page)
    with running_app(tmp_path / "log.txt") as address:  # this computer's own
        open_page(page, f"{address}/masked_word?model={quote(str(tmp_path / 'mine'), safe='')}")
