"""Train on nothing, only look: collate a batch as training does, and compute its loss in every right and wrong way.

The collator and the loss are transformers' own. The model's weights are neither changed nor given a gradient.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from transformers import DataCollatorForLanguageModeling

from viz.analysis.batches.training import (
    KEPT,
    MASKED,
    NOT_SCORED,
    PADDING,
    RANDOM,
    SPECIAL,
    UNSCORED,
    FourWays,
    Stopping,
    TrainingBatch,
    Unpadded,
    Way,
)
from viz.analysis.masks.cells import padding_mass
from viz.analysis.predictions import require_words
from viz.engine import forward
from viz.engine.batching import encode, pad_token_id
from viz.engine.device import to_numpy
from viz.engine.line import passes
from viz.engine.models import LoadedModel
from viz.errors import NothingScored, NothingToGuess, SettingOutOfRange, TooManyExamples, TrainingBatchTooLarge
from viz.records import Batch, Run

MAX_TEXTS = 16
# Positions of a batch, padding counted: on a model of the size of BERT-base the passes then took 1.2 GB (measured).
MAX_CELLS = 1024

EXAMPLE = "The turtle moves slow across the river."


def collate(
    loaded: LoadedModel,
    texts: Sequence[str],
    *,
    seed: int,
    mlm_probability: float = 0.15,
    padding_side: str = "right",
    append_end: bool = True,
) -> TrainingBatch:
    """Make a training batch with transformers' ``DataCollatorForLanguageModeling``: the same seed, the same batch.

    A masked model's batch is drawn with the seed: of the words that are scored (a share of ``mlm_probability``), 80 %
    become [MASK], 10 % a random word, 10 % stay. Kinds are read off the result: a random word that happens to be
    the one that stood there counts as kept. A causal model's labels are its input ids, with -100 at every token that is
    the same as the padding: nothing is drawn, ``seed`` and ``mlm_probability`` change nothing; ``append_end`` puts the
    end token behind each text, as training does. ``batch.position_ids`` are those the model counts when a script gives
    none: columns, padding in front included.
    Raises ``TooManyExamples``, ``TrainingBatchTooLarge``, ``SettingOutOfRange``, ``NothingScored`` or
    ``NothingToGuess`` (the loss would be NaN), ``NoWordHead`` or ``WordHeadMissing``, and what ``encode`` raises.
    """
    require_words(loaded.info)
    _check_settings(len(texts), seed, mlm_probability)
    batch = _encoded(loaded, texts, padding_side, append_end)
    _check_size(loaded, batch)
    collator = _collator(loaded, seed, mlm_probability, padding_side)
    collated = collator([_feature(batch, row) for row in range(len(batch.texts))])
    input_ids, labels = to_numpy(collated["input_ids"]), to_numpy(collated["labels"])
    made = TrainingBatch(
        batch=replace(
            batch,
            tokens=_tokens(loaded, batch, input_ids),
            input_ids=input_ids,
            position_ids=_counted_positions(loaded, input_ids),
        ),
        original_ids=batch.input_ids,
        original_tokens=batch.tokens,
        labels=labels,
        kinds=_kinds(loaded, batch, input_ids, labels),
        causal=loaded.info.causal,
        pad_id=pad_token_id(loaded),
        keys_from_dicts=tuple(collated),
        keys_from_lists=tuple(
            collator([ids[real].tolist() for ids, real in zip(batch.input_ids, batch.attention_mask, strict=True)])
        ),
    )
    _check_something_is_scored(made, seed, mlm_probability)
    return made


def losses(loaded: LoadedModel, training_batch: TrainingBatch) -> FourWays:
    """Compute the loss of a batch four ways: mask given or not, padding labelled -100 or as real tokens.

    The loss is the model's own, ``model(..., labels=labels).loss``. The gradient is taken at the input embeddings, by
    ``torch.autograd.grad``: it is what the lookups at padding send to the [PAD] row. With the mask, and padding not
    scored, it is 0.0 exactly. What the row really learns differs: BERT's ``padding_idx`` drops these lookups' share,
    while a decoder tied to the embedding pushes every row of the vocabulary, [PAD] too, in all four ways.
    Raises what ``forward.run`` raises.
    """
    masses = {
        mask_given: padding_mass(run(loaded, training_batch, mask_given=mask_given)) for mask_given in (True, False)
    }
    # The logits of one way at most are kept: of a large vocabulary they are 125 MB.
    right_way, logits = _way(loaded, training_batch, masses[True], True, False)
    stopping = _stopping(training_batch, logits)
    del logits
    wrong_ways = [
        _way(loaded, training_batch, masses[mask_given], mask_given, padding_scored)[0]
        for mask_given, padding_scored in ((True, True), (False, False), (False, True))
    ]
    return FourWays(training_batch, (right_way, *wrong_ways), stopping)


def unpadded(loaded: LoadedModel, training_batch: TrainingBatch) -> Unpadded:
    """Compute the losses of the same sentences, masked alike, one at a time and without padding.

    ``loss`` weighs each sentence by its scored positions, as a batch does.
    """
    of_rows = [_alone(loaded, training_batch, row) for row in range(len(training_batch.labels))]
    sums, counts = np.array([total for total, _ in of_rows]), np.array([n for _, n in of_rows])
    with np.errstate(invalid="ignore"):
        return Unpadded(
            loss=float(sums.sum() / counts.sum()),
            losses=sums / counts,
            n_scored=counts,
            all_one_length=training_batch.all_one_length,
        )


def run(loaded: LoadedModel, training_batch: TrainingBatch, *, mask_given: bool) -> Run:
    """Run the batch, told its mask or nothing, for the maps of its heads; what is padding stays marked in the run.

    Raises what ``forward.run`` raises.
    """
    batch = training_batch.batch
    told = replace(batch, attention_mask=_shown(batch, mask_given))
    made = forward.run(loaded, told, readouts=forward.NO_READOUTS)
    real = batch.attention_mask
    return replace(made, batch=batch, maps={"self": replace(made.maps["self"], query_mask=real, key_mask=real)})


def _check_settings(n_texts: int, seed: int, mlm_probability: float) -> None:
    if n_texts > MAX_TEXTS:
        raise TooManyExamples(n_texts=n_texts, limit=MAX_TEXTS)
    if not 0 <= seed < 2**32:
        raise SettingOutOfRange(name="seed", seen=seed, allowed="0 ≤ seed ≤ 4294967295")
    if not 0 < mlm_probability <= 1:
        raise SettingOutOfRange(name="mlm_probability", seen=mlm_probability, allowed="0 < mlm_probability ≤ 1")


def _check_size(loaded: LoadedModel, batch: Batch) -> None:
    n_rows, n_tokens = batch.input_ids.shape
    if n_rows * n_tokens > MAX_CELLS:
        raise TrainingBatchTooLarge(n_rows=n_rows, n_tokens=n_tokens, n_cells=n_rows * n_tokens, limit=MAX_CELLS)
    forward.check_size(loaded, n_rows, n_tokens, n_readouts=n_rows * n_tokens)  # the loss reads every position


def _check_something_is_scored(made: TrainingBatch, seed: int, mlm_probability: float) -> None:
    """Refuse a batch without scored positions: a mean over nothing is NaN."""
    if made.scored.any():
        return
    if made.causal:
        raise NothingToGuess(example=EXAMPLE)
    raise NothingScored(seed=seed, share=mlm_probability)


def _encoded(loaded: LoadedModel, texts: Sequence[str], padding_side: str, append_end: bool) -> Batch:
    """Tokenize, with the end token behind each text of a causal model; the batch's texts stay as typed."""
    end = (loaded.tokenizer.eos_token or "") if loaded.info.causal and append_end else ""
    # An empty text stays empty, and is refused.
    batch = encode(loaded, [text + end if text.strip() else text for text in texts], padding_side=padding_side)
    return replace(batch, texts=tuple(text.removesuffix(end) for text in batch.texts))


