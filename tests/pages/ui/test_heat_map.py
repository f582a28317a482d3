"""Every heat map of every page says what it shows, and its cells can be walked."""

import json

import pytest

from tests.conftest import REPOSITORY
from tests.pages.driver import open_app

FOLDERS = sorted(folder.name for folder in (REPOSITORY / "pages").iterdir() if (folder / "page.py").is_file())
PARTS = {"positions": ("order", "tables", "distance", "forgotten")}  # where a page has parts


def heat_maps(app) -> dict[str, str]:
    """Give the texts of the charts that hold a heat map, by their keys."""
    charts = [chart.proto for chart in app.get("plotly_chart")]
    kinds = {chart.id: {trace["type"] for trace in json.loads(chart.spec)["data"]} for chart in charts}
    return {chart.id.split("-")[-1]: chart.alt for chart in charts if "heatmap" in kinds[chart.id]}


def walks(app) -> set[str]:
    """Name the charts over whose cells a walk goes."""
    found = {component.proto.id.split("-")[-1] for component in app.get("bidi_component")}
    return {name.removesuffix("_walk") for name in found if name.endswith("_walk")}


@pytest.mark.parametrize("name", FOLDERS)
def test_every_map_has_a_walk(name):
    for part in PARTS.get(name, (None,)):
        app = open_app(f"pages/{name}/page.py", **({} if part is None else {"part": part}))
        maps = heat_maps(app)
        assert set(maps) <= walks(app), part
        assert all("cells with a number" in said for said in maps.values()), part


def test_the_maps_of_a_hidden_word_have_one_each():
    app = open_app()
    next(group for group in app.button_group if group.label.startswith("Hide")).set_value([3]).run()
    assert {"head_map", "changes_board"} < set(heat_maps(app)) == walks(app)
    assert len(heat_maps(app)) == 5  # before, after and their difference too
