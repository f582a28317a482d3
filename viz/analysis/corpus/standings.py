"""Rank the texts of a corpus by where a head is strongest, and list what was read as tables."""

from dataclasses import dataclass

import numpy as np

from viz.analysis.corpus.links import LEAST, links_of
from viz.analysis.corpus.reading import Head, Reading
from viz.analysis.corpus.spreads import QUANTILES, Spread
from viz.analysis.heads.boards import measure_label
from viz.names import head_title, position_number
from viz.text import _, ngettext, number

DIGITS = 6
GROUPS = ("strongest", "median", "weakest")


@dataclass(frozen=True, slots=True)
class Standing:
    """Say how a text ranks for a head: its largest weight between two words, and which words these are."""

    text: int  # in the reading
    line: int  # 0-based, in the corpus
    rank: int  # 1 is strongest
    strength: float
    query: int  # word of the text, counted from 0
    key: int
    query_word: str
    key_word: str


def ranked_texts(of: Reading, head: Head) -> np.ndarray:
    """List the texts in which the head has a cell between two words, strongest first; equal ones by line.

    Equal to ``DIGITS`` digits: two texts that begin alike are equal to a GPT-2 there, but for the rounding of a pass.
    """
    strengths = of.strengths[:, *head]
    order = np.argsort(-strengths.round(DIGITS), kind="stable")  # NaN last
    return order[: np.isfinite(strengths).sum()]


def standings(of: Reading, head: Head, n: int) -> dict[str, list[Standing]]:
    """Give the n strongest texts, the n around the median and the n weakest, each from strong to weak.

    The median group is the n texts in the middle of the ranking, of an even rest the one nearer to the strongest.
    """
    order = ranked_texts(of, head)
    n = min(n, len(order))
    middle = (len(order) - n) // 2
    spans = {"strongest": (0, n), "median": (middle, middle + n), "weakest": (len(order) - n, len(order))}
    return {name: [_standing(of, head, order, at) for at in range(*span)] for name, span in spans.items()}


def _standing(of: Reading, head: Head, order: np.ndarray, at: int) -> Standing:
    text = int(order[at])
    query, key = map(int, of.cells[text, *head])
    return Standing(
        text=text,
        line=int(of.lines[text]),
        rank=position_number(at),
        strength=float(of.strengths[text, *head]),
        query=query,
        key=key,
        query_word=of.word(text, query),
        key_word=of.word(text, key),
    )


def texts_table(of: Reading, head: Head, lines: tuple[str, ...]) -> dict[str, list]:
    """List all texts as columns, strongest first; lines, and words of a text, count from 1."""
    order = ranked_texts(of, head)
    rows = [_standing(of, head, order, at) for at in range(len(order))]
    return {
        "rank": [row.rank for row in rows],
        "line": [position_number(row.line) for row in rows],
        "strength": [row.strength for row in rows],
        "query": [row.query_word for row in rows],
        "query_word": [position_number(row.query) for row in rows],
        "key": [row.key_word for row in rows],
        "key_word": [position_number(row.key) for row in rows],
        "text": [lines[row.line] for row in rows],
    }


def links_table(of: Reading, head: Head, *, least: int = LEAST, limit: int | None = None) -> dict[str, list]:
    """List a head's links as columns, most times an even look first."""
    links = links_of(of.links, head, least=least)[:limit]
    names = ("query", "key", "n", "weight", "even", "ratio", "z")
    return {name: [getattr(link, name) for link in links] for name in names}


def spreads_table(of: Reading, head: Head) -> dict[str, list]:
    """List a head's jobs as columns: the ends, the quantiles, the mean and an even look's mean, over texts."""
    layer = head[0]
    known = [spread for spread in of.spreads.values() if spread.n_texts[layer]]
    table: dict[str, list] = {
        "job": [spread.measure for spread in known],
        "n_texts": [int(spread.n_texts[layer]) for spread in known],
        "least": [float(spread.least[head]) for spread in known],
    }
    for share in QUANTILES:
        table[f"quantile_{share:g}"] = [spread.quantile(head, share) for spread in known]
    table["most"] = [float(spread.most[head]) for spread in known]
    table["mean"] = [float(spread.mean[head]) for spread in known]
    table["even"] = [float(spread.even[layer]) for spread in known]
    return table


def spread_said(of: Spread, head: Head, job: str) -> str:
    """Say how a head's value of one job, called ``job``, spreads over texts."""
    n = int(of.n_texts[head[0]])
    said = ngettext(
        "{head}, {job}: over {n} text from {least} to {most}, median {median}, mean {mean}; an even look has {even}.",
        "{head}, {job}: over {n} texts from {least} to {most}, median {median}, mean {mean}; an even look has {even}.",
        n,
    )
    return said.format(
        head=head_title(*head),
        job=job,
        n=number(n),
        least=number(of.least[head], 3),
        most=number(of.most[head], 3),
        median=number(of.quantile(head, 0.5), 3),
        mean=number(of.mean[head], 3),
        even=number(of.even[head[0]], 3),
    )


def strength_said() -> str:
    """Say what a text's strength is."""
    return _(
        "A text counts by the head's largest weight between two words: what the query word's pieces give on average, "
        "what the key word's pieces get together. Texts with equal weights stand in the order of their lines."
    )


def job_names(of: Reading, layer: int) -> dict[str, str]:
    """Name the jobs that were measured in a layer, as the screen does."""
    return {name: measure_label(name) for name, spread in of.spreads.items() if spread.n_texts[layer]}
