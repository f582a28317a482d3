"""Ask the model for the answer of a question; what pages show of the same texts are the same numbers.

Each measure of the schema has one function here: which request it takes, and what is read off the record.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from viz.analysis.batches.same_alone import BatchCheck, Mistakes
from viz.analysis.batches.training import KEPT, MASKED, PADDING, RANDOM, Lesson
from viz.analysis.masks.additive import softmax
from viz.analysis.masks.cells import VISIBLE, cell_states
from viz.analysis.masks.hiding import FillResult
from viz.analysis.predictions import probabilities, ranks, require_readouts, top_k
from viz.analysis.words import find, plain, special_tokens
from viz.engine import requests
from viz.errors import Reason
from viz.names import head_label, named_tokens, parse_head, position_number
from viz.packs import answer_kinds, schema
from viz.packs.errors import NotMeasurable
from viz.records import Run

Asking = Callable[[requests.Request[Any]], Any]
PADDING_KEY = "[PAD]"
# What a row becomes, as the engine calls it and as a single word that can be chosen.
FULLY_HIDDEN = {"NaN": "NaN", "uniform": "uniform", "as unmasked": "unmasked", "mixed": "mixed"}


@dataclass(frozen=True, slots=True)
class Truth:
    """Hold the model's answer: a word, the name of a head, or a number; ``also`` are equal ones.

    ``choices`` are what a word is chosen from, in their order, where that is known.
    """

    value: str | float
    also: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


def truth(pack: schema.Pack, question: schema.AnyQuestion, ask: Asking) -> Truth | None:
    """Give the model's answer to a question; None where it is open.

    Raises ``NotMeasurable`` and what ``ask`` raises, such as ``WordNotInText``.
    """
    answer = question.answer
    if isinstance(answer, answer_kinds.OpenAnswer | answer_kinds.ClaimAnswer):
        return None
    if isinstance(answer, answer_kinds.Softmax):
        return Truth(_softmax(answer))
    if isinstance(answer, answer_kinds.Fill):
        return Truth(_filled(answer, ask))
    if isinstance(answer, answer_kinds.HiddenRow):
        tried = _tried(answer.scores, (), answer.fill, answer.type, ask)
        return Truth(FULLY_HIDDEN[tried.fully_hidden], choices=tuple(FULLY_HIDDEN.values()))
    show = pack.part_of(question.id).show
    assert show is not None  # the schema refuses a question about texts that are not there
    return _MEASURES[type(answer)](answer, Shown(pack, show, ask))


@dataclass(frozen=True, slots=True)
class Shown:
    """Give what a part shows, as the records that its questions are about."""

    pack: schema.Pack
    show: schema.Show
    ask: Asking

    @property
    def model(self) -> str:
        """Name the checkpoint."""
        return self.show.model or self.pack.model

    def request(self) -> requests.Ask:
        """Ask for the pass over all texts."""
        return requests.Ask(self.model, self.show.texts, padding_side=self.show.padding_side)

    def run(self, mistakes: tuple[str, ...] = ()) -> Run:
        """Give the pass over all texts, with a script's mistakes."""
        return self.check(mistakes).run if mistakes else self.ask(self.request())

    def hiding(self, words: tuple[str, ...]) -> Run:
        """Give the pass over the only text in which nobody may look at these words."""
        run = self.run()
        if not words:
            return run
        positions = sorted({position for word in words for position in find(run, 0, word)})
        return self.ask(replace(self.request(), edit=requests.Edit(tuple(positions))))

    def asked(self, answer: answer_kinds.Cell | answer_kinds.LookedAt | answer_kinds.LookingHead) -> Run:
        """Give the pass that a question about a map is about."""
        if isinstance(answer, answer_kinds.Cell) and answer.hide:
            return self.hiding(answer.hide)
        return self.run(() if isinstance(answer, answer_kinds.LookedAt) else answer.mistakes)

    def check(self, mistakes: tuple[str, ...]) -> BatchCheck:
        """Give how each text fares in the batch, with a script's mistakes."""
        made = replace(Mistakes(), **dict.fromkeys(mistakes, True))
        return self.ask(requests.Check(self.model, self.show.texts, self.show.padding_side, made))

    def lesson(self, answer: answer_kinds.InTraining) -> Lesson:
        """Give the training batch of the texts."""
        given = (self.model, self.show.texts, answer.seed, answer.masked_share, self.show.padding_side)
        return self.ask(requests.Train(*given))


