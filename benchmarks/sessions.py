"""Thirty visitors at once: each asks for an answer that is already there, over the app's own protocol."""

import asyncio
import tempfile
import time
from pathlib import Path

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.util import calc_hash
from websockets.typing import Subprotocol

from benchmarks import paired
from tests.browser.server import running_app

N_SESSIONS = 30
ROUNDS = 5
SENTENCES = ("She is reading a [MASK].", "The [MASK] is red.")


def main() -> None:
    """Let all visitors press Run in the same moment, round after round."""
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder) / "log.txt") as address:
        answers = asyncio.run(_visit_together(address.replace("http", "ws") + "/_stcore/stream"))
    answers.sort()
    paired.report(f"{N_SESSIONS} visitors, cached answer", answers, "s", "median at most 0.4 s")
    print(f"{'':46} 95 of 100 within {answers[int(0.95 * len(answers))]:.3f} s")


async def _visit_together(address: str) -> list[float]:
    visitors = [Visitor(address) for _number in range(N_SESSIONS)]
    await asyncio.gather(*(visitor.open() for visitor in visitors))
    for sentence in SENTENCES:
        await visitors[0].ask(sentence)
    answers = []
    for number in range(ROUNDS):
        sentence = SENTENCES[number % len(SENTENCES)]
        answers += await asyncio.gather(*(visitor.ask(sentence) for visitor in visitors))
    for visitor in visitors:
        await visitor.connection.close()
    return answers


class Visitor:
    """Hold one session, on a page: its connection and the widgets that the page has shown."""

    def __init__(self, address: str, page: str = "masked_word", query: str = ""):
        self.address, self.query = address, query
        self.page, self.session = calc_hash(page), ""
        self.text_id = self.button_id = ""

    async def open(self) -> None:
        """Connect and wait for the whole page."""
        self.connection = await websockets.connect(
            self.address,
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
            compression=None,
            open_timeout=60,
            ping_interval=None,
        )
        await self._run(BackMsg())

    async def ask(self, sentence: str) -> float:
        """Press Run with a sentence; gives the seconds until the whole page has come."""
        message = BackMsg()
        text = message.rerun_script.widget_states.widgets.add()
        text.id, text.string_value = self.text_id, sentence
        button = message.rerun_script.widget_states.widgets.add()
        button.id, button.trigger_value = self.button_id, True
        return await self._run(message, sentence)

    async def _run(self, message: BackMsg, sentence: str = "") -> float:
        message.rerun_script.page_script_hash = self.page
        message.rerun_script.query_string = self.query
        started, answered = time.perf_counter(), not sentence
        await self.connection.send(message.SerializeToString())
        while True:
            forward = ForwardMsg.FromString(await self.connection.recv(decode=False))
            kind = forward.WhichOneof("type")
            if kind == "new_session":
                self.page = forward.new_session.page_script_hash
                self.session = forward.new_session.initialize.session_id
            elif kind == "delta" and forward.delta.WhichOneof("type") == "new_element":
                answered |= self._remember(forward.delta.new_element, sentence)
            elif kind == "script_finished" and forward.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                assert answered, "the page came without the answer"
                return time.perf_counter() - started

    def _remember(self, element, sentence: str) -> bool:
        """Note the widgets; tells whether this element is the list of completed sentences."""
        kind = element.WhichOneof("type")
        if kind == "text_input" and element.text_input.id.endswith("-text"):
            self.text_id = element.text_input.id
        elif kind == "button" and element.button.label == "Run":
            self.button_id = element.button.id
        elif kind == "exception":
            raise AssertionError(element.exception.message)
        beginning = sentence.split("[MASK]", maxsplit=1)[0]
        return bool(sentence) and kind == "markdown" and beginning in element.markdown.body.replace("\\", "")


if __name__ == "__main__":
    main()
