"""Hand on what makes a batch of texts for a notebook: ``from viz.batching import encode``."""

from viz.engine.batching import encode

__all__ = ["encode"]
