"""What an administrator sets is read when it is needed; what is wrong is refused at start, in one sentence."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from viz import settings
from viz.analysis.batches.generation import Sampling
from viz.errors import SettingOutOfRange, TooManyExports, TooManyPrompts, UnknownSetting, WrongSetting
from viz.files import at_once
from viz.prompts import read_prompts


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    """Leave the settings of this computer out."""
    for name in list(os.environ):
        if name.startswith(settings.PREFIX):
            monkeypatch.delenv(name)


def start(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start a program of ours; it is ended where it does not end by itself."""
    return subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env=os.environ | environment,
        timeout=60,
        check=False,
    )


REFUSED = {
    ("HEADLIGHT_DEVICE", "banana"): (
        "The setting HEADLIGHT_DEVICE is 'banana'. It must be one of: auto, cpu, cuda, mps. Change it, or leave it out."
    ),
    ("HEADLIGHT_MAX_MODEL_GB", "x"): (
        "The setting HEADLIGHT_MAX_MODEL_GB is 'x'. It must be a number from 0 to 10,000. Change it, or leave it out."
    ),
    ("HEADLIGHT_MAX_MODEL_GB", "-1"): (
        "The setting HEADLIGHT_MAX_MODEL_GB is '-1'. It must be a number from 0 to 10,000. Change it, or leave it out."
    ),
    ("HEADLIGHT_ENGINE", "ray://no port"): (
        "The setting HEADLIGHT_ENGINE is 'ray://no port'. It must be local, or the address of a cluster, such as "
        "ray://127.0.0.1:6379. Change it, or leave it out."
    ),
    ("HEADLIGHT_LOG_TEXTS", "always"): (
        "The setting HEADLIGHT_LOG_TEXTS is 'always'. It must be 0 or 1. Change it, or leave it out."
    ),
    ("HEADLIGHT_DEVIC", "cpu"): (
        "There is no setting HEADLIGHT_DEVIC. Did you mean HEADLIGHT_DEVICE? README.md names all of them."
    ),
}


@pytest.mark.parametrize("setting, sentence", REFUSED.items(), ids="=".join)
@pytest.mark.parametrize("program", [("serve.py",), ("-m", "viz", "The cat [MASK].")], ids=str)
def test_a_wrong_setting_is_refused_at_start(program, setting, sentence):
    done = start(*program, **dict([setting]))
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{sentence}\n")


def test_a_value_is_said_on_one_line_and_not_whole():
    done = start("serve.py", HEADLIGHT_DEVICE="a\nb" + "c" * 1000)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and len(done.stderr) < 200


@pytest.mark.parametrize("value", ["nan", "inf", "1e99", "3 GB"])
def test_what_is_no_number_within_bounds_is_refused(value, monkeypatch):
    monkeypatch.setenv("HEADLIGHT_MAX_MODEL_GB", value)
    with pytest.raises(WrongSetting, match="from 0 to 10,000"):
        settings.current()


@pytest.mark.parametrize("misspelt, meant", [("MODEL", "MODELS"), ("ALOW", "ALLOW"), ("RUN", "RUNS")])
def test_a_setting_nobody_knows_is_refused_with_the_nearest(misspelt, meant, monkeypatch):
    monkeypatch.setenv(f"HEADLIGHT_{misspelt}", "x")
    with pytest.raises(UnknownSetting) as refused:
        settings.check()
    assert refused.value.values == {"name": f"HEADLIGHT_{misspelt}", "nearest": f"HEADLIGHT_{meant}"}


def test_settings_are_read_anew_when_they_change(monkeypatch):
    assert settings.current() == settings.Settings()
    assert settings.current() is settings.current()
    monkeypatch.setenv("HEADLIGHT_MAX_MODEL_GB", "0.5")
    assert settings.current().max_model_bytes == 500_000_000
    monkeypatch.setenv("HEADLIGHT_MAX_MODEL_GB", "0")
    assert settings.current().max_model_bytes == float("inf")
    monkeypatch.setenv("HEADLIGHT_MAX_MODEL_GB", "")
    assert settings.current().max_model_bytes == 3_000_000_000


