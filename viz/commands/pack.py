"""Check class packs: ``python -m viz pack check FILE``."""

import argparse
from pathlib import Path

from viz.commands.options import one_line
from viz.errors import CannotRead, Reason
from viz.packs.checking import check, problem_said
from viz.packs.errors import PackWrong
from viz.packs.reading import MAX_BYTES, read
from viz.packs.schema import Pack
from viz.text import sentence

DESCRIPTION = """Check a class pack: is it written as it must be, does the model answer every question in it, and as its
author expects ("is")? Every problem is named with its line or its question.

Exit code: 0 all is well, 1 something is wrong with a pack, 2 a file or a model cannot be read."""
EXAMPLES = """examples:
  python -m viz pack check my-lesson.en.yaml
  python -m viz pack check assets/packs/*.yaml --quiet
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("what", choices=["check"], help="what to do with the packs")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="packs, YAML in UTF-8")
    parser.add_argument("--quiet", action="store_true", help="print problems only")


def answer(options: argparse.Namespace) -> int:
    """Check one pack after the other; torch is imported by the first question that needs it."""
    return max(_checked(file, quiet=options.quiet) for file in options.files)


def _checked(file: Path, *, quiet: bool) -> int:
    try:
        pack = read(_bytes(file), file.name)
    except PackWrong as error:
        for problem in error.problems:
            print(one_line(f"{file}: {sentence(problem.sentence)}"))
        return 1
    n_wrong = _checked_against_model(pack, file, quiet=quiet)
    if not quiet:
        verdict = "all is well" if not n_wrong else f"problems: {n_wrong}"
        print(one_line(f"{file}: {pack.title}, {pack.minutes} min, questions: {len(pack.questions)}; {verdict}"))
    return int(n_wrong > 0)


def _checked_against_model(pack: Pack, file: Path, *, quiet: bool) -> int:
    from viz.engine.local import engine

    n_wrong = 0
    for checked in check(pack, engine.ask):
        if checked.problem is not None:
            n_wrong += 1
            print(one_line(f"{file}: question '{checked.question.id}': {problem_said(checked)}"))
        elif not quiet:
            print(one_line(f"  {checked.question.id}: {checked.said or 'open'}"))
    return n_wrong


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise CannotRead(name=str(file), reason=Reason("the system says: {said}.", said=error.strerror)) from error
