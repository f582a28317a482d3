"""Compare two runs: which tokens are the same, how far each head moved, what became of the answer."""
