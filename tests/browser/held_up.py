"""Hold up what a server says to one tab: a slow network, or a computer with too much to do, made to order."""

import re

from playwright.sync_api import Page
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


class HeldUp:
    """Hold up what a server says to one tab, and let it through piece by piece; made before the tab is opened."""

    def __init__(self, page: Page):
        self.page, self.holds, self.waiting = page, False, []
        page.route_web_socket(re.compile("_stcore/stream"), self._route)

    def _route(self, socket):
        self.socket, server = socket, socket.connect_to_server()
        server.on_message(lambda message: self.waiting.append(message) if self.holds else socket.send(message))

    def wait_until_drawn(self, n: int, seconds: int = 60):
        """Wait until the server has drawn the whole page to its end ``n`` times in what waits."""
        for _ in range(10 * seconds):
            if sum(map(_ends_a_page, self.waiting)) == n:
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"the page was not drawn {n} times within {seconds} s")

    def let_through(self, n: int):
        """Let the tab have the first messages that waited."""
        for message in self.waiting[:n]:
            self.socket.send(message)
        del self.waiting[:n]

    def let_go(self):
        """Let the tab have all that waited, and hold nothing any more."""
        self.holds = False
        self.let_through(len(self.waiting))


def _ends_a_page(message: bytes) -> bool:
    said = ForwardMsg.FromString(message)
    done = ForwardMsg.ScriptFinishedStatus.FINISHED_SUCCESSFULLY
    return said.WhichOneof("type") == "script_finished" and said.script_finished == done
