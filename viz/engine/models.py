"""Load checkpoints: which are shipped, which class reads them, were all their weights there.

A model is loaded once per process and revision, as float32, with the recording attention, from a folder: safetensors
only, and no code from the checkpoint is run. How it is read is ``choose_class``'s, its weights ``weights``', and
whether it can be shown is ``prove``'s business. Nobody waits for another checkpoint's download; weights are read one
model at a time.
"""

import gc
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoTokenizer, PreTrainedModel, logging

from viz import settings
from viz.engine import (
    capture,
    checkpoint_files,
    choose_class,
    device,
    hub,
    load_report,
    pinning,
    position_ids,
    prove,
    two_stacks,
    weights,
)
from viz.engine.allow_list import require_allowed
from viz.engine.loaded import LoadedModels
from viz.engine.own_files import require_own_files
from viz.engine.reasons import projections
from viz.engine.single_flight import SingleFlight
from viz.engine.tokenizing import Tokenize
from viz.errors import ModelRefused, Reason, VizError, WeightsChanged
from viz.labels import vocabulary_labels
from viz.records import ModelInfo, Stack

# What a checkpoint that is damaged, or of a kind we do not know, can raise while it is read and tried.
_UNREADABLE = (
    OSError,
    ValueError,
    RuntimeError,
    AttributeError,
    LookupError,
    TypeError,
    AssertionError,
    ArithmeticError,
    ImportError,
    SafetensorError,
)

_loaded: LoadedModels["LoadedModel"] = LoadedModels(settings.current().kept_models_mb * settings.MB)
_reading = threading.Lock()  # one model is read at a time; never held during a download
_loads: SingleFlight[tuple[str, str], "LoadedModel"] = SingleFlight()

capture.register()
logging.disable_progress_bar()


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class LoadedModel:
    """Hold a model ready to run, its tokenizer, and the record that describes it."""

    info: ModelInfo
    model: PreTrainedModel
    tokenizer: Any  # to look words up; ``tokenize`` alone calls it. transformers types hardly any of its answers
    tokenize: Tokenize
    byte_level: bool  # tokens are bytes (GPT-2), not characters
    recorded: bool  # the recording attention is in it; otherwise only its attentions are known
    first_position: int  # the model's own position ids begin here
    takes_positions: bool  # it can be told positions
    n_ids: int  # token ids it has a vector for
    device: torch.device  # where it computes
    missing: tuple[str, ...]  # weights it has and its files do not
    unexpected: tuple[str, ...]  # weights its files have and it does not

    @property
    def n_bytes(self) -> int:
        """How many bytes its weights take; what stands in it twice counts once."""
        return sum(values.numel() * values.element_size() for values in self.model.parameters())


def load_model(checkpoint: str, revision: str = "") -> LoadedModel:
    """Load a shipped name, a folder or a Hub id as it is now, or a revision of it that is still remembered.

    The same revision again costs nothing but a look at the files.
    Raises ``ModelNotFound``, ``HubUnreachable``, ``ModelRefused``, ``ModelTooLarge`` or ``DeviceMissing``;
    ``WeightsChanged`` for a revision that is gone.
    """
    if revision and (known := _loaded.find((checkpoint, revision))) is not None:
        return known
    folder, now = pinning.found(checkpoint)
    if revision not in ("", now):
        raise WeightsChanged(checkpoint=checkpoint)
    of = checkpoint, now
    return _loaded.find(of) or _loads.share(
        of, lambda: _loaded.find(of) or _remember(of, _load(checkpoint, folder, now))
    )


def n_model_bytes() -> int:
    """Give how many bytes the loaded models take."""
    return _loaded.n_bytes


def current_revision(checkpoint: str) -> str:
    """Name the weights, config and tokenizer that ``load_model`` would load now, from the names and times of the files.

    A name that is not on this computer yet is downloaded, as ``load_model`` does: its revision is not known before.
    Where the files are gone, a model that is loaded goes on.
    Raises ``ModelNotFound``, ``HubUnreachable`` or ``ModelRefused``.
    """
    require_allowed(checkpoint)
    try:
        return pinning.current_revision(checkpoint)
    except VizError:
        if not (known := _loaded.revision_of(checkpoint)):
            raise
        return known


def _remember(of: tuple[str, str], loaded: LoadedModel) -> LoadedModel:
    """Keep a model.

    The collector's view is frozen after each load: the objects that torch and transformers made live as long as the
    process, and walking them took 0.2 s a click. What was frozen with them by chance, such as a page that was being
    drawn, is looked at again at the next load.
    """
    _loaded.keep(of, loaded)
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    return loaded


def _load(checkpoint: str, folder: Path, revision: str) -> LoadedModel:
    """Read a model, and refuse what is neither the old nor the new set of files."""
    try:
        with _reading:
            loaded = _read(checkpoint, folder, revision)
    except (VizError, *_UNREADABLE) as error:
        _check_unchanged(checkpoint, folder, revision)
        if isinstance(error, VizError):
            raise
        raise ModelRefused(
            checkpoint=checkpoint, reason=Reason("it cannot be read ({said}).", said=_first_line(error))
        ) from error
    _check_unchanged(checkpoint, folder, revision)
    return loaded


