"""List the models that are on this computer: shipped, in folders, in the Hub's cache; nobody outside is asked.

Only folders and small files of settings are read, no weights, so that hundreds are listed in a moment.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from transformers import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, MODEL_FOR_MASKED_LM_MAPPING_NAMES

from viz import settings
from viz.engine import hub_cache
from viz.engine.allow_list import is_allowed
from viz.engine.checkpoint_files import CONFIG, are_complete, folder_problem, read_json
from viz.engine.hub import n_bytes_read
from viz.errors import Reason
from viz.listing import Kind, ListedModel, Place
from viz.shipped import ALL_SHIPPED, MODELS_FOLDER

MAX_LISTED = 1000

# The families with a word head, by the config's model_type.
_MASKED: dict[str, str] = {**MODEL_FOR_MASKED_LM_MAPPING_NAMES}
_CAUSAL = frozenset(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)


def models() -> tuple[ListedModel, ...]:
    """List what may be opened here, by place and name."""
    found = [_listed(name, "shipped", MODELS_FOLDER / name) for name in ALL_SHIPPED]
    places: list[tuple[Place, Iterator[tuple[str, Path]]]] = [("folder", _in_folders()), ("hub", _in_cache())]
    for place, names in places:
        for checkpoint, folder in dict(names).items():
            if len(found) < MAX_LISTED and is_allowed(checkpoint):
                found.append(_listed(checkpoint, place, folder))
    return tuple(found)


def _in_folders() -> Iterator[tuple[str, Path]]:
    """List the folders with a config: those an administrator names, and those directly in them."""
    for named in settings.current().models:
        folder = Path(os.path.abspath(named))
        for candidate in (folder, *_folders_in(folder)):
            if (candidate / CONFIG).is_file():
                yield str(candidate), candidate


def _folders_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir())
    except OSError:
        return []


def _in_cache() -> Iterator[tuple[str, Path]]:
    """List the Hub's models, those of which not all has come among them."""
    for checkpoint, repository in hub_cache.repositories():
        folder = hub_cache.newest(repository)
        if folder is not None or hub_cache.is_broken_off(repository):
            yield checkpoint, folder or repository


def _listed(checkpoint: str, place: Place, folder: Path) -> ListedModel:
    config = read_json(folder / CONFIG)
    family = config.get("model_type")
    family = family if isinstance(family, str) else ""
    return ListedModel(
        checkpoint=checkpoint,
        place=place,
        family=family,
        kind=_kind(family, config),
        n_bytes=n_bytes_read(folder),
        problem=_problem(place, folder, family),
    )


def _kind(family: str, config: dict) -> Kind:
    """Guess what a model does from its config alone; loading it finds out."""
    named = config.get("architectures")
    names = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
    masks = _MASKED.get(family, "").endswith("ForMaskedLM") and not config.get("is_decoder")
    if config.get("is_encoder_decoder") is True:
        return "two stacks"
    if any("ForMaskedLM" in name or "ForPreTraining" in name for name in names) or (masks and not names):
        return "masked"
    if any("LMHead" in name or "ForCausalLM" in name for name in names):
        return "masked" if masks else "causal"
    if family in _CAUSAL and not masks:
        return "causal"
    return "encoder" if names else ""


def _problem(place: Place, folder: Path, family: str) -> Reason | None:
    """Say what speaks against opening it, as far as its files tell."""
    if place == "hub" and not are_complete(folder) and not _is_of_another_format(folder):
        return Reason("not all of it is on this computer. Fetch it: what is here is not fetched again.")
    try:
        problem = folder_problem(folder)
    except OSError:
        problem = Reason("its folder cannot be read.")
    if problem is None and family not in CONFIG_MAPPING:
        return Reason(
            "its family '{family}' is not known to transformers, and code from a checkpoint is never run.",
            family=family,
        )
    return problem


def _is_of_another_format(folder: Path) -> bool:
    """Tell whether weights are there that are never loaded; without any they may be on their way."""
    return (folder / CONFIG).is_file() and any(folder.glob("*.bin"))
