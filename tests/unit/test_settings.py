"""What an administrator sets is read when it is needed; what is wrong is refused at start, in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from viz import settings
from viz.errors import UnknownSetting, WrongSetting


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
