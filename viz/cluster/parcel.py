"""Pack a record for the road between two processes, and unpack it.

A model's description stays behind where the other side has it: its vocabulary, tens of thousands of strings, takes
longer to read than a short text takes to run. Arrays lie beside the rest, so that Ray puts them into its store, where a
process on the same computer reads them without a copy.
"""

import io
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from viz.errors import VizError
from viz.records import ModelInfo

Known = tuple[str, str]  # checkpoint and revision


@dataclass(frozen=True, slots=True)
class Parcel:
    """Hold a record, or the error that came instead of it, and the descriptions of models that were not known."""

    head: bytes
    arrays: list[np.ndarray] = field(default_factory=list)  # uint8[n]
    models: dict[Known, ModelInfo] = field(default_factory=dict)
    error: VizError | None = None

    @property
    def n_bytes(self) -> int:
        """How many bytes travel, without the descriptions of models."""
        return len(self.head) + sum(array.nbytes for array in self.arrays)


def pack(record: object, known: frozenset[Known] = frozenset()) -> Parcel:
    """Pack a record for somebody who has the descriptions of the ``known`` models."""
    head, arrays = io.BytesIO(), []
    packer = _Packer(head, known, arrays)
    packer.dump(record)
    return Parcel(head.getvalue(), arrays, packer.unknown)


def unpack(parcel: Parcel, known: Mapping[Known, ModelInfo]) -> object:
    """Give the record of a parcel; raises the error that came instead. Arrays refuse writing."""
    if parcel.error is not None:
        raise parcel.error
    return _Unpacker(parcel, {**known, **parcel.models}).load()


class _Packer(pickle.Pickler):
    def __init__(self, head: io.BytesIO, known: frozenset[Known], arrays: list[np.ndarray]):
        super().__init__(head, protocol=5, buffer_callback=lambda of: arrays.append(np.frombuffer(of.raw(), np.uint8)))
        self._known = known
        self.unknown: dict[Known, ModelInfo] = {}

    def persistent_id(self, obj: object) -> Known | None:
        if not isinstance(obj, ModelInfo):
            return None
        name = obj.checkpoint, obj.revision
        if name not in self._known:
            self.unknown[name] = obj
        return name


class _Unpacker(pickle.Unpickler):
    def __init__(self, parcel: Parcel, models: Mapping[Known, ModelInfo]):
        super().__init__(io.BytesIO(parcel.head), buffers=[array.data.toreadonly() for array in parcel.arrays])
        self._models = models

    def persistent_load(self, pid: Known) -> ModelInfo:
        return self._models[pid]
