"""Answer from a saved run, without its model: ``python -m viz --open FILE``."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from viz.commands.options import one_line

if TYPE_CHECKING:
    from viz.records import Run


def answer(options: argparse.Namespace) -> int:
    """Print what the run says of itself and its predictions, and write its pictures and the run where asked to."""
    from viz.files import saved

    run = saved.read(options.open)
    if options.run is not None:
        saved.write(run, options.run)
    if options.out is not None:
        _draw(run, options.out, contribution=options.contribution)
    said = [_of_text(run, row, options.top_k) for row in range(len(run.batch.texts))]
    about = {"model": run.model.checkpoint, "weights": run.model.weights, "maps": _maps(run)}
    if options.json:
        print(json.dumps({**about, "texts": said}, ensure_ascii=False, indent=2))
        return 0
    heads = "; ".join(f"{kind}: {of['layers']} layers of {of['heads']} heads" for kind, of in about["maps"].items())
    print(f"# {one_line(run.model.checkpoint)} ({run.model.weights} weights), {heads}")
    for of in said:
        lines = of["completed"] or [f"# {of['text']} (no predictions in the file)"]
        print("\n".join(map(one_line, lines)))
    return 0


def _maps(run: "Run") -> dict[str, dict[str, int]]:
    return {kind: {"layers": run.stack(kind).n_layers, "heads": run.stack(kind).n_heads} for kind in run.maps}


def _draw(run: "Run", folder: Path, *, contribution: bool) -> None:
    """Write every head of every kind; of several texts each into a folder of its own, counted from 1."""
    from viz.commands import contributions
    from viz.drawing import diagrams

    write = contributions.write if contribution else diagrams.write_all
    n_rows = len(run.batch.texts)
    for row in range(n_rows):
        for kind in run.maps:
            write(run, row, folder / f"text{row + 1}" if n_rows > 1 else folder, kind)


def _of_text(run: "Run", row: int, k: int) -> dict:
    """Put a text and its predictions into plain types; a file without logits has none, a translation its target."""
    from viz.analysis.cross.steps import target_text
    from viz.analysis.predictions import are_numbers, completions
    from viz.commands.words import words_of

    said = {"text": run.batch.texts[row], "tokens": list(run.batch.tokens[row]), "completed": [], "predictions": []}
    if "cross" in run.maps:
        return said | {"completed": [f"{run.batch.texts[row]} → {target_text(run, row)}"]}
    if run.model.words != "read" or not are_numbers(run):
        return said
    return said | {"completed": completions(run, row, k), "predictions": words_of(run, row, k)}
