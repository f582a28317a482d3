"""Load checkpoints: which are shipped, which class reads them, were all their weights there.

A model is loaded once per process, as float32, with the recording attention, from a folder: safetensors only, and no
code from the checkpoint is run.
"""

import gc
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer, logging

from viz.engine import capture, hub
from viz.errors import ModelRefused, Reason
from viz.labels import piece_labels
from viz.records import ModelInfo

MAX_LOADED = 3  # full-size models take about 0.5 GB each
TRIAL = "The turtle moves slow across the river."

# Families whose own position ids begin behind the id of padding, not at 0.
_POSITIONS_BEHIND_PADDING = {"roberta", "xlm-roberta", "camembert"}

# What a checkpoint that is damaged, or of a kind we do not know, can raise while it is read and tried.
_UNREADABLE = (OSError, ValueError, RuntimeError, AttributeError, LookupError, TypeError, SafetensorError)

_loaded: OrderedDict[str, "LoadedModel"] = OrderedDict()
_table = threading.Lock()  # guards _loaded; never held while a model is read
_loading = threading.Lock()  # one model is read at a time

capture.register()
logging.disable_progress_bar()


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel:
    """Hold a model ready to run, its tokenizer, and the record that describes it."""

    info: ModelInfo
    model: torch.nn.Module
    tokenizer: object
    byte_level: bool  # tokens are bytes (GPT-2), not characters
    recorded: bool  # the recording attention is in it; otherwise only its attentions are known
    first_position: int  # the model's own position ids begin here


def current_revision(checkpoint: str) -> str:
    return hub.revision(hub.find(checkpoint))


def load_model(checkpoint: str, revision: str = "") -> LoadedModel:
    """Load a shipped name, a folder or a Hub id; the same name again costs nothing.

    Raises ``ModelNotFound``, ``HubUnreachable`` or ``ModelRefused``. The collector's view is frozen after each load:
    the objects that torch and transformers made live as long as the process, and walking them took 0.2 s a click.
    """
    if (known := _remembered(checkpoint)) is not None:
        return known
    with _loading:
        return _remembered(checkpoint) or _remember(checkpoint, _load(checkpoint))


def _remembered(checkpoint: str) -> LoadedModel | None:
    with _table:
        if checkpoint in _loaded:
            _loaded.move_to_end(checkpoint)
        return _loaded.get(checkpoint)


def _remember(checkpoint: str, loaded: LoadedModel) -> LoadedModel:
    with _table:
        _loaded[checkpoint] = loaded
        while len(_loaded) > MAX_LOADED:
            _loaded.popitem(last=False)
    gc.collect()
    gc.freeze()
    return loaded


def _load(checkpoint: str) -> LoadedModel:
    folder = hub.find(checkpoint)
    try:
        return _read(checkpoint, folder)
    except _UNREADABLE as error:
        raise ModelRefused(
            checkpoint=checkpoint, reason=Reason("it cannot be read ({said}).", said=_first_line(error))
        ) from error


def _read(checkpoint: str, folder: Path) -> LoadedModel:
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    loader, causal = _choose_class(checkpoint, config)
    model, report = _read_weights(folder, loader)
    tokenizer = _read_tokenizer(checkpoint, folder)
    first_position = config.pad_token_id + 1 if config.model_type in _POSITIONS_BEHIND_PADDING else 0
    _prove(checkpoint, model, tokenizer, first_position)
    capture.read_only_asked_positions(model)
    byte_level = "ByteLevel" in repr(tokenizer.backend_tokenizer.pre_tokenizer)
    info = ModelInfo(
        checkpoint=checkpoint,
        revision=hub.revision(folder),
        family=config.model_type,
        weights="random" if report["missing_keys"] or _looks_untrained(model) else "pretrained",
        causal=causal,
        n_layers=config.num_hidden_layers,
        n_heads=config.num_attention_heads,
        max_positions=config.max_position_embeddings - first_position,
        mask_token=None if causal else tokenizer.mask_token,
        vocabulary=_vocabulary(tokenizer, byte_level, model.get_output_embeddings().out_features),
    )
    recorded = model.config._attn_implementation == capture.IMPLEMENTATION
    return LoadedModel(info, model, tokenizer, byte_level, recorded, first_position)


