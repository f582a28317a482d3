"""Put predictions into plain types, as ``--json`` prints them."""

from dataclasses import asdict

from viz.analysis.predictions import top_k
from viz.records import Run


def words_of(run: Run, row: int, k: int) -> list[dict]:
    """List the k best words at each read-out of a text; positions count from 0, as in the saved run."""
    return [
        {"position": int(position), "words": [asdict(word) for word in top_k(run, n, k)]}
        for n, (at, position) in enumerate(run.readouts)
        if at == row
    ]
