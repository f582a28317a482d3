"""Hold what was found of heads, by whom, and find it by model and by head."""

from dataclasses import dataclass

UNITS = ("hits", "weight")


@dataclass(frozen=True, slots=True)
class Source:
    """Name where a finding is written."""

    by: str
    year: int
    title: str
    address: str = ""

    @property
    def short(self) -> str:
        """Name it in a sentence, by the first author where there are several."""
        first = self.by.split(",")[0].split(" and ")[0]
        return f"{self.by if first == self.by else f'{first} et al.'} {self.year}"


@dataclass(frozen=True, slots=True)
class KnownModel:
    """Name a model whose heads were described, with the other names of the same weights."""

    name: str
    n_layers: int
    n_heads: int
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold what one head does, where that is written, and how it is measured again; layer and head count from 0.

    ``reported`` and ``baseline`` are shares, None where the source gives no figure. The unit says of what: of
    sentences in which the key gets the largest weight ("hits"), or of attention ("weight").
    """

    model: str
    layer: int
    head: int
    does: str
    source: Source
    where: str
    unit: str
    reported: float | None = None
    baseline: float | None = None
    baseline_is: str = ""
    note: str = ""
    sentences: str = ""  # a file of marked sentences it is measured on
    measure: str = ""  # a measure of the head board instead
    texts: str = ""  # the file whose sentences that is measured on
    within: float | None = None  # how far the value may be, where these very sentences were measured
    unmeasured: str = ""  # why it is not


@dataclass(frozen=True, slots=True)
class Known:
    """Hold all that is known of heads."""

    models: tuple[KnownModel, ...]
    findings: tuple[Finding, ...]

    def model(self, checkpoint: str) -> KnownModel | None:
        """Find a model by any of its names; None where nothing is known of it."""
        return next((model for model in self.models if checkpoint in (model.name, *model.also)), None)

    def of_model(self, checkpoint: str) -> tuple[Finding, ...]:
        """List what was found of a model's heads, as the file has it."""
        model = self.model(checkpoint)
        return tuple(of for of in self.findings if model is not None and of.model == model.name)

    def of_head(self, checkpoint: str, layer: int, head: int) -> tuple[Finding, ...]:
        """List what was found of one head."""
        return tuple(of for of in self.of_model(checkpoint) if (of.layer, of.head) == (layer, head))
