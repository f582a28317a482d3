"""Load checkpoints: which are shipped, which class reads them, were all their weights there.

A model is loaded once per process and revision, as float32, with the recording attention, from a folder: safetensors
only, and no code from the checkpoint is run. Nobody waits for another checkpoint's download; weights are read one model
at a time.
"""

import gc
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import (
    MODEL_FOR_MASKED_LM_MAPPING,
    MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING,
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    logging,
)

from viz.engine import capture, hub, two_stacks
from viz.engine.single_flight import SingleFlight
from viz.engine.tokenizing import Tokenize
from viz.errors import ModelRefused, Reason, WeightsChanged
from viz.labels import piece_labels
from viz.records import ModelInfo

MAX_LOADED = 3  # full-size models take about 0.5 GB each
TRIAL = "The turtle moves slow across the river."

# Families whose own position ids begin behind the id of padding, not at 0.
_POSITIONS_BEHIND_PADDING = {"roberta", "xlm-roberta", "camembert"}

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

_loaded: OrderedDict[tuple[str, str], "LoadedModel"] = OrderedDict()  # by checkpoint and revision
_table = threading.Lock()  # guards _loaded; never held while a model is read
_reading = threading.Lock()  # one model is read at a time; never held during a download
_loads: SingleFlight[tuple[str, str], "LoadedModel"] = SingleFlight()

capture.register()
logging.disable_progress_bar()


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel:
    """Hold a model ready to run, its tokenizer, and the record that describes it."""

    info: ModelInfo
    model: PreTrainedModel
    tokenizer: Any  # to look words up; ``tokenize`` alone calls it. transformers types hardly any of its answers
    tokenize: Tokenize
    byte_level: bool  # tokens are bytes (GPT-2), not characters
    recorded: bool  # the recording attention is in it; otherwise only its attentions are known
    first_position: int  # the model's own position ids begin here


def load_model(checkpoint: str, revision: str = "") -> LoadedModel:
    """Load a shipped name, a folder or a Hub id as it is now, or a revision of it that is still remembered.

    The same revision again costs nothing but a look at the files.
    Raises ``ModelNotFound``, ``HubUnreachable`` or ``ModelRefused``; ``WeightsChanged`` for a revision that is gone.
    """
    if revision and (known := _remembered((checkpoint, revision))) is not None:
        return known
    folder, now = _found(checkpoint)
    if revision not in ("", now):
        raise WeightsChanged(checkpoint=checkpoint)
    of = checkpoint, now
    return _remembered(of) or _loads.share(of, lambda: _remembered(of) or _remember(of, _load(checkpoint, folder, now)))


def current_revision(checkpoint: str) -> str:
    """Name the weights, config and tokenizer that ``load_model`` would load now, from the names and times of the files.

    A name that is not on this computer yet is downloaded, as ``load_model`` does: its revision is not known before.
    Raises ``ModelNotFound``, ``HubUnreachable`` or ``ModelRefused``.
    """
    return _found(checkpoint)[1]


def _found(checkpoint: str) -> tuple[Path, str]:
    """Give a checkpoint's folder and its revision."""
    folder = hub.find(checkpoint)
    try:
        return folder, hub.revision(folder)
    except OSError as error:
        raise _incomplete(checkpoint) from error


def _remembered(of: tuple[str, str]) -> LoadedModel | None:
    with _table:
        if of in _loaded:
            _loaded.move_to_end(of)
        return _loaded.get(of)


def _remember(of: tuple[str, str], loaded: LoadedModel) -> LoadedModel:
    """Keep a model; whoever still uses one that is dropped here keeps it alive.

    The collector's view is frozen after each load: the objects that torch and transformers made live as long as the
    process, and walking them took 0.2 s a click.
    """
    with _table:
        _loaded[of] = loaded
        while len(_loaded) > MAX_LOADED:
            _loaded.popitem(last=False)
    gc.collect()
    gc.freeze()
    return loaded


