"""Say what stands on the pages about heads: their jobs, claims about them, and what the answer owes to them."""

from viz.analysis.claims.verdict import Result
from viz.analysis.corpus.reading import Head, Reading
from viz.analysis.corpus.standings import ranked_texts, standings
from viz.analysis.heads.boards import Board, measure_label
from viz.analysis.heads.patterns import ranked
from viz.analysis.heads.switch_off import effect
from viz.analysis.openings.maps import tokens_said
from viz.analysis.reasons.attribution import Attribution, Part, strongest
from viz.analysis.reasons.patching import Patched
from viz.analysis.reasons.patching import strongest as strongest_patches
from viz.names import head_title, layer_label, position_number
from viz.records import Run
from viz.text import _, ngettext, number, percent


def board(of: Board, measure: str, *, count_special: bool) -> list[str]:
    """Say what a square of the board is, and which head does the chosen job best."""
    message = ngettext(
        "The rows of the board are the layers of {model} ({layers}), the columns its heads ({heads}): {n} squares, "
        "each coloured by what one head does in {texts} text.",
        "The rows of the board are the layers of {model} ({layers}), the columns its heads ({heads}): {n} squares, "
        "each coloured by what one head does on average in {texts} texts.",
        of.n_texts,
    )
    n_layers, n_heads = of.model.n_layers, of.model.n_heads
    values = {"layers": n_layers, "heads": n_heads, "n": n_layers * n_heads, "texts": of.n_texts}
    said = [message.format(model=of.model.checkpoint, **values)]
    scores = of.scores(count_special=count_special)
    if measure in scores and (order := ranked(scores[measure].mean, measure)):
        layer, head, value = order[0]
        message = _("By the job “{job}” the first of them is {head}, with {value}.")
        job = measure_label(measure)
        said.append(message.format(job=job, head=head_title(layer, head), value=number(value, 3)))
    return said


def corpus(of: Reading, head: Head) -> list[str]:
    """Say how many lines were read, and where the open head is strongest and in the middle."""
    message = _(
        "Read with {model}: lines of text, {read} in all. A line counts by the largest weight between two words."
    )
    said = [message.format(read=number(len(of.lines)), model=of.model.checkpoint)]
    n_ranked = len(ranked_texts(of, head))
    if not n_ranked:
        return said
    found = standings(of, head, 1)
    (first,), (middle,) = found["strongest"], found["median"]
    message = _(
        "Of all {n} that have one, {head} has its largest in line {line}: '{query}' gives '{key}' {weight}. In the "
        "middle of the ranking it is {median}."
    )
    values = {"n": number(n_ranked), "line": number(position_number(first.line)), "head": head_title(*head)}
    words = {"query": first.query_word, "key": first.key_word}
    numbers = {"weight": number(first.strength, 2), "median": number(middle.strength, 2)}
    return [*said, message.format(**values, **words, **numbers)]


def claim(of: Result) -> list[str]:
    """Say what was counted in the sentences, for which head, and what luck gives."""
    standing = of.standing
    message = _(
        "Every sentence has one marked word that looks (the query) and one that should be looked at (the key). In "
        "{hits} of {total} sentences {head} gives the key more than any other word; luck would give {luck}."
    )
    head = head_title(standing.layer, standing.head)
    said = [message.format(hits=standing.hits, total=len(of.readings), head=head, luck=number(of.luck, 1))]
    message = _("On average the key gets {mean} of the query's attention; an even look would give it {even}.")
    return [*said, message.format(mean=number(standing.mean_weight, 3), even=number(of.even, 3))]


def head(run: Run, layer: int, at: int) -> list[str]:
    """Say which head of how many is open, and over which text."""
    message = _("This is {head}, one of the {n} heads of {model}.")
    n = run.model.n_layers * run.model.n_heads
    return [message.format(head=head_title(layer, at), n=n, model=run.model.checkpoint), tokens_said(run, 0)]


def switch_off(before: Run, after: Run, n_off: int, readout: int, word_id: int) -> list[str]:
    """Say how many heads are off, and what became of the expected word."""
    n = before.model.n_layers * before.model.n_heads
    message = ngettext(
        "{off} of the {n} heads of {model} is switched off.",
        "{off} of the {n} heads of {model} are switched off.",
        n_off,
    )
    said = [message.format(off=n_off, n=n, model=before.model.checkpoint)]
    of = effect(before.readout_logits[readout], after.readout_logits[readout], word_id, before.model.vocabulary)
    if n_off:
        message = _("The word '{word}' had {before} with all heads on, and has {after} now.")
    else:
        message = _("The word '{word}' has {before}: that is the number to watch while heads are switched off.")
    shares = {"before": percent(of.probability_before, 1), "after": percent(of.probability_after, 1)}
    return [*said, message.format(word=of.token, **shares)]


def attribution(of: Attribution) -> list[str]:
    """Say which number is shared out, among how many parts, and which of them is the largest."""
    answer, rival = of.words
    if rival is None:
        message = _("The logit of '{answer}' is {logit}.")
    else:
        message = _("The logit of '{answer}' minus that of '{rival}' is {logit}.")
    said = [message.format(answer=answer, rival=rival, logit=number(of.logit, 2, signed=True))]
    first = strongest(of)[0]
    message = _("It is the sum of {n} parts; the largest either way is {part}, with {value}.")
    value = number(first.value, 2, signed=True)
    said.append(message.format(n=of.n_parts, part=_part_said(first), value=value))
    message = _("A part above 0 speaks for '{answer}', one below 0 against it.")
    return [*said, message.format(answer=answer)]


def _part_said(part: Part) -> str:
    """Name a part in words."""
    if part.head is not None:
        return head_title(part.layer or 0, part.head)
    layer = layer_label(part.layer or 0)
    return {
        "mlp": _("the MLP of {layer}"),
        "attention_bias": _("the bias of the heads of {layer}"),
        "token": _("the vector of the last token"),
        "position": _("the vector of its position"),
        "norm_bias": _("the bias of the last norm"),
        "word_bias": _("the bias of the output layer"),
    }[part.kind].format(layer=layer)


def patching(of: Patched) -> list[str]:
    """Say between which two numbers the answers of both sentences lie, and which single patch moved most."""
    message = _(
        "Followed is the logit of '{answer}' minus that of '{rival}': {a} in sentence A, {b} in sentence B. A square "
        "of the board is one part taken from B and put into A."
    )
    a, b = (number(end, 2, signed=True) for end in of.ends)
    said = [message.format(answer=of.words[0], rival=of.words[1], a=a, b=b)]
    if not of.has_way:
        return [*said, _("The two are the same, so there is no way from A to B to measure.")]
    ((layer, column),) = strongest_patches(of, 1)
    if of.what == "heads":
        part = head_title(layer, column)
    else:
        part = _("the state of '{token}' that enters {layer}").format(
            token=of.tokens[0][column], layer=layer_label(layer)
        )
    message = _("What moves it furthest alone is {part}: to {to}, which is {share} of the way to B.")
    moved = float(of.differences[layer, column])
    share = percent(float(of.shares[layer, column]))
    return [*said, message.format(part=part, to=number(moved, 2, signed=True), share=share)]
