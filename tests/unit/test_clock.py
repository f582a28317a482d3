"""Nothing of ours waits or ends by the time of day, which may be set; only the log writes it down."""

import ast
import re

import pytest

from tests.conftest import REPOSITORY

FILES = sorted(
    [*map(REPOSITORY.joinpath, ("app.py", "asgi.py", "serve.py"))]
    + [file for folder in ("viz", "pages") for file in (REPOSITORY / folder).rglob("*.py")]
)
OF_DAY = r"time\.(time|time_ns|ctime|localtime|gmtime)|(datetime\.)?(datetime|date)\.(now|utcnow|today)"
MAY = {"viz/journal.py": ["datetime.now(UTC)"]}


def asked(tree: ast.AST) -> list[str]:
    """List the calls that ask for the time of day."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "time"]
    assert imports == [], "import time as a module: what is asked of it is seen then"
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [ast.unparse(call) for call in calls if re.fullmatch(OF_DAY, ast.unparse(call.func))]


def test_the_time_of_day_is_for_the_log_alone():
    found = {str(file.relative_to(REPOSITORY)): asked(ast.parse(file.read_text())) for file in FILES}
    assert {file: calls for file, calls in found.items() if calls} == MAY


@pytest.mark.parametrize("call", ["time.time()", "datetime.now()", "datetime.datetime.now(UTC)", "date.today()"])
def test_a_call_would_be_found(call):
    assert asked(ast.parse(f"since = {call}")) == [call]
