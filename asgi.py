"""The app with what a server asks beside it: ``/ready`` for a balancer, ``/metrics`` for Prometheus."""

from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

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


settings.settle_visitors(st.get_option("server.address"))
journal.to_stderr()
app = st.App(str(Path(__file__).with_name("app.py")), routes=[Route("/ready", ready), Route("/metrics", metrics)])
