"""Ask a server that runs what it still holds: a module beside its Python answers a signal."""

import json
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

# Python imports a module of this name at start. What the engine keeps for all visitors is let go of first; frozen
# objects are thawed, for the collector does not look at those.
MODULE = """
import gc, json, os, signal, sys, threading

def answer(_signal, _frame):
    if (local := sys.modules.get("viz.engine.local")) is not None:
        local.engine._kept.clear()
    gc.unfreeze()
    gc.collect()
    held = gc.get_objects()
    said = {
        "sessions": sum(type(it).__name__ == "AppSession" and it._state.name != "SHUTDOWN_REQUESTED" for it in held),
        "texts": [it.batch.texts[0] for it in held if type(it).__name__ == "Run"],
        "works": sum(thread.name in ("work", "ScriptRunner.scriptThread") for thread in threading.enumerate()),
    }
    with open(os.environ["CENSUS"] + ".new", "w") as file:
        json.dump(said, file)
    os.replace(file.name, os.environ["CENSUS"])

signal.signal(signal.SIGUSR1, answer)
"""


@dataclass(frozen=True, slots=True)
class Held:
    """Say what a server holds: sessions that are not over, the first text of each run, working threads."""

    sessions: int
    texts: list[str]
    works: int


class Census:
    """Hold what makes a server answer, and ask it."""

    def __init__(self, folder: Path):
        (folder / "sitecustomize.py").write_text(MODULE)
        self._answer = folder / "census.json"
        self.environment = {"PYTHONPATH": str(folder), "CENSUS": str(self._answer)}

    def of(self, server: subprocess.Popen[bytes]) -> Held:
        """Ask a server that was started with ``environment``."""
        self._answer.unlink(missing_ok=True)
        server.send_signal(signal.SIGUSR1)
        ends = time.monotonic() + 30
        while not self._answer.exists():
            assert time.monotonic() < ends, "the server does not answer"
            time.sleep(0.02)
        return Held(**json.loads(self._answer.read_text()))
