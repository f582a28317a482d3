"""Pack what a student did in a lesson into one ZIP: answers, what the model says to them, maps and runs.

``answers.json`` is what a teacher's page reads; all else is for people. A class hands in 200 of them, and a server for
a class holds 60 MB of a visitor's files: maps and runs go in as long as they fit into ``MAX_EXTRAS``, maps first.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace

from viz.drawing import diagrams
from viz.errors import VizError
from viz.files import claims as claim_files
from viz.files import saved
from viz.names import diagram_name, folder_name, parse_head, position_from_number, position_number
from viz.packs import answer_kinds, claims, schema, write_up
from viz.packs.errors import HandInTooLarge
from viz.packs.measures import Asking, Shown, truth
from viz.packs.progress import Given, Progress
from viz.packs.shelf import OpenPack
from viz.records import Run

ANSWERS = "answers.json"
FORMAT = 1
MAX_ANSWERS_BYTES = 2_000_000  # of answers.json; a lesson whose every answer is as long as can be has more
MAX_EXTRAS = 280_000  # bytes of maps and runs
MAX_NAME = 120  # characters of a student's name
CLAIM_MAPS = 4  # sentences of a claim whose maps are drawn

_OfMap = answer_kinds.LookedAt | answer_kinds.Cell | answer_kinds.LookingHead


def make(pack: OpenPack, progress: Progress, name: str, ask: Asking) -> bytes:
    """Give the ZIP; ``name`` is the student's, as typed. What the model cannot answer now is said in ``analysis.md``.

    Raises ``HandInTooLarge`` where the answers are more than a teacher's page reads.
    """
    told = answers(pack, progress, name)
    kept, left_out = _fitting(_extras(pack.pack, progress, ask))
    pictures = [path for path in kept if path.endswith(".png")]
    said = write_up.analysis(pack, progress, name, ask, pictures, left_out)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(ANSWERS, told)
        archive.writestr("analysis.md", said.encode("utf-8", errors="replace"))
        for path, data in kept.items():
            is_text = path.endswith(".md")  # maps and runs are compressed already
            archive.writestr(path, data, zipfile.ZIP_DEFLATED if is_text else zipfile.ZIP_STORED)
    return buffer.getvalue()


def answers(pack: OpenPack, progress: Progress, name: str) -> bytes:
    """Write what the teacher's page reads, as JSON. Raises ``HandInTooLarge``."""
    of_pack = progress.of_pack(pack.digest, {question.id for question in pack.pack.questions})
    said = {
        "format": FORMAT,
        "name": " ".join(name.split())[:MAX_NAME],
        "language": pack.pack.language,
        "progress": of_pack.as_plain(),
    }
    written = json.dumps(said, ensure_ascii=False, indent=1).encode("utf-8", errors="replace")
    if len(written) > MAX_ANSWERS_BYTES:
        raise HandInTooLarge(n=len(written), most=MAX_ANSWERS_BYTES)
    return written


@dataclass(frozen=True, slots=True)
class _Played:
    """Hold a part in which something was answered."""

    number: int
    part: schema.Part
    answers: dict[schema.AnyQuestion, Given]

    @property
    def folder(self) -> str:
        return f"part_{self.number}"


def _played(pack: schema.Pack, progress: Progress) -> list[_Played]:
    found = [
        _Played(
            position_number(at),
            part,
            {of: progress.answers[of.id] for of in part.questions if of.id in progress.answers},
        )
        for at, part in enumerate(pack.parts)
    ]
    return [of for of in found if of.answers]


def _fitting(extras: Iterator[tuple[str, bytes]]) -> tuple[dict[str, bytes], list[str]]:
    """Take files in their order while they fit; gives those, and the names of the others."""
    kept: dict[str, bytes] = {}
    left_out, room = [], MAX_EXTRAS
    for path, data in extras:
        if path in kept or path in left_out:  # the same map is asked about twice
            continue
        if len(data) > room:
            left_out.append(path)
            continue
        kept[path] = data
        room -= len(data)
    return kept, left_out


