"""Ask the Hub, or a mirror of it, within bounds of time, and say what its answers mean.

Left to itself the library tries for 23 to 46 s before it says that there is no network, and for ever against a server
that accepts and never answers.
"""

import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx2
from huggingface_hub import HfApi, ModelInfo, errors, hf_raise_for_status, set_client_factory
from huggingface_hub.utils import build_hf_headers

from viz import settings
from viz.engine.checkpoint_files import FLOAT32_BYTES, RemoteFile, needed
from viz.errors import HubOffline, HubUnreachable, ModelNotFound, ModelRefused, Reason, VizError, WrongMirror
from viz.shipped import shipped_names

CONNECT_SECONDS, READ_SECONDS = 3.0, 15.0  # of any request
ANSWER_SECONDS = 4.5  # of the first question, the look-up of the Hub's address among it

LIBRARY = "headlight"  # what our requests call themselves
MAX_ADDRESS = 300  # characters of a mirror's address

# What comes of a server that is no Hub, such as a hotel's log-in page, or of one that breaks off.
STRANGE_ANSWERS = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RuntimeError)
TROUBLE = (OSError, httpx2.HTTPError, httpx2.InvalidURL, *STRANGE_ANSWERS)


Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Repository:
    """Describe what is to be fetched of a repository, as the Hub does."""

    checkpoint: str
    endpoint: str
    commit: str
    files: tuple[RemoteFile, ...]  # those that are needed, the weights last
    model_bytes: int  # of its weights as float32, 0 where the Hub does not know

    @property
    def n_bytes(self) -> int:
        """The bytes of all files that are needed."""
        return sum(file.n_bytes for file in self.files)

    @property
    def n_weights(self) -> int:
        """The bytes of its weights: as float32, else as they lie in their files."""
        stored = sum(file.n_bytes for file in self.files if file.name.endswith(".safetensors"))
        return max(self.model_bytes, stored)


def may_ask(checkpoint: str, endpoint: str) -> str:
    """Give the address to ask for a checkpoint: the one that is set, or a mirror that a person named.

    Where strangers visit, or only listed models may be opened, no other address is asked: this computer may reach what
    they cannot, and a mirror could answer with weights of its own.
    Raises ``WrongMirror`` or ``HubOffline``.
    """
    ours, asked = settings.hub_endpoint(), endpoint.strip().rstrip("/") or settings.hub_endpoint()
    if not _is_address(asked):
        raise WrongMirror(
            endpoint=asked[:MAX_ADDRESS],
            reason=Reason(
                "It must be an address such as https://hf-mirror.com, without a password or a question mark."
            ),
        )
    if asked != ours and settings.current().is_guarded:
        raise WrongMirror(
            endpoint=asked,
            reason=Reason("This server fetches models from {ours} only. Leave the field empty.", ours=ours),
        )
    if settings.is_offline():
        raise HubOffline(checkpoint=checkpoint, shipped=shipped_names())
    return asked


def _is_address(asked: str) -> bool:
    try:
        parts = urlsplit(asked)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return False
    plain = re.fullmatch(r"[!-~]+", asked) is not None and not re.search(r"[@?#\\]", asked)
    return plain and len(asked) <= MAX_ADDRESS and parts.scheme in ("http", "https") and bool(parts.hostname)


def describe(checkpoint: str, endpoint: str = "") -> Repository:
    """Ask within seconds what a repository holds.

    Raises ``ModelNotFound``, ``HubUnreachable``, ``HubOffline``, ``ModelRefused`` or ``WrongMirror``.
    """
    asked = may_ask(checkpoint, endpoint)
    try:
        info = _within(ANSWER_SECONDS, lambda: _info(checkpoint, asked))
        return _within(READ_SECONDS, lambda: _repository(checkpoint, asked, info))
    except TROUBLE as error:
        raise trouble(checkpoint, error) from error


def _info(checkpoint: str, endpoint: str) -> ModelInfo:
    api = HfApi(endpoint=endpoint, token=_token(endpoint), library_name=LIBRARY)
    return api.model_info(checkpoint, files_metadata=True, timeout=CONNECT_SECONDS)


def _repository(checkpoint: str, endpoint: str, info: ModelInfo) -> Repository:
    if not re.fullmatch("[0-9a-f]{40}", commit := info.sha or ""):
        raise ValueError("no commit")
    by_name = {file.rfilename: file for file in info.siblings or ()}
    names = needed(checkpoint, by_name.keys())
    with client() as asking:
        asking.headers.update(headers(endpoint))
        files = tuple(
            _file(by_name[name], lambda name=name: _head(asking, file_address(endpoint, checkpoint, commit, name)))
            for name in names
        )
    return Repository(checkpoint, endpoint, commit, files, _model_bytes(info))