def _collator(
    loaded: LoadedModel, seed: int, mlm_probability: float, padding_side: str
) -> DataCollatorForLanguageModeling:
    """Make the collator on a tokenizer of its own: it needs a pad token, and a side, that others must not see."""
    tokenizer = loaded.tokenize.copy()
    tokenizer.padding_side = padding_side
    if tokenizer.pad_token_id != (pad_id := pad_token_id(loaded)):
        tokenizer.pad_token = tokenizer.convert_ids_to_tokens(pad_id)
    if loaded.info.causal:
        return DataCollatorForLanguageModeling(tokenizer, mlm=False)
    return DataCollatorForLanguageModeling(tokenizer, mlm_probability=mlm_probability, seed=seed)


def _feature(batch: Batch, row: int) -> dict[str, list]:
    """Give a sentence as a tokenizer gives it to the collator: with names, without padding."""
    real = batch.attention_mask[row]
    feature = {
        "input_ids": batch.input_ids[row, real].tolist(),
        "attention_mask": [1] * int(real.sum()),
        "special_tokens_mask": batch.special_tokens_mask[row, real].astype(int).tolist(),
    }
    if batch.token_type_ids is not None:
        feature["token_type_ids"] = batch.token_type_ids[row, real].tolist()
    return feature


def _tokens(loaded: LoadedModel, batch: Batch, input_ids: np.ndarray) -> tuple[tuple[str, ...], ...]:
    """Label the ids after masking; tokens that stayed keep their labels, which know the text."""
    return tuple(
        tuple(old if i == j else loaded.info.vocabulary[j] for old, i, j in zip(*row, strict=True))
        for row in zip(batch.tokens, batch.input_ids, input_ids, strict=True)
    )


