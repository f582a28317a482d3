"""Whatever stands on a command line: an answer, or one sentence on stderr and the code 2; never a traceback."""

import contextlib
import io
import os
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.packs import pack
from tests.properties.strange import texts
from tests.saved_runs import foreign, full_run
from viz.__main__ import COMMANDS, main
from viz.files import saved

NUMBERS = ("1", "3", "0", "999", "-1", "2.5", "\u00b2")
WORDS = ("the", "cat", "dog", "[MASK]", "two words")
HEADS = ("L0H0", "Layer2_Head1", "Layer9_Head9", "L1")
RUNS = ("run.npz", "foreign.npz", "bad.npz", "folder", "none.npz")
FILES = ("prompts.txt", "marked.txt", "empty.txt", "bytes.txt", "folder", "none.txt")
TEXTS = ("The cat [MASK].", "[MASK] the cat", "the cat sat on the mat", "")
FLAG = ()

# What each command takes, with values that fit and some that nearly do; the first is what stands without an option.
OPTIONS: dict[str, tuple[tuple[str, ...], dict[str, tuple[str, ...]]]] = {
    "": (
        TEXTS,
        {
            "--top-k": NUMBERS,
            "--out": ("pictures", "run.npz", ""),
            "--run": ("new.npz", "new.safetensors", "new.txt", "folder"),
            "--open": RUNS,
            "--cut": FLAG,
            "--json": FLAG,
        },
    ),
    "check-batch": (
        FILES,
        {
            "--padding-side": ("left", "right", "up"),
            "--pad-word": WORDS,
            "--no-mask": FLAG,
            "--no-position-ids": FLAG,
            "--last-column": FLAG,
            "--json": FLAG,
        },
    ),
    "heads": (
        TEXTS,
        {
            "--measure": ("previous", "pair", "first", "entropy", "x"),
            "--query": WORDS,
            "--key": WORDS,
            "--top": NUMBERS,
            "--open": RUNS,
            "--no-special": FLAG,
            "--json": FLAG,
        },
    ),
    "claim": (FILES, {"--head": HEADS, "--open": RUNS, "--out": ("pictures", "run.npz"), "--json": FLAG}),
    "attribute": (
        TEXTS,
        {
            "--answer": WORDS,
            "--rival": WORDS,
            "--alone": FLAG,
            "--top": NUMBERS,
            "--csv": ("new.csv", "folder", ""),
            "--lens": ("new.csv", "folder", ""),
            "--json": FLAG,
        },
    ),
    "corpus": (
        FILES,
        {
            "--head": HEADS,
            "--lines": NUMBERS,
            "--top": NUMBERS,
            "--least": NUMBERS,
            "--special": FLAG,
            "--out": ("pictures", "run.npz"),
            "--json": FLAG,
        },
    ),
    "head": (
        TEXTS,
        {"--head": HEADS, "--csv": ("new.csv", "folder", ""), "--json": FLAG},
    ),
    "importance": (TEXTS, {"--answer": WORDS, "--rival": WORDS, "--json": FLAG}),
    "verify": (
        ("gpt2", "headlight-bert", "bert-base-uncased", "x"),
        {"--run": RUNS, "--csv": ("new.csv", "folder", ""), "--json": FLAG},
    ),
    "pack": (("check",), {"--quiet": FLAG}),
    "patch": (
        TEXTS,
        {
            "--answer": WORDS,
            "--rival": WORDS,
            "--what": ("heads", "states", "x"),
            "--token": NUMBERS,
            "--top": NUMBERS,
            "--csv": ("new.csv", "folder", ""),
            "--json": FLAG,
        },
    ),
    "switch-off": (
        TEXTS,
        {
            "--off": HEADS,
            "--by": ("zero", "mean", "resample", "x"),
            "--from": TEXTS,
            "--seed": NUMBERS,
            "--word": WORDS,
            "--csv": ("new.csv", "folder", ""),
            "--json": FLAG,
        },
    ),
}


@pytest.fixture(scope="session")
def place(tmp_path_factory) -> Path:
    """Fill a folder with files to name."""
    folder = tmp_path_factory.mktemp("commands")
    saved.write(full_run(), folder / "run.npz")
    (folder / "foreign.npz").write_bytes(foreign().getvalue())
    (folder / "bad.npz").write_bytes(b"PK\x03\x04 no")
    (folder / "prompts.txt").write_text("The cat sat\nthe dog\n")
    (folder / "marked.txt").write_text("the *cat* _sat_ on it\nthe *dog* _ran_\n")
    (folder / "empty.txt").write_text("")
    (folder / "pack.yaml").write_bytes(pack().replace(b"minutes: 15", b"minutes: 0"))
    (folder / "bytes.txt").write_bytes(b"\xff\xfe\x00\x80")
    (folder / "folder").mkdir()
    return folder


def typed(max_pieces: int) -> st.SearchStrategy[str]:
    """Draw what a command line can hold: no NUL, and of half letters those that stand for bytes."""
    return texts(max_pieces).map(lambda text: os.fsdecode(text.replace("\0", "").encode(errors="replace")))


def line(command: str) -> st.SearchStrategy[list[str]]:
    """Draw arguments of a command: mostly its own options with values that may fit."""
    first, options = OPTIONS[command]

    def option(name: str) -> st.SearchStrategy[list[str]]:
        fitting = st.sampled_from(options[name]) if options[name] else st.none()
        value = fitting if not options[name] else fitting | fitting | fitting | typed(2)
        return value.map(lambda drawn: [name] if drawn is None else [name, drawn])

    some = st.lists(st.sampled_from([*options]).flatmap(option), max_size=2)
    rest = some.map(lambda drawn: [part for given in drawn for part in given])
    models = st.sampled_from(["bert"] * 4 + ["gpt2"] * 4 + ["marian", "none"])
    known = st.sampled_from(first)
    other = (known | typed(3)).map(lambda text: [text])
    always = {"heads": "--measure", "corpus": "--head", "head": "--head"}
    files = st.sampled_from((*FILES, "pack.yaml")).map(lambda file: [file])
    second = {"patch": other, "pack": files}
    needed = option(always[command]) if command in always else second.get(command, st.just([]))
    return st.tuples(known | known | known | typed(3), needed, rest, models).map(
        lambda drawn: [
            *filter(None, [command]),
            drawn[0],
            *drawn[1],
            *drawn[2],
            *([] if command == "pack" else ["--model", drawn[3]]),
        ]
    )


@given(arguments=st.one_of(*map(line, OPTIONS), st.lists(typed(1), max_size=4)))
def test_a_command_answers_or_says_in_one_line_what_is_wrong(place, models, arguments):
    assert set(OPTIONS) == {"", *COMMANDS}
    there = [models.get(part, part) for part in arguments]
    with (place / "stdout").open("w+") as out, contextlib.chdir(place), warnings.catch_warnings():
        err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = main(there)
            except SystemExit as ended:  # argparse: --help, or a sentence about the options
                code = ended.code
        err.seek(0)
        said = err.read()
        out.flush()
    assert code in (0, 1, 2)
    if code == 2:
        assert said.count("\n") == 1 and len(said) > 20, said
    assert "Traceback" not in said