def _load(checkpoint: str, folder: Path, revision: str) -> LoadedModel:
    """Read a model, and refuse what is neither the old nor the new set of files."""
    try:
        with _reading:
            loaded = _read(checkpoint, folder, revision)
    except (ModelRefused, *_UNREADABLE) as error:
        _check_unchanged(checkpoint, folder, revision)
        if isinstance(error, ModelRefused):
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
        raise _incomplete(checkpoint)


def _incomplete(checkpoint: str) -> ModelRefused:
    return ModelRefused(
        checkpoint=checkpoint,
        reason=Reason("its files changed or vanished while they were read. Load it again when all of them are there."),
    )


def _read(checkpoint: str, folder: Path, revision: str) -> LoadedModel:
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    loader, causal = _choose_class(checkpoint, config)
    model, report = _read_weights(folder, loader)
    if not hub.is_snapshot(folder):
        _copy_weights(model)
    tokenizer = _read_tokenizer(checkpoint, folder)
    first_position = config.pad_token_id + 1 if config.model_type in _POSITIONS_BEHIND_PADDING else 0
    tokenize = Tokenize(tokenizer)
    trial, of_stacks = tokenize(TRIAL)["input_ids"], ()
    if config.is_encoder_decoder:
        n_positions = two_stacks.max_positions(config, tokenizer)
        of_stacks = two_stacks.prove(checkpoint, model, trial, n_positions)
    else:
        _prove(checkpoint, model, causal, trial, first_position)
        n_positions = config.max_position_embeddings - first_position
    n_layers, n_heads = two_stacks.of_decoder(of_stacks) or (config.num_hidden_layers, config.num_attention_heads)
    capture.read_only_asked_positions(model)
    byte_level = "ByteLevel" in repr(tokenizer.backend_tokenizer.pre_tokenizer)
    info = ModelInfo(
        checkpoint=checkpoint,
        revision=revision,
        family=config.model_type,
        weights="random" if report["missing_keys"] or _looks_untrained(model) else "pretrained",
        causal=causal,
        n_layers=n_layers,
        n_heads=n_heads,
        max_positions=n_positions,
        mask_token=None if causal or of_stacks else tokenizer.mask_token,
        vocabulary=_vocabulary(tokenizer, byte_level, _n_words(checkpoint, model)),
        stacks=of_stacks,
    )
    recorded = model.config._attn_implementation == capture.IMPLEMENTATION
    return LoadedModel(info, model, tokenizer, tokenize, byte_level, recorded, first_position)


def _choose_class(checkpoint: str, config: PreTrainedConfig) -> tuple[type, bool]:
    """Choose the class by the checkpoint's own word: BERT would load as a causal model without any complaint."""
    architectures = config.architectures or [""]
    if config.is_encoder_decoder and type(config) in MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING:
        return AutoModelForSeq2SeqLM, False
    if any("ForMaskedLM" in name or "ForPreTraining" in name for name in architectures):
        return AutoModelForMaskedLM, False
    if any("LMHead" in name or "ForCausalLM" in name for name in architectures):
        return (AutoModelForMaskedLM, False) if _is_encoder(config) else (AutoModelForCausalLM, True)
    raise ModelRefused(
        checkpoint=checkpoint,
        reason=Reason(
            "it is a {architecture}, which predicts no words. Choose a masked or causal language model.",
            architecture=architectures[0] or config.model_type,
        ),
    )


def _is_encoder(config: PreTrainedConfig) -> bool:
    """Tell whether a family that can mask and write was left at masking: a BertLMHeadModel that is no decoder."""
    masked = getattr(MODEL_FOR_MASKED_LM_MAPPING.get(type(config), None), "__name__", "")
    return masked.endswith("ForMaskedLM") and not getattr(config, "is_decoder", True)


def _read_weights(folder: Path, loader: type) -> tuple[PreTrainedModel, dict]:
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


def _copy_weights(model: torch.nn.Module) -> None:
    """Give a model weights of its own: they are a window on the file, where whoever writes it anew would change them.

    A file that became shorter would even end the process.
    """
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.data = tensor.data.clone()


