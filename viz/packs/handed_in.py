"""Read what students handed in: of each ZIP its ``answers.json`` alone, in memory, checked like anything of strangers.

A learning platform gives a ZIP of ZIPs, or of folders; both are looked into, one level deep. What cannot be read is
said with the name of its file, and the others are read.
"""

import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, NoReturn, TypeGuard, cast

from viz import settings
from viz.errors import NotARun, Reason, VizError
from viz.files.archive import UNREADABLE, SmallReads
from viz.files.header import exactly
from viz.labels import typed
from viz.packs.errors import HandInWrong
from viz.packs.hand_in import ANSWERS, FORMAT, MAX_ANSWERS_BYTES, MAX_NAME
from viz.packs.progress import Progress

MAX_HAND_INS = 200
MAX_ENTRIES = 5_000  # of a ZIP; 200 unpacked hand-ins have about 4,000
MAX_INNER = 20_000_000  # bytes of a ZIP inside of a ZIP; a hand-in has 0.3 million
MAX_LANGUAGE = 3  # characters of its code
MAX_SHOWN = 120  # characters of a file's name
_NOT_OURS = "__MACOSX/"  # what one system adds to every ZIP


@dataclass(frozen=True, slots=True)
class HandIn:
    """Hold what one student handed in; ``student`` is the name as typed, empty where none was."""

    file: str
    student: str
    language: str  # of the pack
    progress: Progress


