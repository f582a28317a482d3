"""Put outputs of heads, or states, of one text into the pass of another, and see what its answer makes of them."""

from collections.abc import Callable, Iterator

import numpy as np
import torch

from viz.analysis.predictions import best_ids, require_words
from viz.analysis.reasons.patching import Patched
from viz.engine import forward
from viz.engine.copies import Copies, Kept
from viz.engine.models import LoadedModel
from viz.engine.resampling import same_length
from viz.engine.stand_ins import Given
from viz.engine.switch_off import word_id
from viz.errors import TokensDoNotFit, TooLongToPatch
from viz.names import position_number
from viz.records import Batch, Run

MAX_TOKENS = 128  # whose states are patched: each token of each layer is a copy of the text


def patch(
    loaded: LoadedModel,
    before: Run,
    other: str,
    readout: int,
    *,
    words: tuple[str, str] = ("", ""),
    what: str = "heads",
    position: int | None = None,
    hear: Callable[[float], object] = lambda _share: None,
) -> Patched:
    """Patch every head, or every token's state at every layer, alone, and all of a layer at once.

    ``before`` is the run of the first text, alone in its batch; what is put in comes from a pass over ``other``, which
    must have as many tokens. The answer is read at the first text's read-out, in the other at the same token. ``words``
    are answer and rival; an empty answer is the first text's best word, an empty rival the other's (where that is the
    answer too, the first text's second). ``position`` puts in outputs of heads at one token only.
    Raises ``NotSameLength``, ``TokensDoNotFit``, ``TooLongToPatch``, ``NotOneToken``, ``HeadsStayOn``,
    ``LayersAreOne``, ``NoWordHead``, ``WordHeadMissing``.
    """
    require_words(loaded.info)
    forward.require_switchable(loaded)
    batches = before.batch, same_length(loaded, before.batch, other)
    _check(batches[0], what, position)
    place = int(before.readouts[readout][1])
    (copies, of_a), (_copies, of_b) = (_kept(loaded, batch, place) for batch in batches)
    ids = _word_ids(loaded, words, of_a, of_b)
    patches = _heads(loaded, copies, of_a, of_b, position) if what == "heads" else _states(copies, of_a, of_b)
    boards = []
    for layer, logits in enumerate(patches):
        boards.append(_of_words(logits, ids))
        hear((layer + 1) / loaded.info.n_layers)
    (end_logits, end_probabilities) = _of_words(np.stack([of_a.logits, of_b.logits]), ids)
    return Patched(
        model=loaded.info,
        what=what,
        tokens=(batches[0].tokens[0], batches[1].tokens[0]),
        readout=place,
        words=(loaded.info.vocabulary[ids[0]], loaded.info.vocabulary[ids[1]]),
        position=position if what == "heads" else None,
        logits=np.stack([logits for logits, _probabilities in boards]),
        probabilities=np.stack([probabilities for _logits, probabilities in boards]),
        end_logits=end_logits,
        end_probabilities=end_probabilities,
    )


def _check(batch: Batch, what: str, position: int | None) -> None:
    if what == "states" and batch.n_tokens > MAX_TOKENS:
        raise TooLongToPatch(n_tokens=batch.n_tokens, limit=MAX_TOKENS)
    if position is not None and not 0 <= position < batch.n_tokens:
        raise TokensDoNotFit(positions=position_number(position), n_tokens=batch.n_tokens)


def _kept(loaded: LoadedModel, batch: Batch, place: int) -> tuple[Copies, Kept]:
    """Run a text with nothing changed, and prepare copies of it."""
    copies = Copies(loaded, forward.model_inputs(loaded, batch, batch.attention_mask), (0, place))
    return copies, copies.keep()


def _word_ids(loaded: LoadedModel, words: tuple[str, str], of_a: Kept, of_b: Kept) -> tuple[int, int]:
    best, second = (int(of) for of in best_ids(of_a.logits, 2))
    others = int(best_ids(of_b.logits, 1)[0])
    example = loaded.info.vocabulary[best]
    answer = word_id(loaded, words[0], example) if words[0].strip() else best
    if words[1].strip():
        return answer, word_id(loaded, words[1], example)
    return answer, next(of for of in (others, best, second) if of != answer)


def _heads(loaded: LoadedModel, copies: Copies, of_a: Kept, of_b: Kept, position: int | None) -> Iterator[np.ndarray]:
    """Put in the output of each head alone, and of all heads of the layer; give logits ``[H + 1, V]``, by layer."""
    n_heads, n_tokens = loaded.info.n_heads, of_a.states[0].shape[1]
    tokens = None if position is None else torch.arange(n_tokens, device=loaded.device) == position
    chosen = np.concatenate([np.eye(n_heads, dtype=bool), np.ones((1, n_heads), dtype=bool)])
    put_in = Given(of_b.outputs, tokens)
    for layer, states in enumerate(of_a.states):
        shares = copies.shares(n_heads + 1)
        yield np.concatenate([copies.with_heads(layer, chosen[list(share)], put_in, states) for share in shares])


def _states(copies: Copies, of_a: Kept, of_b: Kept) -> Iterator[np.ndarray]:
    """Put in the state of each token alone, and of all tokens; give logits ``[T + 1, V]``, by layer."""
    for layer, (states, others) in enumerate(zip(of_a.states, of_b.states, strict=True)):
        n_tokens = states.shape[1]
        one = torch.eye(n_tokens, dtype=torch.bool, device=states.device)
        chosen = torch.cat([one, torch.ones_like(one[:1])])[..., None]
        shares = copies.shares(n_tokens + 1)
        yield np.concatenate(
            [copies.with_states(layer, torch.where(chosen[list(share)], others, states)) for share in shares]
        )


def _of_words(logits: np.ndarray, ids: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Give the logits and the probabilities of two words, float64 ``[n, 2]``, of ``[n, V]``."""
    logits = logits.astype(np.float64)
    largest = logits.max(axis=-1, keepdims=True)
    chosen = logits[:, list(ids)]
    return chosen, np.exp(chosen - largest) / np.exp(logits - largest).sum(axis=-1, keepdims=True)
