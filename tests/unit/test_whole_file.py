"""A file is written whole or not at all; a limit on a file's size stands for a disk that becomes full."""

import errno
import os
import resource
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import hand_made
from tests.conftest import REPOSITORY
from viz import whole_file
from viz.files import saved

OLD, NEW = b"old", b"new" * 10_000


@contextmanager
def room(n_bytes: int):
    """Let no file become larger."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def old(tmp_path) -> Path:
    file = tmp_path / "a run.npz"
    file.write_bytes(OLD)
    return file


def test_a_file_takes_the_place_of_the_old_one_with_its_rights(old):
    old.chmod(0o640)
    whole_file.write(old, NEW)
    assert (old.read_bytes(), old.stat().st_mode & 0o777) == (NEW, 0o640)
    assert os.listdir(old.parent) == [old.name]


def test_a_new_file_has_the_rights_of_any_other(tmp_path):
    whole_file.write(tmp_path / "ours", NEW)
    (tmp_path / "others").write_bytes(NEW)
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "others").stat().st_mode


def test_a_full_disk_leaves_the_old_file_and_nothing_half(old):
    with room(1_000), pytest.raises(OSError) as caught:
        whole_file.write(old, NEW)
    assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(old))
    assert (old.read_bytes(), os.listdir(old.parent)) == (OLD, [old.name])


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_what_breaks_off_leaves_the_old_file_and_nothing_half(old, error):
    with pytest.raises(error), whole_file.replacing(old) as file:
        file.write(NEW)
        raise error
    assert (old.read_bytes(), os.listdir(old.parent)) == (OLD, [old.name])


def test_a_link_goes_on_leading_to_its_file(old, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(old.name)
    whole_file.write(link, NEW)
    assert link.is_symlink() and old.read_bytes() == NEW


def test_a_name_may_be_as_long_as_the_disk_allows(tmp_path):
    whole_file.write(tmp_path / ("n" * 255), NEW)
    with pytest.raises(OSError, match="too long"):
        whole_file.write(tmp_path / ("n" * 256), NEW)


def test_what_is_no_ordinary_file_is_written_as_it_is():
    with pytest.raises(OSError) as caught:
        whole_file.write(Path("/dev/full"), NEW)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, "/dev/full")
    assert Path("/dev/full").is_char_device()
    whole_file.write(Path("/dev/null"), NEW)
    assert Path("/dev/null").is_char_device()


def test_a_pipe_is_written_into():
    program = "from pathlib import Path\nfrom viz import whole_file\nwhole_file.write(Path('/dev/stdout'), b'through')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, cwd=REPOSITORY, timeout=60, check=True)
    assert done.stdout == b"through"


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_a_run_that_is_saved_anew_on_a_full_disk_stays_as_it_was(tmp_path, ending):
    file = tmp_path / f"a run.{ending}"
    run = hand_made.run([[1, 1, 1]])
    saved.write(run, file)
    before = file.read_bytes()
    with room(len(before) // 2), pytest.raises(OSError) as caught:
        saved.write(run, file)
    assert caught.value.filename == str(file)
    assert (file.read_bytes(), os.listdir(tmp_path)) == (before, [file.name])
    assert saved.read(file).batch.tokens == run.batch.tokens