def _choose_class(checkpoint: str, config) -> tuple[type, bool]:
    """Choose the class by the checkpoint's own word: BERT would load as a causal model without any complaint."""
    architectures = config.architectures or [""]
    if any("ForMaskedLM" in name or "ForPreTraining" in name for name in architectures):
        return AutoModelForMaskedLM, False
    if any("LMHead" in name or "ForCausalLM" in name for name in architectures):
        return AutoModelForCausalLM, True
    raise ModelRefused(
        checkpoint=checkpoint,
        reason=Reason(
            "it is a {architecture}, which predicts no words. Choose a masked or causal language model.",
            architecture=architectures[0] or config.model_type,
        ),
    )


def _read_weights(folder: Path, loader: type) -> tuple[torch.nn.Module, dict]:
    """Load with eager attention: loaded straight with a foreign one, some models get wrong masks, silently."""
    model, report = loader.from_pretrained(
        folder,
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        attn_implementation="eager",
        dtype=torch.float32,
        output_loading_info=True,
    )
    return model.eval(), report


def _read_tokenizer(checkpoint: str, folder: Path):
    """Load the tokenizer; a folder without its files would silently give one that knows no word."""
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if len(tokenizer) <= len(tokenizer.all_special_tokens):
        raise ModelRefused(
            checkpoint=checkpoint, reason=Reason("its tokenizer knows no word. The tokenizer's files may be missing.")
        )
    return tokenizer


@torch.inference_mode()
def _prove(checkpoint: str, model: torch.nn.Module, tokenizer, first_position: int) -> None:
    """Switch to the recording attention where it gives the model's own numbers; refuse a model we would misread.

    Asked plainly, the model answers in its own way: with the recording attention the answer must have the same bits,
    or the model stays eager; asked as ``forward`` asks, with positions, it must be the same answer.
    """
    config = model.config
    if config.max_position_embeddings < 1:
        raise ModelRefused(checkpoint=checkpoint, reason=Reason("it does not say how many tokens it reads."))
    ids = torch.tensor([tokenizer(TRIAL)["input_ids"]])[:, : config.max_position_embeddings - first_position]
    plain = model(ids, output_attentions=True, use_cache=False)
    maps = (1, config.num_attention_heads, ids.shape[1], ids.shape[1])
    if [weights.shape for weights in plain.attentions] != [maps] * config.num_hidden_layers:
        raise ModelRefused(checkpoint=checkpoint, reason=Reason("it does not return one map for every head."))
    sums = torch.stack([weights.sum(dim=-1) for weights in plain.attentions])
    if not torch.allclose(sums, torch.ones_like(sums), atol=1e-3):
        raise ModelRefused(checkpoint=checkpoint, reason=Reason("the rows of its attention do not sum to 1."))
    if type(model)._can_set_attn_implementation():
        model.set_attn_implementation(capture.IMPLEMENTATION)
        if not torch.equal(model(ids, use_cache=False).logits, plain.logits):
            model.set_attn_implementation("eager")
    positions = torch.arange(first_position, first_position + ids.shape[1])[None]
    ours = model(ids, attention_mask=torch.ones_like(ids), position_ids=positions, use_cache=False)
    if not torch.allclose(ours.logits, plain.logits, rtol=1e-4, atol=1e-4):
        raise ModelRefused(checkpoint=checkpoint, reason=Reason("it counts positions in a way that is not known here."))


def _looks_untrained(model: torch.nn.Module) -> bool:
    """Tell whether every norm still has the equal gains it is born with; training moves all of them."""
    norms = [m for m in model.modules() if type(m).__name__.endswith("Norm") and getattr(m, "weight", None) is not None]
    return bool(norms) and all(bool((norm.weight == norm.weight.flatten()[0]).all()) for norm in norms)


def _vocabulary(tokenizer, byte_level: bool, size: int) -> tuple[str, ...]:
    """Label every id the output layer knows, ``[V]``; ids the tokenizer does not know are shown as numbers."""
    specials = frozenset(tokenizer.all_special_tokens)
    tokens = tokenizer.convert_ids_to_tokens(list(range(min(size, len(tokenizer)))))
    known = [piece_labels([token], specials, byte_level)[0] for token in tokens]
    return (*known, *(f"<{token_id}>" for token_id in range(len(known), size)))


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
