"""Start the server: ``python serve.py``, with any option of ``streamlit run`` behind it."""

import argparse
import errno
import os
import socket
import sys
from pathlib import Path

from click.exceptions import Abort
from streamlit.runtime.pages_manager import PagesManager
from streamlit.web import cli

from viz import settings
from viz.errors import VizError

STOPPED = 130  # what a shell says of a program that was interrupted


def main() -> int:
    """Serve until the server is told to stop; gives the exit code."""
    options = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    options.add_argument("--server.port", dest="port", default=os.environ.get("STREAMLIT_SERVER_PORT", "8501"))
    options.add_argument("--server.address", dest="address", default=os.environ.get("STREAMLIT_SERVER_ADDRESS", ""))
    given, _others = options.parse_known_args()
    if problem := settings_problem() or (given.port.isdigit() and port_problem(given.address, int(given.port))):
        print(problem, file=sys.stderr)
        return 2
    # Until somebody has visited a fresh server, Streamlit takes the folder ``pages`` for its old kind of menu, and
    # tells a first visitor who comes by a link to another page that there is no such page.
    PagesManager.uses_pages_directory = False
    upload = ["--server.maxUploadSize", str(settings.current().max_upload_mb)]
    sys.argv = ["streamlit", "run", str(Path(__file__).with_name("asgi.py")), *upload, *sys.argv[1:]]
    try:
        cli.main(standalone_mode=False)
    except (Abort, KeyboardInterrupt):
        return STOPPED
    return 0


def settings_problem() -> str:
    """Say which setting is wrong, and what it may be; nothing where all are right."""
    try:
        settings.check()
    except VizError as error:
        return " ".join(str(error).split())
    return ""


def port_problem(address: str, port: int) -> str:
    """Say why a port cannot be had, and what to do; nothing where it can."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, port))
    except OverflowError:
        return f"There is no port {port}. Choose one from 1024 to 65535: make app PORT=8501"
    except OSError as error:
        other = port + 1 if 1023 < port < 65535 else 8501
        advice = f"Choose another one: make app PORT={other}, or python serve.py --server.port {other}"
        if error.errno == errno.EADDRINUSE:
            return f"Port {port} is in use on this computer, perhaps by another Headlight. {advice}"
        if error.errno == errno.EACCES:
            return f"Port {port} may be opened by the administrator only. {advice}"
    return ""


if __name__ == "__main__":
    sys.exit(main())
