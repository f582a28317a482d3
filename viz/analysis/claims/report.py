"""Say the verdict on a claim in words with its numbers, and write it up as ``analysis.md``."""

import re
from collections.abc import Sequence

from viz.analysis.claims.text import marked
from viz.analysis.claims.verdict import OFFSETS, Result, Standing, Verdict
from viz.names import head_title
from viz.records import ModelInfo
from viz.text import _, ngettext, number


def verdict_sentence(result: Result) -> str:
    """Give the verdict with the numbers it rests on, in the reader's language."""
    standing, swapped, same = result.standing, result.swapped, result.same_order
    values = {
        "head": head_title(standing.layer, standing.head),
        "hits": standing.hits,
        "total": len(result.readings),
        "luck": result.luck,
        "p": chance(result),
        "weight": standing.mean_weight,
        "even": result.even,
        "offset": offset_label(result.best_offset),
        "offset_hits": result.offsets[result.best_offset],
        "looks_there": result.looks_there[result.best_offset],
        "same_hits": same.hits,
        "same_total": same.total,
        "swapped_hits": swapped.hits,
        "swapped_total": swapped.total,
    }
    return _template(result).format(**values)


def _template(result: Result) -> str:
    if result.verdict is Verdict.HOLDS and result.swapped.total:
        return _(
            "Holds: {head} looks most from the query word at the key word in {hits} of {total} sentences "
            "(luck: {luck:.1f}; {p}), also when the order is swapped ({swapped_hits} of {swapped_total})."
        )
    if result.verdict is Verdict.HOLDS:
        return _(
            "Holds: {head} looks most from the query word at the key word in {hits} of {total} sentences "
            "(luck: {luck:.1f}; {p}). The key always stands on the same side of the query: swap the order to be surer."
        )
    if result.verdict is Verdict.ONE_ORDER:
        return _(
            "Holds in one order only: {head} looks most at the key word in {same_hits} of {same_total} sentences, "
            "and in {swapped_hits} of {swapped_total} when the order is swapped."
        )
    if result.verdict is Verdict.POSITION:
        return _(
            "Follows position, not the word: {head} looks most at the key word in {hits} of {total} sentences, but "
            "always looking at {offset} gives {offset_hits}, and the head looks there in {looks_there}. Take "
            "sentences in which the key stands elsewhere, to tell the two apart."
        )
    if result.verdict is Verdict.FAINT:
        return _(
            "Too faint: {head} gives the key word more than any other word in {hits} of {total} sentences ({p}), but "
            "only {weight:.3f} on average; looking evenly at all tokens would give {even:.3f}."
        )
    if result.verdict is Verdict.WEAK:
        return _(
            "Weak: {head} looks most at the key word in {hits} of {total} sentences; that is more than luck "
            "({luck:.1f}; {p}), but less than half."
        )
    return _(
        "Not shown: {head} looks most at the key word in {hits} of {total} sentences; luck alone gives {luck:.1f} "
        "({p})."
    )


def left_out_sentence(result: Result) -> str:
    """Say how many sentences could not be tested; empty where all could."""
    if not result.left_out:
        return ""
    message = ngettext(
        "{n} sentence is left out: its key stands behind the query, where this model cannot look.",
        "{n} sentences are left out: their keys stand behind the query, where this model cannot look.",
        len(result.left_out),
    )
    return message.format(n=len(result.left_out))


def chance(result: Result) -> str:
    """Say p, and for how many searched heads it was corrected: ``p = 3e-9 for the best of 144 heads``."""
    p = shown_p(result.p_corrected)
    if result.n_searched == 1:
        return _("p = {p}").format(p=p)
    return _("p = {p} for the best of {n} heads").format(p=p, n=result.n_searched)


def shown_p(p: float) -> str:
    """Write a probability with two digits: ``0.15``, ``3.1e-9``."""
    return re.sub(r"e-0*", "e-", f"{p:.2g}")


def offset_label(offset: int) -> str:
    """Name the word that stands so many words from the query."""
    names = {
        -1: _("the previous word"),
        1: _("the next word"),
        -2: _("the word before the previous one"),
        2: _("the word after the next one"),
    }
    return names[offset]


