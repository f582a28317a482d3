"""Hand on what runs a batch for a notebook: ``from viz.forward import run``."""

from viz.engine.forward import run

__all__ = ["run"]
