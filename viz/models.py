"""Hand on what loads a model for a notebook: ``from viz.models import load_model``."""

from viz.engine.models import load_model

__all__ = ["load_model"]
