"""Say in sentences what a class answered: counts with luck beside them, guesses with the model's own weights."""

import numpy as np

from viz.labels import visible
from viz.names import head_title
from viz.packs.class_claims import Retested
from viz.packs.class_counts import HeadGuesses, Tally, TokenGuesses
from viz.text import _, ngettext, number, percent

N_NAMED = 3


def tally_said(of: Tally, n_students: int, luck: float | None) -> str:
    """Say how many answered, were right at the first try, and would have been by luck."""
    said = [_("Answered by {n} of {all}.").format(n=of.answered, all=n_students)]
    if of.model_says:
        said.append(_("The model says {truth}.").format(truth=of.model_says))
        message = _("Right at the first try: {first} of {n}; in the end: {last}.")
        said.append(message.format(first=of.first_right, n=of.answered, last=of.last_right))
    if of.model_says and luck is not None:
        said.append(_("By luck: {luck:.1f}.").format(luck=luck))
    if of.hinted:
        said.append(_("Read the hint first: {n}.").format(n=of.hinted))
    return " ".join(said)


def tokens_said(of: TokenGuesses) -> str:
    """Say which tokens were chosen most, and where the weight is largest."""
    chosen = [int(at) for at in np.argsort(-of.counts, kind="stable")[:N_NAMED] if of.counts[at]]
    best = int(of.weights.argmax())
    named = ", ".join(f"{visible(of.tokens[at])} {percent(float(of.shares[at]))}" for at in chosen) or "–"
    message = _("The class: {named}. The model: most at {best}, weight {weight:.2f}.")
    said = message.format(named=named, best=visible(of.tokens[best]), weight=float(of.weights[best]))
    return _with_others(said, of.elsewhere)


def heads_said(of: HeadGuesses) -> str:
    """Say which heads were named most, and which has the largest weight."""
    flat = np.argsort(-of.counts, axis=None, kind="stable")[:N_NAMED]
    heads = [divmod(int(at), of.counts.shape[1]) for at in flat]
    named = ", ".join(f"{head_title(*head)}: {number(of.counts[head])}" for head in heads if of.counts[head]) or "–"
    said = _("The class named: {named}.").format(named=named)
    if of.weights is not None:
        layer, head = divmod(int(np.nanargmax(of.weights)), of.weights.shape[1])
        message = _("The model: {head}, weight {weight:.2f}, framed.")
        said += " " + message.format(head=head_title(layer, head), weight=float(of.weights[layer, head]))
    return _with_others(said, of.elsewhere)


def claims_said(of: list[Retested]) -> str:
    """Say how many claims hold, of how many that differ."""
    message = ngettext(
        "{holds} of {n} claim holds when it is tested again.",
        "{holds} of {n} claims hold when they are tested again.",
        len(of),
    )
    return message.format(holds=sum(claim.holds for claim in of), n=len(of))


def _with_others(said: str, n: int) -> str:
    if not n:
        return said
    message = ngettext("{n} answer is none of these.", "{n} answers are none of these.", n)
    return f"{said} {message.format(n=number(n))}"
