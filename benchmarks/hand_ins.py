"""200 hand-ins of a class, 5 bad ones among them: read and judged here, then opened on the page in real Chromium.

Every student made a claim of another head or on other sentences, so that each claim is tested again.
"""

import io
import random
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks import paired, process
from tests.browser.conftest import FLAGS, chromium_path
from tests.browser.server import started_app
from tests.hand_ins import PACK, PACK_FILE
from viz.analysis.claims.text import READY
from viz.engine.local import engine
from viz.packs import class_claims, class_table, classroom, hand_in, handed_in
from viz.packs.handed_in import HandIn, LeftOut
from viz.packs.progress import Progress

N_STUDENTS, N_SENTENCES, ROUNDS, TARGET = 195, 6, 5, 20.0
BAD = {
    "no zip.zip": b"<html>Please log in</html>",
    "cut off.zip": b"PK\x03\x04" + bytes(1_000),
    "report.zip": b"PK\x05\x06" + bytes(18),
    "empty.zip": b"",
    "photo.zip": bytes(200_000),
}


def main() -> None:
    """Make a class, then read, judge and test its claims again, here and on the page."""
    files = _class()
    sizes = [len(data) for name, data in files.items() if name not in BAD]
    print(
        f"a hand-in has {min(sizes) / 1e3:.0f} to {max(sizes) / 1e3:.0f} kB, all {sum(sizes) / 1e6:.0f} MB", flush=True
    )
    paired.compare({"read and judged, without the page": lambda: _judged(files)}, ROUNDS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "packs").mkdir()
        (folder / "packs" / "try-it.en.yaml").write_bytes(PACK_FILE)
        for file, data in files.items():
            (folder / file).write_bytes(data)
        _on_the_page(folder, [folder / file for file in files])


def _class() -> dict[str, bytes]:
    """Make the files: good ones as the page Lessons gives them, and the bad ones in between."""
    draw, lines = random.Random(0), [line for ready in READY for line in ready.text.splitlines()]
    files = {}
    for number in range(1, N_STUDENTS + 1):
        made = Progress(PACK.pack.pack, PACK.digest)
        head = f"Layer{draw.randint(1, 6)}_Head{draw.randint(1, 12)}"
        answers = {"padding": str(draw.randint(2, 6)), "look": draw.choice(["moved", "turtle", "across"]), "who": head}
        for question, given in (answers | {"why": "Because the verb says what is slow. " * 10}).items():
            made = made.answering(question, given)
        made = made.answering(
            "claim", head, sentences="\n".join(draw.sample(lines, N_SENTENCES)), words="It looks back."
        )
        files[f"student {number:03}.zip"] = hand_in.make(PACK, made, f"Student {number}", engine.ask)
    named = list(files.items()) + list(BAD.items())
    draw.shuffle(named)
    return dict(named)


def _judged(files: dict[str, bytes]) -> classroom.Classroom:
    found = list(handed_in.read((name, io.BytesIO(data)) for name, data in files.items()))
    good = [of for of in found if isinstance(of, HandIn)]
    bad = [of.file for of in found if isinstance(of, LeftOut)]
    assert len(good) == N_STUDENTS
    assert set(bad) == set(BAD)
    made = classroom.judged(classroom.students_of(good, [PACK] * len(good)), engine.ask)
    class_table.answer_table(made)
    assert len(class_claims.claims_of(made)) > N_STUDENTS * 0.9
    return made


def _on_the_page(folder: Path, files: list[Path]) -> None:
    log = folder / "log.txt"
    with started_app(log, HEADLIGHT_PACKS=str(folder / "packs")) as (address, server), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        opened, tested, grown = [], [], []
        for _round in range(ROUNDS):
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            page.goto(f"{address}/hand_ins")
            page.get_by_role("heading", name="Hand-ins").wait_for(timeout=60_000)
            before = process.megabytes(server.pid, "VmRSS")
            seconds = _open(page, files)
            opened.append(seconds[0])
            tested.append(seconds[1])
            grown.append(process.megabytes(server.pid, "VmRSS") - before)
            page.close()
        browser.close()
        peak = process.megabytes(server.pid, "VmHWM")
    paired.report("chosen until the table stands and 5 are named", opened, "s", f"at most {TARGET:.0f} s")
    paired.report("chosen until every claim was tested again", tested, "s")
    paired.report("memory grown by a class", grown, "MB")
    print(f"the server's memory at its peak: {peak:.0f} MB", flush=True)


def _open(page: Page, files: list[Path]) -> tuple[float, float]:
    """Choose the files; gives the seconds until the class is shown, and until its claims were tested."""
    started = time.perf_counter()
    page.locator("input[type=file]").first.set_input_files(files)
    said = page.get_by_text("195 hand-ins were read. 5 files are left out:")
    said.wait_for(timeout=300_000)
    page.get_by_role("heading", name="Students", exact=True).wait_for(timeout=300_000)
    page.get_by_test_id("stDataFrame").first.wait_for(timeout=300_000)
    opened = time.perf_counter() - started
    page.get_by_text("when they are tested again").wait_for(timeout=600_000)
    return opened, time.perf_counter() - started


if __name__ == "__main__":
    main()
