"""What reading returns: frozen dataclasses, ready for JSON."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from digit_ocr.errors import DigitOcrError

if TYPE_CHECKING:
    from PIL import Image

MAX_LENGTH = 64
"""Digits that a number may be asked to have; far more than anybody writes in one."""

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the upright picture; right and bottom are exclusive."""


@dataclass(frozen=True, slots=True)
class Digit:
    """One digit of a number. `confidence` is in 0..1; a rejected digit keeps its best guess."""

    digit: int
    confidence: float
    box: Box
    rejected: bool = False

    def to_dict(self) -> dict[str, Any]:
        return {
            "digit": self.digit,
            "confidence": round(self.confidence, 6),
            "box": list(self.box),
            "rejected": self.rejected,
        }


@dataclass(frozen=True, slots=True)
class Number:
    """One written number. `line` counts lines from 0, top to bottom, or the regions asked for.

    `confidence`: the probability, 0..1, that these are all of its digits and all of them right;
    usually below that of each digit. `box` is around all of them.
    """

    digits: tuple[Digit, ...]
    confidence: float
    box: Box
    line: int = 0

    @property
    def text(self) -> str:
        """The digits as text; a rejected digit shows as `?`."""
        return "".join("?" if digit.rejected else str(digit.digit) for digit in self.digits)

    def to_dict(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "confidence": round(self.confidence, 6),
            "box": list(self.box),
            "digits": [digit.to_dict() for digit in self.digits],
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """All numbers of one picture, in reading order; `width` and `height` of the upright picture.

    `lines`: how many regions were asked for, 0 where numbers were found; each is a line of `text`.
    """

    numbers: tuple[Number, ...]
    width: int
    height: int
    model: str
    picture: Image.Image | None = field(default=None, repr=False, compare=False)
    lines: int = 0

    @property
    def text(self) -> str:
        """Numbers of a line joined by a space, lines by a line break; empty if none was found.

        Of regions one that holds no number is an empty line, so that the others keep their places.
        """
        if not self.numbers:
            return ""
        lines: dict[int, list[str]] = {line: [] for line in range(self.lines)}
        for number in self.numbers:
            lines.setdefault(number.line, []).append(number.text)
        return "\n".join(" ".join(texts) for _, texts in sorted(lines.items()))

    def render(self, image: Any = None) -> Image.Image:
        """Return the picture (RGB) with boxes and digits drawn on it.

        `image` is needed after `read_many`, which keeps no pictures: the same source again.

        Raises: ValueError: the reading keeps no picture and none was given.
        """
        from digit_ocr.inference.rendering import render

        return render(self, image)

    def without_picture(self) -> Reading:
        """Return the same reading holding no pixels, so that memory does not grow in a batch."""
        return replace(self, picture=None)

    def to_dict(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "numbers": [number.to_dict() for number in self.numbers],
            "width": self.width,
            "height": self.height,
        }


@dataclass(frozen=True, slots=True)
class Prediction:
    """One digit read. `probabilities` are ten and sum to 1, given that there is a digit.

    `confidence` is the probability that the picture shows this digit: that of the digit times
    that of there being one.
    """

    digit: int
    confidence: float
    probabilities: tuple[float, ...]
    box: Box
    model: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "digit": self.digit,
            "confidence": round(self.confidence, 6),
            "probabilities": [round(p, 6) for p in self.probabilities],
        }


@dataclass(frozen=True, slots=True)
class ReadFailure:
    """A picture of a batch that could not be read; `index` counts the batch from 0."""

    index: int
    error: DigitOcrError

    def to_dict(self) -> dict[str, Any]:
        return {"error": {"type": type(self.error).__name__, "message": str(self.error)}}
