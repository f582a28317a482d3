"""Answer requests about reasons; ``viz.engine.service`` calls this."""

from collections.abc import Callable
from typing import Any

from viz.analysis.corpus.reading import Reading
from viz.analysis.predictions import require_readouts
from viz.analysis.reasons.attribution import Attribution
from viz.analysis.reasons.importance import Importance
from viz.analysis.reasons.patching import Patched
from viz.analysis.reasons.value_zeroing import ValueZeroing
from viz.engine import two_stacks
from viz.engine.models import load_model
from viz.engine.reasons import attribution, corpus, importance, patching, value_zeroing
from viz.engine.reasons.requests import Attribute, Patch, ReadCorpus, WeighWords, ZeroValues
from viz.engine.requests import Ask, Request
from viz.engine.work import Hear

Asking = Callable[[Request[Any]], Any]


def _read_corpus(request: ReadCorpus, _ask: Asking, hear: Hear) -> Reading:
    loaded = load_model(request.checkpoint, request.revision)
    two_stacks.require_one(loaded.info)
    return corpus.read(loaded, request.lines, count_special=request.count_special, hear=hear)


def _weigh_words(request: WeighWords, ask: Asking, hear: Hear) -> Importance:
    run = ask(request.ask)
    loaded = load_model(request.ask.checkpoint, request.ask.revision)
    return importance.weigh(loaded, run, request.readout, request.word_id, request.rival_id, hear)


def _zero_values(request: ZeroValues, ask: Asking, hear: Hear) -> ValueZeroing:
    run = ask(request.ask)
    loaded = load_model(request.ask.checkpoint, request.ask.revision)
    return value_zeroing.value_zeroing(loaded, run, request.row, hear)


def _patch(request: Patch, ask: Asking, hear: Hear) -> Patched:
    before = ask(Ask(request.checkpoint, (request.text,), request.revision))
    require_readouts(before)
    loaded = load_model(request.checkpoint, request.revision)
    asked = {"words": (request.answer, request.rival), "what": request.what, "position": request.position}
    return patching.patch(loaded, before, request.other, 0, **asked, hear=hear)


def _attribute(request: Attribute, ask: Asking, _hear: Hear) -> Attribution:
    run = ask(request.ask)
    loaded = load_model(request.ask.checkpoint, request.ask.revision)
    return attribution.attribute(loaded, run, request.readout, request.word_id, request.rival_id)


ANSWERS: dict[type, Callable[..., Any]] = {
    ReadCorpus: _read_corpus,
    WeighWords: _weigh_words,
    ZeroValues: _zero_values,
    Patch: _patch,
    Attribute: _attribute,
}
