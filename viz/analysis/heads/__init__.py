"""Heads: their measured jobs, how far they moved, and what switching them off did."""
