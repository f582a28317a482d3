"""Measure speed and memory, as ratios in one run; what came out is in README.md. Nothing here is a test."""