def _extras(pack: schema.Pack, progress: Progress, ask: Asking) -> Iterator[tuple[str, bytes]]:
    """Give name and content of maps, then of runs; what the model refuses is not there."""
    played = _played(pack, progress)
    shown = [(of, Shown(pack, of.part.show, ask)) for of in played if of.part.show is not None]
    runs: dict[object, tuple[_Played, Run]] = {}
    for of, texts in shown:
        run = _asked(texts)
        if run is not None:
            yield from _maps(pack, of, texts)
            runs.setdefault(texts.request(), (of, run))
    for of in played:
        yield from _claims(pack, of, ask)
    for of, run in runs.values():
        yield f"runs/{of.folder}.npz", saved.as_bytes(_maps_alone(run), "npz")


def _asked(texts: Shown) -> Run | None:
    try:
        return texts.run()
    except VizError:
        return None


def _maps_alone(run: Run) -> Run:
    """Leave out logits, vocabulary and scores, three quarters of a run, which its texts give again."""
    maps = {kind: replace(of, scores=None) for kind, of in run.maps.items()}
    return replace(run, maps=maps, readouts=run.readouts[:0], readout_logits=run.readout_logits[:0])


def _maps(pack: schema.Pack, of: _Played, texts: Shown) -> Iterator[tuple[str, bytes]]:
    """Draw every head that a part shows or asks about, once a text and a pass, named as the exercise names them."""
    for text, name, answer in _heads(pack, of, texts):
        try:
            run = texts.run() if answer is None else texts.asked(answer)
            layer, head = parse_head(name, run.model.n_layers, run.model.n_heads)
        except VizError:  # a name that was given as an answer, of another model
            continue
        folder = [of.folder] if len(run.batch.texts) == 1 else [of.folder, f"text_{text}"]
        folder += [folder_name(" ".join(changed))] if (changed := _changed(answer)) else []
        picture = diagrams.draw(run, position_from_number(text), layer, head)
        yield "/".join(["pictures", *folder, diagram_name(layer, head)]), diagrams.png(picture)


def _changed(answer: _OfMap | None) -> tuple[str, ...]:
    """Name what about the pass is not as usual: a script's mistakes, words that nobody may look at."""
    return () if answer is None else (*getattr(answer, "mistakes", ()), *getattr(answer, "hide", ()))


def _heads(pack: schema.Pack, of: _Played, texts: Shown) -> Iterator[tuple[int, str, _OfMap | None]]:
    """Name the heads: the number of the text, as the head is called, and the answer it is asked about for, if any."""
    show = of.part.show
    if show is not None and show.head is not None:
        yield show.text, show.head, None
    for question, given in of.answers.items():
        if isinstance(question.answer, answer_kinds.LookedAt | answer_kinds.Cell):
            yield question.answer.text, question.answer.head, question.answer
        if isinstance(question.answer, answer_kinds.LookingHead):
            found = _truth(pack, question, texts.ask)
            yield from ((question.answer.text, name, question.answer) for name in (*found, given.last))


def _truth(pack: schema.Pack, question: schema.AnyQuestion, ask: Asking) -> tuple[str, ...]:
    try:
        found = truth(pack, question, ask)
    except VizError:
        return ()
    return () if found is None else (str(found.value),)


def _claims(pack: schema.Pack, of: _Played, ask: Asking) -> Iterator[tuple[str, bytes]]:
    """Draw the claimed head over some of its sentences, and write up how the claim fared."""
    for question, given in of.answers.items():
        if not claims.is_claim(question):
            continue
        try:
            evidence, result = claims.tested_on(pack, question, given, ask)
        except VizError:
            continue
        for name, content in claim_files.files(evidence.runs, result, CLAIM_MAPS):
            yield f"claims/{question.id}/{name}", content