def sentence_table(result: Result) -> dict[str, list]:
    """List the tested sentences as columns: whether each is a hit, the key's weight, and what was looked at most."""
    layer, head = result.standing.layer, result.standing.head
    looked_at = [of.words[int(of.weights[layer, head].argmax())] for of in result.readings]
    return {
        "sentence": [marked(of.sentence) for of in result.readings],
        "query": [of.sentence.query_word for of in result.readings],
        "key": [of.sentence.key_word for of in result.readings],
        "hit": result.hits,
        "attention": [float(of.key_weights[layer, head]) for of in result.readings],
        "looks_most_at": looked_at,
        "candidates": [int(of.seen[layer].sum()) for of in result.readings],
    }


def analysis(result: Result, model: ModelInfo, pictures: Sequence[str] = ()) -> str:
    """Write the claim, its verdict and all tables as Markdown; ``pictures`` names the files of the maps."""
    parts = [
        "# " + _("A claim about {head}").format(head=head_title(result.standing.layer, result.standing.head)),
        _claim(result, model),
        f"**{verdict_sentence(result)}**",
        "## " + _("Sentences"),
        _sentences(result),
        "## " + _("Best heads"),
        _best(result),
        "## " + _("Rules that know only the position"),
        _offsets(result),
        "## " + _("How it was counted"),
        _method(),
    ]
    if result.left_out:
        listed = "\n".join(f"- {quoted(marked(sentence))}" for sentence in result.left_out)
        title = _("Left out: the key stands behind the query, where this model cannot look")
        parts += ["## " + title, listed]
    parts += [f"![{quoted(marked(of.sentence))}]({name})" for of, name in zip(result.readings, pictures)]
    return "\n\n".join(parts) + "\n"


def _claim(result: Result, model: ModelInfo) -> str:
    searched = _("All {n} heads were searched for the best.").format(n=result.n_searched)
    named = _("The head was named beforehand.") if result.n_searched == 1 else searched
    weights = _("random weights") if model.weights == "random" else _("trained weights")
    return _(
        "Claim: from the query word, between asterisks, the head looks most at the key word, between underscores. "
        "{named} Model: {model} ({weights})."
    ).format(named=named, model=quoted(model.checkpoint), weights=weights)


def _sentences(result: Result) -> str:
    columns = sentence_table(result)
    titles = [_("sentence"), _("hit"), _("attention at the key"), _("looks most at"), _("candidates")]
    rows = [
        [quoted(text), _("yes") if hit else _("no"), number(weight, 3), quoted(word), str(n)]
        for text, hit, weight, word, n in zip(
            columns["sentence"],
            columns["hit"],
            columns["attention"],
            columns["looks_most_at"],
            columns["candidates"],
        )
    ]
    return _table(titles, rows)


def _best(result: Result) -> str:
    listed = list(result.best)
    if result.standing not in listed:
        listed.append(result.standing)
    titles = [_("rank"), _("head"), _("hits"), _("mean attention at the key")]
    return _table(titles, [_standing_row(standing, len(result.readings)) for standing in listed])


def _standing_row(standing: Standing, total: int) -> list[str]:
    hits = _("{hits} of {total}").format(hits=standing.hits, total=total)
    return [str(standing.rank), head_title(standing.layer, standing.head), hits, number(standing.mean_weight, 3)]


def _offsets(result: Result) -> str:
    total = len(result.readings)
    rows = [
        [offset_label(offset), _("{hits} of {total}").format(hits=result.offsets[offset], total=total)]
        for offset in OFFSETS
    ]
    return _table([_("always looks at"), _("hits")], rows)


def _method() -> str:
    return _(
        "A hit: of all candidates the key word gets the largest attention from the query word. Attention is summed "
        "over the pieces of a key and averaged over the pieces of the query. Candidates are all words of the sentence "
        "but the query, punctuation marks too, special tokens not; in a model that reads from left to right only "
        "those before the query. Luck is one over the number of candidates in each sentence; p is the chance of as "
        "many hits or more by luck, exact (Poisson binomial), and corrected for the number of heads searched: 1 - (1 "
        "- p)^n. Heads are ranked by hits, then by mean attention; heads that give the key less than an even look at "
        "all tokens come last."
    )


def _table(titles: list[str], rows: list[list[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def quoted(text: str) -> str:
    """Keep Markdown and HTML from reading a text as anything but itself."""
    return re.sub(r"([\\`*_\[\]<>|~$&])", r"\\\1", " ".join(text.split()))