def _file(described: Any, head: Callable[[], tuple[int, str]]) -> RemoteFile:
    """Take a file's size and checksum from the description; a mirror that leaves them out is asked for each."""
    lfs = described.lfs
    n_bytes, checksum = (lfs.size, lfs.sha256) if lfs is not None else (described.size, described.blob_id)
    if n_bytes is None or not checksum:
        n_bytes, checksum = head()
    if n_bytes < 0 or not re.fullmatch(r"[0-9A-Za-z_-]{1,128}", checksum):
        raise ValueError("no name of contents")
    return RemoteFile(described.rfilename, n_bytes, checksum)


def _head(asking: httpx2.Client, url: str) -> tuple[int, str]:
    """Ask for a file's size and version; the Hub names those of the file behind a redirect in headers of its own."""
    answer = asking.head(url, follow_redirects=False)
    hf_raise_for_status(answer)
    n_bytes = answer.headers.get("X-Linked-Size") or answer.headers["Content-Length"]
    version = answer.headers.get("X-Linked-Etag") or answer.headers["ETag"]
    return int(n_bytes), version.removeprefix("W/").strip('"')


def _model_bytes(info: ModelInfo) -> int:
    total = getattr(info.safetensors, "total", None)
    return FLOAT32_BYTES * total if isinstance(total, int) and total > 0 else 0


def file_address(endpoint: str, checkpoint: str, commit: str, name: str) -> str:
    """Give the address of a file."""
    return f"{endpoint}/{checkpoint}/resolve/{commit}/{quote(name)}"


def headers(endpoint: str) -> dict[str, str]:
    """Give the headers of a request for a file, whose bytes are counted as they are."""
    return build_hf_headers(token=_token(endpoint), library_name=LIBRARY) | {"Accept-Encoding": "identity"}


def _token(endpoint: str) -> bool | None:
    """Say which token is sent: None is that of whoever runs this server; a mirror that a person named gets none."""
    return None if endpoint == settings.hub_endpoint() else False


def _within(seconds: float, ask: Callable[[], Answer]) -> Answer:
    """Give the answer to a question asked in a thread of its own, or raise ``TimeoutError``.

    The limits of a request do not cover the look-up of an address, which takes 20 s where a name server is silent, nor
    an answer that comes byte by byte.
    """
    answer: Future[Answer] = Future()

    def run() -> None:
        try:
            answer.set_result(ask())
        except Exception as error:
            answer.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return answer.result(timeout=seconds)


def trouble(checkpoint: str, error: Exception) -> VizError:
    """Say what an error on the way means; the Hub answers 401 for what does not exist, a mirror may say a plain 404."""
    if isinstance(error, errors.GatedRepoError):
        return ModelRefused(
            checkpoint=checkpoint,
            reason=Reason(
                "its owner asks for permission on the Hub first. "
                "Ask there, and start Headlight with a token of yours in HF_TOKEN."
            ),
        )
    if isinstance(error, OSError) and error.errno is not None:  # the disk's; those of the network have no number here
        return ModelRefused(
            checkpoint=checkpoint,
            reason=Reason(
                "it was found on the Hub and cannot be written to the disk of this computer. "
                "Make room for it, or give a folder with the weights."
            ),
        )
    status = getattr(getattr(error, "response", None), "status_code", None)
    kind = ModelNotFound if status in (401, 404) else HubUnreachable
    return kind(checkpoint=checkpoint, shipped=shipped_names())


def _limit(request: httpx2.Request) -> None:
    """Give a request its time limits: the library's own are none, or 60 s tried six times."""
    given = request.extensions.get("timeout") or {}
    wanted = {"connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": READ_SECONDS, "pool": READ_SECONDS}
    request.extensions["timeout"] = {key: min(given.get(key) or seconds, seconds) for key, seconds in wanted.items()}


def _stay_offline(request: httpx2.Request) -> None:
    """Keep the promise of ``HF_HUB_OFFLINE``, which the library leaves to its client."""
    if settings.is_offline():
        raise errors.OfflineModeIsEnabled(f"Cannot ask {request.url}: HF_HUB_OFFLINE is set.")


def client() -> httpx2.Client:
    """Make a client that follows redirects, to another host without the token, and the proxies the environment names.

    No request of it waits longer than the limits.
    """
    return httpx2.Client(timeout=None, event_hooks={"request": [_stay_offline, _limit]}, follow_redirects=True)


# Once: setting it again would close the client that another question is using.
set_client_factory(client)