_Found = tuple[str, "bytes | HandInWrong"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Hold why a file is not among the others."""

    file: str
    error: VizError


def read(files: Iterable[tuple[str, BinaryIO]]) -> Iterator[HandIn | LeftOut]:
    """Read files one after the other, by name and content; a ZIP of ZIPs gives one after the other too.

    Of more than ``MAX_HAND_INS`` the others are left out, and so is the same twice.
    """
    seen: dict[tuple[str, str], str] = {}
    n_read, budget = 0, _Budget(settings.current().max_opened_bytes)
    for file, found in _all_answers(files, budget):
        try:
            if isinstance(found, HandInWrong):
                raise found
            if n_read == MAX_HAND_INS:
                raise HandInWrong(
                    name=file,
                    reason=Reason("{most} are read at once. Read this one with the next ones.", most=MAX_HAND_INS),
                )
            made = _made(file, found)
            _refuse_twice(made, seen)
        except HandInWrong as error:
            yield LeftOut(file, error.with_traceback(None))
            continue
        n_read += 1
        yield made


def _refuse_twice(made: HandIn, seen: dict[tuple[str, str], str]) -> None:
    """Refuse the same answers under the same name; other answers, or no name, may be another student's."""
    if not made.student:
        return
    told = made.progress.as_plain() | {"part": 0}
    key = made.student.casefold(), json.dumps(told, sort_keys=True)
    if key in seen:
        raise HandInWrong(
            name=made.file, reason=Reason("it holds the same name and the same answers as '{other}'.", other=seen[key])
        )
    seen[key] = made.file


@dataclass(slots=True)
class _Budget:
    """Count down how many bytes may be unpacked of all files together."""

    left: int

    def take(self, file: str, n_bytes: int) -> None:
        if n_bytes > self.left:
            raise HandInWrong(name=file, reason=Reason("too much was unpacked before it. Read it with fewer others."))
        self.left -= n_bytes


def _all_answers(files: Iterable[tuple[str, BinaryIO]], budget: _Budget) -> Iterator[_Found]:
    for name, file in files:
        yield from _answers(_shown(name), file, budget, is_inner=False)


def _answers(name: str, file: BinaryIO, budget: _Budget, *, is_inner: bool) -> Iterator[_Found]:
    """Give every ``answers.json`` of a ZIP, and of the ZIPs in it, with the name it is called by."""
    try:
        archive = _opened(name, file)
        told, inner = _entries(name, archive, is_inner=is_inner)
    except HandInWrong as error:
        yield name, error
        return
    for entry in told:
        of = name if len(told) == 1 and not inner else _shown(entry.filename.removesuffix(ANSWERS).rstrip("/") or name)
        yield of, _unpacked(of, archive, entry, MAX_ANSWERS_BYTES, budget)
    for entry in inner:
        of = _shown(entry.filename)
        data = _unpacked(of, archive, entry, MAX_INNER, budget)
        if isinstance(data, bytes):
            yield from _answers(of, BytesIO(data), budget, is_inner=True)
        else:
            yield of, data


def _opened(name: str, file: BinaryIO) -> zipfile.ZipFile:
    """Read a ZIP's table of contents, if it is not too long. Raises ``HandInWrong``."""
    try:
        archive = zipfile.ZipFile(cast(BinaryIO, SmallReads(file)))
        n_entries = len(archive.infolist())
    except NotARun:  # the table of contents is longer than any is read
        n_entries = MAX_ENTRIES + 1
    except UNREADABLE:
        raise HandInWrong(
            name=name, reason=Reason("it is no ZIP, or a damaged one. Ask for it again, as the page Lessons gave it.")
        ) from None
    if n_entries > MAX_ENTRIES:
        raise HandInWrong(
            name=name,
            reason=Reason(
                "it has more than {most:,} entries, as no hand-in has. Ask who it is from.", most=MAX_ENTRIES
            ),
        )
    return archive


def _entries(
    name: str, archive: zipfile.ZipFile, *, is_inner: bool
) -> tuple[list[zipfile.ZipInfo], list[zipfile.ZipInfo]]:
    """Find the answers, and the ZIPs inside, wherever they lie: names are compared, and never followed."""
    entries = [entry for entry in archive.infolist() if not entry.filename.startswith(_NOT_OURS)]
    told = [entry for entry in entries if entry.filename.rpartition("/")[2] == ANSWERS]
    inner = [entry for entry in entries if entry.filename.lower().endswith(".zip") and not is_inner]
    if not told and not inner:
        raise HandInWrong(
            name=name,
            reason=Reason("it has no {entry}. Ask for the file that the page Lessons gives to hand in.", entry=ANSWERS),
        )
    return told, inner


def _unpacked(
    name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int, budget: _Budget
) -> bytes | HandInWrong:
    """Unpack one entry, no more of it than it says it has; gives what is wrong where that is too much."""
    try:
        if entry.flag_bits & 1:
            raise HandInWrong(name=name, reason=Reason("it is locked with a password. Ask for it without one."))
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others unpack without a bound
            raise HandInWrong(
                name=name,
                reason=Reason("it is packed in a way that is not read here. Ask for it as the page Lessons gave it."),
            )
        if entry.file_size > most:
            values = {"entry": _shown(entry.filename), "n": entry.file_size, "most": most}
            raise HandInWrong(
                name=name,
                reason=Reason("{entry} has {n:,} bytes, and {most:,} are read. Ask who it is from.", **values),
            )
        budget.take(name, entry.file_size)
        with archive.open(entry) as data:
            return bytes(exactly(data, entry.file_size))
    except HandInWrong as error:
        return error
    except (*UNREADABLE, NotARun):
        return HandInWrong(name=name, reason=Reason("it is a damaged ZIP. Ask for it again."))


def _made(file: str, data: bytes) -> HandIn:
    """Read the answers. Raises ``HandInWrong``."""
    told = _parsed(file, data)
    if not isinstance(told, dict) or type(told.get("format")) is not int:
        raise HandInWrong(
            name=file,
            reason=Reason("its {entry} is not what the page Lessons writes. Ask for it again.", entry=ANSWERS),
        )
    if told["format"] != FORMAT:
        values = {"theirs": str(told["format"])[:20], "ours": FORMAT}
        raise HandInWrong(
            name=file,
            reason=Reason(
                "it is of format {theirs}; this server reads {ours}. One of both is older: renew it.", **values
            ),
        )
    name, language, progress = told.get("name"), told.get("language"), Progress.from_plain(told.get("progress"))
    if not _is_text(name, MAX_NAME) or not _is_text(language, MAX_LANGUAGE) or progress is None:
        raise HandInWrong(
            name=file, reason=Reason("its answers are not as the page Lessons writes them. Ask for it again.")
        )
    if not progress.answers:
        raise HandInWrong(name=file, reason=Reason("it holds no answer. Ask whether it was handed in too early."))
    return HandIn(file, " ".join(name.split()), language, progress)


def _is_text(value: object, most: int) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) <= most


def _parsed(file: str, data: bytes) -> object:
    """Parse JSON; what no JSON has, such as NaN, and half characters, which cannot be shown, are refused."""
    try:
        told = json.loads(data.decode("utf-8-sig"), parse_constant=_no_number)
        json.dumps(told, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise HandInWrong(
            name=file, reason=Reason("its {entry} is no JSON, or a damaged one. Ask for it again.", entry=ANSWERS)
        ) from None
    return told


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _shown(name: str) -> str:
    """Give a file's name as it can be shown: what prints nothing is made visible, of a long one the end stays."""
    clean = typed(name.encode("utf-8", errors="replace").decode())
    return clean if len(clean) <= MAX_SHOWN else f"…{clean[-MAX_SHOWN:]}"
