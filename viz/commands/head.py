"""Say all that is measured and known of one head: ``python -m viz head TEXT --head Layer4_Head11``."""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from viz.analysis.claims.report import verdict_sentence
from viz.analysis.claims.text import READY, read_sentences
from viz.analysis.heads import one_head
from viz.analysis.heads.boards import Head
from viz.analysis.heads.one_head import Job, Tested
from viz.analysis.heads.switch_off import Effect
from viz.analysis.known import report
from viz.analysis.known.file import known
from viz.analysis.known.findings import Finding
from viz.analysis.predictions import require_readouts
from viz.analysis.tables import as_csv
from viz.commands.options import one_line
from viz.engine.requests import Ask, Gather, Measure
from viz.errors import VizError
from viz.names import head_title, parse_head
from viz.records import ModelInfo, Run
from viz.shipped import SHIPPED, shipped_names

DESCRIPTION = """Say what is known of one head, as the page "What is this head?" does.

Its jobs in the text with its rank among all heads and the value of a head that looks evenly; what becomes of the answer
when it is switched off; how it does in the ready claims; what others found of it."""
EXAMPLES = """examples:
  python -m viz head "The turtle moves slow across the [MASK]." --head Layer4_Head11
  python -m viz head "It will rain in the" --head L5H9 --model headlight-gpt2 --csv head.csv
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("text", metavar="TEXT", help="a sentence, run by the model")
    parser.add_argument("--head", required=True, metavar="HEAD", help="Layer4_Head11 or L3H10")
    parser.add_argument(
        "--model", default=SHIPPED[0], help=f"{shipped_names()}, a folder, or a name on the Hub (default: %(default)s)"
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write it as a table, too")
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def answer(options: argparse.Namespace) -> int:
    """Measure and print; torch is imported here."""
    from viz.engine import service

    asked = Ask(options.model, (options.text,))
    run = service.answer(asked)
    head = parse_head(options.head, run.model.n_layers, run.model.n_heads)
    jobs = one_head.jobs(service.answer(Measure(options.model, (options.text,))), head)
    effect = _switched_off(asked, run, head)
    claims = _claims(options.model, head)
    found = known().of_head(run.model.checkpoint, *head)
    table = one_head.table(head, jobs, effect, claims, found)
    if options.csv is not None:
        from viz import whole_file

        whole_file.write(options.csv, as_csv(table))
    if options.json:
        rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
        print(json.dumps({"model": run.model.checkpoint, "known": rows}, ensure_ascii=False, indent=2))
    else:
        print("\n".join(map(one_line, _lines(run.model, head, jobs, effect, claims, found))))
    return 0


def _switched_off(asked: Ask, run: Run, head: Head) -> Effect | None:
    """Give the effect on the answer; None where the text asks for none, or the heads stay on."""
    from viz.engine import service

    try:
        require_readouts(run)
        return one_head.off_effect(run, service.answer(replace(asked, off=frozenset([head]))))
    except VizError:
        return None


def _claims(checkpoint: str, head: Head) -> list[Tested]:
    """Test the ready claims; one whose sentences the model cannot be asked is left out."""
    from viz.engine import service

    found = []
    for ready in READY:
        try:
            evidence = service.answer(Gather(checkpoint, read_sentences(ready.text)))
        except VizError:
            continue
        found.append(one_head.tested(ready, evidence, head))
    return found


def _lines(
    info: ModelInfo,
    head: Head,
    jobs: list[Job],
    effect: Effect | None,
    claims: list[Tested],
    found: tuple[Finding, ...],
) -> list[str]:
    lines = [f"# {head_title(*head)} of {info.checkpoint} ({info.weights} weights)"]
    lines += [
        f"{job.measure:10}  {job.value:8.4f}  rank {job.rank} of {job.n_heads}  uniform {job.even:.4f}" for job in jobs
    ]
    if effect is not None:
        before, after = effect.probability_before, effect.probability_after
        lines.append(f"switched off: {effect.token} {before:.4f} -> {after:.4f}, KL {effect.kl:.4f} bits")
    lines += [f"claim {of.claim.name}: {verdict_sentence(of.result)}" for of in claims]
    for of in found:
        lines.append(f"known: {of.does} {report.reported(of)} ({of.source.short}, {of.where})")
    return lines
