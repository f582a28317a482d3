"""Hold what an administrator sets by environment variables, ``HEADLIGHT_…``, each within its bounds.

``current()`` reads them whenever it is asked, so that tests can change them; ``check()`` refuses wrong ones at start.
What each is for stands in README's table, and so do the values for a public server, ``deploy/class.env``.

Of the Hub's own variables two are read here too: ``HF_ENDPOINT``, a mirror, and ``HF_HUB_OFFLINE``, ask nobody.
"""

import difflib
import importlib.util
import ipaddress
import os
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from viz.errors import ClusterMissing, Reason, UnknownSetting, WrongSetting

PREFIX = "HEADLIGHT_"
HUB = "https://huggingface.co"
MB = 10**6
SHOWN = 60  # characters of a wrong value

Device = Literal["auto", "cpu", "cuda", "mps"]
Visitors = Literal["auto", "trusted", "strangers"]
LOCAL, CLUSTER = "local", "ray://"  # an engine in this process, or before the address of a cluster


def _folders(given: object) -> object:
    if not isinstance(given, str):
        return given
    return tuple(Path(path).expanduser() for path in given.split(os.pathsep) if path.strip())


def _names(given: object) -> object:
    return tuple(name.strip() for name in given.split(",") if name.strip()) if isinstance(given, str) else given


def _small_letters(given: object) -> object:
    return given.strip().lower() if isinstance(given, str) else given


Folders = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_folders)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)]


class Settings(BaseSettings):
    """Name every setting with its default and its bounds; an empty variable is one that is not set."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, allow_inf_nan=False)

    # Who makes the answers: this process, or workers of a cluster, and how many of them a model may have.
    engine: Annotated[str, Field(pattern=rf"^({LOCAL}|{CLUSTER}[\w.\-]+:\d+)$")] = LOCAL
    workers: int = Field(default=2, ge=1, le=1_000)
    alone: bool = True
    passes: int = Field(default=0, ge=0, le=10_000)

    device: Annotated[Device, BeforeValidator(_small_letters)] = "auto"
    max_model_gb: float = Field(default=3, ge=0, le=10_000)
    models: Folders = ()
    packs: Folders = ()
    runs: Folders = ()
    allow: Names = ()
    visitors: Annotated[Visitors, BeforeValidator(_small_letters)] = "auto"
    framed_by: Names = ()
    log: bool = True
    log_texts: bool = False
    metrics: bool = False

    # Of a request. Characters bound a tokenizer's work, before there are tokens.
    max_characters: int = Field(default=10_000, ge=100, le=1_000_000)
    max_tokens: int = Field(default=10_000, ge=8, le=100_000)
    max_prompts: int = Field(default=16, ge=1, le=256)
    max_texts: int = Field(default=400, ge=1, le=10_000)
    max_corpus_lines: int = Field(default=5_000, ge=1, le=1_000_000)
    max_corpus_mb: int = Field(default=2, ge=1, le=1_000)
    max_new_tokens: int = Field(default=100, ge=40, le=10_000)  # pages ask for up to 40 without being told a number

    # Of a pass: texts x layers x heads x tokens x tokens, and logits, which of a large vocabulary, read at every token,
    # take more. 4 texts of 512 tokens, or 16 of 256, on 12 layers of 12 heads still pass; scores of one text of 512 are
    # kept: its attentions alone take 151 MB.
    max_pass_mb: int = Field(default=640, ge=10, le=100_000)
    max_scores_mb: int = Field(default=160, ge=0, le=100_000)

    # Of files. An opened one takes more memory than it has bytes.
    max_upload_mb: int = Field(default=50, ge=1, le=10_000)
    max_opened_mb: int = Field(default=1_000, ge=10, le=100_000)
    max_exports: int = Field(default=4, ge=1, le=100)

    # Of what is kept for all visitors, and for each of them; what was used longest ago goes first.
    kept_answers_mb: int = Field(default=560, ge=10, le=1_000_000)
    kept_answers_each_mb: int = Field(default=560, ge=10, le=1_000_000)
    kept_models_mb: int = Field(default=1_600, ge=10, le=1_000_000)
    kept_files_mb: int = Field(default=400, ge=10, le=1_000_000)
    kept_files_each_mb: int = Field(default=400, ge=10, le=1_000_000)
    kept_runs: int = Field(default=30, ge=1, le=1_000)  # on each visit's list

    @property
    def is_guarded(self) -> bool:
        """Tell whether only listed folders are opened, and no mirror of the Hub is asked but the one that is set."""
        return bool(self.allow) or self.visitors == "strangers"

    @property
    def cluster(self) -> str:
        """Give the address of the cluster whose workers answer; empty where this process does."""
        return self.engine.removeprefix(CLUSTER) if self.engine.startswith(CLUSTER) else ""

    @property
    def passes_at_once(self) -> int:
        """Give how many passes run at once.

        One thread a pass, and as many as cores: with 30 people this had the shortest waits and bounded the memory (two
        threads a pass fight for the cores). Of a cluster two a worker: while the answer of one is on its way the next
        is computed, and the cluster sees that more workers are wanted.
        """
        return self.passes or (2 * self.workers if self.cluster else os.cpu_count() or 1)

    @property
    def max_model_bytes(self) -> float:
        """Give the largest size of a model's weights in bytes; infinite where there is no limit."""
        return self.max_model_gb * 1e9 or float("inf")

    @property
    def max_pass_bytes(self) -> int:
        """Give how many bytes of attention, scores and logits a pass may keep."""
        return self.max_pass_mb * MB

    @property
    def max_scores_bytes(self) -> int:
        """Give how many bytes of attention a pass may have whose scores are kept too."""
        return self.max_scores_mb * MB

    @property
    def max_opened_bytes(self) -> int:
        """Give how many bytes of memory an opened file may take."""
        return self.max_opened_mb * MB


