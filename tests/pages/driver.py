"""Open the app's pages without a browser and read what they show."""

import json
from pathlib import Path

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.app_test import calc_hash

from tests.unforeseen import unforeseen
from viz.shipped import MODELS_FOLDER

SECONDS = 120


def open_app(page: str = "pages/masked_word/page.py", **query) -> AppTest:
    """Open a page by its file, at an address; it must not raise."""
    app = AppTest.from_file(str(MODELS_FOLDER.parents[1] / "app.py"), default_timeout=SECONDS)
    # Before its first run a test knows a page by its file's name alone; the address is the name of its folder.
    app._page_hash = calc_hash(Path(page).parent.name)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert_no_failure(app)
    return app


def assert_no_failure(app: AppTest) -> None:
    """Fail where a page raised: an exception box, or a sentence that names no cause but a number in the log."""
    assert not app.exception
    assert unforeseen(messages(app.error)) == []


def press(app: AppTest, label: str) -> AppTest:
    """Press the button of a label; the page must not raise."""
    next(button for button in app.button if button.label == label).click().run()
    assert_no_failure(app)
    return app


def figure(app: AppTest, key: str) -> dict:
    return json.loads(_chart(app, key).spec)


def spoken(app: AppTest, key: str) -> str:
    """Give what is read out in place of a chart."""
    return _chart(app, key).alt


def _chart(app: AppTest, key: str):
    charts = [chart for chart in app.get("plotly_chart") if chart.proto.id.endswith(f"-{key}")]
    assert len(charts) == 1, f"{len(charts)} charts are called {key}"
    return charts[0].proto


def table(app: AppTest, column: str):
    """Give the one table of a page that has a column of this name."""
    found = [element.value for element in app.dataframe if column in element.value.columns]
    assert len(found) == 1, f"{len(found)} tables have a column {column}"
    return found[0]


def html(app: AppTest) -> str:
    """Join what the page writes as HTML."""
    return "".join(element.proto.body for element in app.get("html"))


def title(app: AppTest, key: str = "head_map") -> str:
    return figure(app, key)["layout"]["title"]["text"]


def messages(elements) -> list[str]:
    """Give what elements show: without the escapes of ``pages.ui.markdown.literal``."""
    return [element.value.replace("\\", "").replace(":small[]", "") for element in elements]
