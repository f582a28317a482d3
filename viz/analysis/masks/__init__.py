"""Masks: their layers, what they add to scores, and the state of each cell."""
