"""Ask whether prompts answer in a padded batch as they do alone: ``python -m viz check-batch FILE``."""

import argparse
import json
import math
import sys
import unicodedata
from dataclasses import asdict

from viz.errors import PromptsUnreadable, Reason
from viz.names import head_label, position_number
from viz.shipped import SHIPPED, shipped_names

MAX_PROMPTS = 256
MAX_BYTES = 10_300_000  # so many prompts of the longest text that is read, in the widest characters
SHOWN_POSITIONS = 12  # of a longer row the first and last are shown
COLUMNS = ("prompt", "answer", "max |Δlogit|", "top word", "probability", "on padding", "worst head", "position_ids")

DESCRIPTION = """Run prompts as one padded batch and each alone, and compare the logits of their answers.

Exit code 0: all prompts answer as they do alone; 1: some differ; 2: the input is wrong."""
EXAMPLES = """examples:
  python -m viz check-batch prompts.txt
  python -m viz check-batch prompts.txt --model headlight-gpt2 --no-position-ids
  python -m viz check-batch prompts.txt --padding-side right --last-column
  printf 'It will rain in the\\nHello\\n' | python -m viz check-batch - --no-mask --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    bert, gpt2 = SHIPPED
    parser.add_argument(
        "file", metavar="FILE", help=f"prompts, one a line, in UTF-8, at most {MAX_PROMPTS}; - reads standard input"
    )
    parser.add_argument(
        "--model",
        help=f"{shipped_names()}, a folder, or a name on the Hub "
        f"(default: {bert} if a prompt has a [MASK], else {gpt2})",
    )
    parser.add_argument(
        "--padding-side",
        choices=("left", "right"),
        default="left",
        help="where shorter prompts are filled (default: %(default)s)",
    )
    parser.add_argument("--no-mask", action="store_true", help="mistake: the model is given no attention_mask")
    parser.add_argument(
        "--no-position-ids",
        action="store_true",
        help="mistake: the model is given no position_ids, and counts them itself",
    )
    parser.add_argument(
        "--last-column",
        action="store_true",
        help="a GPT-2 is read at the last column, as logits[:, -1] does: a mistake with --padding-side right",
    )
    parser.add_argument("--pad-word", metavar="WORD", help="fill with this word instead of the pad token")
    parser.add_argument(
        "--mask-from-ids",
        action="store_true",
        help="mistake: the mask is made by input_ids != pad_token_id, which hides end tokens of the text too",
    )
    parser.add_argument(
        "--mask-per-query",
        action="store_true",
        help="mistake: a GPT-2 is given a mask for each query, and reads its first row for all",
    )
    parser.add_argument(
        "--double-special", action="store_true", help="mistake: special tokens stand around the text twice"
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def answer(options: argparse.Namespace) -> int:
    """Check and print; torch is imported here, so that --help is instant."""
    from viz.analysis.batches.same_alone import Mistakes
    from viz.analysis.predictions import TYPED_MASK
    from viz.engine.models import load_model
    from viz.engine.same_alone import check
    from viz.prompts import read_prompts

    prompts, n_dropped = read_prompts(_read(options.file), limit=MAX_PROMPTS)
    default = SHIPPED[0] if any(map(TYPED_MASK.search, prompts)) else SHIPPED[1]
    mistakes = Mistakes(
        no_attention_mask=options.no_mask,
        no_position_ids=options.no_position_ids,
        right_padding=options.last_column and options.padding_side == "right",  # on the left it is the last real token
        pad_word=options.pad_word,
        mask_from_ids=options.mask_from_ids,
        mask_per_query=options.mask_per_query,
        double_special=options.double_special,
    )
    loaded = load_model(default if options.model is None else options.model)
    checked = check(loaded, prompts, padding_side=options.padding_side, mistakes=mistakes)
    if options.json:
        print(json.dumps(_as_json(checked, mistakes, n_dropped), ensure_ascii=False, indent=2))
    else:
        print("\n".join(_lines(checked, n_dropped)))
    return 0 if checked.same else 1


def _read(file: str) -> str:
    """Read the prompts' text; raises ``PromptsUnreadable``, where an OSError would read as one about the output."""
    name = "standard input" if file == "-" else file
    try:
        if file == "-" and sys.stdin is None:
            raise PromptsUnreadable(name=name, reason=Reason("it is closed"))
        with open(sys.stdin.fileno() if file == "-" else file, "rb", closefd=file != "-") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise PromptsUnreadable(name=name, reason=Reason("it has more than {limit:,} bytes", limit=MAX_BYTES))
        return data.decode()
    except UnicodeDecodeError as error:
        raise PromptsUnreadable(name=name, reason=Reason("it is not text in UTF-8")) from error
    except OSError as error:
        raise PromptsUnreadable(name=name, reason=Reason("the system says: {said}", said=error.strerror)) from error


