"""Judge how a model loaded: a green, amber or red light, one finding for each thing that was looked at, its remedy.

Weights without consequence, such as poolers and buffers, are no part of a ``LoadCheck`` and raise no alarm here.

The bounds lie between what was measured. Evenness on the trial sentence: 0.63 and 0.59 for the two shipped models, up
to 0.81 on a text of two tokens, 0.95 for scores capped at 0.5; 0.9987 to 0.9993 for the same two models as they are
born. Sums of rows: at most 2e-7 off in float32 for 13 families; 4e-4 in float16, 3e-3 in bfloat16.
"""

from dataclasses import dataclass

from viz.analysis.load_check import LoadCheck
from viz.errors import Reason

COLOURS = ("green", "amber", "red")  # the worst last

EVENNESS_BOUND = 0.98  # above it attention looks untrained
ROW_SUM_BOUND = 1e-4

N_NAMED = 3  # weights that a finding names


@dataclass(frozen=True, slots=True)
class Finding:
    """Say what one look at a model showed, how bad that is, and what to do where it is not green."""

    colour: str
    said: Reason
    remedy: Reason | None = None


@dataclass(frozen=True, slots=True)
class Light:
    """Hold the findings about a model, in the order of the looks; the worst gives the light its colour."""

    findings: tuple[Finding, ...]

    @property
    def colour(self) -> str:
        """Give ``"green"``, ``"amber"`` or ``"red"``."""
        return max((finding.colour for finding in self.findings), key=COLOURS.index)


def light(check: LoadCheck) -> Light:
    """Judge what loading and a trial pass showed."""
    return Light((_missing(check), _unexpected(check), *_numbers(check), _words(check)))


def _missing(check: LoadCheck) -> Finding:
    """Judge weights that were not in the files: in the layers they spoil everything, in the word head the words."""
    if not check.missing:
        return Finding("green", Reason("Every weight that attention and words need was in the files."))
    said = Reason(
        "Weights missing from the files: {n:,} ({names}). They are random.",
        n=len(check.missing),
        names=_named(check.missing),
    )
    if check.weights == "pretrained":
        remedy = Reason(
            "The layers are complete. Take a checkpoint that was saved with its output layer if words are needed."
        )
        return Finding("amber", said, remedy)
    remedy = Reason(
        "Look whether all files of the model were copied, and whether the class named in config.json is the one they "
        "were saved from."
    )
    return Finding("red", said, remedy)


def _unexpected(check: LoadCheck) -> Finding:
    """Judge weights in the files that found no place in the model."""
    if not check.unexpected:
        return Finding("green", Reason("No weight in the files was left over."))
    return Finding(
        "amber",
        Reason(
            "Weights left over in the files: {n:,} ({names}). They are not used.",
            n=len(check.unexpected),
            names=_named(check.unexpected),
        ),
        Reason(
            "A head of another task may be left over. If these are layers, config.json names too few of them, or "
            "another kind of model: take the config.json that was saved with the weights."
        ),
    )


def _numbers(check: LoadCheck) -> tuple[Finding, ...]:
    """Judge the trial pass; of numbers that are none, nothing else can be said."""
    if check.n_nan:
        said = Reason("{n:,} numbers of the trial pass are no numbers (NaN).", n=check.n_nan)
        remedy = Reason("The weights are damaged, or too large for their number type. Fetch the files again.")
        return (Finding("red", said, remedy),)
    return (
        Finding("green", Reason("All numbers of the trial pass are numbers (no NaN).")),
        _sums(check),
        _trained(check),
    )


def _sums(check: LoadCheck) -> Finding:
    if check.row_sum_error <= ROW_SUM_BOUND:
        said = Reason("Every row of attention sums to 1 (at most {error:.1e} off).", error=check.row_sum_error)
        return Finding("green", said)
    return Finding(
        "red",
        Reason("Rows of attention do not sum to 1: they are up to {error:.2g} off.", error=check.row_sum_error),
        Reason("Such rows are no shares of attention. Choose another model."),
    )


def _trained(check: LoadCheck) -> Finding:
    """Judge whether attention looks trained; one that is not looks evenly at everything."""
    if check.weights == "random":
        return Finding(
            "red",
            Reason(
                "The weights are random, not trained: some of the layers are missing, or every norm is as it is born."
            ),
            Reason("Its words and its heads mean nothing. Choose a trained model, or look for the trained weights."),
        )
    if check.evenness > EVENNESS_BOUND:
        return Finding(
            "amber",
            Reason(
                "Attention looks untrained: its evenness is {evenness:.4f}, and 1 is an even look at every key.",
                evenness=check.evenness,
            ),
            Reason(
                "Compare it with a model that is trained (evenness about 0.6). If this is a checkpoint from the first "
                "steps of a training, take a later one."
            ),
        )
    return Finding(
        "green", Reason("Attention looks trained: evenness {evenness:.2f}, far below 1.", evenness=check.evenness)
    )


def _words(check: LoadCheck) -> Finding:
    """Say whether the model guesses words, and what works where it does not."""
    if check.words == "read":
        return Finding("green", Reason("It guesses words: its output layer was in the files."))
    if check.words == "none":
        said = Reason(
            "It guesses no words, as it was made to: maps, the head board, claims and masks work, best words do not."
        )
        return Finding("green", said)
    return Finding(
        "amber",
        Reason(
            "Its output layer was not in the files: maps, the head board, claims and masks work, best words do not."
        ),
        Reason("For words take a checkpoint of the same model that was saved as a masked or causal language model."),
    )


def _named(names: tuple[str, ...]) -> str:
    """Name the first of some weights for a sentence."""
    return ", ".join(names[:N_NAMED]) + (", …" if len(names) > N_NAMED else "")
