"""Refuse a checkpoint whose own files name others to read: whoever made it could have this computer's files shown.

A tokenizer takes its words from a list, or from the file whose name stands in the list's place: ``"vocab":
"/etc/passwd"`` in a ``tokenizer_config.json`` made the lines of that file the words of a model.
"""

from collections.abc import Iterator
from pathlib import Path

from viz.engine.checkpoint_files import INDEX, MAX_JSON_BYTES, read_json
from viz.errors import ModelRefused, Reason

TOKENIZER, SPECIAL_TOKENS = "tokenizer_config.json", "special_tokens_map.json"

# What a tokenizer's class would open where a text stands there; no saved tokenizer has one.
_OPENED = ("vocab", "merges", "gguf_file", "tokenizer_object", "init_inputs")
# Saved ones do hold these two as paths of whoever saved them: the files of the folder are read in their place.
_REPLACED = ("tokenizer_file", "special_tokens_map_file")


def require_own_files(checkpoint: str, folder: Path) -> None:
    """Raise ``ModelRefused`` where a checkpoint names files of its own choice."""
    for file, entries in ((TOKENIZER, _of_tokenizer), (SPECIAL_TOKENS, _of_special_tokens), (INDEX, _of_index)):
        path = folder / file
        if not path.is_file():
            continue
        if path.stat().st_size > MAX_JSON_BYTES:
            raise ModelRefused(checkpoint=checkpoint, reason=Reason("its {file} is too large to be read.", file=file))
        for entry in entries(read_json(path)):
            raise ModelRefused(
                checkpoint=checkpoint,
                reason=Reason(
                    "its {file} names something to read under '{entry}'; only the files of its own folder are read.",
                    file=file,
                    entry=entry,
                ),
            )


def _of_tokenizer(config: dict) -> Iterator[str]:
    for entry, value in config.items():
        pieces = value if entry == "sp_model_kwargs" and isinstance(value, dict) else {}
        is_path = entry.endswith("_file") and entry not in _REPLACED and _leads_elsewhere(value)
        if is_path or (entry in _OPENED and _is_text(value)) or any(map(_is_text, pieces.values())):
            yield entry


def _of_special_tokens(entries: dict) -> Iterator[str]:
    """Take tokens alone: what stands here is taken last, over all that was looked up."""
    return (entry for entry in entries if not entry.endswith(("_token", "_tokens")))


def _of_index(index: dict) -> Iterator[str]:
    places = index.get("weight_map")
    names = places.values() if isinstance(places, dict) else ()
    return ("weight_map" for name in names if _leads_elsewhere(name))


def _is_text(value: object) -> bool:
    """Tell whether a value is a text, or a list of arguments with one; a list of words with scores is none."""
    return isinstance(value, str) or (isinstance(value, list) and any(isinstance(part, str) for part in value))


def _leads_elsewhere(name: object) -> bool:
    return isinstance(name, str) and ("/" in name or "\\" in name)
