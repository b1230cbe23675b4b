"""What the API takes and answers, typed, with the examples that /docs shows."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from digit_ocr.results import MAX_LENGTH, Box

BoxField = Annotated[
    tuple[int, int, int, int],
    Field(description="Left, top, right, bottom in pixels of the upright picture."),
]
Confidence = Annotated[float, Field(ge=0, le=1)]

Example = dict[str, Any]
DIGIT_EXAMPLE: Example = {
    "digit": 1,
    "confidence": 0.999,
    "box": [24, 31, 40, 71],
    "rejected": False,
}
NUMBER_EXAMPLE: Example = {
    "text": "17",
    "confidence": 0.998,
    "box": [24, 30, 71, 72],
    "digits": [
        DIGIT_EXAMPLE,
        {"digit": 7, "confidence": 0.998, "box": [44, 30, 71, 72], "rejected": False},
    ],
}
READING_EXAMPLE: Example = {
    "file": "receipt.jpg",
    "text": "17",
    "numbers": [NUMBER_EXAMPLE],
    "width": 640,
    "height": 480,
    "model": "page_net/pages 1.0.0 + number_net/numbers 1.0.0 + digit_net/real 1.0.0",
}
PREDICTION_EXAMPLE: Example = {
    "file": "seven.png",
    "digit": 7,
    "confidence": 0.999,
    "probabilities": [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.999, 0.0, 0.001],
    "box": [4, 4, 24, 24],
    "model": "digit_net/real 1.0.0",
}
FAILURE_EXAMPLE: Example = {
    "file": "notes.txt",
    "error": {
        "type": "ImageNotReadable",
        "message": "notes.txt: not a picture that we decode; expected a picture (PNG, JPEG, …)",
        "problem": "/problems/unsupported-picture",
    },
}


class _Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PredictParameters(_Parameters):
    """Parameters of /v1/predict, in the query or as multipart fields."""

    explain: bool = Field(False, description="Add `seen`: the 28×28 image that the network saw.")


class ReadParameters(_Parameters):
    """Parameters of /v1/read, in the query or as multipart fields."""

    reject_below: float = Field(
        0.0, ge=0, le=1, description="Digits less confident than this show as `?` in `text`."
    )
    regions: list[Annotated[str, Field(pattern=r"^\d{1,6}(,\d{1,6}){3}$")]] = Field(
        default_factory=list,
        max_length=500,
        description="Boxes to read, one number each: `x0,y0,x1,y1`; repeatable.",
        examples=[["10,20,200,60", "10,80,200,120"]],
    )
    length: int | None = Field(
        None, ge=1, le=MAX_LENGTH, description="Holds each number to that many digits."
    )
    annotate: bool = Field(
        False,
        description="Answer with the picture (PNG), numbers drawn on it. With several files, or "
        "with `Accept: application/json`, it comes in the JSON as `annotated`, a data URI.",
    )

    @field_validator("regions")
    @classmethod
    def _have_area(cls, regions: list[str]) -> list[str]:
        for region in regions:
            left, top, right, bottom = parse_box(region)
            if left >= right or top >= bottom:
                raise ValueError(f"region {region} has no area; expected x0,y0,x1,y1")
        return regions

    @property
    def boxes(self) -> list[Box] | None:
        """The regions as boxes, or None where none were given."""
        return [parse_box(region) for region in self.regions] or None


def parse_box(text: str) -> Box:
    """Return `x0,y0,x1,y1` as four whole numbers."""
    left, top, right, bottom = (int(part) for part in text.split(","))
    return left, top, right, bottom


class _Result(BaseModel):
    file: str | None = Field(description="The name that the client gave the file.")


class DigitResult(BaseModel):
    """One digit; a rejected one keeps its best guess."""

    digit: Annotated[int, Field(ge=0, le=9)]
    confidence: Confidence
    box: BoxField
    rejected: bool


class NumberResult(BaseModel):
    """One written number."""

    text: str
    confidence: Confidence
    box: BoxField
    digits: list[DigitResult]


class ReadingResult(_Result):
    """All numbers of one picture, in reading order."""

    model_config = ConfigDict(json_schema_extra={"examples": [READING_EXAMPLE]})

    text: str = Field(description="Numbers of a line joined by a space, lines by a line break.")
    numbers: list[NumberResult]
    width: int
    height: int
    model: str
    annotated: str | None = Field(None, description="PNG as data URI, where it was asked for.")


class PredictionResult(_Result):
    """The one digit of a picture; `probabilities` of 0 to 9 sum to 1."""

    model_config = ConfigDict(json_schema_extra={"examples": [PREDICTION_EXAMPLE]})

    digit: Annotated[int, Field(ge=0, le=9)]
    confidence: Confidence
    probabilities: Annotated[list[float], Field(min_length=10, max_length=10)]
    box: BoxField
    model: str
    seen: list[list[int]] | None = Field(
        None, description="28 rows of 28 values, ink 255 on paper 0, where it was asked for."
    )


class FailureError(BaseModel):
    """Why one of several pictures has no result."""

    type: str
    message: str
    problem: str


class Failure(_Result):
    """One of several pictures that could not be read; the others are still answered."""

    model_config = ConfigDict(json_schema_extra={"examples": [FAILURE_EXAMPLE]})

    error: FailureError


class Readings(BaseModel):
    """Answer to several files, in their order."""

    results: list[ReadingResult | Failure]


class Predictions(BaseModel):
    """Answer to several files, in their order."""

    results: list[PredictionResult | Failure]


class Health(BaseModel):
    """`status` is `ready`; anything else is answered 503."""

    status: str
    version: str


class Problem(BaseModel):
    """A refusal (RFC 9457)."""

    type: str = Field(description="Stable: compare this.", examples=["/problems/no-digit-found"])
    title: str
    status: int
    detail: str = Field(description="What was wrong with this request, in words.")
    request_id: str


def without_none(result: dict[str, Any]) -> dict[str, Any]:
    """Return the result without optional parts that were not asked for; `file` stays."""
    return {key: value for key, value in result.items() if value is not None or key == "file"}
