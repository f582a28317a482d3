"""Say what the tour says of each part of the page: true for the sentence, the model and the maps that are shown."""

from collections.abc import Callable

from pages.ui.markdown import literal
from pages.ui.question import MAX_ADDRESS
from viz.analysis.predictions import are_numbers, top_k
from viz.analysis.views.viewed import viewed
from viz.records import Run
from viz.text import _, in_a_row, ngettext
from viz.view import View


def places_of(run: Run) -> tuple[str, ...]:
    """List the parts that a tour leads to; without a guessed word there are no best words to speak of."""
    return tuple(place for place in SAYS if place != "predictions" or _guesses(run))


def said(place: str, run: Run, view: View) -> str:
    """Give the sentences about a part, in Markdown."""
    return SAYS[place](run, view)


def _guesses(run: Run) -> bool:
    return run.model.words == "read" and len(run.readouts) > 0 and are_numbers(run)


def _sentence(run: Run, _view: View) -> str:
    n = run.batch.n_tokens
    reads = ngettext("**The sentence.** The model reads {n} token.", "**The sentence.** The model reads {n} tokens.", n)
    change = _("Type another one, or choose an example, and press Run: everything below follows.")
    return in_a_row(reads.format(n=n), _what_is_guessed(run), change)


def _what_is_guessed(run: Run) -> str:
    if not _guesses(run):
        return _("It guesses no word here, but its heads look at the words all the same.")
    if run.model.causal:
        return _("It reads from left to right, and guesses the word that comes next.")
    if len(run.readouts) == 1:
        return _("It guesses the word behind [MASK] from all the others.")
    return _("It guesses the word behind each [MASK] from the others, each on its own.")


def _predictions(run: Run, _view: View) -> str:
    best = top_k(run, 0, 1)[0]
    message = _(
        "**The answer.** Of the whole probability {share:.1%} goes to “{word}”, more than to any of the other "
        "{n:,} words and pieces. Below stands the text with the best words in it."
    )
    n_others = len(run.model.vocabulary) - 1
    return message.format(share=best.probability, word=literal(best.token), n=n_others)


def _heads(run: Run, view: View) -> str:
    n_layers, n_heads = viewed(run, 0, view)[0].maps["self"].attentions.shape[1:3]
    message = _(
        "**All heads.** Layers go down ({layers}), heads across ({heads}); each small map is one of them, reading this "
        "very text. Click one to open it, or walk there with the arrow keys; the open one is framed."
    )
    return message.format(layers=n_layers, heads=n_heads)


def _head(_run: Run, _view: View) -> str:
    return _(
        "**One head.** Open another one by its name, by its layer and its number, or on the board. "
        "Layer4_Head11 and L3H10 are the same head: the first name counts from 1, the second from 0."
    )


def _map(run: Run, view: View) -> str:
    reads = _(
        "**Its map.** A row is a token that looks, the query; a column is a token that is looked at, the key. Point "
        "at a cell to read its number, or at a word of the text to colour what it looks at."
    )
    if view.contribution:
        sums = _("A number says how much the key adds to the query; those of a row have no fixed sum.")
    elif view.special == "hidden":
        sums = _("What a row gives to the special tokens is left out here, so a row sums to less than 1.")
    else:
        sums = _("A row is shared out over its keys: it sums to 1.")
    later = _("Tokens that come later are left out: this model may not look ahead.") if run.model.causal else ""
    first = _("The switch “Predict first” hides it until you have guessed.")
    return in_a_row(reads, sums, later, first)


def _keep(run: Run, _view: View) -> str:
    files = _("**Take it along.** Under Download, below the map, are the picture, the numbers and the whole run.")
    address = _("The address of this page holds sentence, model and head: whoever gets the link sees the same.")
    alone = _("One text alone needs no padding; on the page “Batch of prompts” you see what it does.")
    is_held = len(run.batch.texts[0]) <= MAX_ADDRESS
    return in_a_row(files, address if is_held else "", alone)


def _what_if(_run: Run, _view: View) -> str:
    return _(
        "**What if?** Hide a token, so that no other may look at it, or put another word in its place: answer, map and "
        "heads are compared before and after. A bright cell says where a head looks; here you see whether it matters."
    )


SAYS: dict[str, Callable[[Run, View], str]] = {
    "sentence": _sentence,
    "predictions": _predictions,
    "heads": _heads,
    "head": _head,
    "map": _map,
    "keep": _keep,
    "what_if": _what_if,
}
