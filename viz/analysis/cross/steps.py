"""Follow how a target is written: the row at a position writes the token behind it."""

from dataclasses import dataclass

import numpy as np

from viz.analysis.predictions import probabilities
from viz.records import Prediction, Run


@dataclass(frozen=True, slots=True)
class Step:
    """Hold one step of a target: ``query`` is the position whose row writes, ``written`` that of the token it writes.

    At the last step nothing stands behind the query: ``written`` is None, and what is written there is the end.
    ``readout`` is the number of its read-out, None where a file brings none.
    """

    query: int
    written: int | None
    readout: int | None


def steps(run: Run, row: int) -> tuple[Step, ...]:
    """List the steps of a row's target, first to last; the first row is that of the start token."""
    real = np.flatnonzero(run.maps["cross"].query_mask[row]).tolist()
    numbers = {position: number for number, (at, position) in enumerate(run.readouts.tolist()) if at == row}
    return tuple(
        Step(query, written, numbers.get(query)) for query, written in zip(real, [*real[1:], None], strict=True)
    )


def target_text(run: Run, row: int) -> str:
    """Give a target as it was typed or written; of a file that has no such text, its tokens."""
    if run.target is not None:
        return run.target.texts[row]
    maps = run.maps["cross"]
    return " ".join(token for token, real in zip(maps.queries[row], maps.query_mask[row], strict=True) if real)


def standing(run: Run, row: int, step: Step) -> Prediction | None:
    """Say how the model ranks the token that stands at a step; None at the end, and where the run does not say."""
    if run.target is None or step.written is None or step.readout is None:
        return None
    logits, token_id = run.readout_logits[step.readout], int(run.target.input_ids[row, step.written])
    before = int((logits > logits[token_id]).sum() + (logits[:token_id] == logits[token_id]).sum())
    share = float(probabilities(run, step.readout)[token_id])
    return Prediction(before + 1, token_id, run.model.vocabulary[token_id], float(logits[token_id]), share)
