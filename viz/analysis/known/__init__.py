"""Heads that somebody has described: who found what, and what it measures here."""
