"""Rank heads by a measured job: ``python -m viz heads TEXT --measure previous``."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from viz.analysis.heads import patterns
from viz.analysis.heads.measures import MEASURES, SPECIAL_LEFT_OUT
from viz.analysis.reasons.contribution import CONTRIBUTION, WEIGHT, measured_by, read_by
from viz.commands.options import count, one_line
from viz.engine.requests import MAX_SEED, RepeatWords
from viz.errors import PairForMeasure
from viz.names import head_index_label, head_label, head_title, position_from_number
from viz.records import Run
from viz.shipped import SHIPPED, shipped_names

MAX_TOP = 10_000

DESCRIPTION = """Say which heads do a job best: look at the previous token, at themselves, from one word at another …

One head a line, best first: its two names, its value, and the value of a head that looks evenly at all it may look
at. Best is the highest value; for entropy the lowest, the most focused head.
Several texts of a saved run give the mean over the texts; for the measure pair, over those that have both words."""
EXAMPLES = """examples:
  python -m viz heads "The turtle moves slow across the road." --measure next
  python -m viz heads "The turtle moves slow across the road." --measure pair --query slow --key moves
  python -m viz heads --repeated 0 --model headlight-gpt2 --measure induction
  python -m viz heads "The turtle moves slow across the road." --measure sep --by contribution
  python -m viz heads --open turtle.npz --measure entropy --no-special --json

measures:
""" + "".join(f"  {measure.name:9} {measure.definition}\n" for measure in MEASURES.values())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("text", metavar="TEXT", nargs="?", help="a sentence, run by the model")
    source.add_argument(
        "--repeated",
        type=count(0, MAX_SEED, "is no seed"),
        metavar="SEED",
        help="texts of random words that stand there twice, the same for the same seed; shows induction",
    )
    source.add_argument("--open", type=Path, metavar="RUN.npz", help="a saved run instead; no model is needed")
    parser.add_argument(
        "--model", default=SHIPPED[0], help=f"{shipped_names()}, a folder, or a name on the Hub (default: %(default)s)"
    )
    parser.add_argument("--measure", required=True, choices=list(MEASURES), help="the job, see below")
    parser.add_argument(
        "--query", metavar="WORD", help="for pair: the word that looks, or a token's position counted from 1"
    )
    parser.add_argument(
        "--key", metavar="WORD", help="for pair: the word looked at, or a token's position counted from 1"
    )
    parser.add_argument(
        "--top",
        type=count(1, MAX_TOP, "heads cannot be listed"),
        default=10,
        metavar="N",
        help="how many heads (default: %(default)s)",
    )
    parser.add_argument(
        "--no-special",
        action="store_true",
        help="leave out special tokens as queries and as keys; the other weights are not scaled up",
    )
    parser.add_argument(
        "--by",
        choices=[WEIGHT, CONTRIBUTION],
        default=WEIGHT,
        help="measure weights, or what heads contribute, as shares of a row (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print the heads as JSON")


def answer(options: argparse.Namespace) -> int:
    """Measure and print; torch is imported only where a model runs."""
    given = (options.query, options.key)
    if (options.measure == "pair") != all(given) or (options.measure != "pair" and any(given)):
        raise PairForMeasure(measure=options.measure)
    run = read_by(_run(options), options.by)
    asked = {"count_special": not options.no_special, "pair": tuple(map(_chosen, given)) if all(given) else None}
    values = patterns.score(run, options.measure, **asked)
    expected = patterns.uniform(run, options.measure, **asked)
    best = patterns.ranked(values, options.measure)[: options.top]
    n_measured = int(np.isfinite(patterns.by_row(run, options.measure, **asked)[1]).any(axis=1).sum())
    if options.json:
        print(json.dumps(_as_json(run, options, best, expected, n_measured), ensure_ascii=False, indent=2))
        return 0
    heads = f"{len(best)} of {values.size} heads of {run.model.checkpoint} ({run.model.weights} weights)"
    texts = f"measured in {n_measured} of {len(run.batch.texts)} texts"
    for line in [*_header(options), f"{heads}, {texts}"]:
        print(f"# {one_line(line)}")
    for layer, head, value in best:
        print(f"{head_title(layer, head):24}  {value:.4f}  uniform {expected[layer]:.4f}")
    return 0


def _run(options: argparse.Namespace) -> Run:
    if options.open is not None:
        from viz.files import saved

        return saved.read(options.open)
    from viz.engine.batching import encode
    from viz.engine.forward import run as run_model
    from viz.engine.models import load_model

    loaded = load_model(options.model)
    return run_model(loaded, encode(loaded, _texts(options, loaded)))


def _texts(options: argparse.Namespace, loaded) -> Sequence[str]:
    if options.repeated is None:
        return [options.text]
    from viz.engine import repeated_words

    asked = RepeatWords(options.model, options.repeated)
    return repeated_words.make(loaded, asked.seed, asked.n_texts, asked.n_words)


def _chosen(typed: str) -> str | list[int]:
    """Read a word, or a number as the position of a token, counted from 1 as on the screen."""
    is_number = typed.isascii() and typed.isdigit()
    return [position_from_number(int(typed[:9]))] if is_number else typed


def _header(options: argparse.Namespace) -> list[str]:
    measure = MEASURES[options.measure]
    order = "lowest first" if measure.lowest_first else "highest first"
    special = SPECIAL_LEFT_OUT if options.no_special else "Special tokens are counted."
    return [
        f"{measure.name}: {measure.definition}",
        f"{measure.formula}, in {measure.unit}; {order}. {special}",
        *([measured_by()] if options.by == CONTRIBUTION else []),
    ]


def _as_json(
    run: Run, options: argparse.Namespace, best: list[tuple[int, int, float]], expected: np.ndarray, n_measured: int
) -> dict:
    measure = MEASURES[options.measure]
    return {
        "model": run.model.checkpoint,
        "weights": run.model.weights,
        "texts": list(run.batch.texts),
        "n_texts_measured": n_measured,
        "measure": measure.name,
        "definition": measure.definition,
        "formula": measure.formula,
        "unit": measure.unit,
        "order": "lowest first" if measure.lowest_first else "highest first",
        "special_tokens_counted": not options.no_special,
        "by": options.by,
        "uniform": _one_or_by_layer(expected),
        "heads": [
            {
                "name": head_label(layer, head),
                "index": head_index_label(layer, head),
                "value": value,
                "uniform": float(expected[layer]),
            }
            for layer, head, value in best
        ],
    }


def _one_or_by_layer(expected: np.ndarray) -> float | list[float | None]:
    """Give one number where all layers agree, else one a layer, None where nothing was measured."""
    if (expected == expected[0]).all():
        return float(expected[0])
    return [None if np.isnan(value) else float(value) for value in expected]