def _lines(checked, n_dropped: int) -> list[str]:
    """Write the table, what was dropped, and the verdict."""
    from viz.analysis.batches.same_alone import difference_text, verdict

    run = checked.run
    lines = [f"{run.model.checkpoint} ({run.model.weights} weights), padded on the {run.batch.padding_side}"]
    columns = [name.replace("logit", "weight") if checked.compares_attention else name for name in COLUMNS]
    lines += _aligned(
        [tuple(columns), *(_cells(position_number(row), prompt) for row, prompt in enumerate(checked.prompts))]
    )
    if n_dropped:
        lines.append(f"Empty lines dropped: {n_dropped}.")
    lines.append(f"{verdict(checked)} Tolerance: {difference_text(checked.tolerance)}.")
    return lines


def _cells(number: int, prompt) -> tuple[str, ...]:
    """Write one prompt's row of the table."""
    from viz.analysis.batches.same_alone import difference_text

    is_read = prompt.token_alone is not None
    return (
        str(number),
        "same" if prompt.same else "DIFFERENT",
        difference_text(prompt.max_difference),
        f"{prompt.token_alone} → {prompt.token_in_batch}" if is_read else "–",
        f"{prompt.probability_alone:.4f} → {prompt.probability_in_batch:.4f}" if is_read else "–",
        f"{prompt.padding_mass:.2f}",
        "–" if prompt.worst_head is None else head_label(*prompt.worst_head),
        _shortened(prompt.position_ids),
    )


def _shortened(position_ids: tuple[int, ...]) -> str:
    numbers = [str(position) for position in position_ids]
    if len(numbers) > SHOWN_POSITIONS:
        half = SHOWN_POSITIONS // 2
        numbers = [*numbers[:half], "…", *numbers[-half:]]
    return " ".join(numbers)


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Fill the cells of each column to one width; the last column stays as it is."""
    widths = [max(map(_width, column)) for column in zip(*rows)]
    return [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row[:-1], widths)) + f"  {row[-1]}"
        for row in rows
    ]


def _width(text: str) -> int:
    """Count the columns a terminal gives a text: two for a Chinese character, none for a mark on a letter."""
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def _as_json(checked, mistakes, n_dropped: int) -> dict:
    """Put the check into plain types; positions count from 0, as in the saved run."""
    from viz.analysis.batches.same_alone import verdict

    run = checked.run
    return {
        "model": run.model.checkpoint,
        "weights": run.model.weights,
        "padding_side": run.batch.padding_side,
        "mistakes": asdict(mistakes),
        "tolerance": checked.tolerance,
        "same": checked.same,
        "largest_difference": _number(checked.largest_difference),
        "verdict": verdict(checked),
        "n_empty_lines_dropped": n_dropped,
        "prompts": [_prompt_as_json(run, row, prompt) for row, prompt in enumerate(checked.prompts)],
    }


def _prompt_as_json(run, row: int, prompt) -> dict:
    return {
        "text": run.batch.texts[row],
        "tokens": list(run.batch.tokens[row]),
        "same": prompt.same,
        **asdict(prompt),
        "max_difference": _number(prompt.max_difference),
        "worst_head": None if prompt.worst_head is None else head_label(*prompt.worst_head),
        "position_ids": list(prompt.position_ids),
    }


def _number(value: float) -> float | None:
    """Keep JSON readable everywhere: it has no NaN."""
    return value if math.isfinite(value) else None
