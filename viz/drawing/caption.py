"""Say below a picture what it is of: the text, the model, what its numbers are."""

from viz.analysis.views.viewed import said
from viz.records import Run
from viz.text import _

LONGEST = 300  # characters of a text that are written below a picture


def text_of(run: Run, row: int, kind: str = "self", longest: int | None = LONGEST) -> str:
    """Give the text that a row's maps are of; of cross-attention, source and target. A long one is cut, and says so."""
    source = run.batch.texts[row]
    target = source if run.target is None else run.target.texts[row]
    text = " ".join({"decoder": target, "cross": f"{source} → {target}"}.get(kind, source).split())
    return text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"


def note(run: Run, kind: str, *first: str) -> str:
    """Name the model after what is said first, and whatever the reader must know of its numbers."""
    parts = [*first, run.model.checkpoint]
    if read := said(run.view, kind):
        parts.append(read)
    if run.model.weights == "random":
        parts.append(_("random weights"))
    return " · ".join(parts)