def _counted_positions(loaded: LoadedModel, input_ids: np.ndarray) -> np.ndarray:
    """Give the positions a model counts when it is given none: columns, or, in RoBERTa, tokens that are no padding."""
    if not loaded.first_position:
        return np.tile(np.arange(input_ids.shape[1]), (len(input_ids), 1))
    no_padding = input_ids != loaded.first_position - 1
    return np.where(no_padding, no_padding.cumsum(axis=1) - 1, -1)


def _kinds(loaded: LoadedModel, batch: Batch, input_ids: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Name what each position is, str ``[B, T]``; the first condition that holds counts."""
    scored = _counted(labels, loaded.info.causal)
    is_mask = np.zeros_like(scored) if loaded.info.causal else input_ids == loaded.tokenizer.mask_token_id
    is_special = batch.special_tokens_mask | (batch.input_ids == pad_token_id(loaded))
    conditions = {
        PADDING: ~batch.attention_mask,
        MASKED: scored & is_mask,
        KEPT: scored & (input_ids == batch.input_ids),
        RANDOM: scored,
        SPECIAL: is_special,
    }
    return np.select(list(conditions.values()), list(conditions), default=NOT_SCORED)


def _counted(labels: np.ndarray, causal: bool) -> np.ndarray:
    """Say which labels the loss counts, bool ``[B, T]``; before the first column a causal model has read nothing."""
    counted = labels != UNSCORED
    if causal:
        counted[:, 0] = False
    return counted


def _shown(batch: Batch, mask_given: bool) -> np.ndarray:
    """Give what the model is told; no mask means to every model that all tokens are shown."""
    return batch.attention_mask if mask_given else np.ones_like(batch.attention_mask)


def _way(
    loaded: LoadedModel, training_batch: TrainingBatch, mass: np.ndarray, mask_given: bool, padding_scored: bool
) -> tuple[Way, torch.Tensor]:
    """Compute the loss one way; also give the logits, ``[B, T, V]``."""
    batch = training_batch.batch
    real = batch.attention_mask
    labels = np.where(real, training_batch.labels, batch.input_ids) if padding_scored else training_batch.labels
    output, gradient = _pass(loaded, batch, _shown(batch, mask_given), labels)
    of_heads = (
        mass[training_batch.padded_rows].mean(axis=0) if not training_batch.all_one_length else np.zeros_like(mass[0])
    )
    worst = np.unravel_index(of_heads.argmax(), of_heads.shape)
    way = Way(
        mask_given=mask_given,
        padding_scored=padding_scored,
        loss=output.loss.item(),
        position_losses=_position_losses(output.logits.detach(), labels, loaded.info.causal),
        padding_mass=mass,
        mean_mass=float(of_heads.mean()),
        worst_mass=float(of_heads[worst]),
        worst_head=(int(worst[0]), int(worst[1])) if of_heads[worst] > 0 else None,
        pad_gradient=float(gradient[torch.tensor(~real, device=loaded.device)].sum(dim=0).norm()),
    )
    return way, output.logits.detach()


def _pass(loaded: LoadedModel, batch: Batch, shown: np.ndarray, labels: np.ndarray) -> tuple[Any, torch.Tensor]:
    """Pass forward and back: the model's output, and d loss / d input embeddings ``[B, T, D]``.

    Models are shared between threads: no parameter's ``.grad`` is written.
    """
    with passes, torch.enable_grad():
        embedded = loaded.model.get_input_embeddings()(_tensor(loaded, batch.input_ids)).detach().requires_grad_()
        output = loaded.model(
            inputs_embeds=embedded,
            attention_mask=_tensor(loaded, shown.astype(np.int64)),
            labels=_tensor(loaded, labels),
            **_other_inputs(loaded, batch, slice(None)),
        )
        (gradient,) = torch.autograd.grad(output.loss, embedded)
    return output, gradient


def _other_inputs(loaded: LoadedModel, batch: Batch, columns: np.ndarray | slice) -> dict[str, object]:
    """Give positions and segments of some columns; a model that is given embeddings could not count pad tokens."""
    inputs: dict[str, object] = {"use_cache": False}
    if loaded.takes_positions:
        inputs["position_ids"] = _tensor(loaded, batch.position_ids[:, columns] + loaded.first_position)
    if batch.token_type_ids is not None:
        inputs["token_type_ids"] = _tensor(loaded, batch.token_type_ids[:, columns])
    return inputs


def _tensor(loaded: LoadedModel, array: np.ndarray) -> torch.Tensor:
    return torch.tensor(array, device=loaded.device)


def _position_losses(logits: torch.Tensor, labels: np.ndarray, causal: bool) -> np.ndarray:
    """Give the cross entropy under each scored token, float32 ``[B, T]``, NaN elsewhere."""
    if causal:
        logits = torch.cat([logits[:, :1], logits[:, :-1]], dim=1)  # the first column is not counted
    targets = torch.tensor(np.where(_counted(labels, causal), labels, UNSCORED), device=logits.device).flatten()
    # One row a position, as the model's own loss has them: summed across the vocabulary in columns, float32 loses 1e-4.
    each = torch.nn.functional.cross_entropy(
        logits.float().flatten(0, 1), targets, reduction="none", ignore_index=UNSCORED
    )
    return to_numpy(each.masked_fill(targets == UNSCORED, torch.nan).reshape(labels.shape))


def _stopping(training_batch: TrainingBatch, logits: torch.Tensor) -> Stopping | None:
    """Compare the collator's labels with labels that score the ends of texts too."""
    ends = training_batch.ends[:, 1:]
    if not training_batch.causal or not ends.any():
        return None
    # What is guessed at column t stands in column t + 1.
    chances = to_numpy(torch.softmax(logits[:, :-1].float(), dim=-1)[..., training_batch.pad_id])
    scored = training_batch.scored[:, 1:]
    return Stopping(
        n_ends=int(ends.sum()),
        n_ends_scored=int((ends & scored).sum()),
        probability=chances[ends],
        push=_push(chances, scored, ends),
        push_if_scored=_push(chances, scored | ends, ends),
    )


def _push(chances: np.ndarray, scored: np.ndarray, ends: np.ndarray) -> float:
    """Sum d loss / d logit of the end token: the mean over scored positions of p(end) - [the end stands there]."""
    return float((chances - ends)[scored].mean())


def _alone(loaded: LoadedModel, training_batch: TrainingBatch, row: int) -> tuple[float, int]:
    """Give one sentence's summed loss and its number of scored positions."""
    batch = training_batch.batch
    real = np.flatnonzero(batch.attention_mask[row])
    labels = training_batch.labels[row : row + 1, real]
    n_scored = int(_counted(labels, loaded.info.causal).sum())
    if not n_scored:
        return 0.0, 0
    types = None if batch.token_type_ids is None else _tensor(loaded, batch.token_type_ids[row : row + 1, real])
    with passes, torch.inference_mode():
        output = loaded.model(
            input_ids=_tensor(loaded, batch.input_ids[row : row + 1, real]),
            labels=_tensor(loaded, labels),
            use_cache=False,
            **({} if types is None else {"token_type_ids": types}),
        )
    return output.loss.item() * n_scored, n_scored
