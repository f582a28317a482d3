"""Keep strangers out of a cluster that is started here.

Ray listens on all addresses of a computer, and whoever reaches it may run programs. With a password, made anew each
time and handed on in the environment of what is started from here, only these reach it.
"""

import os
import secrets


def keep_strangers_out() -> None:
    """Choose the password; before Ray is imported, which reads it then."""
    os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))
