"""Hand on what shows a run in a notebook: ``from viz import notebook; notebook.head(run, layer=3, head=10)``."""

from viz.files.notebook import head, overview, page

__all__ = ["head", "overview", "page"]