def test_folders_and_names_are_parted_and_blanks_left_out(monkeypatch):
    monkeypatch.setenv("HEADLIGHT_MODELS", f"/srv/models{os.pathsep} {os.pathsep}~/mine")
    monkeypatch.setenv("HEADLIGHT_RUNS", "a run.npz")
    monkeypatch.setenv("HEADLIGHT_ALLOW", " gpt2, , google-bert/* ,")
    now = settings.current()
    assert now.models == (Path("/srv/models"), Path.home() / "mine")
    assert now.runs == (Path("a run.npz"),)
    assert now.allow == ("gpt2", "google-bert/*")
    monkeypatch.setenv("HEADLIGHT_ALLOW", " , ")
    assert settings.current().allow == ()


def test_a_device_is_named_in_any_case(monkeypatch):
    monkeypatch.setenv("HEADLIGHT_DEVICE", " CPU ")
    assert settings.current().device == "cpu"


BOUNDS = {
    field: {name: getattr(end, name) for end in described.metadata for name in ("ge", "le") if hasattr(end, name)}
    for field, described in settings.Settings.model_fields.items()
}
NUMBERS = [field for field, bounds in BOUNDS.items() if bounds]


def test_every_number_has_two_bounds():
    kinds = {field: described.annotation for field, described in settings.Settings.model_fields.items()}
    assert [field for field, kind in kinds.items() if kind in (int, float)] == NUMBERS
    assert [field for field in NUMBERS if set(BOUNDS[field]) != {"ge", "le"}] == []


@pytest.mark.parametrize("field", NUMBERS)
def test_a_number_may_be_at_its_bounds_and_not_beyond(field, monkeypatch):
    name, (low, high) = settings.variable(field), (BOUNDS[field]["ge"], BOUNDS[field]["le"])
    for value in (low, high):
        monkeypatch.setenv(name, str(value))
        assert getattr(settings.current(), field) == value
    for value in (low - 1, high + 1, "x", "12 MB"):
        monkeypatch.setenv(name, str(value))
        with pytest.raises(WrongSetting, match=f"{name} is '{value}'.* from {low:,} to {high:,}"):
            settings.current()


def test_passes_at_once_are_as_many_as_cores_or_two_a_worker_of_a_cluster(monkeypatch):
    assert (settings.current().cluster, settings.current().passes_at_once) == ("", os.cpu_count())
    monkeypatch.setenv("HEADLIGHT_ENGINE", "ray://10.0.0.7:6379")
    monkeypatch.setenv("HEADLIGHT_WORKERS", "5")
    assert (settings.current().cluster, settings.current().passes_at_once) == ("10.0.0.7:6379", 10)
    monkeypatch.setenv("HEADLIGHT_PASSES", "3")
    assert settings.current().passes_at_once == 3


