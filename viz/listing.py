"""Records of where models are: those that are here, what one of the Hub would take, and how far a download is."""

from dataclasses import dataclass
from typing import Literal

from viz.errors import Reason

Place = Literal["shipped", "folder", "hub"]
Kind = Literal["masked", "causal", "two stacks", "encoder", ""]
Status = Literal["running", "done", "stopped"]


@dataclass(frozen=True, slots=True)
class ListedModel:
    """Describe a model that is on this computer, as far as its config and its folder tell without loading it."""

    checkpoint: str  # what to ask the engine for
    place: Place  # shipped, in a folder, or in the Hub's cache
    family: str = ""  # the config's model_type, "" where it cannot be read
    kind: Kind = ""  # the best guess from the config
    n_bytes: int = 0  # of its files on disk
    problem: Reason | None = None  # why it cannot be opened, None where nothing speaks against it


@dataclass(frozen=True, slots=True)
class Weight:
    """Say what it takes to fetch a model, before anything is fetched."""

    checkpoint: str
    n_bytes: int  # of all files that it needs
    n_here: int  # bytes of them that are on this computer already, half downloads among them
    model_bytes: int = 0  # of its weights as float32, 0 where that is not known
    endpoint: str = ""  # the Hub, or the mirror, that was asked; "" where it is all here and none was

    @property
    def n_left(self) -> int:
        """Count the bytes that are still to be fetched."""
        return max(0, self.n_bytes - self.n_here)


@dataclass(frozen=True, slots=True)
class DownloadState:
    """Say how far a download is; one that was never begun is stopped."""

    checkpoint: str
    n_bytes: int  # of all files
    n_done: int  # bytes that are here, those of earlier tries among them
    bytes_per_second: float = 0.0  # over the last seconds, 0 where it is not running
    seconds_left: float | None = None  # None where nobody knows
    status: Status = "running"

    @property
    def share(self) -> float:
        """Give the share that is here, 0..1; 0 where nobody knows yet how much it is."""
        return min(1.0, self.n_done / self.n_bytes) if self.n_bytes else 0.0
