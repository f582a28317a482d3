"""Give the model's answers to the questions of a lesson."""

from functools import partial

from viz.engine.local import engine
from viz.packs import measures
from viz.packs.schema import Pack
from viz.packs.score import GiveTruth


def give_truth(pack: Pack) -> GiveTruth:
    """Give a function that asks the engine, which keeps what it answered, for the answer to a question."""
    return partial(_truth, pack)


def _truth(pack: Pack, question):
    return measures.truth(pack, question, engine.ask)
