"""Run a model over a batch once and keep what it computed: Batch → Run. torch ends here."""

import math
from collections.abc import Callable, Collection

import numpy as np
import torch

from viz import settings
from viz.analysis.masks import additive
from viz.analysis.masks.hiding import Hiding
from viz.analysis.predictions import require_words
from viz.engine import capture, maps, stacks, stand_ins, two_stacks
from viz.engine.device import to_numpy
from viz.engine.line import passes
from viz.engine.models import LoadedModel
from viz.engine.reasons import projections
from viz.engine.stand_ins import StandIn
from viz.errors import (
    AllTokensHidden,
    BatchTooLarge,
    CaptureFailed,
    HeadOutOfRange,
    HeadsStayOn,
    NotRecorded,
)
from viz.names import head_index_label
from viz.records import Batch, Maps, Run, Stack
from viz.shipped import shipped_names

NO_READOUTS = np.zeros((0, 2), dtype=np.int64)

torch.set_num_threads(1)  # see viz.engine.line


def run(
    loaded: LoadedModel,
    batch: Batch,
    *,
    given_mask: np.ndarray | None = None,
    readouts: np.ndarray | None = None,
    leave_out: Collection[str] = (),
    hiding: Hiding | None = None,
    see_later: bool = False,
    off: Collection[tuple[int, int]] = (),
    off_by: str | StandIn = "zero",
    see_nothing: bool = False,
) -> Run:
    """Run the model over a batch and keep attentions, scores, the mask it really added, and its predictions' logits.

    ``given_mask`` (bool ``[B, K]`` or ``[B, Q, K]``, True = may be looked at) replaces the batch's attention_mask; a
    causal model never sees later keys, unless ``see_later``: then the mask, given per query, replaces causality, and
    the Run's ``given_mask`` is ``[B, Q, K]``. ``readouts`` (int64 ``[N, 2]``) says where logits are read; without it
    ``find_readouts`` does. ``leave_out`` names arguments the model is not given, as a script that forgets them:
    ``"attention_mask"`` (then padding is looked at), ``"position_ids"`` (then the model counts for itself).
    ``hiding`` adds another value than the model's own, in another number type: in every layer, scores and value are
    rounded to that type, added and softmaxed there (as torch does it on a CPU), and the attention goes on as float32.
    Logits, and with them predictions, can then be NaN. A text whose tokens are all hidden runs: that is the lesson.
    ``off`` names heads, 0-based (layer, head), that are switched off: before the output projection a head's output is
    replaced by zeros (``off_by="zero"``), by its mean over the batch's real tokens (``"mean"``), or by what another
    stand-in gives (see ``resampling``).
    With ``see_nothing`` a text whose tokens are all hidden runs without ``hiding`` too, as it does in a script.
    A model whose words are not ``"read"`` has no read-outs; its maps are as any other's.
    Raises ``TwoStacks`` for an encoder-decoder;
    ``AllTokensHidden`` if a text may look at nothing, ``BatchTooLarge``, ``CaptureFailed``; ``NotRecorded`` if
    ``hiding``, ``see_later`` or a mask per query that it cannot take is asked of a model whose attention is its own,
    ``HeadsStayOn`` if ``off`` is; ``HeadOutOfRange``; ``NoWordHead`` or ``WordHeadMissing`` if such a model is asked
    for ``readouts``.
    """
    two_stacks.require_one(loaded.info)
    readouts = find_readouts(loaded, batch) if readouts is None else readouts
    if len(readouts):
        require_words(loaded.info)
    check_size(loaded, *batch.input_ids.shape, n_readouts=len(readouts))
    if hiding is not None or see_later:
        require_recorded(loaded)
    told = mask_told(batch, given_mask, leave_out, see_later)
    if hiding is None and not see_nothing:
        _check_something_is_seen(batch, told)
    record = new_recording(loaded, batch, readouts, hiding)
    layers = record.layers["self"]
    layers.off = switched_off(loaded, loaded.info.stack("self"), batch, off, off_by)
    inputs = model_inputs(loaded, batch, told, see_later)
    if "position_ids" in leave_out:
        inputs.pop("position_ids", None)
    output = _pass(loaded, inputs, record)
    return Run(
        model=loaded.info,
        batch=batch,
        given_mask=told,
        maps=_maps(loaded, batch, told, layers, output),
        readouts=readouts,
        readout_logits=_readout_logits(output, readouts),
    )


def _pass(loaded: LoadedModel, inputs: dict[str, torch.Tensor], record: capture.Recording):
    """Run the model; one whose attention is its own returns it, and may stumble over a mask per query."""
    try:
        with passes, torch.inference_mode(), capture.recording(record):
            return loaded.model(**inputs, use_cache=False, output_attentions=not loaded.recorded)
    except (RuntimeError, ValueError) as error:
        if loaded.recorded or inputs["attention_mask"].ndim == 2:
            raise
        raise NotRecorded(checkpoint=loaded.info.checkpoint, shipped=shipped_names()) from error


