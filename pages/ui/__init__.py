"""Widgets and cached calls that pages share."""
