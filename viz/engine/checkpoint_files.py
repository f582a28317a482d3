"""Say which files of a checkpoint are needed, and whether its weights are there in the format that is loaded.

Weights are read from safetensors only: every other format can hold a program.
"""

import json
import math
import os
import struct
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from viz.errors import ModelRefused, Reason

CONFIG, WEIGHTS, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"
SHARDS = "model-*-of-*.safetensors"

# What a tokenizer and a safetensors model need; nothing else is fetched.
FILES = (
    CONFIG,
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "*.model",
    "source.spm",
    "target.spm",
    WEIGHTS,
    INDEX,
    SHARDS,
)

FLOAT32_BYTES = 4
MAX_HEADER_BYTES, MAX_JSON_BYTES = 100_000_000, 10_000_000  # safetensors' own limit; of an index or a config

# A safetensors file begins with the length of its header, a JSON object: https://github.com/huggingface/safetensors
_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """Describe a file of a repository as the Hub does, before it is fetched."""

    name: str
    n_bytes: int
    checksum: str  # SHA-256 in hex, or git's SHA-1; what a mirror calls its version where it knows neither


def is_read(name: str) -> bool:
    """Tell whether a file in a checkpoint's folder is read; none in a folder below is."""
    return "/" not in name and any(fnmatchcase(name, pattern) for pattern in FILES)


def needed(checkpoint: str, names: Collection[str]) -> tuple[str, ...]:
    """List the files of a repository that are fetched, its weights last: without them nothing looks complete.

    Raises ``ModelRefused`` where its weights cannot be loaded.
    """
    if (problem := weights_problem(names)) is not None:
        raise refusal(checkpoint, problem)
    read = [name for name in names if is_read(name)]
    if WEIGHTS in read:  # transformers takes the whole file where both are there
        read = [name for name in read if name != INDEX and not fnmatchcase(name, SHARDS)]
    return tuple(sorted(read, key=lambda name: (name.endswith(".safetensors"), name)))


def weights_problem(names: Collection[str]) -> Reason | None:
    """Say why a checkpoint with these files cannot be loaded; None where its files speak for it."""
    if WEIGHTS in names or (INDEX in names and any(fnmatchcase(name, SHARDS) for name in names)):
        return None if CONFIG in names else Reason("it has no config.json, so it is no model that can be loaded here.")
    if "adapter_model.safetensors" in names:
        return Reason(
            "it is an adapter, which changes another model and is none of its own. "
            "Merge the two with merge_and_unload(), save that, and give its folder."
        )
    if any(name.endswith((".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".onnx", ".gguf")) for name in names):
        return Reason(
            "its weights are not in safetensors, the only format that is loaded. "
            "Save it anew with model.save_pretrained(folder), and give that folder."
        )
    return Reason("it has no weights in model.safetensors, the only format that is loaded.")


def refusal(checkpoint: str, problem: Reason) -> ModelRefused:
    """Make the error of a checkpoint that cannot be opened."""
    values: dict[str, object] = {"checkpoint": checkpoint, "reason": problem}
    return ModelRefused(**values)


def folder_problem(folder: Path) -> Reason | None:
    """Say why a folder's files cannot be loaded; None where they speak for it. Raises ``OSError`` if it vanishes."""
    problem = weights_problem(os.listdir(folder))
    if problem is None and not are_complete(folder):
        return Reason("a file of its weights is missing. Copy all of them into its folder.")
    return problem


def are_complete(folder: Path) -> bool:
    """Tell whether a folder has its config and all of its weights: a download that was broken off has not."""
    weights = list(weight_files(folder))
    return (folder / CONFIG).is_file() and bool(weights) and all(file.is_file() for file in weights)


def weight_files(folder: Path) -> Iterable[Path]:
    """List the files the weights of a folder lie in, or should."""
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    places = read_json(folder / INDEX).get("weight_map")
    names = set(places.values()) if isinstance(places, dict) else set()
    return [folder / name for name in names if isinstance(name, str) and fnmatchcase(name, SHARDS)]


def sizes(folder: Path) -> dict[str, int]:
    """Give the number of parameters of every weight by its name, from the headers of the files; no weight is read.

    A file without a readable header gives none: reading it says what is wrong.
    """
    found: dict[str, int] = {}
    for file in weight_files(folder):
        found |= _header(file)
    return found


def float32_bytes(folder: Path) -> int:
    """Give the bytes of a folder's weights as float32; 0 where their headers cannot be read."""
    try:
        return FLOAT32_BYTES * sum(sizes(folder).values())
    except OSError:
        return 0


def _header(file: Path) -> dict[str, int]:
    with file.open("rb") as opened:
        start = opened.read(_LENGTH.size)
        length = _LENGTH.unpack(start)[0] if len(start) == _LENGTH.size else 0
        try:
            header = json.loads(opened.read(length)) if length <= MAX_HEADER_BYTES else {}
            return {name: math.prod(of["shape"]) for name, of in header.items() if name != "__metadata__"}
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return {}


def read_json(file: Path) -> dict:
    """Read a small file of settings; an empty dictionary where it is none."""
    try:
        if file.stat().st_size > MAX_JSON_BYTES:
            return {}
        found = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
