"""Imports of what only an extra installs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from digit_ocr.errors import ExtraNotInstalled


@contextmanager
def needs_extra(purpose: str, extra: str) -> Iterator[None]:
    """Turn a missing dependency within into an error that says what to install.

    Raises: ExtraNotInstalled: a module that is not ours is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        # A module of ours that is missing is a broken installation, not a missing extra.
        if (error.name or "").split(".")[0] == "digit_ocr":
            raise
        raise ExtraNotInstalled(purpose, extra) from error
