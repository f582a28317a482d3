"""Look at a model after it was loaded: which weights found no place, and what one trial pass shows."""

from viz.analysis.load_check import LoadCheck, evenness, n_nan, row_sum_error
from viz.engine import batching, forward, prove, translating
from viz.engine.models import LoadedModel
from viz.records import Run


def inspect(loaded: LoadedModel) -> LoadCheck:
    """Run the text of the trial once more, recorded, and put together what loading showed."""
    run = _trial(loaded)
    parameters = list(loaded.model.parameters())
    return LoadCheck(
        checkpoint=loaded.info.checkpoint,
        revision=loaded.info.revision,
        family=loaded.info.family,
        weights=loaded.info.weights,
        words=loaded.info.words,
        n_parameters=sum(values.numel() for values in parameters),
        n_bytes=sum(values.numel() * values.element_size() for values in parameters),
        device=str(loaded.device),
        missing=loaded.missing,
        unexpected=loaded.unexpected,
        row_sum_error=row_sum_error(run),
        n_nan=n_nan(run),
        evenness=evenness(run),
    )


def _trial(loaded: LoadedModel) -> Run:
    """Run the trial's text; an encoder-decoder writes its first words to it."""
    if loaded.info.stacks:
        source = translating.encode(loaded, [prove.TRIAL])
        return translating.run(loaded, source, translating.encode_targets(loaded, source, [prove.TRIAL]))
    return forward.run(loaded, batching.encode(loaded, [prove.TRIAL], truncate=True))
