"""The open page, for the tests of Switch heads off that only read it."""

import pytest

from tests.pages.driver import open_app
from tests.pages.switch_off.steps import PAGE


@pytest.fixture(scope="module")
def opened():
    """Give the page as it opens, for tests that only read it."""
    return open_app(PAGE)
