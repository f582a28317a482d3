"""Read the settings an administrator gives by environment variables; asked for when needed, so tests can change them.

``HEADLIGHT_DEVICE``         auto (default: CUDA where there is one), cpu, cuda or mps
``HEADLIGHT_MAX_MODEL_GB``   the largest model that is loaded, in GB of weights as float32; 3 by default, 0: no limit
``HEADLIGHT_MODELS``         folders whose models are listed, parted as in PATH
``HEADLIGHT_RUNS``           folders whose saved runs anybody may open, or single files, parted as in PATH
``HEADLIGHT_LOG``            0: no line of JSON for each run on the standard error stream
``HEADLIGHT_LOG_TEXTS``      1: those lines hold what people typed
``HEADLIGHT_METRICS``        1: ``/metrics`` answers, for Prometheus
``HEADLIGHT_ALLOW``          the only models that may be opened, parted by commas: names on the Hub, folders, which
                             begin with ``/``, ``~`` or ``.``, or all that lies directly in one, ``folder/*``; the
                             shipped ones always may. Empty: all. For servers others can reach.

Of the Hub's own variables two are read here too: ``HF_ENDPOINT``, a mirror, and ``HF_HUB_OFFLINE``, ask nobody.
"""

import os
from pathlib import Path

DEVICES = ("auto", "cpu", "cuda", "mps")
DEFAULT_MAX_GB = 3.0
HUB = "https://huggingface.co"


def device() -> str:
    """Name the device that is asked for; what is no device is ``"auto"``."""
    named = os.environ.get("HEADLIGHT_DEVICE", "auto").strip().lower()
    return named if named in DEVICES else "auto"


def max_model_bytes() -> float:
    """Give the largest size of a model's weights in bytes; infinite where there is no limit."""
    try:
        limit = float(os.environ.get("HEADLIGHT_MAX_MODEL_GB", DEFAULT_MAX_GB))
    except ValueError:
        limit = DEFAULT_MAX_GB
    return limit * 1e9 if limit > 0 else float("inf")


def model_folders() -> tuple[Path, ...]:
    """List the folders whose models are listed."""
    return _paths("HEADLIGHT_MODELS")


def run_places() -> tuple[Path, ...]:
    """List the folders, and files, of saved runs that anybody may open."""
    return _paths("HEADLIGHT_RUNS")


def _paths(variable: str) -> tuple[Path, ...]:
    named = os.environ.get(variable, "").split(os.pathsep)
    return tuple(Path(path).expanduser() for path in named if path.strip())


def allowed() -> tuple[str, ...]:
    """List the only models that may be opened; empty: all may."""
    named = os.environ.get("HEADLIGHT_ALLOW", "").split(",")
    return tuple(name.strip() for name in named if name.strip())


def logs_runs() -> bool:
    """Tell whether every run gets a line in the log."""
    return os.environ.get("HEADLIGHT_LOG", "1").strip() != "0"


def has_metrics() -> bool:
    """Tell whether ``/metrics`` answers; it tells everybody how much this server is used."""
    return os.environ.get("HEADLIGHT_METRICS", "").strip() == "1"


def logs_texts() -> bool:
    """Tell whether the log of runs holds what people typed."""
    return os.environ.get("HEADLIGHT_LOG_TEXTS", "").strip() == "1"


def hub_endpoint() -> str:
    """Give the address of the Hub, or of the mirror in its place."""
    return os.environ.get("HF_ENDPOINT", "").strip().rstrip("/") or HUB


def is_offline() -> bool:
    """Tell whether the Hub may not be asked, by the words its own client knows."""
    named = os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE", "")
    return named.upper() in ("1", "ON", "YES", "TRUE")
