"""Run several replicas of the app behind a real nginx with ``deploy/nginx.conf``, all on loopback."""

import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.browser.server import REPOSITORY, free_port, started_app

CONF = REPOSITORY / "deploy" / "nginx.conf"
PORTS = (8501, 8502)  # as the file has them
LOGS = "/var/log/nginx/"

# What Debian's own nginx.conf says around ours, in a folder of the test's.
MAIN = """
{user}
daemon off;
worker_processes 2;
pid nginx.pid;
events {{ worker_connections 768; }}
http {{
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include headlight.conf;
}}
"""


def nginx_path() -> str:
    """Find nginx; without one the tests fail, and say what to do."""
    unpacked = REPOSITORY / ".venv" / "nginx" / "usr" / "sbin"
    folders = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", str(unpacked)])
    found = os.environ.get("NGINX") or shutil.which("nginx", path=folders)
    assert found, "no nginx found: run `make test`, or install it, or set NGINX to its path"
    return found


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    """Put other ports and folders into a text; each must be there."""
    for old, new in pairs:
        assert old in text, f"{CONF.name} has no {old}"
        text = text.replace(old, new)
    return text


class Replicas:
    """Hold the replicas, by the numbers of the cookie, and nginx before them."""

    def __init__(self, folder: Path, stack: ExitStack, **environment: str) -> None:
        self.folder, self._stack, self._environment = folder, stack, environment
        self.nginx: subprocess.Popen[bytes] | None = None
        self.ports = {number: free_port() for number in "12"}
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, number: str) -> None:
        """Start a replica, at the port that it has for good."""
        app = started_app(self.log(number), port=self.ports[number], **self._environment)
        _address, self.processes[number] = self._stack.enter_context(app)

    def kill(self, number: str) -> None:
        """Kill a replica: it says goodbye to nobody."""
        self.processes[number].kill()
        self.processes[number].wait()

    def direct(self, number: str) -> str:
        """Give the address of a replica, past nginx."""
        return f"http://127.0.0.1:{self.ports[number]}"

    def log(self, number: str) -> Path:
        """Name the log of a replica; one that is started anew goes on with it."""
        return self.folder / f"replica{number}.txt"

    def which_ran(self, text: str) -> str:
        """Name the replicas that wrote this text down, by their own logs."""
        return "".join(number for number in self.ports if text in self.log(number).read_text())

    def start_nginx(self, *changes: tuple[str, str]) -> None:
        """Start nginx with our file; its only changes are ports and the folder of logs, and what a benchmark tries."""
        ports = [(f"127.0.0.1:{old}", f"127.0.0.1:{new}") for old, new in zip(PORTS, self.ports.values(), strict=True)]
        escaped = [(old.replace(".", r"\."), new.replace(".", r"\.")) for old, new in ports]
        listen = ("listen 80;", f"listen 127.0.0.1:{self.port};")
        conf = replaced(CONF.read_text(), *ports, *escaped, listen, (LOGS, f"{self.folder}/"), *changes)
        (self.folder / "headlight.conf").write_text(conf)
        user = "user root root;" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(MAIN.format(user=user))
        command = [nginx_path(), "-p", str(self.folder), "-c", "nginx.conf", "-e", "start.log"]
        self.nginx = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        ends = time.monotonic() + 20
        while get(f"{self.address}/_stcore/health")[0] != 200:
            assert self.nginx.poll() is None and time.monotonic() < ends, (self.folder / "start.log").read_text()
            time.sleep(0.05)

    def stop_nginx(self) -> None:
        """Stop nginx, where it runs."""
        if self.nginx is not None:
            self.nginx.terminate()
            self.nginx.wait()


def get(address: str, **headers: str) -> tuple[int, str]:
    """Give status and text of an address; 0 where nobody answers."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


@contextmanager
def running_replicas(folder: Path, **environment: str) -> Iterator[Replicas]:
    """Run two replicas and nginx, and stop all of them."""
    with ExitStack() as stack:
        replicas = Replicas(folder, stack, **environment)
        stack.callback(replicas.stop_nginx)
        for number in replicas.ports:
            replicas.start(number)
        replicas.start_nginx()
        yield replicas
