"""Import Ray with what has to be said before: it sends no statistics, and waits instead of ending a process.

A driver that loses the head of its cluster ends itself after a minute; the app would go with it, and it can answer
alone. A thread of Serve's that comes too late does not begin a cluster of its own. ``ray`` is imported from here and
nowhere else.
"""

import os

_NEVER = str(10**6)  # seconds
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")
os.environ.setdefault("RAY_gcs_rpc_server_reconnect_timeout_s", _NEVER)
os.environ.setdefault("RAY_SERVE_LOG_TO_STDERR", "0")
os.environ.setdefault("RAY_SERVE_HANDLE_AUTOSCALING_METRIC_PUSH_INTERVAL_S", "1")  # a class arrives in one minute

import ray  # noqa: E402
from ray import serve  # noqa: E402

__all__ = ["ray", "serve"]
