"""Write what heads contribute: a picture and a table a head, ``python -m viz TEXT --contribution --out DIR``."""

import sys
from pathlib import Path

from viz import whole_file
from viz.analysis.reasons import contribution
from viz.analysis.tables import as_csv
from viz.analysis.views.viewed import viewed
from viz.commands.options import one_line
from viz.drawing import diagrams
from viz.names import diagram_name, head_title
from viz.records import Run
from viz.view import View

VIEW = View(contribution=True)


def write(run: Run, row: int, folder: Path, kind: str = "self") -> None:
    """Write every head of one kind of a text, and say where weight and contribution differ most.

    Raises ``NoContributions``.
    """
    seen, at = viewed(run, row, VIEW)
    diagrams.write_all(seen, at, folder, kind)
    stack = run.stack(kind)
    for layer in range(stack.n_layers):
        for head in range(stack.n_heads):
            name = diagram_name(layer, head, "csv", kind, VIEW)
            whole_file.write(folder / name, as_csv(contribution.head_table(run, row, layer, head, kind=kind)))
    if (found := contribution.most_striking(run, row, kind=kind)) is not None:
        sentence = contribution.said(run, row, found, kind=kind)
        print(one_line(f"# {head_title(found.layer, found.head, kind)}: {sentence}"), file=sys.stderr)
