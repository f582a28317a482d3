"""Make hand-ins for tests: the answers alone, or any entries."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from tests.packs import PADDING, pack, question
from viz.packs import hand_in
from viz.packs.progress import Progress
from viz.packs.shelf import OpenPack, opened

LOOKS = question("word", "{of: looked at, query: slowly, head: Layer4_Head11}").replace("id: q", "id: look")
WHO = question("head", "{of: head, query: slowly, key: moved}").replace("id: q", "id: who")
CLAIM = question("head", "{of: claim, at_least: 2}").replace("id: q", "id: claim")
OPEN = question("word", "{of: open}").replace("id: q", "id: why")
SENTENCES = "The dog *quickly* _ran_ home.\nThe girl _sang_ *softly* at night.\nThe cat *slowly* _walked_ away."
PACK_FILE = pack(PADDING, LOOKS, WHO, CLAIM, OPEN)
PACK = opened(PACK_FILE, "try-it.en.yaml")


def progress(of: OpenPack = PACK, **answers: str) -> Progress:
    """Answer questions by their ids; of a claim the head, on the same three sentences."""
    made = Progress(of.pack.pack, of.digest)
    for question_id, given in answers.items():
        sentences = SENTENCES if question_id == "claim" else ""
        made = made.answering(question_id, given, sentences=sentences)
    return made


def told(name: str = "Ann", of: OpenPack = PACK, **answers: str) -> dict[str, Any]:
    """Give what stands in ``answers.json``."""
    return json.loads(hand_in.answers(of, progress(of, **(answers or {"padding": "4"})), name))


def zipped(entries: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    """Pack entries under exactly these names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    file.seek(0)
    return file


def handed(name: str = "Ann", of: OpenPack = PACK, **answers: str) -> io.BytesIO:
    """Give a hand-in that holds only what is read of one."""
    return zipped({hand_in.ANSWERS: json.dumps(told(name, of, **answers))})
