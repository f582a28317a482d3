"""Wait until a replica on this computer has loaded the shipped models: ``python wait_until_ready.py PORT``.

With ``--once`` it is asked a single time, for the health check of a container.
"""

import sys
import time
import urllib.request

SECONDS = 120


def is_ready(port: str) -> bool:
    """Ask once; the first to ask also has the models loaded."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5) as answer:
            return answer.status == 200
    except OSError:  # nobody there yet, or 503
        return False


def main(port: str, *options: str) -> int:
    """Give 0 once the replica is ready, 1 where it does not become so."""
    ends = time.monotonic() + (0 if options == ("--once",) else SECONDS)
    while not is_ready(port):
        if time.monotonic() >= ends:
            print(f"The replica at port {port} is not ready.", file=sys.stderr)
            return 1
        time.sleep(0.2)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