def _read_tokenizer(checkpoint: str, folder: Path) -> Any:
    """Load the tokenizer; a folder without its files would silently give one that knows no word."""
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if len(tokenizer) <= len(tokenizer.all_special_tokens):
        raise ModelRefused(
            checkpoint=checkpoint, reason=Reason("its tokenizer knows no word. The tokenizer's files may be missing.")
        )
    return tokenizer


@torch.inference_mode()
def _prove(checkpoint: str, model: PreTrainedModel, causal: bool, ids: list[int], first_position: int) -> None:
    """Switch to the recording attention where it gives the model's own numbers; refuse a model we would misread.

    Asked plainly, the model answers in its own way: with the recording attention the answer must have the same bits,
    or the model stays eager; asked as ``forward`` asks, with positions, it must be the same answer.
    """
    config = model.config
    if config.max_position_embeddings < 1:
        raise ModelRefused(checkpoint=checkpoint, reason=Reason("it does not say how many tokens it reads."))
    trial = torch.tensor([ids])[:, : config.max_position_embeddings - first_position]
    plain = model(trial, output_attentions=True, use_cache=False)
    _check_maps(checkpoint, config, plain.attentions, trial.shape[1])
    _check_direction(checkpoint, causal, torch.stack(plain.attentions))
    if type(model)._can_set_attn_implementation():
        model.set_attn_implementation(capture.IMPLEMENTATION)
        if not torch.equal(model(trial, use_cache=False).logits, plain.logits):
            model.set_attn_implementation("eager")
    positions = torch.arange(first_position, first_position + trial.shape[1])[None]
    ours = model(trial, attention_mask=torch.ones_like(trial), position_ids=positions, use_cache=False)
    if not torch.allclose(ours.logits, plain.logits, rtol=1e-4, atol=1e-4):
        raise ModelRefused(checkpoint=checkpoint, reason=Reason("it counts positions in a way that is not known here."))


def _check_maps(checkpoint: str, config: PreTrainedConfig, attentions: tuple[torch.Tensor, ...], n_tokens: int) -> None:
    """Refuse attentions that are not L of ``[1, H, Q, K]`` with rows that sum to 1."""
    maps = (1, config.num_attention_heads, n_tokens, n_tokens)
    if [weights.shape for weights in attentions] != [maps] * config.num_hidden_layers:
        raise ModelRefused(checkpoint=checkpoint, reason=Reason("it does not return one map for every head."))
    sums = torch.stack([weights.sum(dim=-1) for weights in attentions])
    if not torch.allclose(sums, torch.ones_like(sums), atol=1e-3):
        raise ModelRefused(checkpoint=checkpoint, reason=Reason("the rows of its attention do not sum to 1."))


def _check_direction(checkpoint: str, causal: bool, attentions: torch.Tensor) -> None:
    """Refuse a model whose class says one thing and whose attentions, ``[L, 1, H, Q, K]``, show the other."""
    if attentions.shape[-1] < 2:  # one token has no later one
        return
    sees_later = bool(attentions.triu(1).any())
    if causal and sees_later:
        raise ModelRefused(
            checkpoint=checkpoint,
            reason=Reason(
                "it is named a model that continues a text, and its tokens look at later ones. Choose another model."
            ),
        )
    if not causal and not sees_later:
        raise ModelRefused(
            checkpoint=checkpoint,
            reason=Reason(
                "it is named a model of masked words, and none of its tokens looks at a later one. "
                "Choose another model."
            ),
        )


def _looks_untrained(model: torch.nn.Module) -> bool:
    """Tell whether every norm still has the equal gains it is born with; training moves all of them."""
    norms = [module for module in model.modules() if type(module).__name__.endswith("Norm")]
    gains = [gain for norm in norms if isinstance(gain := getattr(norm, "weight", None), torch.Tensor)]
    return bool(gains) and all(torch.equal(gain, gain.flatten()[0].expand_as(gain)) for gain in gains)


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
    known = [piece_labels([token], specials, byte_level)[0] for token in tokens]
    return (*known, *(f"<{token_id}>" for token_id in range(len(known), size)))


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
