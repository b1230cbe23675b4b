from __future__ import annotations

import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from digit_ocr.data import cache
from digit_ocr.data.cache import cache_folder, locked, write_atomically
from digit_ocr.errors import DatasetUnavailable


def test_the_folder_given_comes_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGIT_OCR_DATA", str(tmp_path / "environment"))

    assert cache_folder(tmp_path / "given") == tmp_path / "given"
    assert cache_folder() == tmp_path / "environment"


@pytest.mark.parametrize(
    ("platform", "variable"),
    [("linux", "XDG_CACHE_HOME"), ("win32", "LOCALAPPDATA")],
)
def test_the_users_cache_is_where_the_platform_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, variable: str
) -> None:
    monkeypatch.delenv("DIGIT_OCR_DATA", raising=False)
    monkeypatch.setattr(cache.sys, "platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))

    assert cache_folder() == tmp_path / "digit-ocr"


def test_the_users_cache_on_a_mac_is_in_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIGIT_OCR_DATA", raising=False)
    monkeypatch.setattr(cache.sys, "platform", "darwin")

    assert cache_folder() == Path.home() / "Library" / "Caches" / "digit-ocr"


def test_writing_replaces_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    write_atomically(path, b"old")
    write_atomically(path, b"new")

    assert path.read_bytes() == b"new"
    assert [found.name for found in path.parent.iterdir()] == ["file"]
    assert stat.S_IMODE(path.stat().st_mode) & stat.S_IRUSR


def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")

    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_a_second_holder_of_the_lock_is_told_to_wait(tmp_path: Path) -> None:
    with (
        locked(tmp_path / ".lock"),
        pytest.raises(DatasetUnavailable, match="another process"),
        locked(tmp_path / ".lock", timeout_seconds=0),
    ):
        pytest.fail("two hold the lock")


def test_the_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), locked(tmp_path / ".lock"):
        raise RuntimeError

    with locked(tmp_path / ".lock", timeout_seconds=0):
        pass


HOLD = """
import sys
from pathlib import Path
from digit_ocr.data.cache import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_lock_of_a_killed_process_locks_nobody_out(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DatasetUnavailable), locked(path, timeout_seconds=0):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()

        with locked(path):
            assert path.exists()
