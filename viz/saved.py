"""Hand on what opens and writes saved runs for a notebook: ``from viz import saved; saved.read("run.npz")``."""

from viz.files.from_outputs import from_outputs
from viz.files.saved import read, write

__all__ = ["from_outputs", "read", "write"]