def _maps(loaded: LoadedModel, batch: Batch, told: np.ndarray, layers: capture.LayerRecord, output) -> dict[str, Maps]:
    """Give what was recorded, or what the model returned. Raises ``CaptureFailed``, ``NotRecorded``."""
    stack = loaded.info.stack("self")
    if layers.attentions is not None:
        check_every_layer_came(loaded, stack, layers.n_layers)
        return maps.recorded(batch, layers.attentions, layers)
    check_every_layer_came(loaded, stack, len(output.attentions))
    made = maps.read_off(batch, output.attentions, told, causal=loaded.info.causal)
    if told.ndim == 3 and not maps.is_obeyed(made["self"], told):
        raise NotRecorded(checkpoint=loaded.info.checkpoint, shipped=shipped_names())
    return made


def check_size(loaded: LoadedModel, n_rows: int, n_tokens: int, *, n_readouts: int | None = None) -> None:
    """Refuse a batch of ``[B, T]`` tokens whose numbers would not fit, with its sizes and with what does fit.

    Counted are attentions, scores where they are kept, and the logits of ``n_readouts`` positions, of one a text
    unless it is said. Raises ``BatchTooLarge``.
    """
    of_text = 1 if n_readouts is None else -(-n_readouts // n_rows)
    n_bytes = _pass_bytes(loaded, n_rows, n_tokens, of_text)
    if n_bytes <= (limit := settings.current().max_pass_bytes):
        return
    raise BatchTooLarge(
        n_rows=n_rows,
        n_tokens=n_tokens,
        n_layers=loaded.info.n_layers,
        n_heads=loaded.info.n_heads,
        megabytes=n_bytes // 10**6,
        limit=limit // 10**6,
        fit_rows=most_that_fit(n_rows, lambda rows: _pass_bytes(loaded, rows, n_tokens, of_text)),
        fit_tokens=most_that_fit(n_tokens, lambda tokens: _pass_bytes(loaded, n_rows, tokens, of_text)),
    )


def _pass_bytes(loaded: LoadedModel, n_rows: int, n_tokens: int, readouts_of_text: int) -> int:
    """Count what a pass keeps, in bytes; a text has no more read-outs than tokens."""
    maps = 4 * n_rows * loaded.info.n_layers * loaded.info.n_heads * n_tokens**2
    scores = maps if loaded.recorded and maps <= settings.current().max_scores_bytes else 0
    return maps + scores + 4 * n_rows * min(readouts_of_text, n_tokens) * len(loaded.info.vocabulary)


def most_that_fit(refused: int, n_bytes: Callable[[int], int]) -> int:
    """Give the largest number below a refused one with which a pass fits, by its bytes; or 0."""
    limit = settings.current().max_pass_bytes
    return next((n for n in range(refused - 1, 0, -1) if n_bytes(n) <= limit), 0)


def require_recorded(loaded: LoadedModel) -> None:
    """Raise ``NotRecorded`` if the model computes attention in its own way, out of our reach."""
    if not loaded.recorded:
        raise NotRecorded(checkpoint=loaded.info.checkpoint, shipped=shipped_names())


def require_switchable(loaded: LoadedModel) -> None:
    """Raise ``HeadsStayOn`` if the model computes attention in its own way, out of our reach."""
    if not loaded.recorded:
        raise HeadsStayOn(checkpoint=loaded.info.checkpoint, shipped=shipped_names())


def switched_off(
    loaded: LoadedModel, stack: Stack, queries: Batch, off: Collection[tuple[int, int]], off_by: str | StandIn
) -> capture.SwitchedOff | None:
    """Mark the heads of a stack that are off, the same ones in every row; a head's mean is over the real queries.

    Raises ``HeadsStayOn``, ``HeadOutOfRange``.
    """
    if not off:
        return None
    require_switchable(loaded)
    n_layers, n_heads = stack.n_layers, stack.n_heads
    heads = torch.zeros((1, n_layers, n_heads), dtype=torch.bool, device=loaded.device)
    for layer, head in off:
        if not (0 <= layer < n_layers and 0 <= head < n_heads):
            raise HeadOutOfRange(label=head_index_label(layer, head), n_layers=n_layers, n_heads=n_heads)
        heads[0, layer, head] = True
    return capture.SwitchedOff(heads, replacing(loaded, queries.attention_mask, off_by))


def replacing(loaded: LoadedModel, attention_mask: np.ndarray, off_by: str | StandIn) -> StandIn:
    """Give what stands in for a head that is off; its mean is over the real tokens, bool ``[B, T]``."""
    if not isinstance(off_by, str):
        return off_by
    return {"zero": stand_ins.zeros, "mean": stand_ins.Mean(torch.tensor(attention_mask, device=loaded.device))}[off_by]


def mask_told(
    batch: Batch, given_mask: np.ndarray | None, leave_out: Collection[str] = (), see_later: bool = False
) -> np.ndarray:
    """Say which keys the model may look at, bool ``[B, K]`` or ``[B, Q, K]`` (always so if ``see_later``).

    A model without a mask sees padding, and is told so by a mask of ones: given none at all, transformers 5 would take
    positions that begin anew for packed texts and hide padding, but only in a pass without a cache, which scripts have.
    """
    real = np.ones_like(batch.attention_mask) if "attention_mask" in leave_out else batch.attention_mask
    if given_mask is None:
        told = real
    else:
        told = given_mask.astype(bool) & (real if given_mask.ndim == 2 else real[:, None, :])
    return told[:, None].repeat(batch.n_tokens, axis=1) if see_later and told.ndim == 2 else told


def find_readouts(loaded: LoadedModel, batch: Batch) -> np.ndarray:
    """List where predictions are read, int64 ``[N, 2]`` of (row, position): every [MASK], or each text's last token.

    Of a model whose words cannot be believed none is read.
    """
    if loaded.info.words != "read":
        return NO_READOUTS
    if not loaded.info.causal:
        return np.argwhere((batch.input_ids == loaded.tokenizer.mask_token_id) & batch.attention_mask)
    last = batch.n_tokens - 1 - batch.attention_mask[:, ::-1].argmax(axis=1)
    return np.stack([np.arange(len(last)), last], axis=1)


def _check_something_is_seen(batch: Batch, told: np.ndarray) -> None:
    """Refuse a text in which every token is hidden: its attention would be 1/T everywhere, padding included."""
    for row, real in enumerate(batch.attention_mask):
        if not told[row].any():
            raise AllTokensHidden(n_tokens=int(real.sum()))


def new_recording(
    loaded: LoadedModel, batch: Batch, readouts: np.ndarray, hiding: Hiding | None = None
) -> capture.Recording:
    """Prepare the recording of one pass over a batch; scores are kept only up to a size.

    Nothing is kept of a model whose attention is its own: it returns its weights itself.
    """
    n_rows, n_tokens = batch.input_ids.shape
    shape = (n_rows, loaded.info.n_layers, loaded.info.n_heads, n_tokens, n_tokens)
    keeps_scores = loaded.recorded and 4 * math.prod(shape) <= settings.current().max_scores_bytes
    written = projections.of_model(loaded.model)
    layers = capture.LayerRecord(
        attentions=torch.empty(shape, device=loaded.device) if loaded.recorded else None,
        scores=torch.empty(shape, device=loaded.device) if keeps_scores else None,
        value_norms=torch.empty(shape[:-1], device=loaded.device) if written else None,
    )
    where = torch.tensor(readouts, device=loaded.device)
    return capture.Recording(stacks.kinds(loaded.model), {"self": layers}, where, hiding, written)


def model_inputs(
    loaded: LoadedModel, batch: Batch, told: np.ndarray, see_later: bool = False
) -> dict[str, torch.Tensor]:
    """Give the model its tensors; position_ids always where it takes any, or left padding would shift every position.

    ``told`` is the mask, bool ``[B, K]`` or ``[B, Q, K]``; per query, it replaces causality where ``see_later``.
    """
    inputs = {"input_ids": batch.input_ids, "attention_mask": _mask_for_model(loaded, told, see_later)}
    if loaded.takes_positions:
        inputs["position_ids"] = batch.position_ids + loaded.first_position
    if batch.token_type_ids is not None:
        inputs["token_type_ids"] = batch.token_type_ids
    return {name: torch.tensor(array, device=loaded.device) for name, array in inputs.items()}


def _mask_for_model(loaded: LoadedModel, told: np.ndarray, see_later: bool) -> np.ndarray:
    """Give a 2-D mask as 0/1; a mask per query as ``[B, 1, Q, K]``, which models take as it is.

    The recording attention reads booleans; an eager model adds what it is given, so it gets what is to be added.
    """
    if told.ndim == 2:
        return told.astype(np.int64)
    if not loaded.recorded:
        return additive.additive_mask(told, causal=loaded.info.causal)
    allowed = told & np.tri(told.shape[1], dtype=bool) if loaded.info.causal and not see_later else told
    return allowed[:, None]


def check_every_layer_came(loaded: LoadedModel, stack: Stack, n_returned: int) -> None:
    """Refuse maps that are not there: an empty answer is an error, never a blank page. Raises ``CaptureFailed``."""
    if n_returned != stack.n_layers:
        raise CaptureFailed(
            checkpoint=loaded.info.checkpoint,
            n_returned=n_returned,
            n_layers=stack.n_layers,
            shipped=shipped_names(),
        )


def _readout_logits(output, readouts: np.ndarray) -> np.ndarray:
    """Give the logits of the read-outs, float32 ``[N, V]``; a model without a layer over words gives none."""
    if "logits" not in output:
        return np.zeros((0, 0), dtype=np.float32)
    return to_numpy(asked_logits(output.logits, readouts))


def asked_logits(logits: torch.Tensor, readouts: np.ndarray) -> torch.Tensor:
    """Give the logits of the read-outs, ``[N, V]``; a few models compute theirs past the output layer, everywhere."""
    if logits.ndim == 3:
        rows, positions = torch.tensor(readouts, device=logits.device).T
        logits = logits[rows, positions]
    return logits.float()
