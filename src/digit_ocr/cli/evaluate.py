"""`digit-ocr evaluate`: how good a model is, as a page to look at."""

from __future__ import annotations


def evaluate() -> None:
    """Placeholder."""
