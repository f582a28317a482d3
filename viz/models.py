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
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer, logging

from viz import capture, hub
from viz.errors import ModelRefused
from viz.labels import piece_labels
from viz.records import ModelInfo

MAX_LOADED = 3  # full-size models take about 0.5 GB each

_loaded: OrderedDict[str, "LoadedModel"] = OrderedDict()
_loading = threading.Lock()

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


def load_model(checkpoint: str) -> LoadedModel:
    """Load a shipped name, a folder or a Hub id; the same name again costs nothing.

    Raises ``ModelNotFound``, ``HubUnreachable`` or ``ModelRefused``. The collector's view is frozen after each load:
    the objects that torch and transformers made live as long as the process, and walking them took 0.2 s a click.
    """
    with _loading:
        if checkpoint not in _loaded:
            _loaded[checkpoint] = _load(checkpoint)
            while len(_loaded) > MAX_LOADED:
                _loaded.popitem(last=False)
            gc.collect()
            gc.freeze()
        _loaded.move_to_end(checkpoint)
        return _loaded[checkpoint]


def _load(checkpoint: str) -> LoadedModel:
    folder = hub.find(checkpoint)
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        loader, causal = _choose_class(checkpoint, config)
        model, report = _read_weights(folder, loader)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ModelRefused(checkpoint=checkpoint, reason=_first_line(error)) from error
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
        max_positions=_max_positions(config),
        mask_token=None if causal else tokenizer.mask_token,
        vocabulary=_vocabulary(tokenizer, byte_level, model.get_output_embeddings().out_features),
    )
    return LoadedModel(info, model, tokenizer, byte_level, model.config._attn_implementation == capture.IMPLEMENTATION)


def _choose_class(checkpoint: str, config) -> tuple[type, bool]:
    """Choose the class by the checkpoint's own word: BERT would load as a causal model without any complaint."""
    architectures = config.architectures or [""]
    if any("ForMaskedLM" in name or "ForPreTraining" in name for name in architectures):
        return AutoModelForMaskedLM, False
    if any("LMHead" in name or "ForCausalLM" in name for name in architectures):
        return AutoModelForCausalLM, True
    raise ModelRefused(
        checkpoint=checkpoint,
        reason=f"it is a {architectures[0] or config.model_type}, which predicts no words. Choose a masked or causal language model.",
    )


def _read_weights(folder: Path, loader: type) -> tuple[torch.nn.Module, dict]:
    """Load with eager attention, then switch to the recording one where the model can be asked to.

    A model that cannot is left eager: loaded straight with a foreign implementation some get wrong masks, silently.
    """
    model, report = loader.from_pretrained(
        folder,
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        attn_implementation="eager",
        dtype=torch.float32,
        output_loading_info=True,
    )
    if type(model)._can_set_attn_implementation():
        model.set_attn_implementation(capture.IMPLEMENTATION)
    return model.eval(), report


def _looks_untrained(model: torch.nn.Module) -> bool:
    """Tell whether every layer norm still has the gains it is born with; training moves all of them."""
    norms = [m for m in model.modules() if isinstance(m, torch.nn.LayerNorm)]
    return bool(norms) and all(bool((norm.weight == 1).all()) for norm in norms)


def _max_positions(config) -> int:
    """Read how many tokens the model takes: RoBERTa's table also holds its padding id and what lies before it."""
    positions = config.max_position_embeddings
    if config.model_type in {"roberta", "xlm-roberta", "camembert"}:
        return positions - config.pad_token_id - 1
    return positions


def _vocabulary(tokenizer, byte_level: bool, size: int) -> tuple[str, ...]:
    """Label every id the output layer knows, ``[V]``; ids the tokenizer does not know are shown as numbers."""
    specials = frozenset(tokenizer.all_special_tokens)
    tokens = tokenizer.convert_ids_to_tokens(list(range(min(size, len(tokenizer)))))
    known = [piece_labels([token], specials, byte_level)[0] for token in tokens]
    return (*known, *(f"<{token_id}>" for token_id in range(len(known), size)))


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
