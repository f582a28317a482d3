"""Write up a tested claim as files: ``analysis.md``, and a diagram of the head for each sentence."""

import io
import zipfile
from collections.abc import Iterator, Sequence

from viz.analysis.claims.report import analysis
from viz.analysis.claims.verdict import Result
from viz.drawing import diagrams
from viz.names import diagram_name, folder_name
from viz.records import Run


def files(runs: Sequence[Run], result: Result, most: int | None = None) -> Iterator[tuple[str, bytes]]:
    """Give name and content of every file, run by run; ``runs`` are those that the readings were gathered from.

    At most ``most`` sentences, the first ones, have their diagram.
    """
    layer, head = result.standing.layer, result.standing.head
    names = [
        f"{number:03}_{folder_name(of.sentence.text)}_{diagram_name(layer, head)}"
        for number, of in enumerate(result.readings[:most], start=1)
    ]
    in_order = sorted(zip(result.readings, names), key=lambda pair: pair[0].source)
    for of, name in in_order:
        yield name, diagrams.png(diagrams.draw(runs[of.source], of.row, layer, head))
    yield "analysis.md", analysis(result, runs[in_order[-1][0].source].model, names).encode()


def as_zip(runs: Sequence[Run], result: Result) -> bytes:
    """Pack all files into one ZIP."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # PNGs are compressed already
        for name, content in files(runs, result):
            archive.writestr(name, content)
    return buffer.getvalue()
