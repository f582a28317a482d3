"""Where no cluster is to be reached the app answers itself, or says in a sentence that it may not."""

import os
import subprocess
import sys

import pytest

from tests.browser.server import free_port
from tests.conftest import REPOSITORY

PROGRAM = """
import logging, time
from viz.engine.local import engine
from viz.engine.requests import Ask, Rank
from viz.errors import VizError
logging.basicConfig(format="log: %(message)s")
for text in ("Alone in the [MASK].", "Again in the [MASK]."):
    since = time.monotonic()
    try:
        print(engine.ask(Ask("headlight-bert", (text,))).batch.tokens[0][1])
    except VizError as error:
        print(error)
print(time.monotonic() - since)
try:
    print(sum(map(len, engine.stream(Rank(Ask("headlight-bert", (text,)), 0, word_id=7)))))
except VizError as error:
    print(error)
"""


@pytest.mark.parametrize("alone", ["1", "0"])
def test_without_a_cluster(alone):
    address = f"127.0.0.1:{free_port()}"
    environment = {"HEADLIGHT_ENGINE": f"ray://{address}", "HEADLIGHT_ALONE": alone}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )
    said = f"The computers that answer, at {address}, cannot be reached. Nothing was lost."
    first, second, seconds, ranked = done.stdout.strip().splitlines()
    if alone == "1":
        assert (first, second, ranked) == ("alone", "again", str(6 * 12))
    else:
        assert all(line.startswith(said) for line in (first, second, ranked))
    assert float(seconds) < 5  # who was not reached is not waited for again
    assert done.stderr.count(f"log: The cluster at {address} is lost") == 1


def test_a_server_for_a_cluster_does_not_start_without_ray(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util\nreal = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *rest: None if name == 'ray' else real(name, *rest)\n"
    )
    done = subprocess.run(
        [sys.executable, "serve.py"],
        env=os.environ | {"HEADLIGHT_ENGINE": "ray://127.0.0.1:6379", "PYTHONPATH": str(tmp_path)},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "takes Ray, and Ray is not installed" in done.stderr and done.stderr.count("\n") == 1
