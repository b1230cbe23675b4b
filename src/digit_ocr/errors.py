"""Every error that digit-ocr raises on purpose.

DigitOcrError
├── ImageNotReadable      the source is no picture that we decode
├── NoDigitFound          a readable picture holds no digit where one was expected
├── RegionInvalid         a region to read is empty or outside the picture
├── ModelNotUsable        a model file is missing, damaged or of another kind
├── CheckpointIncompatible  a checkpoint's tensors do not fit the architecture asked for
├── DatasetUnavailable    no source of the data could be reached
├── DatasetCorrupt        data is there, but is not what it should be
├── RecipeInvalid         a recipe names an unknown key or an impossible value
├── TrainingDiverged      the loss is not finite any more
└── ExtraNotInstalled     the call needs an optional dependency
"""

from __future__ import annotations


class DigitOcrError(Exception):
    """Root of the errors that a caller can act on; its message is one line."""


class ImageNotReadable(DigitOcrError):
    """The bytes, file or array are no picture that we decode."""


class ImageTooLarge(ImageNotReadable):
    """The picture has, or claims, more pixels than are decoded."""


class NoDigitFound(DigitOcrError):
    """The picture is readable, but holds no digit where one was expected."""


class RegionInvalid(DigitOcrError, ValueError):
    """A region to read is empty, or outside the picture: one scan of a stack may be smaller."""


class ModelNotUsable(DigitOcrError):
    """A model file is missing, damaged, or of another kind than the one asked for."""


class CheckpointIncompatible(DigitOcrError):
    """A checkpoint's keys or shapes are not those of the architecture."""


class DatasetUnavailable(DigitOcrError):
    """None of the sources of a data set could be reached; the message names each and why."""


class DatasetCorrupt(DigitOcrError):
    """A data set was found but does not hold what it should."""


class RecipeInvalid(DigitOcrError):
    """A recipe has an unknown key, a wrong type or an impossible value."""


class TrainingDiverged(DigitOcrError):
    """The training loss stopped being finite."""


class ExtraNotInstalled(DigitOcrError):
    """The call needs one of our optional dependencies."""

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs `pip install 'digit-ocr[{extra}]'`")
        self.extra = extra
