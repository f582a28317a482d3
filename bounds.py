"""Bound what Streamlit keeps: uploads, and sessions that were left.

Streamlit keeps every uploaded file until its session is gone, and looks whether sessions that were left are over their
time only when another one is left. Here uploads are bounded by bytes, and somebody looks.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime

from viz import settings

UPLOADS = "/_stcore/upload_file/"


class BoundedUploads:
    """Refuse a file where its session, or all of them, would hold more uploaded bytes than may be kept."""

    def __init__(self, app: ASGIApp):
        self._app = app
        self._arriving: Counter[str] = Counter()  # bytes on their way, by session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through what is no upload, or fits."""
        if scope["type"] != "http" or scope["method"] != "PUT" or UPLOADS not in scope["path"]:
            await self._app(scope, receive, send)
            return
        session = scope["path"].split(UPLOADS)[1].split("/")[0]
        said = dict(scope["headers"]).get(b"content-length", b"")
        n_bytes = int(said) if said.isdigit() else settings.current().max_upload_mb * settings.MB
        if not self._fits(session, n_bytes):
            while (await receive()).get("more_body"):  # a browser that is cut off while it sends reads no answer
                pass
            refusal = "There is no room for this file. Reload the page, or remove files that you opened before."
            await PlainTextResponse(refusal, 413)(scope, receive, send)
            return
        self._arriving[session] += n_bytes
        try:
            await self._app(scope, receive, send)
        finally:
            self._arriving[session] -= n_bytes
            self._arriving += Counter()  # without those of which nothing arrives

    def _fits(self, session: str, n_bytes: int) -> bool:
        uploads: Any = runtime.get_instance().uploaded_file_mgr
        held = self._arriving + Counter(
            {
                of: sum(len(file.data) for file in list(files.values()))
                for of, files in list(uploads.file_storage.items())
            }
        )
        now = settings.current()
        most, most_each = now.kept_files_mb * settings.MB, now.kept_files_each_mb * settings.MB
        return held[session] + n_bytes <= most_each and held.total() + n_bytes <= most


@asynccontextmanager
async def letting_go(_app: st.App) -> AsyncIterator[None]:
    """While the server runs, let go of sessions that were left and are over their time."""
    looking = asyncio.create_task(_look(st.get_option("server.disconnectedSessionTTL") / 4))
    try:
        yield
    finally:
        looking.cancel()


async def _look(seconds: float) -> None:
    from pages.ui import visit  # its component can be made once the server runs

    sessions: Any = runtime.get_instance()._session_mgr
    were_left: dict[str, Any] = {}
    while True:
        await asyncio.sleep(seconds)
        are_left = {info.session.id: info.session for info in sessions._session_storage.list()}  # within their time
        for name in were_left.keys() - are_left.keys():
            if sessions.get_session_info(name) is None:  # nor did anybody come back to it
                were_left[name].shutdown()
                were_left[name].session_state.clear()
        were_left = are_left
        visit.let_go_of_left()
