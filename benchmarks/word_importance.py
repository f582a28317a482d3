"""Delete the most important words first, by six ways of telling them: whose order takes the answer away soonest?

50 sentences whose last word is guessed (``assets/examples/importance/held_out.txt``), the beginnings of them for the
GPT-2. The answer is the model's own best word. Words are replaced one after another by the baseline token, ``[MASK]``
or the end token, and the answer's probability is read again each time. The area under that curve, from no word deleted
to all, is small where the order is good. Of the random order the mean over 20 orders counts.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from viz.analysis.predictions import probabilities, top_k
from viz.analysis.reasons.importance import attention_paid, attention_rollout, by_word
from viz.examples import example
from viz.shipped import SHIPPED

N_RANDOM, SEED = 20, 0
N_BOOTSTRAPS = 2_000
WAYS = (
    "occlusion",
    "integrated gradients",
    "value zeroing, rollout",
    "attention, mean of all heads",
    "attention, rollout",
    "random",
)


def main() -> None:
    """Print one table a model."""
    sentences = example("importance", "held_out").splitlines()
    for checkpoint in SHIPPED:
        areas = np.array(list(_areas(checkpoint, sentences)))  # [sentences, ways]
        print(f"\n{checkpoint}, {len(areas)} sentences: mean area under the answer's probability, smaller is better")
        print(f"{'order':30} {'area':>6}  {'95 % interval':15} {'better than random in':>22}")
        for at in np.argsort(areas.mean(axis=0)):
            low, high = _interval(areas[:, at])
            wins = int((areas[:, at] < areas[:, -1]).sum())
            interval = f"{low:.3f} to {high:.3f}"
            print(f"{WAYS[at]:30} {areas[:, at].mean():6.3f}  {interval:15} {wins:>16} of {len(areas)}")


def _interval(values: np.ndarray) -> tuple[float, float]:
    """Give the middle 95 % of the means of sentences drawn again and again."""
    drawn = np.random.default_rng(SEED).integers(len(values), size=(N_BOOTSTRAPS, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)


def _areas(checkpoint: str, sentences: list[str]) -> Iterator[list[float]]:
    """Give the area of every way for each sentence."""
    from viz.engine.batching import encode
    from viz.engine.forward import run
    from viz.engine.models import load_model
    from viz.engine.reasons.importance import baseline_token_id, weigh
    from viz.engine.reasons.value_zeroing import value_zeroing

    loaded, random = load_model(checkpoint), np.random.default_rng(SEED)
    for sentence in sentences:
        text = sentence.split(" [MASK]")[0] if loaded.info.causal else sentence
        before = run(loaded, encode(loaded, [text]))
        (best,) = top_k(before, 0, 1)
        of = weigh(loaded, before, 0, best.token_id)
        position = int(before.readouts[0, 1])
        rolled = value_zeroing(loaded, before, 0).rollout()[position]
        orders = [
            of.occlusion,
            of.gradients,
            by_word(rolled, of.words),
            attention_paid(before, 0, of.words),
            attention_rollout(before, 0, of.words),
        ]
        chances = [random.permutation(len(of.words)).astype(float) for _ in range(N_RANDOM)]
        curves = _curves(loaded, before, of.words, baseline_token_id(loaded), best.token_id, [*orders, *chances])
        areas = np.trapezoid(curves, dx=1 / len(of.words), axis=1)
        yield [*areas[: len(orders)].tolist(), float(areas[len(orders) :].mean())]


def _curves(loaded, before, words, baseline_id: int, word_id: int, importances: list[np.ndarray]) -> np.ndarray:
    """Give the answer's probability after 0, 1, … words are deleted, float64 ``[orders, words + 1]``."""
    ids = []
    for importance in importances:
        row = before.batch.input_ids[0].copy()
        ids.append(row.copy())
        for at in np.argsort(-importance, kind="stable"):
            row[list(words[at].positions)] = baseline_id
            ids.append(row.copy())
    different, where = np.unique(np.stack(ids), axis=0, return_inverse=True)
    shares = [_share(loaded, before, row, word_id) for row in different]
    return np.array(shares)[where].reshape(len(importances), len(words) + 1)


def _share(loaded, before, ids: np.ndarray, word_id: int) -> float:
    """Give the answer's probability with other ids in the same places."""
    from viz.engine.forward import run

    changed = run(loaded, replace(before.batch, input_ids=ids[None]), readouts=before.readouts)
    return float(probabilities(changed, 0)[word_id])


if __name__ == "__main__":
    main()
