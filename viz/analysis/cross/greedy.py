"""Say whether switching heads off would change what a model writes greedily, from two passes over one target.

Both passes read the same target. As long as the best word is the same at every step, the model would write the same
text: each step then reads what the other one wrote. At the first step with another best word the texts part; what
would follow there is not known from these passes.
"""

import numpy as np

from viz.analysis.cross.steps import Step, steps
from viz.records import Run


def wrote_itself(run: Run, row: int) -> bool:
    """Tell whether every token of a row's target is the best word of the row that writes it, as greedy writing has it.

    False where the run does not say: without read-outs, or without the ids of its target.
    """
    if run.target is None:
        return False
    return all(
        step.readout is not None and best(run, step.readout) == run.target.input_ids[row, step.written]
        for step in steps(run, row)
        if step.written is not None
    )


def first_change(before: Run, after: Run, row: int) -> Step | None:
    """Give the first step of a row's target at which another word is the best one; None where there is none."""
    for step in steps(before, row):
        if step.readout is not None and best(before, step.readout) != best(after, step.readout):
            return step
    return None


def best(run: Run, readout: int) -> int:
    """Give the id of the best word of a read-out, the first of equal ones."""
    return int(np.argmax(run.readout_logits[readout]))
