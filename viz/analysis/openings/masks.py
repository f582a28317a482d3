"""Say what stands on the pages about masks: a batch and its prompts alone, what a mask adds, a training batch."""

import numpy as np

from viz.analysis.batches.same_alone import BatchCheck, difference_text
from viz.analysis.batches.training import MASKED, SCORED_KINDS, Lesson
from viz.analysis.masks.stages import stages
from viz.analysis.openings.texts import places_said
from viz.names import head_title, named_tokens, position_number
from viz.records import Run
from viz.text import _, ngettext, number, percent


def same_alone(of: BatchCheck) -> list[str]:
    """Say what was compared, and where it differs most."""
    message = ngettext(
        "Here {n} prompt is run twice: alone, and in the batch.",
        "Here {n} prompts are run twice: each alone, and all in one batch.",
        len(of.prompts),
    )
    said = [message.format(n=len(of.prompts)), places_said(of.run.batch)]
    values = {"n": position_number(of.worst_row), "difference": difference_text(of.largest_difference)}
    if of.compares_attention:
        message = _("Prompt {n} differs most: there a weight of attention moves by up to {difference}.")
    else:
        message = _("Prompt {n} differs most: there a logit of its answer moves by up to {difference}.")
    said.append(message.format(**values))
    n_same = sum(prompt.same for prompt in of.prompts)
    message = _("Up to {tolerance} it is rounding and counts as the same: {same} of {all}.")
    return [*said, message.format(tolerance=of.tolerance, same=n_same, all=len(of.prompts))]


def inside(run: Run, row: int, layer: int, head: int, query: int) -> list[str]:
    """Say what is added to the scores of a query's row, and what the softmax makes of the largest."""
    said = _added(run, row, layer)
    if run.scores is None:
        return said
    one = stages(run, row, layer, head, query)
    if not np.isfinite(one.attention).all():
        return [*said, _("The row of the open query holds no numbers (NaN).")]
    key = int(one.attention.argmax())
    message = _(
        "Row of '{query}' in {head}: its largest weight is on '{key}', where the score {score} plus {added} of the "
        "mask became {weight} by the softmax."
    )
    tokens = named_tokens(one.tokens)
    values = {
        "query": tokens[query],
        "key": tokens[key],
        "head": head_title(layer, head),
        "score": number(float(one.scores[key]), 2),
        "added": f"{float(one.added[key]):.3g}",
        "weight": number(float(one.attention[key]), 2),
    }
    return [*said, message.format(**values)]


def _added(run: Run, row: int, layer: int) -> list[str]:
    """Say how many keys a layer hides from every real query of a text, and what its mask adds, where that is known."""
    maps = run.maps["self"]
    at = layer if maps.allowed.shape[1] > 1 else 0
    n_hidden = int((~maps.allowed[row, at][maps.query_mask[row]].any(axis=0)).sum())
    message = _("Text {number} has {n} places; {hidden} of them may be looked at by no token of it.")
    said = [message.format(number=position_number(row), n=len(maps.keys[row]), hidden=n_hidden)]
    if run.scores is None:
        return said
    lowest = 0.0
    if run.additive_mask is not None:
        lowest = float(run.additive_mask[row, layer if run.additive_mask.shape[1] > 1 else 0].min())
    if lowest == 0:
        return [*said, _("To the scores of this layer the mask adds nothing.")]
    message = _("The mask adds 0 to a score where a token may look, and down to {lowest} where it may not.")
    return [*said, message.format(lowest=f"{lowest:.3g}")]


def two_stacks(run: Run) -> list[str]:
    """Say which three masks a model of an encoder and a decoder has, by the size of what they cover."""
    maps = run.maps["cross"]
    message = _(
        "{model} has three masks. The encoder's is of {source} x {source} places, the decoder's own of {target} x "
        "{target}, and between the two stands one of {target} x {source}: rows are queries, columns keys."
    )
    sizes = {"source": len(maps.keys[0]), "target": len(maps.queries[0])}
    return [message.format(model=run.model.checkpoint, **sizes)]


def training(of: Lesson) -> list[str]:
    """Say how many places are seen, how many are scored, and what the loss is the two ways that differ most."""
    made = of.four_ways.training_batch
    n_rows, n_columns = made.batch.attention_mask.shape
    n_seen, n_scored = int(made.batch.attention_mask.sum()), made.count(*SCORED_KINDS)
    message = _(
        "The training batch is a table of {rows} x {columns} places (sentences x tokens). The model sees {seen} of "
        "them (attention_mask 1), and its loss scores {scored} (a label that is not -100)."
    )
    said = [message.format(rows=n_rows, columns=n_columns, seen=n_seen, scored=n_scored)]
    if not made.causal and n_scored:
        message = _("Of the scored places {n} read {mask}: {share}.")
        n_masked = made.count(MASKED)
        said.append(message.format(n=n_masked, mask=of.model.mask_token, share=percent(n_masked / n_scored)))
    right = of.four_ways.way(mask_given=True, padding_scored=False)
    wrong = of.four_ways.way(mask_given=False, padding_scored=True)
    message = _(
        "The loss is the mean of -log p over the scored places: {right} with the mask given and padding left out, "
        "{wrong} with neither."
    )
    return [*said, message.format(right=number(right.loss, 3), wrong=number(wrong.loss, 3))]
