"""The commands of the systemd unit, run as they stand there, but for the folder and the port."""

import os
import re
import shlex
import signal
import subprocess
import sys

from tests.browser.replicas import get
from tests.browser.server import REPOSITORY, free_port
from tests.unit.test_settings import class_settings

UNIT = (REPOSITORY / "deploy" / "headlight@.service").read_text()


def command(name: str, port: int) -> list[str]:
    """Read a command of the unit."""
    (line,) = re.findall(rf"^{name}=(.+)$", UNIT, re.M)
    words = shlex.split(line.replace("%i", str(port)))
    assert words[0] == "/srv/headlight/.venv/bin/python"
    return [sys.executable, *words[1:]]


def test_a_replica_starts_is_waited_for_and_stops_as_its_unit_says(tmp_path):
    port = free_port()
    (line,) = re.findall(r"^Environment=(.+)$", UNIT, re.M)
    environment = dict(word.split("=", 1) for word in shlex.split(line)) | class_settings() | {"HOME": str(tmp_path)}
    once = [*command("ExecStartPost", port), "--once"]
    assert subprocess.run(once, cwd=REPOSITORY, capture_output=True, check=False).returncode == 1
    variables = {"PATH": os.environ["PATH"], **environment}
    with (tmp_path / "log.txt").open("w") as log:
        process = subprocess.Popen(command("ExecStart", port), cwd=REPOSITORY, env=variables, stdout=log, stderr=log)
        try:
            subprocess.run(command("ExecStartPost", port), cwd=REPOSITORY, timeout=150, check=True)
            assert get(f"http://127.0.0.1:{port}/ready")[0] == 200
            assert subprocess.run(once, cwd=REPOSITORY, check=True).returncode == 0
            process.send_signal(signal.SIGTERM)
            (fine,) = re.findall(r"^SuccessExitStatus=(\d+)$", UNIT, re.M)
            assert process.wait(20) in (0, int(fine), -signal.SIGTERM)
        finally:
            process.kill()
            process.wait()
