"""Where downloaded data stays, and how files get there whole: a lock, then an atomic rename."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from digit_ocr.errors import DatasetUnavailable

DATA_FOLDER_VARIABLE = "DIGIT_OCR_DATA"
LOCK_TIMEOUT_SECONDS = 900.0
LOCK_POLL_SECONDS = 0.05
PARTIAL_SUFFIX = ".partial"


def cache_folder(data_folder: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder for data sets: the one given, `DIGIT_OCR_DATA`, or the user's cache."""
    chosen = data_folder or os.environ.get(DATA_FOLDER_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "digit-ocr"


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` so that `path` is either as it was or complete, whenever we are stopped."""
    with opened_atomically(path) as file:
        file.write(data)


@contextlib.contextmanager
def opened_atomically(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that becomes `path` when all went well; until then `path` is as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}.", suffix=PARTIAL_SUFFIX, delete=False
    ) as partial:
        try:
            yield partial
            partial.flush()
            os.fsync(partial.fileno())
            # Temporary files are born private; shared data folders want the usual permissions.
            os.chmod(partial.name, 0o666 & ~_umask())  # noqa: PTH101
            # Closed first: Windows renames no open file.
            partial.close()
            os.replace(partial.name, path)  # noqa: PTH105
        except BaseException:
            partial.close()
            Path(partial.name).unlink(missing_ok=True)
            raise


def remove_partial_files(folder: Path) -> None:
    """Remove what writers that were killed have left in `folder`; call it under the lock."""
    for left_over in folder.glob(f".*{PARTIAL_SUFFIX}"):
        left_over.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(path: Path, timeout_seconds: float = LOCK_TIMEOUT_SECONDS) -> Iterator[None]:
    """Hold the lock file `path` alone among processes and threads.

    The operating system drops the lock with its holder, so a file left behind locks nobody out.

    Raises: DatasetUnavailable: another process has held it for `timeout_seconds`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout_seconds
    with path.open("a+b") as file:
        while not _try_lock(file.fileno()):
            if time.monotonic() >= deadline:
                raise DatasetUnavailable(
                    f"another process has been fetching into {path.parent} for "
                    f"{timeout_seconds:.0f} s (it holds {path.name}); wait for it or stop it"
                )
            time.sleep(LOCK_POLL_SECONDS)
        try:
            yield
        finally:
            _unlock(file.fileno())


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