def _prediction(answer: answer_kinds.Prediction, shown: Shown) -> Truth:
    run = shown.run()
    return Truth(top_k(run, _readout(run, answer.text), 1)[0].token)


def _answer_in_batch(answer: answer_kinds.AnswerInBatch, shown: Shown) -> Truth:
    check = shown.check(answer.mistakes).prompts[answer.text - 1]
    token = check.token_alone if answer.alone else check.token_in_batch
    if token is None:
        raise NotMeasurable(reason=Reason("text {text} has no answer to read.", text=answer.text))
    return Truth(token)


def _looked_at(answer: answer_kinds.LookedAt, shown: Shown) -> Truth:
    names, weights = looked_row(answer, shown)
    best = [name for name, weight in zip(names, weights, strict=True) if weight == weights.max()]
    return Truth(best[0], tuple(best[1:]), tuple(names))


def looked_row(answer: answer_kinds.LookedAt, shown: Shown) -> tuple[list[str], np.ndarray]:
    """Give the tokens that a query may choose from, and what it gives to each, float32 ``[K]``; of several, the mean.

    Raises ``NotMeasurable`` and what ``ask`` raises.
    """
    run, row = shown.run(), answer.text - 1
    layer, head = parse_head(answer.head, run.model.n_layers, run.model.n_heads)
    queries = find(run, row, answer.query)
    weights = run.attentions[row, layer, head, list(queries)].mean(axis=0)
    open_keys = (cell_states(run, layer)[row, list(queries)] == VISIBLE).all(axis=0)
    if answer.among == "words":
        open_keys &= ~special_tokens(run, row)
    keys = np.flatnonzero(open_keys)
    if not len(keys):
        raise NotMeasurable(reason=Reason("'{query}' may look at nothing.", query=answer.query))
    names = named_tokens(run.batch.tokens[row])
    return [names[key] for key in keys], weights[keys]


def _looking_head(answer: answer_kinds.LookingHead, shown: Shown) -> Truth:
    weights = looking_heads(answer, shown)
    best = [head_label(int(layer), int(head)) for layer, head in np.argwhere(weights == np.nanmax(weights))]
    return Truth(best[0], tuple(best[1:]))


def looking_heads(answer: answer_kinds.LookingHead, shown: Shown) -> np.ndarray:
    """Give what each head gives from the query to the key, ``[L, H]``; NaN in layers that are not asked about.

    Raises ``NotMeasurable`` and what ``ask`` raises.
    """
    run, row = shown.asked(answer), answer.text - 1
    queries, keys = list(find(run, row, answer.query)), list(_keys(run, row, answer.key))
    weights = run.attentions[row][:, :, queries][..., keys].sum(axis=-1).mean(axis=-1)
    if answer.layer is None:
        return weights
    if answer.layer > run.model.n_layers:
        raise NotMeasurable(
            reason=Reason("layer {layer} is not there; the last one is {n}.", layer=answer.layer, n=len(weights))
        )
    return np.where(np.arange(len(weights))[:, None] == answer.layer - 1, weights, np.nan)


def _count(answer: answer_kinds.Count, shown: Shown) -> Truth:
    real = shown.run().batch.attention_mask[answer.text - 1]
    return Truth(float(real.sum() if answer.of == "tokens" else (~real).sum()))


def _cell(answer: answer_kinds.Cell, shown: Shown) -> Truth:
    run, row = shown.asked(answer), answer.text - 1
    layer, head = parse_head(answer.head, run.model.n_layers, run.model.n_heads)
    queries, keys = list(find(run, row, answer.query)), list(_keys(run, row, answer.key))
    if answer.of == "score":
        if run.scores is None:
            raise NotMeasurable(reason=Reason("the scores of so long a text are not kept."))
        if len(queries) > 1 or len(keys) > 1:
            raise NotMeasurable(reason=Reason("a score is of one token and one token; these are several."))
        return Truth(float(run.scores[row, layer, head, queries[0], keys[0]]))
    weights = run.attentions[row, layer, head][queries][:, keys]
    return Truth(float(weights.sum(axis=1, dtype=np.float64).mean()))


def _share(answer: answer_kinds.Share, shown: Shown) -> Truth:
    run = shown.hiding(answer.hide)
    shares = probabilities(run, _readout(run, answer.text))
    return Truth(float(shares.max() if answer.word is None else shares[_word_id(answer.word, shown)]))


