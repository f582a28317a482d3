"""Continue every text of a padded batch, and keep what a page needs to show each step: Batch → Generation."""

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from viz.analysis.batches.generation import Generation, Sampling
from viz.analysis.predictions import require_words
from viz.engine import forward
from viz.engine.batching import extend, pad_token_id
from viz.engine.device import to_numpy
from viz.engine.line import errand, passes
from viz.engine.models import LoadedModel
from viz.engine.step_meter import StepMeter
from viz.engine.still_wanted import StillWanted
from viz.errors import NotAGenerator, TooLongToContinue
from viz.labels import byte_text
from viz.names import position_number
from viz.records import Batch

# torch draws from one generator for the whole process: who seeds it must draw alone.
_drawing = threading.Lock()


def generate(loaded: LoadedModel, batch: Batch, sampling: Sampling) -> Generation:
    """Continue the texts with the model's own ``generate``, then run once over everything, with capture.

    Sampling gives what a script gets after ``torch.manual_seed(seed)``. A batch padded on the right is continued behind
    its padding, as transformers does: wrongly, for the shorter texts.
    Raises ``NotAGenerator``, ``TooLongToContinue``, ``BatchTooLarge``, ``NoWordHead``, ``WordHeadMissing``.
    """
    _check(loaded, batch, sampling.max_new_tokens)
    n_rows, n_prompt = batch.input_ids.shape
    forward.check_size(loaded, n_rows, n_prompt + sampling.max_new_tokens)
    meter = StepMeter()
    # The pass is asked for last: those who wait for their draw must not keep others from running.
    with _seeded(loaded, sampling), passes, torch.inference_mode():
        generate: Any = loaded.model.generate
        sequences = generate(
            **_tensors(loaded, batch),
            **_flags(sampling),
            max_new_tokens=sampling.max_new_tokens,
            pad_token_id=pad_token_id(loaded),
            return_dict_in_generate=False,
            stopping_criteria=[StillWanted()],
            custom_generate=meter.decode,
        )
    new_ids = to_numpy(sequences[:, n_prompt:]).copy()
    n_new, finished = _lengths(loaded, new_ids)
    new_mask = np.arange(new_ids.shape[1]) < n_new[:, None]
    extended = extend(loaded, batch, new_ids, new_mask)
    of_rows = [ids[real].tolist() for ids, real in zip(new_ids, new_mask)]
    return Generation(
        run=forward.run(loaded, replace(extended, position_ids=_generates_positions(batch, extended))),
        n_prompt=n_prompt,
        sampling=sampling,
        n_new=n_new,
        finished=finished,
        continuations=tuple(continuation(loaded, batch, row, ids) for row, ids in enumerate(of_rows)),
        **_without_padding(meter.measured(), new_mask),
    )


def continue_by_hand(
    loaded: LoadedModel,
    batch: Batch,
    leave_out: Collection[str],
    max_new_tokens: int,
    *,
    told: np.ndarray | None = None,
    shows_new: bool = True,
) -> list[list[int]]:
    """Continue the texts greedily with the loop people write themselves; ids of each row, its end token included.

    At each step the best word of the last column is appended; behind right padding that column is padding.
    ``leave_out`` names what the model is not given: ``"attention_mask"``, ``"position_ids"``. ``told`` (bool
    ``[B, K]``) replaces the batch's mask; it goes on with ones, or with zeros where it does not show new words.
    Raises ``NotAGenerator``, ``TooLongToContinue``, ``NoWordHead``, ``WordHeadMissing``.
    """
    _check(loaded, batch, max_new_tokens)
    ends = end_ids(loaded)
    inputs = _tensors(loaded, batch)
    if told is not None:
        inputs["attention_mask"] = torch.tensor(told.astype(np.int64), device=loaded.device)
    if loaded.takes_positions:
        inputs["position_ids"] = torch.tensor(batch.position_ids + loaded.first_position, device=loaded.device)
    inputs = {name: tensor for name, tensor in inputs.items() if name not in leave_out}
    rows: list[list[int]] = [[] for _ in batch.texts]
    cache = None
    with passes, torch.inference_mode():
        for _ in range(max_new_tokens):
            errand.get().check()
            output = loaded.model(**inputs, past_key_values=cache, use_cache=True)
            cache, chosen = output.past_key_values, output.logits[:, -1].argmax(dim=-1)
            for ids, token_id in zip(rows, chosen.tolist()):
                if not ids or ids[-1] not in ends:
                    ids.append(token_id)
            if all(ids[-1] in ends for ids in rows):
                break
            inputs = _next_inputs(inputs, chosen[:, None], shows_new)
    return rows


