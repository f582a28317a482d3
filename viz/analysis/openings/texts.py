"""Say what stands on the pages that look at texts: a masked word, a batch, a continuation, a translation, an order."""

from viz.analysis.batches.generation import Generation
from viz.analysis.cross.steps import target_text
from viz.analysis.openings.maps import heads_said, tokens_said
from viz.analysis.positions.tables import PositionTables
from viz.analysis.predictions import are_numbers, top_k
from viz.analysis.reasons.importance import Importance
from viz.labels import shortened
from viz.names import position_number
from viz.records import Batch, Run
from viz.text import _, ngettext, number, percent


def masked_word(run: Run) -> list[str]:
    """Say what was read, what is guessed first, and how many maps there are."""
    guess = _guess(run)
    return [tokens_said(run, 0), *([guess] if guess else []), heads_said(run)]


def _guess(run: Run) -> str | None:
    """Say the best word of the first read-out; None where the run has none, or no numbers."""
    if run.model.words != "read" or not len(run.readouts) or not are_numbers(run):
        return None
    (best,), position = top_k(run, 0, 1), int(run.readouts[0, 1])
    if run.model.causal:
        message = _("After the last token it finds '{word}' most likely: {share}.")
    else:
        message = _("At position {position}, where {token} stands, it finds '{word}' most likely: {share}.")
    token = run.batch.tokens[0][position]
    share = percent(best.probability, 1)
    return message.format(position=position_number(position), token=token, word=best.token, share=share)


def batch(run: Run) -> list[str]:
    """Say how the prompts became one table of numbers, and how much of it is filling."""
    return [places_said(run.batch), heads_said(run)]


def places_said(of: Batch) -> str:
    """Say how many places a batch has, and how many are padding, on which side."""
    n_rows, n_columns = of.attention_mask.shape
    n_padding = int((~of.attention_mask).sum())
    values = {"rows": n_rows, "columns": n_columns, "all": n_rows * n_columns, "padding": n_padding}
    if not n_padding:
        message = _(
            "The texts stand below each other in a table of {rows} x {columns} places (texts x tokens). No place is "
            "padding: no text is shorter than another."
        )
    elif of.padding_side == "left":
        message = _(
            "The texts stand below each other in a table of {rows} x {columns} places (texts x tokens). {padding} of "
            "the {all} places are padding, put in front of the shorter texts."
        )
    else:
        message = _(
            "The texts stand below each other in a table of {rows} x {columns} places (texts x tokens). {padding} of "
            "the {all} places are padding, put behind the shorter texts."
        )
    return message.format(**values)


def generation(of: Generation) -> list[str]:
    """Say how far the prompts grow, and what the first one got."""
    message = ngettext(
        "{model} adds tokens one by one, in {n} step: the table of the prompts grows from {first} to {last} columns.",
        "{model} adds tokens one by one, in {n} steps: the table of the prompts grows from {first} to {last} columns.",
        of.n_steps,
    )
    first, last = of.n_prompt, of.n_prompt + of.n_steps
    said = [message.format(model=of.model.checkpoint, n=of.n_steps, first=first, last=last)]
    if of.n_steps and of.n_new[0]:
        message = _(
            "Prompt 1 went on with “{text}”. Its first new token, '{token}', had a probability of {share} and rank "
            "{rank}."
        )
        token = of.run.batch.tokens[0][of.n_prompt]
        share, rank = percent(float(of.probability[0, 0]), 1), number(int(of.rank[0, 0]))
        said.append(message.format(text=shortened(of.continuations[0]), token=token, share=share, rank=rank))
    n_ended = int(of.finished.sum())
    if n_ended:
        message = ngettext(
            "{n} prompt came to its end token; whatever stands behind it is padding.",
            "{n} prompts came to their end token; whatever stands behind it is padding.",
            n_ended,
        )
        said.append(message.format(n=n_ended))
    said.append(_("The maps are those of the open step: each step adds one row and one column to them."))
    return said


def cross(run: Run, row: int) -> list[str]:
    """Say what was read and written, and how many heads join the two."""
    maps = run.maps["cross"]
    n_source, n_target = int(maps.key_mask[row].sum()), int(maps.query_mask[row].sum())
    message = _(
        "The encoder of {model} reads the source: {source} tokens. The target is “{text}”; the decoder reads {target} "
        "tokens for it, a start token first."
    )
    text = shortened(target_text(run, row))
    return [
        message.format(model=run.model.checkpoint, source=n_source, target=n_target, text=text),
        _("Three kinds of heads are at work: source to source, target to target, and target to source (cross)."),
    ]


def positions(run: Run) -> list[str]:
    """Say which positions the model is told."""
    real = run.batch.attention_mask[0]
    ids = run.batch.position_ids[0, real]
    message = _("{model} is given position_ids {first} to {last} with them: numbers that say where a token stands.")
    told = message.format(model=run.model.checkpoint, first=int(ids.min()), last=int(ids.max()))
    return [tokens_said(run, 0), told]


def position_tables(of: PositionTables) -> list[str]:
    """Say what the first table of positions holds."""
    if not of.tables:
        return [_("{model} keeps no table of positions.").format(model=of.model.checkpoint)]
    table = of.tables[0]
    n_rows, n_columns = table.values.shape
    message = ngettext(
        "{model} has {n} table that says where a token stands.",
        "{model} has {n} tables that say where a token stands.",
        len(of.tables),
    )
    said = message.format(model=of.model.checkpoint, n=len(of.tables))
    if table.has_vectors:
        message = _(
            "The first, {name}, is shown with {rows} rows of {columns} numbers, a row for each position from {first} "
            "to {last}."
        )
    else:
        message = _(
            "The first, {name}, is shown with {rows} rows of {columns} numbers, a row for each distance from {first} "
            "to {last}."
        )
    values = {"rows": n_rows, "columns": n_columns, "first": int(table.rows.min()), "last": int(table.rows.max())}
    return [said, message.format(name=table.name, **values)]


def importance(of: Importance) -> list[str]:
    """Say what is followed, what it falls to without words, and which word takes most of it along."""
    if of.rival is None:
        message = _("Followed is F, the logit of '{answer}': {score} with the whole text.")
    else:
        message = _("Followed is F, the logit of '{answer}' minus that of '{rival}': {score} with the whole text.")
    said = [message.format(answer=of.answer, rival=of.rival, score=number(of.score, 2))]
    message = _("With {baseline} in place of every word it is {score}.")
    said.append(message.format(baseline=of.baseline, score=number(of.baseline_score, 2)))
    most = int(abs(of.occlusion).argmax())
    message = _("Without '{word}' alone F changes most, by {change}: that is its bar of occlusion.")
    said.append(message.format(word=of.words[most].text, change=number(-float(of.occlusion[most]), 2, signed=True)))
    message = _("The bars of integrated gradients sum to {sum}; those of attention say only where the model looks.")
    said.append(message.format(sum=number(float(of.gradients.sum()), 2)))
    return said
