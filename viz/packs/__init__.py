"""Lessons in a file: read and check them, ask the model for their answers, judge what was given, hand it in."""