def _rank(answer: answer_kinds.Rank, shown: Shown) -> Truth:
    run = shown.hiding(answer.hide)
    logits = run.readout_logits[_readout(run, answer.text)]
    return Truth(float(ranks(logits)[_word_id(answer.word, shown)]))


def _word_id(word: str, shown: Shown) -> int:
    return shown.ask(requests.FindWord(shown.model, word, example="the"))


def _in_batch(answer: answer_kinds.InBatch, shown: Shown) -> Truth:
    check = shown.check(answer.mistakes).prompts[answer.text - 1]
    found = {
        "difference": check.max_difference,
        "padding mass": check.padding_mass,
        "probability in batch": check.probability_in_batch,
        "probability alone": check.probability_alone,
    }[answer.of]
    if found is None or np.isnan(found):
        raise NotMeasurable(reason=Reason("text {text} has no such number.", text=answer.text))
    return Truth(float(found))


def _in_training(answer: answer_kinds.InTraining, shown: Shown) -> Truth:
    lesson = shown.lesson(answer)
    made = lesson.four_ways.training_batch
    if answer.of == "loss":
        return Truth(lesson.four_ways.way(mask_given=answer.mask_given, padding_scored=answer.padding_scored).loss)
    if answer.of == "loss alone":
        return Truth(lesson.unpadded.loss)
    counted = {
        "seen": int(made.batch.attention_mask.sum()),
        "scored": int(made.scored.sum()),
        "masked": made.count(MASKED),
        "kept": made.count(KEPT),
        "random": made.count(RANDOM),
        "ends": int(made.ends.sum()),
        "ends scored": int((made.ends & made.scored).sum()),
        "padding positions": made.count(PADDING),
        "positions": made.count(),
    }
    return Truth(float(counted[answer.of]))


def _softmax(answer: answer_kinds.Softmax) -> float:
    """Give the weight of one score, computed in float64 from what stands in the pack."""
    added = np.zeros(len(answer.scores))
    added[[key - 1 for key in answer.hidden]] = float(answer.fill)
    return float(softmax(np.array(answer.scores, dtype=np.float64), added)[answer.key - 1])


def _filled(answer: answer_kinds.Fill, ask: Asking) -> float:
    tried = _tried(answer.scores, answer.hidden, answer.fill, answer.type, ask)
    found = tried.leak if answer.of == "leak" else tried.stored
    if not np.isfinite(found):
        raise NotMeasurable(reason=Reason("{type} has no number for it.", type=answer.type))
    return found


def _tried(
    scores: tuple[float, ...], hidden: tuple[int, ...], fill: float | str, dtype: str, ask: Asking
) -> FillResult:
    """Try a value that hides in a number type."""
    tried = ask(requests.TryValues(scores, tuple(at + 1 in hidden for at in range(len(scores)))))
    return next(of for of in tried if (of.hiding.fill, of.hiding.dtype) == (fill, dtype))


_MEASURES: dict[type, Callable[[Any, Shown], Truth]] = {
    answer_kinds.Prediction: _prediction,
    answer_kinds.AnswerInBatch: _answer_in_batch,
    answer_kinds.LookedAt: _looked_at,
    answer_kinds.LookingHead: _looking_head,
    answer_kinds.Count: _count,
    answer_kinds.Cell: _cell,
    answer_kinds.Share: _share,
    answer_kinds.Rank: _rank,
    answer_kinds.InBatch: _in_batch,
    answer_kinds.InTraining: _in_training,
}


def _keys(run: Run, row: int, key: str) -> tuple[int, ...]:
    """Give the positions of a key: those of a word, or all padding of the row. Raises ``NotMeasurable``."""
    if plain(key) != plain(PADDING_KEY):
        return find(run, row, key)
    padding = tuple(np.flatnonzero(~run.batch.attention_mask[row]).tolist())
    if not padding:
        raise NotMeasurable(reason=Reason("text {text} has no padding.", text=position_number(row)))
    return padding


def _readout(run: Run, text: int) -> int:
    """Give the first read-out of a text. Raises what ``require_readouts`` raises, or ``NotMeasurable``."""
    require_readouts(run)
    for number, (row, _position) in enumerate(run.readouts):
        if row == text - 1:
            return number
    raise NotMeasurable(reason=Reason("text {text} has no answer to read.", text=text))