def continuation(loaded: LoadedModel, batch: Batch, row: int, new_ids: list[int]) -> str:
    """Write the tokens a text got as text; its end token is not printed, bytes that are no character as ``<E4>``."""
    kept = new_ids[:-1] if new_ids and new_ids[-1] in end_ids(loaded) else new_ids
    if loaded.byte_level:
        return byte_text(loaded.tokenizer.convert_ids_to_tokens(kept))
    # Decoded without its text a word can lose the space before it.
    prompt = batch.input_ids[row, batch.attention_mask[row]].tolist()
    before, after = (
        loaded.tokenizer.decode(ids, clean_up_tokenization_spaces=False) for ids in (prompt, prompt + kept)
    )
    return after[len(before) :]


def _check(loaded: LoadedModel, batch: Batch, max_new_tokens: int) -> None:
    """Refuse what cannot be continued."""
    require_words(loaded.info)
    if not loaded.info.causal:
        raise NotAGenerator(checkpoint=loaded.info.checkpoint)
    n_left = loaded.info.max_positions - batch.n_tokens
    if max_new_tokens > n_left:
        raise TooLongToContinue(
            number=position_number(int(batch.attention_mask.sum(axis=1).argmax())),
            n_tokens=batch.n_tokens,
            max_new_tokens=max_new_tokens,
            max_positions=loaded.info.max_positions,
            n_left=n_left,
        )


@contextmanager
def _seeded(loaded: LoadedModel, sampling: Sampling) -> Iterator[None]:
    """Draw alone and from the seed, and leave torch's generator as it was; greedy generation draws nothing."""
    if sampling.temperature is None:
        yield
        return
    elsewhere = [] if loaded.device.type == "cpu" else [loaded.device.index or 0]
    kind = "cuda" if loaded.device.type == "cpu" else loaded.device.type
    with _drawing, torch.random.fork_rng(devices=elsewhere, device_type=kind):
        torch.manual_seed(sampling.seed)
        yield


def _flags(sampling: Sampling) -> dict[str, object]:
    """Name the choices for ``generate``, which warns of those that greedy does not use."""
    if sampling.temperature is None:
        return {"do_sample": False}
    return {
        "do_sample": True,
        "temperature": float(sampling.temperature),
        "top_k": sampling.top_k,
        "top_p": float(sampling.top_p),
    }


def _tensors(loaded: LoadedModel, batch: Batch) -> dict[str, torch.Tensor]:
    """Give what the tokenizer gives a script."""
    arrays = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask.astype(np.int64)}
    if batch.token_type_ids is not None:
        arrays["token_type_ids"] = batch.token_type_ids
    return {name: torch.tensor(array, device=loaded.device) for name, array in arrays.items()}


def _next_inputs(inputs: dict[str, torch.Tensor], chosen: torch.Tensor, shows_new: bool) -> dict[str, torch.Tensor]:
    """Give the model the words just chosen, ``[B, 1]``, one position further; the rest is in its cache."""
    following = {"input_ids": chosen}
    if "attention_mask" in inputs:
        following["attention_mask"] = torch.cat([inputs["attention_mask"], torch.full_like(chosen, shows_new)], dim=1)
    if "position_ids" in inputs:
        following["position_ids"] = inputs["position_ids"][:, -1:] + 1
    if "token_type_ids" in inputs:
        following["token_type_ids"] = inputs["token_type_ids"][:, -1:]
    return following


def end_ids(loaded: LoadedModel) -> set[int]:
    """List the tokens that end a text: none, one or several."""
    ends = loaded.model.generation_config.eos_token_id
    return set() if ends is None else set(np.atleast_1d(ends).tolist())


def _lengths(loaded: LoadedModel, new_ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count each row's tokens up to its end token, and say whether it came: int64 ``[B]``, bool ``[B]``."""
    is_end = np.isin(new_ids, list(end_ids(loaded)))
    finished = np.any(is_end, axis=1)
    return np.where(finished, is_end.argmax(axis=1) + 1, new_ids.shape[1]), finished


def _generates_positions(batch: Batch, extended: Batch) -> np.ndarray:
    """Count positions as ``generate`` does, ``[B, T + S]``: padding gets 0, new tokens count on from the last column.

    Behind right padding they so begin at 1 again, whatever the length of the text.
    """
    prompt = np.where(batch.attention_mask, batch.position_ids, 0)
    new = prompt[:, -1:] + np.arange(1, extended.n_tokens - batch.n_tokens + 1)
    return np.concatenate([prompt, new], axis=1)


def _without_padding(steps: dict[str, np.ndarray], new_mask: np.ndarray) -> dict[str, np.ndarray]:
    """Empty the steps of rows that had ended: the model goes on computing there, and nothing was chosen."""
    nothing = {"rank": 0, "candidate_ids": -1}
    for name, array in steps.items():
        array[~new_mask] = nothing.get(name, np.nan)
    return steps
