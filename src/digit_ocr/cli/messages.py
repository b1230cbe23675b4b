"""What goes to standard error: one line a message."""

from __future__ import annotations

import io
import logging
import sys
import warnings


def complain(message: str) -> None:
    """Write an error as one line."""
    print(f"digit-ocr: error: {one_line(message)}", file=sys.stderr)


def note(message: str) -> None:
    """Write something worth knowing as one line."""
    print(f"digit-ocr: {one_line(message)}", file=sys.stderr)


def one_line(message: str) -> str:
    """Return `message` with every run of white space as one space."""
    return " ".join(message.split())


class _OneLine(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        note(record.getMessage())


def prepare_streams(debug: bool) -> None:
    """Set up logging, warnings and output for a command line."""
    root = logging.getLogger("digit_ocr")
    root.handlers = [_OneLine()]
    root.setLevel(logging.DEBUG if debug else logging.WARNING)
    # Composing takes minutes: whoever waits is told.
    logging.getLogger("digit_ocr.synthesis").setLevel(logging.DEBUG if debug else logging.INFO)
    root.propagate = False
    if not debug:
        # Libraries' warnings are for developers; a user can act on errors.
        warnings.simplefilter("ignore")
    # A file name may hold bytes that are no text; they go out as they came in.
    if isinstance(sys.stdout, io.TextIOWrapper):
        utf8 = sys.stdout.encoding.lower().replace("-", "") == "utf8"
        sys.stdout.reconfigure(errors="surrogateescape" if utf8 else "backslashreplace")
