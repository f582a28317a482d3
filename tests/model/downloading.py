"""Download from a Hub on loopback as the page does, in a process with an empty cache of its own."""

from pathlib import Path

from tests.model.small_hub import Hub, answer_of

# Download as the page does: begin, look again and again; what is printed last is the end and its seconds.
GET = """
import sys, time
from viz.engine import hub, hub_client
from viz.errors import VizError
{limits}
started, at_once = time.monotonic(), 0.0
try:
    state = hub.begin(sys.argv[1])
    at_once = time.monotonic() - started
    while state.status == "running":
        time.sleep(0.05)
        state = hub.watch(sys.argv[1])
    said = f"{{state.status}} {{state.n_done}} of {{state.n_bytes}}"
except VizError as error:
    said = f"{{type(error).__name__}} {{error}}"
print(f"{{at_once:.3f}}|{{time.monotonic() - started:.3f}}|{{said}}")
"""
GET_WITH = {
    "ours": GET.format(limits=""),
    "soon": GET.format(limits="hub_client.CONNECT_SECONDS, hub_client.READ_SECONDS = 0.5, 1.0"),
}

WEIGH = """
import sys
from viz.engine import hub
from viz.errors import VizError
try:
    weight = hub.weigh(sys.argv[1])
    print(weight.n_bytes, weight.n_here, weight.model_bytes, weight.endpoint)
except VizError as error:
    print(type(error).__name__, error)
"""


def weights_of(folder: Path) -> int:
    return (folder / "model.safetensors").stat().st_size


def all_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def download(hub: Hub, home: Path, *, limits: str = "ours", **environment: str) -> tuple[str, float]:
    """Give what a download ends with and its seconds; its beginning is answered at once."""
    answer, _ = answer_of(GET_WITH[limits], "some/tiny", home, HF_ENDPOINT=hub.endpoint, **environment)
    at_once, seconds, said = answer.split("|")
    assert float(at_once) < 2
    return said, float(seconds)


def half_files(home: Path) -> list[Path]:
    return list(home.rglob("*.incomplete"))