def _check_unchanged(checkpoint: str, folder: Path, revision: str) -> None:
    try:
        unchanged = hub.revision(folder) == revision
    except OSError:
        unchanged = False
    if not unchanged:
        raise pinning.incomplete(checkpoint)


def _read(checkpoint: str, folder: Path, revision: str) -> LoadedModel:
    require_own_files(checkpoint, folder)
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    sizes = checkpoint_files.sizes(folder)
    weights.check_size(checkpoint, sum(sizes.values()))
    choice = choose_class.choose(checkpoint, config, sizes)
    tokenizer = _read_tokenizer(checkpoint, folder)
    max_positions = position_ids.most_tokens(checkpoint, config, tokenizer)
    read = weights.read(folder, choice.loader, device.choose())
    model, tokenize = read.model, Tokenize(tokenizer)
    of_stacks = _tried(checkpoint, model, choice, tokenize(prove.TRIAL)["input_ids"], max_positions)
    if choice.has_words:
        capture.read_only_asked_positions(model)
    byte_level = tokenizer.is_fast and "ByteLevel" in repr(tokenizer.backend_tokenizer.pre_tokenizer)
    words = _words(choice, read)
    n_layers, n_heads = two_stacks.of_decoder(of_stacks) or (config.num_hidden_layers, config.num_attention_heads)
    info = ModelInfo(
        checkpoint=checkpoint,
        revision=revision,
        family=config.model_type,
        weights="random" if _is_random(read) else "pretrained",
        causal=choice.causal,
        n_layers=n_layers,
        n_heads=n_heads,
        max_positions=max_positions,
        mask_token=None if choice.causal or of_stacks else tokenizer.mask_token,
        vocabulary=_vocabulary(tokenizer, byte_level, _n_words(checkpoint, model)) if words == "read" else (),
        words=words,
        stacks=of_stacks,
    )
    return LoadedModel(
        info=info,
        model=model,
        tokenizer=tokenizer,
        tokenize=tokenize,
        byte_level=byte_level,
        recorded=model.config._attn_implementation == capture.IMPLEMENTATION,
        first_position=position_ids.first(config),
        takes_positions=position_ids.are_taken(model),
        n_ids=_n_ids(model),
        device=model.device,
        missing=read.missing,
        unexpected=read.unexpected,
    )


def _tried(
    checkpoint: str, model: PreTrainedModel, choice: choose_class.Choice, ids: list[int], max_positions: int
) -> tuple[Stack, ...]:
    """Try a model on a text; give the stacks of one that has two. Raises ``ModelRefused``."""
    if model.config.is_encoder_decoder:
        return two_stacks.prove(checkpoint, model, ids, max_positions)
    prove.prove(checkpoint, model, choice, ids[:max_positions])
    if model.config._attn_implementation == capture.IMPLEMENTATION:
        trial = torch.tensor([ids[:max_positions]], device=model.device)
        projections.find(model, {"input_ids": trial, "use_cache": False}, ["self"])
    return ()


def _words(choice: choose_class.Choice, read: weights.Read) -> str:
    """Say whether a model's words can be believed, as ``ModelInfo.words`` does."""
    if not choice.has_words:
        return "none"
    return "missing" if load_report.of_head(read.model, read.missing) else "read"


def _is_random(read: weights.Read) -> bool:
    """Tell whether a weight that the maps are made with is random, or all of them are."""
    of_head = load_report.of_head(read.model, read.missing)
    return len(read.missing) > len(of_head) or prove.looks_untrained(read.model)


def _n_ids(model: PreTrainedModel) -> int:
    """Say how many token ids a model has a vector for."""
    table: Any = model.get_input_embeddings()
    return table.num_embeddings


def _read_tokenizer(checkpoint: str, folder: Path) -> Any:
    """Load the tokenizer; a folder without its files would silently give one that knows no word."""
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if len(tokenizer) <= len(tokenizer.all_special_tokens):
        raise ModelRefused(
            checkpoint=checkpoint, reason=Reason("its tokenizer knows no word. The tokenizer's files may be missing.")
        )
    return tokenizer


def _n_words(checkpoint: str, model: PreTrainedModel) -> int:
    """Give V, how many words the model gives a logit."""
    output = model.get_output_embeddings()
    if not isinstance(output, torch.nn.Linear):
        raise ModelRefused(
            checkpoint=checkpoint,
            reason=Reason("it has no layer that gives each word a logit. Choose a masked or causal language model."),
        )
    return output.out_features


def _vocabulary(tokenizer: Any, byte_level: bool, size: int) -> tuple[str, ...]:
    """Label every id the output layer knows, ``[V]``; ids the tokenizer does not know are shown as numbers."""
    specials = frozenset(tokenizer.all_special_tokens)
    tokens = tokenizer.convert_ids_to_tokens(list(range(min(size, len(tokenizer)))))
    known = vocabulary_labels(tokens, specials, byte_level)
    return (*known, *(f"<{token_id}>" for token_id in range(len(known), size)))


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
