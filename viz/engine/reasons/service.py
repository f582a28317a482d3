"""Answer requests about reasons; ``viz.engine.service`` calls this."""

from collections.abc import Callable
from typing import Any

ANSWERS: dict[type, Callable[..., Any]] = {}
