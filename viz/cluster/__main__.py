"""Run a cluster on this computer with the app before it: ``python -m viz.cluster``, what ``make cluster`` calls.

Options are those of ``serve.py``. Ctrl-C or SIGTERM ends the app, the workers and the cluster.
"""

import importlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from viz import settings
from viz.cluster.password import keep_strangers_out
from viz.errors import VizError

REPOSITORY = Path(__file__).resolve().parents[2]
STOPPED = 130  # what a shell says of a program that was interrupted
END_SECONDS = 10.0


def main() -> int:
    """Start the cluster, then the app, and end both; gives the exit code of the app."""
    try:
        settings.check()
    except VizError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2
    keep_strangers_out()
    here = importlib.import_module("viz.cluster.here")  # brings Ray, which reads the password when it is imported
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        address = here.start()
        print(f"The workers are ready. The cluster is at {address}", flush=True)
        return _serve(address)
    except KeyboardInterrupt:
        return STOPPED
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would leave workers behind
        here.stop()


def _serve(address: str) -> int:
    """Run the app until it ends, or this program is told to."""
    command = [sys.executable, str(REPOSITORY / "serve.py"), *sys.argv[1:]]
    app = subprocess.Popen(command, env={**os.environ, "HEADLIGHT_ENGINE": address})
    try:
        return app.wait()
    finally:
        app.terminate()
        try:
            app.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            app.kill()
            app.wait()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
