"""Say whether a model loaded as it should: weights not where they belong, and what its attention looks like."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoadCheck:
    """Hold what loading and one trial pass showed.

    ``missing`` are weights the model has and the files do not (they are random), ``unexpected`` the reverse (they are
    not used). ``row_sum_error`` is the largest distance of a row's sum from 1; ``n_nan`` counts numbers that are none;
    ``evenness`` is the mean entropy of the rows over that of an even look at as many keys: 1.0 looks untrained.
    """

    checkpoint: str
    revision: str
    family: str
    weights: str  # "pretrained" or "random"
    words: str  # as in ``records.ModelInfo``
    n_parameters: int
    n_bytes: int
    device: str
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    row_sum_error: float
    n_nan: int
    evenness: float
