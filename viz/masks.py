"""Hand on the arithmetic of masks for a notebook: ``from viz.masks import additive_mask, softmax``."""

from viz.analysis.masks.additive import additive_mask, softmax

__all__ = ["additive_mask", "softmax"]