def class_settings() -> dict[str, str]:
    """Read the file of settings for a class, as a shell and systemd do."""
    lines = (REPOSITORY / "deploy" / "class.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_settings_for_a_class_are_known_and_taken(monkeypatch):
    for name, value in class_settings().items():
        monkeypatch.setenv(name, value)
    settings.check()
    now, laptop = settings.current(), settings.Settings.model_construct()
    assert set(now.allow) == {"headlight-bert", "headlight-gpt2", "headlight-en-fr"}
    assert [field for field in NUMBERS if getattr(now, field) > getattr(laptop, field)] == []


def test_a_shell_reads_the_settings_for_a_class_as_we_do():
    script = "set -a; . deploy/class.env; set +a; env"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert set(class_settings().items()) <= {tuple(line.split("=", 1)) for line in done.stdout.splitlines()}


def as_written(value: object) -> str:
    """Write a default as an administrator would."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(int(value)) if isinstance(value, bool | float) else str(value)


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md", "README.ru.md"])
def test_a_readme_names_every_setting_with_its_value_for_a_laptop_and_for_a_class(readme):
    table = re.findall(r"^\| `(HEADLIGHT_\w+)` \| (.*?) \| (.*?) \| (.+) \|$", (REPOSITORY / readme).read_text(), re.M)
    said = {name: (laptop.strip("` "), school.strip("` ")) for name, laptop, school, _what in table}
    assert list(said) == list(settings.VARIABLES)
    laptop = settings.Settings.model_construct()
    defaults = {name: as_written(getattr(laptop, field)) for name, field in zip(said, settings.FIELDS, strict=True)}
    assert said == {name: (value, class_settings().get(name, value)) for name, value in defaults.items()}


def test_sizes_in_mb_are_millions_of_bytes(monkeypatch):
    for name in ("MAX_PASS_MB", "MAX_SCORES_MB", "MAX_OPENED_MB"):
        monkeypatch.setenv(f"HEADLIGHT_{name}", "12")
    now = settings.current()
    assert (now.max_pass_bytes, now.max_scores_bytes, now.max_opened_bytes) == (12_000_000,) * 3


def test_as_many_prompts_as_are_set_are_read(monkeypatch):
    monkeypatch.setenv("HEADLIGHT_MAX_PROMPTS", "3")
    assert len(read_prompts("a\nb\nc")[0]) == 3
    with pytest.raises(TooManyPrompts, match="There are 5 prompts; at most 3 .* Remove 2 or more"):
        read_prompts("a\nb\nc\nd\ne")


def test_as_many_new_tokens_as_are_set_are_taken(monkeypatch):
    monkeypatch.setenv("HEADLIGHT_MAX_NEW_TOKENS", "40")
    assert Sampling(max_new_tokens=40).max_new_tokens == 40
    with pytest.raises(SettingOutOfRange, match="max_new_tokens is 41. Give a number with 1 ≤ max_new_tokens ≤ 40"):
        Sampling(max_new_tokens=41)


def test_as_many_files_as_are_set_are_made_at_once(monkeypatch):
    monkeypatch.setenv("HEADLIGHT_MAX_EXPORTS", "2")
    with at_once.one_more():
        with at_once.one_more(), pytest.raises(TooManyExports, match="^2 large files .* at most 2"), at_once.one_more():
            pass
        with pytest.raises(ZeroDivisionError), at_once.one_more():
            raise ZeroDivisionError
        with at_once.one_more():
            pass


def test_what_is_kept_is_bounded_by_what_is_set():
    program = (
        "from pages.ui import visit\nfrom viz.engine.local import engine\nfrom viz.engine import models\n"
        "print(visit._files._max_bytes, visit._files._max_each)\n"
        "print(engine._kept._max_bytes, engine._kept._max_each, models._loaded._max_bytes)"
    )
    names = ("FILES", "FILES_EACH", "ANSWERS", "ANSWERS_EACH", "MODELS")
    done = start("-c", program, **{f"HEADLIGHT_KEPT_{name}_MB": str(n) for n, name in enumerate(names, start=11)})
    assert done.stdout.split() == ["11000000", "12000000", "13000000", "14000000", "15000000"]


@pytest.mark.parametrize(
    "named, endpoint",
    [
        ("", "https://huggingface.co"),
        ("https://hf-mirror.com/", "https://hf-mirror.com"),
        (" http://127.0.0.1:8000 ", "http://127.0.0.1:8000"),
    ],
)
def test_a_mirror_takes_the_hubs_place(named, endpoint, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", named)
    assert settings.hub_endpoint() == endpoint


@pytest.mark.parametrize(
    "name, value, offline",
    [
        ("HF_HUB_OFFLINE", "1", True),
        ("HF_HUB_OFFLINE", "yes", True),
        ("TRANSFORMERS_OFFLINE", "true", True),
        ("HF_HUB_OFFLINE", "0", False),
        ("HF_HUB_OFFLINE", "", False),
    ],
)
def test_the_hubs_own_word_for_offline_counts(name, value, offline, monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv(name, value)
    assert settings.is_offline() is offline
