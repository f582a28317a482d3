"""The notebook in docs runs: its cells, one after another, give what stands below them, or something to look at."""

import ast
import json
import re

import pytest

from tests.conftest import REPOSITORY

NOTEBOOK = json.loads((REPOSITORY / "docs" / "notebook.ipynb").read_text())
TEXT = (REPOSITORY / "docs" / "notebook.md").read_text()


def run_cell(source: str, names: dict) -> object:
    """Run a cell as Jupyter does: all of it, and the value of a last line that is an expression."""
    tree = ast.parse(source)
    last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    return None if last is None else eval(compile(last, "cell", "eval"), names)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Run every cell of the notebook in a folder of its own; gives (cell, what it gave)."""
    names: dict = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("notebook"))
        cells = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
        return [(cell, run_cell("".join(cell["source"]), names)) for cell in cells]


def test_every_cell_gives_what_stands_below_it_or_displays_itself(results):
    assert len(results) == 7
    displayed = 0
    for cell, value in results:
        if cell["outputs"]:
            assert repr(value) == "".join(cell["outputs"][0]["data"]["text/plain"])
        else:
            displayed += 1
            assert re.match(r"<(img|iframe) ", value._repr_html_())
    assert displayed == 4


def test_the_document_makes_the_calls_of_the_notebook():
    code = "".join(line for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code" for line in cell["source"])
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    calls = [line.split("#")[0].strip() for line in block.splitlines() if line.startswith("notebook.")]
    assert len(calls) == 4
    assert [call for call in calls if call not in code] == []
