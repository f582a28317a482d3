"""The app with what a server asks beside it: ``/ready`` for a balancer, ``/metrics`` for Prometheus.

Every answer carries headers that hold a browser to this server: what the page may run, ask, and be framed by.
"""

import base64
import hashlib
import re
from pathlib import Path

import streamlit as st
from starlette.datastructures import MutableHeaders, QueryParams
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import bounds
from viz import journal, settings
from viz.engine.local import engine
from viz.engine.meters import CONTENT_TYPE


async def ready(_request: Request) -> Response:
    """Answer 200 once the shipped models are loaded, which the first question begins, else 503."""
    is_ready = engine.is_ready()
    return JSONResponse({"ready": is_ready}, 200 if is_ready else 503)


async def metrics(_request: Request) -> Response:
    """Answer with the counters, where that is switched on."""
    if not settings.current().metrics:
        return PlainTextResponse("Not here. HEADLIGHT_METRICS=1 switches it on.\n", 404)
    return Response(engine.meters.text(), media_type=CONTENT_TYPE)


def content_security_policy() -> str:
    """Say what a page may do: run scripts of this server, ask this server, draw.

    Streamlit writes styles into the page, compiles WebAssembly and hands a component's script over as a blob. Its page
    holds one script of its own, known by its hash.
    """
    page = (Path(st.__file__).with_name("static") / "index.html").read_bytes()
    own = " ".join(f"'sha256-{_sha256(script)}'" for script in re.findall(rb"<script>(.*?)</script>", page, re.DOTALL))
    parts = {
        "default-src": "'self'",
        "script-src": f"'self' blob: 'wasm-unsafe-eval' {own}",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "object-src": "'none'",
        "frame-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(["'self'", *settings.current().framed_by]),
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def _sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


class Headers:
    """Write headers into every answer."""

    def __init__(self, app: ASGIApp):
        self._app = app
        self._headers = {
            "Content-Security-Policy": content_security_policy(),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",  # an address holds a text
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does, with the headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class OldAddresses:
    """Send links to where Masked word was the first page, ``/?text=…``, to its own address, as they are.

    Whatever the first page does not read itself is a question of Masked word.
    """

    READ_BY_START = frozenset({"lang", "embed", "embed_options"})  # the last two are Streamlit's own

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an old address with the new one, anything else as the app does."""
        asks_first_page = scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and scope["path"] == "/"
        if asks_first_page and set(QueryParams(scope["query_string"])) - self.READ_BY_START:
            new = f"masked_word?{scope['query_string'].decode('latin-1')}"  # relative: no host, no folder
            await RedirectResponse(new, 307)(scope, receive, send)
            return
        await self._app(scope, receive, send)


settings.settle_visitors(st.get_option("server.address"))
journal.to_stderr()
app = st.App(
    str(Path(__file__).with_name("app.py")),
    routes=[Route("/ready", ready), Route("/metrics", metrics)],
    middleware=[Middleware(Headers), Middleware(OldAddresses), Middleware(bounds.BoundedUploads)],
    lifespan=bounds.letting_go,
)
