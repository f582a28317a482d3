"""Batches of texts: their continuations, their check against each text alone, their training."""
