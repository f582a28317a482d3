"""Hold up what a server says to one tab: a slow network, or a computer with too much to do, made to order."""

import re
from collections.abc import Callable

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

    def wait_until_drawn(self, n: int):
        """Wait until the server has drawn the page, or what it drew of it, to its end ``n`` times in what waits."""
        self._wait_until(lambda: sum(map(_ends_a_run, self.waiting)) >= n, f"the page was not drawn {n} times")

    def let_through_to(self, kind: str):
        """Let the tab have what waits up to the first element of a kind, such as ``progress``."""
        self._wait_until(lambda: kind in map(_kind, self.waiting), f"the server sent no {kind}")
        self.let_through(list(map(_kind, self.waiting)).index(kind) + 1)

    def _wait_until(self, is_so: Callable[[], bool], otherwise: str, seconds: int = 60):
        for _ in range(10 * seconds):
            if is_so():
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"{otherwise} within {seconds} s")

    def let_through(self, n: int):
        """Let the tab have the first messages that waited."""
        for message in self.waiting[:n]:
            self.socket.send(message)
        del self.waiting[:n]

    def let_go(self):
        """Let the tab have all that waited, and hold nothing any more."""
        self.holds = False
        self.let_through(len(self.waiting))


def _ends_a_run(message: bytes) -> bool:
    said = ForwardMsg.FromString(message)
    done = ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
    return said.WhichOneof("type") == "script_finished" and said.script_finished in done


def _kind(message: bytes) -> str | None:
    """Give the kind of the element that a message draws."""
    return ForwardMsg.FromString(message).delta.new_element.WhichOneof("type")
