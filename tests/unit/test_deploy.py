"""What is given for servers agrees with the rest: settings, ports, folders, pins."""

import os
import re
import shutil
import subprocess

import pytest

from tests.conftest import REPOSITORY
from tests.unit.test_settings import class_settings
from viz import settings

DEPLOY = REPOSITORY / "deploy"
README, NGINX, UNIT, DOCKERFILE = (
    (DEPLOY / name).read_text() for name in ("README.md", "nginx.conf", "headlight@.service", "Dockerfile")
)
FILES = {file.name: file.read_text() for file in DEPLOY.iterdir() if file.is_file()}


def test_every_setting_that_is_named_exists():
    named = {name for text in FILES.values() for name in re.findall(r"HEADLIGHT_[A-Z_]+", text)}
    assert named and named <= set(settings.VARIABLES)


def test_every_file_is_told_of_and_every_file_told_of_is_there():
    assert set(re.findall(r"\]\(([\w@.-]+)\)", README)) == set(FILES) - {"README.md"}
    assert "(deploy/README.md)" in (REPOSITORY / "README.md").read_text()


def test_nginx_names_the_same_replicas_in_each_list():
    upstream = re.findall(r"server 127\.0\.0\.1:(\d+) ", NGINX)
    wanted = re.findall(r"^    (\d+) 127\.0\.0\.1:(\d+);$", NGINX, re.M)
    took = re.findall(r'^    "~127\\\.0\\\.0\\\.1:(\d+)\$" (\d+);$', NGINX, re.M)
    assert upstream == [port for _number, port in wanted] == [port for port, _number in took] == ["8501", "8502"]
    assert [number for number, _port in wanted] == [number for _port, number in took] == ["1", "2"]
    assert "systemctl enable --now headlight@8501 headlight@8502" in UNIT and README.count("headlight@8502")


def test_nginx_takes_more_than_the_app_so_that_the_page_says_what_is_too_large():
    taken = int(re.findall(r"client_max_body_size (\d+)m;", NGINX)[0])
    assert taken >= 1.1 * settings.Settings.model_construct().max_upload_mb


def test_replicas_that_strangers_reach_through_nginx_know_it():
    assert "EnvironmentFile=/srv/headlight/deploy/class.env" in UNIT
    assert class_settings()["HEADLIGHT_VISITORS"] == "strangers"  # the replicas themselves see this computer only


def test_every_path_of_the_unit_is_in_the_repository():
    paths = re.findall(r"/srv/headlight/([\w./-]+)", UNIT)
    assert ".venv/bin/python" in paths
    assert [path for path in paths if not (REPOSITORY / path).exists()] == []
    assert (REPOSITORY / "serve.py").exists()


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path):
    if (verify := shutil.which("systemd-analyze")) is None:
        pytest.skip("needs systemd-analyze")
    unit = tmp_path / "headlight@8501.service"
    unit.write_text(UNIT.replace("/srv/headlight", str(REPOSITORY)).replace("User=headlight", "User=root"))
    done = subprocess.run([verify, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    unit.write_text(unit.read_text().replace("Restart=always", "Restart=sometimes"))
    done = subprocess.run([verify, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    assert "sometimes" in done.stderr  # it does look


def test_the_container_takes_its_pins_from_the_requirements_and_its_files_from_the_repository():
    assert not re.search(r"[\w-]+[=~]=\d", DOCKERFILE)  # no second pin
    assert "requirements.txt" in DOCKERFILE and "grep '^torch==' requirements.txt" in DOCKERFILE
    found = subprocess.run(
        ["grep", "^torch==", "requirements.txt"], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    assert found.stdout.count("\n") == 1
    for script in re.findall(r'"([\w/]+\.py)"', DOCKERFILE):
        assert (REPOSITORY / script).exists()
    assert f"FROM python:{version()}-slim" in DOCKERFILE
    assert DOCKERFILE.index("USER headlight") < DOCKERFILE.index("CMD [")


def version() -> str:
    """Give the version of Python that the app needs."""
    return re.findall(r'requires-python = ">=([\d.]+)"', (REPOSITORY / "pyproject.toml").read_text())[0]


def test_what_the_container_runs_with_is_not_left_out_of_it():
    left_out = (REPOSITORY / ".dockerignore").read_text().split()
    needed = ("app.py", "asgi.py", "serve.py", "viz", "pages", "assets", "deploy", ".streamlit", "requirements.txt")
    assert [name for name in needed if name in left_out] == []
    assert ".git" in left_out and ".venv" in left_out


def test_ports_agree():
    assert set(re.findall(r"\b85\d\d\b", DOCKERFILE)) == {"8501"}
    assert "app_port: 8501" in README
    assert os.access(DEPLOY / "wait_until_ready.py", os.R_OK)