_ENGINES = {"local": LOCAL, "address": f"{CLUSTER}127.0.0.1:6379"}
FIELDS = tuple(Settings.model_fields)


def variable(field: str) -> str:
    """Name the environment variable of a setting."""
    return f"{PREFIX}{field.upper()}"


VARIABLES = tuple(map(variable, FIELDS))


def current() -> Settings:
    """Give the settings as the environment has them now. Raises ``WrongSetting``."""
    return _read(tuple(map(os.environ.get, VARIABLES)))


@lru_cache(maxsize=4)
def _read(_values: tuple[str | None, ...]) -> Settings:
    """Read the environment, once for equal values."""
    try:
        return Settings()
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        value = os.environ.get(variable(field), "")
        raise WrongSetting(name=variable(field), value=value[:SHOWN], allowed=allowed(field)) from None


def check() -> None:
    """Refuse settings that are wrong, that nobody knows, or that take what is not installed.

    Raises ``WrongSetting``, ``UnknownSetting`` or ``ClusterMissing``.
    """
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in VARIABLES:
            (nearest,) = difflib.get_close_matches(name, VARIABLES, 1, cutoff=0)
            raise UnknownSetting(name=name[:SHOWN], nearest=nearest)
    if current().cluster and importlib.util.find_spec("ray") is None:
        raise ClusterMissing(engine=current().engine)


def settle_visitors(address: str | None) -> None:
    """Take a server's visitors for strangers unless only this computer reaches it, where that is left to us.

    It is settled in the environment, which the processes that a server starts take over.
    """
    if current().visitors == "auto":
        os.environ[variable("visitors")] = "trusted" if _is_this_computer(address or "") else "strangers"


def _is_this_computer(address: str) -> bool:
    try:
        return address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:  # a name: who reaches it is not known here
        return False


def allowed(field: str) -> Reason:
    """Say which values a setting takes; folders and names, which are not judged, have none to say."""
    described = Settings.model_fields[field]
    bounds = {name: getattr(end, name) for end in described.metadata for name in ("ge", "le") if hasattr(end, name)}
    if described.annotation is bool:
        return Reason("It must be 0 or 1.")
    if field == "engine":
        return Reason("It must be {local}, or the address of a cluster, such as {address}.", **_ENGINES)
    if not bounds:
        return Reason("It must be one of: {words}.", words=", ".join(get_args(described.annotation)))
    if described.annotation is int:
        return Reason("It must be a whole number from {ge:,} to {le:,}.", **bounds)
    return Reason("It must be a number from {ge:,} to {le:,}.", **bounds)


def hub_endpoint() -> str:
    """Give the address of the Hub, or of the mirror in its place."""
    return os.environ.get("HF_ENDPOINT", "").strip().rstrip("/") or HUB


def is_offline() -> bool:
    """Tell whether the Hub may not be asked, by the words its own client knows."""
    named = os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE", "")
    return named.upper() in ("1", "ON", "YES", "TRUE")
